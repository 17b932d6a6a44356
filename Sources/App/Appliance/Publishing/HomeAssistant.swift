// What Home Assistant is told of this device, so that it finds it by itself: one device with its
// sensors, two events and one button.
//
// The id, the base of the topics -> the discovery payload of the device form. A function of its
// arguments: the same device gives the same bytes, which are sent only when they changed. Nothing
// that adds risk is offered, because Home Assistant cannot sign: of all commands only `pause` is.
// Source of the form: www.home-assistant.io/integrations/mqtt#device-discovery-payload.
import Domain
import Primitives

package struct HomeAssistantDevice: Sendable {
    /// `[a-z0-9-]`
    package let id: String
    package let base: String
    /// The first level of the topics at which Home Assistant listens.
    package let prefix: String

    package init(id: String, base: String, prefix: String = "homeassistant") {
        self.id = id
        self.base = base
        self.prefix = prefix
    }

    package var topic: String { "\(prefix)/device/\(objectID)/config" }
    var objectID: String { "bellwether_\(id)" }

    /// `state` is sent at least so often; what is three times as old is not shown any more.
    static let stateSeconds = 60

    private func topic(_ name: String) -> String { "\(base)/\(id)/\(name)" }

    package var payload: OrderedJSON {
        .object([
            (
                "device",
                .object([
                    ("identifiers", .array([.string(objectID)])),
                    ("name", .string("Bellwether")), ("manufacturer", .string("Bellwether")),
                    ("model", .string("Trading appliance")), ("serial_number", .string(id)),
                    ("sw_version", .string(version)),
                ])
            ),
            (
                "origin",
                .object([("name", .string("bellwether")), ("sw_version", .string(version))])
            ),
            (
                "availability",
                .array([.object([("topic", .string(topic("availability")))])])
            ),
            ("availability_mode", .string("all")),
            ("components", .object(components.map { ($0.name, .object($0.members)) })),
        ])
    }

    // MARK: - Components

    private typealias Members = [(key: String, value: OrderedJSON)]
    private typealias Component = (name: String, members: Members)

    private var components: [Component] {
        [
            amount("equity", "Equity"), amount("cash", "Cash"), amount("exposure", "Exposure"),
            amount("daily_pnl", "Daily P&L"), percent("daily_pnl_pct", "Daily P&L percent"),
            amount("total_pnl", "Total P&L"), percent("total_pnl_pct", "Total P&L percent"),
            percent("drawdown_pct", "Drawdown"), percent("max_drawdown_pct", "Maximal drawdown"),
            openPositions, lastTrade, mode, session, sessionChange,
            flag(
                "problem", "Problem", "problem", "value_json.problem",
                [("entity_category", .string("diagnostic"))]),
            flag("market_open", "Market open", nil, "value_json.session.open"),
            flag(
                "broker", "Broker", "connectivity",
                "value_json.components.broker.health == 'ok'",
                [("entity_category", .string("diagnostic"))]),
            event("trade", "Trade", TradeEvent.allCases.map(\.rawValue)),
            event("alert", "Alert", [AlertSeverity.warning, .critical].map(\.rawValue)),
            pause,
        ]
    }

    private func component(
        _ platform: String, _ key: String, _ name: String, _ members: Members
    ) -> Component {
        (
            key,
            [
                ("platform", .string(platform)),
                ("unique_id", .string("\(objectID)_\(key)")),
                ("name", .string(name)), ("qos", .integer(1)),
            ] + members
        )
    }

    private func sensor(
        _ key: String, _ name: String, of payload: String, _ template: String, _ members: Members
    ) -> Component {
        component(
            "sensor", key, name,
            [
                ("state_topic", .string(topic(payload))),
                ("value_template", .string("{{ \(template) }}")),
            ] + members)
    }

    /// Gains and losses come and go: `total`, the only class that money may have.
    private func amount(_ key: String, _ name: String) -> Component {
        sensor(
            key, name, of: "portfolio", "value_json.\(key)",
            [
                ("device_class", .string("monetary")), ("state_class", .string("total")),
                ("unit_of_measurement", .string(publishedCurrency)),
                ("suggested_display_precision", .integer(2)),
            ])
    }

    /// What is null in the payload is unknown, not zero.
    private func percent(_ key: String, _ name: String) -> Component {
        sensor(
            key, name, of: "portfolio",
            "(value_json.\(key) * 100) | round(4) if value_json.\(key) is not none else none",
            [
                ("state_class", .string("measurement")), ("unit_of_measurement", .string("%")),
                ("suggested_display_precision", .integer(2)),
            ])
    }

    private var openPositions: Component {
        sensor(
            "open_positions", "Open positions", of: "portfolio", "value_json.open_positions",
            [("state_class", .string("measurement"))])
    }

    private var lastTrade: Component {
        sensor(
            "last_trade", "Last trade", of: "portfolio",
            "value_json.last_trade.at if value_json.last_trade else none",
            [
                ("device_class", .string("timestamp")),
                ("json_attributes_topic", .string(topic("portfolio"))),
                (
                    "json_attributes_template",
                    .string("{{ (value_json.last_trade or {}) | tojson }}")
                ),
            ])
    }

    private var mode: Component {
        sensor(
            "mode", "Mode", of: "state", "value_json.mode",
            choice(TradingMode.allCases.map(\.rawValue)) + [
                ("json_attributes_topic", .string(topic("state"))),
                (
                    "json_attributes_template",
                    .string("{{ {'holds': value_json.holds, 'run': value_json.run} | tojson }}")
                ),
            ])
    }

    private var session: Component {
        sensor(
            "session", "Session", of: "state",
            "'open' if value_json.session.open else 'closed'", choice(["open", "closed"]))
    }

    private var sessionChange: Component {
        sensor(
            "session_change", "Next session change", of: "state", "value_json.session.next_change",
            [("device_class", .string("timestamp"))] + expiry)
    }

    private func choice(_ options: [String]) -> Members {
        [
            ("device_class", .string("enum")),
            ("options", .array(options.map(OrderedJSON.string))),
        ] + expiry
    }

    private var expiry: Members { [("expire_after", .integer(3 * Self.stateSeconds))] }

    private func flag(
        _ key: String, _ name: String, _ kind: String?, _ template: String, _ members: Members = []
    ) -> Component {
        component(
            "binary_sensor", key, name,
            [
                ("state_topic", .string(topic("state"))),
                ("value_template", .string("{{ 'ON' if \(template) else 'OFF' }}")),
            ] + (kind.map { [("device_class", .string($0))] } ?? []) + expiry + members)
    }

    private func event(_ key: String, _ name: String, _ types: [String]) -> Component {
        component(
            "event", key, name,
            [
                ("state_topic", .string(topic("event/\(key)"))),
                ("event_types", .array(types.map(OrderedJSON.string))),
            ])
    }

    /// Without a transaction: the same request weeks later is a pause of its own.
    private var pause: Component {
        component(
            "button", "pause", "Pause",
            [
                ("command_topic", .string(topic("request/pause"))),
                ("payload_press", .string(#"{"reason":"Home Assistant"}"#)),
            ])
    }
}
