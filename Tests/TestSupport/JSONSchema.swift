internal import Domain
import Foundation
import Primitives

/// A small reader of JSON Schema (draft 2020-12): the keywords that the shipped schemas use, and a
/// refusal of every other, so that nothing in a schema goes unchecked.
package struct JSONSchema {
    private let root: JSONValue

    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ text: String) throws {
        root = try JSONReader.read(Array(text.utf8)[...])
        var unknown: [String] = []
        Self.visit(root, &unknown)
        guard unknown.isEmpty else { throw Broken(description: "unknown keywords \(unknown)") }
    }

    package init(path: String) throws {
        try self.init(try String(contentsOfFile: path, encoding: .utf8))
    }

    /// What is wrong with a document, a sentence each; empty when it is valid.
    package func problems(_ text: String) -> [String] {
        do {
            return problems(try JSONReader.read(Array(text.utf8)[...]))
        } catch { return ["\(error)"] }
    }

    private func problems(_ value: JSONValue) -> [String] { check(value, root, "$") }

    // MARK: - Keywords

    private static let known: Set<String> = [
        "$schema", "title", "description", "$defs", "$ref", "type", "const", "enum", "properties",
        "required", "additionalProperties", "items", "maxItems", "minimum", "maximum", "pattern",
        "format", "anyOf", "oneOf",
    ]

    private static func visit(_ schema: JSONValue, _ unknown: inout [String]) {
        guard case .object(let members) = schema else { return }
        for member in members {
            if !known.contains(member.key) { unknown.append(member.key) }
            switch (member.key, member.value) {
            case ("properties", .object(let inner)), ("$defs", .object(let inner)):
                for part in inner { visit(part.value, &unknown) }
            case ("items", let inner), ("additionalProperties", let inner):
                visit(inner, &unknown)
            case ("anyOf", .array(let parts)), ("oneOf", .array(let parts)):
                for part in parts { visit(part, &unknown) }
            default: break
            }
        }
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        guard case .object(let members) = schema else {
            return schema == .bool(false) ? ["\(path) may not be there"] : []
        }
        return members.flatMap { check(value, $0.key, $0.value, schema, path) }
    }

    private func check(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONValue,
        _ path: String
    ) -> [String] {
        switch keyword {
        case "$ref": return check(value, target(rule), path)
        case "type": return isType(value, rule) ? [] : ["\(path) is \(value.kind), not \(rule)"]
        case "const": return same(value, rule) ? [] : ["\(path) is not \(rule)"]
        case "enum":
            guard case .array(let values) = rule else { return ["bad enum"] }
            return values.contains { same(value, $0) } ? [] : ["\(path): \(value) is no choice"]
        case "minimum", "maximum":
            guard let number = number(value), let bound = self.number(rule) else { return [] }
            let fits = keyword == "minimum" ? number >= bound : number <= bound
            return fits ? [] : ["\(path): \(number) is beyond its \(keyword) \(bound)"]
        case "pattern", "format": return checkText(value, keyword, rule, path)
        case "required", "properties", "additionalProperties":
            return checkObject(value, keyword, rule, schema, path)
        case "items", "maxItems": return checkArray(value, keyword, rule, path)
        case "anyOf", "oneOf":
            guard case .array(let parts) = rule else { return ["bad \(keyword)"] }
            let findings = parts.map { check(value, $0, path) }
            let count = findings.count { $0.isEmpty }
            if keyword == "oneOf" ? count == 1 : count > 0 { return [] }
            return ["\(path) fits \(count) of \(parts.count): \(findings)"]
        default: return []
        }
    }

    private func target(_ reference: JSONValue) -> JSONValue {
        guard case .string(let text) = reference, text.hasPrefix("#/$defs/"),
            let found = root["$defs"]?[String(text.dropFirst(8))]
        else { return .bool(false) }
        return found
    }

    private func checkText(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ path: String
    ) -> [String] {
        guard case .string(let text) = value, case .string(let wanted) = rule else { return [] }
        if keyword == "format" {
            let isTime = wanted == "date-time" && text.hasSuffix("Z")
            return isTime && Timestamp(rfc3339: text) != nil ? [] : ["\(path): \(text) is no time"]
        }
        let found = text.range(of: wanted, options: .regularExpression)
        return found == nil ? ["\(path): “\(text)” is not like \(wanted)"] : []
    }

    private func checkObject(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONValue,
        _ path: String
    ) -> [String] {
        guard case .object(let members) = value else { return [] }
        if case .array(let names) = rule, keyword == "required" {
            return names.compactMap {
                guard case .string(let name) = $0, value[name] == nil else { return nil }
                return "\(path) has no \(name)"
            }
        }
        return members.flatMap { member in
            let own = schema["properties"]?[member.key]
            let part = keyword == "properties" ? own : own == nil ? rule : nil
            return part.map { check(member.value, $0, "\(path).\(member.key)") } ?? []
        }
    }

    private func checkArray(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ path: String
    ) -> [String] {
        guard case .array(let values) = value else { return [] }
        if keyword == "maxItems" {
            return Double(values.count) <= number(rule) ?? 0 ? [] : ["\(path) is too long"]
        }
        return values.enumerated().flatMap { check($1, rule, "\(path)[\($0)]") }
    }

    private func isType(_ value: JSONValue, _ rule: JSONValue) -> Bool {
        switch (rule, value) {
        case (.string("object"), .object), (.string("array"), .array),
            (.string("string"), .string), (.string("boolean"), .bool), (.string("null"), .null),
            (.string("number"), .number):
            true
        case (.string("integer"), .number(let text)): Int(text) != nil
        default: false
        }
    }

    private func same(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if let x = number(a), let y = number(b) { return x == y }
        return a == b
    }

    private func number(_ value: JSONValue) -> Double? {
        if case .number(let text) = value { Double(text) } else { nil }
    }
}

/// The schemas that ship with the package.
package enum ShippedSchema {
    package static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Packaging/schemas").path

    package static func named(_ name: String) throws -> JSONSchema {
        try JSONSchema(path: "\(folder)/\(name).schema.json")
    }

    /// The schema of what is sent on this topic, from below the id on; nil: there is none.
    package static func ofTopic(_ topic: String) -> String? {
        if topic.hasPrefix("response/") { return "response" }
        let name = topic.replacingOccurrences(of: "/", with: "-")
        return FileManager.default.fileExists(atPath: "\(folder)/\(name).schema.json") ? name : nil
    }
}
