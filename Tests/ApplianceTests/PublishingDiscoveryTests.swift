import Domain
import Foundation
import Primitives
import TestSupport
import Testing

@testable import Appliance

@Suite struct PublishingDiscoveryTests {
    let device = HomeAssistantDevice(id: "1a2b", base: "bellwether")

    private func payload() throws -> JSONValue {
        try JSONReader.read(Array(device.payload.compact.utf8)[...])
    }

    @Test("A04: Home Assistant's rules for a device reject and drop nothing of ours")
    func rules() throws {
        let problems = HomeAssistantRules.problems(device.topic, try payload())
        #expect(problems.isEmpty, "\(problems)")
        #expect(device.topic == "homeassistant/device/bellwether_1a2b/config")
    }

    @Test("A04: the device has every figure, flag and event, and one button: pause")
    func components() throws {
        let components = try #require(try payload()["components"])
        let byPlatform = Dictionary(
            grouping: HomeAssistantRules.members(components),
            by: { HomeAssistantRules.text($0.value["platform"]) ?? "" }
        ).mapValues { $0.map(\.key) }
        #expect(
            byPlatform["sensor"] == [
                "equity", "cash", "exposure", "daily_pnl", "daily_pnl_pct", "total_pnl",
                "total_pnl_pct", "drawdown_pct", "max_drawdown_pct", "open_positions",
                "last_trade", "mode", "session", "session_change",
            ])
        #expect(byPlatform["binary_sensor"] == ["problem", "market_open", "broker"])
        #expect(byPlatform["event"] == ["trade", "alert"])
        #expect(byPlatform["button"] == ["pause"])
        #expect(
            HomeAssistantRules.texts(components["mode"]?["options"])
                == TradingMode.allCases.map(\.rawValue))
        #expect(
            HomeAssistantRules.texts(components["trade"]?["event_types"])
                == ["fill", "reject", "denied", "canceled"])
        // A press is a request of its own each time: with a fixed transaction, the second would
        // only get the answer to the first.
        let press = try #require(HomeAssistantRules.text(components["pause"]?["payload_press"]))
        let request = try JSONReader.read(Array(press.utf8)[...])
        #expect(request["transaction"] == nil && request["reason"] == .string("Home Assistant"))
    }

    @Test("A04: the same device gives the same bytes, another one other ids")
    func stable() {
        #expect(device.payload.compact == device.payload.compact)
        let other = HomeAssistantDevice(id: "ffff", base: "home/bellwether")
        #expect(!other.payload.compact.contains("1a2b"))
        #expect(other.payload.compact.contains(#""home/bellwether/ffff/request/pause""#))
        #expect(device.payload.compact.utf8.count < 16_384)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let what: String
        let from: String
        let to: String
        var testDescription: String { what }
    }

    @Test(
        "The rules find what they are for",
        arguments: [
            Row(what: "a key beside", from: #"{"device":"#, to: #"{"~":"x","device":"#),
            Row(what: "no ids", from: "identifiers", to: "serial_number2"),
            Row(what: "no origin", from: #""origin":{"name""#, to: #""origin":{"x""#),
            Row(what: "no unique id", from: #""unique_id":"bellwether_1a2b_cash","#, to: ""),
            Row(
                what: "an id twice", from: #""bellwether_1a2b_cash""#,
                to: #""bellwether_1a2b_equity""#),
            Row(
                what: "money measured", from: #""state_class":"total""#,
                to: #""state_class":"measurement""#),
            Row(what: "no currency", from: #""USD""#, to: #""$""#),
            Row(what: "a class", from: #""connectivity""#, to: #""connected""#),
            Row(
                what: "no types", from: #""event_types":["fill","reject","denied","canceled"]"#,
                to: #""event_types":[]"#),
            Row(what: "no options", from: #""options":["open","closed"]"#, to: #""options":[]"#),
            Row(what: "an unknown key", from: #""expire_after""#, to: #""expires""#),
            Row(what: "no command topic", from: "command_topic", to: "command"),
        ])
    func finds(row: Row) throws {
        let text = device.payload.compact
        let range = try #require(text.range(of: row.from))
        let broken = try JSONReader.read(
            Array(text.replacingCharacters(in: range, with: row.to).utf8)[...])
        #expect(!HomeAssistantRules.problems(device.topic, broken).isEmpty)
    }
}
