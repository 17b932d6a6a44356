import Foundation
import Primitives

/// The rules by which Home Assistant takes or drops a device, as far as they concern what is sent
/// here. Source: homeassistant/components/mqtt, schemas of 2026.2.
struct HomeAssistantRules {
    static let besideComponents: Set<String> = [
        "availability", "availability_mode", "availability_topic", "availability_template",
        "payload_available", "payload_not_available", "state_topic", "command_topic", "qos",
        "encoding",
    ]
    static let deviceKeys: Set<String> = [
        "identifiers", "connections", "configuration_url", "hw_version", "manufacturer", "model",
        "model_id", "name", "serial_number", "suggested_area", "sw_version", "via_device",
    ]
    static let originKeys: Set<String> = ["name", "sw_version", "support_url"]
    static let common: Set<String> = [
        "platform", "unique_id", "name", "qos", "device_class", "entity_category", "icon",
        "json_attributes_topic", "json_attributes_template", "value_template", "state_topic",
    ]
    static let perPlatform: [String: Set<String>] = [
        "sensor": [
            "unit_of_measurement", "state_class", "options", "expire_after",
            "suggested_display_precision", "last_reset_value_template",
        ],
        "binary_sensor": ["expire_after", "payload_on", "payload_off", "off_delay"],
        "event": ["event_types"],
        "button": ["command_topic", "command_template", "payload_press", "retain"],
    ]
    static let eventClasses: Set<String> = ["button", "doorbell", "motion"]
    static let binaryClasses: Set<String> = [
        "problem", "connectivity", "running", "power", "safety", "tamper", "update",
    ]

    /// Every rule that is broken, a sentence each.
    static func problems(_ topic: String, _ payload: JSONValue) -> [String] {
        var found: [String] = []
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        if levels.count != 4 || levels[0] != "homeassistant" || levels[1] != "device"
            || levels[3] != "config" || !isID(String(levels[2]))
        {
            found.append("\(topic) is no discovery topic")
        }
        for member in members(payload)
        where !besideComponents.contains(member.key)
            && !["device", "origin", "components"].contains(member.key)
        {
            found.append("\(member.key) rejects the whole device")
        }
        found += device(payload["device"]) + origin(payload["origin"])
        if payload["availability"] != nil && payload["availability_topic"] != nil {
            found.append("availability is given twice")
        }
        if let mode = text(payload["availability_mode"]), !["all", "any", "latest"].contains(mode) {
            found.append("availability_mode \(mode)")
        }
        guard let components = payload["components"], !members(components).isEmpty else {
            return found + ["no components"]
        }
        var ids: Set<String> = []
        for component in members(components) {
            found += check(component.key, component.value, inheriting: payload)
            if let id = text(component.value["unique_id"]), !ids.insert(id).inserted {
                found.append("\(id) is given twice")
            }
        }
        return found
    }

    private static func device(_ device: JSONValue?) -> [String] {
        guard let device else { return ["no device"] }
        var found = members(device).map(\.key).filter { !deviceKeys.contains($0) }
            .map { "device.\($0) is unknown" }
        if device["identifiers"] == nil && device["connections"] == nil {
            found.append("the device has no identifiers")
        }
        return found
    }

    private static func origin(_ origin: JSONValue?) -> [String] {
        guard let origin, text(origin["name"]) != nil else { return ["no origin with a name"] }
        return members(origin).map(\.key).filter { !originKeys.contains($0) }
            .map { "origin.\($0) is unknown" }
    }

    private static func check(
        _ key: String, _ component: JSONValue, inheriting top: JSONValue
    ) -> [String] {
        guard isID(key) else { return ["\(key) is no id"] }
        guard let platform = text(component["platform"]), let own = perPlatform[platform] else {
            return ["\(key) has no known platform"]
        }
        var found = members(component).map(\.key)
            .filter { !common.contains($0) && !own.contains($0) }
            .map { "\(key).\($0) would be dropped" }
        if text(component["unique_id"])?.isEmpty != false { found.append("\(key): no unique_id") }
        let needed = platform == "button" ? "command_topic" : "state_topic"
        if component[needed] == nil && top[needed] == nil { found.append("\(key): no \(needed)") }
        switch platform {
        case "sensor": found += sensor(key, component)
        case "event":
            if texts(component["event_types"]).isEmpty { found.append("\(key): no event_types") }
            found += deviceClass(key, component, of: eventClasses)
        case "binary_sensor": found += deviceClass(key, component, of: binaryClasses)
        default: break
        }
        return found
    }

    private static func deviceClass(
        _ key: String, _ component: JSONValue, of known: Set<String>
    ) -> [String] {
        guard let name = text(component["device_class"]), !known.contains(name) else { return [] }
        return ["\(key): no device class \(name)"]
    }

    private static func sensor(_ key: String, _ sensor: JSONValue) -> [String] {
        let kind = text(sensor["device_class"])
        let unit = text(sensor["unit_of_measurement"])
        let state = text(sensor["state_class"])
        var found: [String] = []
        if (kind == "enum") != (sensor["options"] != nil) {
            found.append("\(key): options and enum belong together")
        }
        switch kind {
        case nil:
            if let unit, unit != "%" { found.append("\(key): unit \(unit) without a class") }
        case "enum":
            if texts(sensor["options"]).isEmpty { found.append("\(key): no options") }
            if unit != nil || state != nil { found.append("\(key): an enum has no unit") }
        case "monetary":
            if state != "total" { found.append("\(key): money is total") }
            if unit?.range(of: "^[A-Z]{3}$", options: .regularExpression) == nil {
                found.append("\(key): money in \(unit ?? "nothing")")
            }
        case "timestamp":
            if unit != nil || state != nil { found.append("\(key): a time has no unit") }
        case "duration":
            if !["ms", "s", "min", "h", "d"].contains(unit ?? "") {
                found.append("\(key): a duration in \(unit ?? "nothing")")
            }
        case .some(let other): found.append("\(key): device class \(other)")
        }
        if let state, !["measurement", "total", "total_increasing"].contains(state) {
            found.append("\(key): state class \(state)")
        }
        return found
    }

    static func isID(_ text: String) -> Bool {
        text.range(of: "^[a-zA-Z0-9_-]+$", options: .regularExpression) != nil
    }

    static func members(_ value: JSONValue) -> [(key: String, value: JSONValue)] {
        if case .object(let members) = value { members } else { [] }
    }

    static func text(_ value: JSONValue?) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    static func texts(_ value: JSONValue?) -> [String] {
        if case .array(let values) = value { values.compactMap(text) } else { [] }
    }
}
