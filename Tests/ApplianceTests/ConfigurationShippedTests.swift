import Domain
import Execution
import Foundation
import Learning
import News
import Primitives
import Risk
import Signals
import Testing

@testable import Appliance

@Suite struct ConfigurationShippedTests {
    let shipped: String

    init() throws { shipped = try String(contentsOfFile: shippedFile, encoding: .utf8) }

    /// `#key = value` without a space; all other comments are prose.
    private func isSwitchedOff(_ line: Substring) -> Bool {
        line.hasPrefix("#") && line.dropFirst().first.map { $0.isLetter } == true
    }

    @Test("A09: the shipped file changes nothing, and names every key once with its true default")
    func everyKey() throws {
        #expect(try load(shipped).configuration == Configuration())
        var table = ""
        var found: [String: String] = [:]
        for line in shipped.split(separator: "\n") {
            if line.hasPrefix("[") {
                table = String(line.dropFirst().dropLast())
            } else if line == "config_version = \(ConfigurationFormat.current.version)" {
                #expect(table.isEmpty)
            } else if isSwitchedOff(line) {
                let parts = line.dropFirst().split(separator: " = ", maxSplits: 1)
                let key = try #require(parts.count == 2 ? String(parts[0]) : nil, "\(line)")
                #expect(found.updateValue(String(parts[1]), forKey: "\(table).\(key)") == nil)
            } else {
                #expect(line.hasPrefix("# ") || line == "#", "\(line)")
            }
        }
        for key in ConfigurationSchema.keys {
            #expect(found[key.path] == key.defaultText, "\(key.path)")
        }
        #expect(Set(found.keys) == Set(ConfigurationSchema.keys.map(\.path)))
    }

    @Test("A09: with every key switched on the shipped file is still the default")
    func switchedOn() throws {
        let lines = shipped.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { isSwitchedOff($0) ? String($0.dropFirst()) : String($0) }
            .joined(separator: "\n")
        let loaded = try load(text)
        #expect(loaded.configuration == Configuration())
        #expect(loaded.warnings.isEmpty)
    }

    @Test("The shipped file explains every key, in lines of at most 100 columns")
    func explained() {
        var previous: Substring = ""
        for line in shipped.split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(line.count <= 100, "\(line)")
            if isSwitchedOff(line) {
                #expect(previous.hasPrefix("#"), "no comment above: \(line)")
            }
            previous = line
        }
    }

    @Test("A09: above every key stands what it may be, its unit, and whether a reload changes it")
    func notes() {
        var table = ""
        var comment: [Substring] = []
        for line in shipped.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("[") {
                table = String(line.dropFirst().dropLast())
            } else if isSwitchedOff(line) {
                let name = line.dropFirst().prefix { $0 != " " }
                let note = comment.map { $0.dropFirst(2) }.joined(separator: " ")
                let key = ConfigurationSchema.byPath["\(table).\(name)"]
                #expect(
                    note.hasSuffix("[\(key?.note ?? "")]"), "\(table).\(name): \(note.suffix(90))")
            }
            if line.hasPrefix("# ") { comment.append(line) } else { comment = [] }
        }
    }

    @Test("A09: only what no order depends on is changed by a reload")
    func reloadable() {
        #expect(
            ConfigurationSchema.keys.filter(\.isReloaded).map(\.path) == [
                "mqtt.telemetry_every", "mqtt.positions_every", "commands.per_minute_max",
                "commands.total_per_minute_max", "log.level",
            ])
    }

    @Test("A09: every number has a unit, and no unit is left of a key that is gone")
    func units() {
        for key in ConfigurationSchema.keys {
            let isNumber = ["integer", "number", "amount", "quantity", "number or word"]
                .contains(key.type)
            let isMeasured = ["length of time", "size"].contains(key.type)
            #expect((key.unit != nil) == (isNumber || isMeasured), "\(key.path) \(key.type)")
        }
        let known = Set(ConfigurationSchema.keys.map(\.path))
        #expect(ConfigurationKey.units.keys.filter { !known.contains($0) }.isEmpty)
    }

    @Test("The reference strategy passes the checks, and only its trend votes")
    func reference() throws {
        let path = repository + "/etc/bellwether/examples/reference.toml"
        let configuration = try loadConfiguration(path: path, bars: ["all.csv"]).configuration
        #expect(configuration.weights?.values == [0, 1, 0])
        #expect(configuration.limitsOff.count == 10)
        #expect(configuration.risk.sizing.quantity == Quantity(whole: 100))
        #expect(configuration.risk.sessionEdgeOpen == .zero)
        #expect(configuration.risk.sessionEdgeClose == .zero)
        #expect(configuration.signals.trend.warmup == 300)
        #expect(configuration.signals.atrPeriod == 0)
        #expect(!configuration.risk.cashOnly && !configuration.learning.enabled)
        #expect(!configuration.execution.protectiveStops)
        #expect(configuration.execution.takeProfitShare == nil)
        #expect(configuration.execution.holdMax == nil)
        #expect(configuration.session.calendar == .data)
        #expect(configuration.news.sources.isEmpty)
        let warnings = try loadConfiguration(path: path).warnings
        #expect(warnings.contains { $0.message.contains("bars.csv does not exist") })
    }

    @Test("The news replay links six companies and is fit for run")
    func newsReplay() throws {
        let path = repository + "/etc/bellwether/examples/news-replay.toml"
        let configuration = try loadConfiguration(
            path: path, bars: ["b.csv"], news: ["n.jsonl"]
        ).configuration
        #expect(configuration.limitsOff.isEmpty)
        #expect(configuration.trading.symbols.count == 6)
        #expect(
            Set(configuration.news.admission.aliases.keys) == Set(configuration.trading.symbols))
        #expect(try loadConfiguration(path: path).warnings.count == 2)
    }

    @Test("A09: the effective configuration is every key, and gives itself when read again")
    func roundTrip() throws {
        let examples = [
            "/bellwether.toml", "/examples/reference.toml", "/examples/news-replay.toml",
        ]
        for example in examples {
            let configuration = try loadConfiguration(
                path: repository + "/etc/bellwether" + example
            ).configuration
            let text = effectiveConfiguration(configuration)
            #expect(try load(text).configuration == configuration)
            for key in ConfigurationSchema.keys {
                #expect(text.contains("\n\(key.name) = "), "\(key.path)")
            }
        }
    }

    @Test("The schema is sound: names, help, and defaults that their own readers take")
    func schema() throws {
        #expect(Set(ConfigurationSchema.keys.map(\.path)).count == ConfigurationSchema.keys.count)
        for key in ConfigurationSchema.keys {
            #expect(key.path.allSatisfy { $0.isLowercase || $0 == "_" || $0 == "." }, "\(key.path)")
            #expect(key.help.hasSuffix("."), "\(key.path)")
            let table = try load("[\(key.table)]\n\(key.name) = \(key.defaultText)")
            #expect(key.show(table.configuration) == key.defaultText, "\(key.path)")
        }
    }
}
