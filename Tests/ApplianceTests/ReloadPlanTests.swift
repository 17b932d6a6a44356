import Domain
import Testing

@testable import Appliance

@Suite struct ReloadPlanTests {
    private func plan(
        _ toml: String, running: Configuration = Configuration()
    ) throws(ConfigurationErrors) -> ReloadPlan {
        try ReloadPlan(running: running) { () throws(ConfigurationErrors) in try load(toml) }
    }

    @Test("A09: a reload takes the keys that it may, and names those that need a restart")
    func mixed() throws {
        let plan = try plan(
            """
            [log]
            level = "debug"
            [risk]
            positions_max = 3
            [mqtt]
            telemetry_every = "5s"
            host = "::1"
            [commands]
            per_minute_max = 7
            """)
        #expect(
            plan.changes
                == ConfigurationChanges(
                    applied: ["mqtt.telemetry_every", "commands.per_minute_max", "log.level"],
                    needRestart: ["risk.positions_max", "mqtt.host"]))
        var expected = Configuration()
        expected.log.level = .debug
        expected.mqtt.telemetryEvery = Span(seconds: 5)
        expected.commands.perMinuteMax = 7
        #expect(plan.configuration == expected)
    }

    @Test("A key that waits for a restart is named at every reload until then, or until taken back")
    func again() throws {
        let toml = "[log]\nlevel = \"debug\"\n[risk]\npositions_max = 3"
        let first = try plan(toml)
        let second = try plan(toml, running: first.configuration)
        #expect(second.changes.applied.isEmpty)
        #expect(second.changes.needRestart == ["risk.positions_max"])
        let third = try plan("", running: second.configuration)
        #expect(third.changes == ConfigurationChanges(applied: ["log.level"], needRestart: []))
        #expect(third.configuration == Configuration())
    }

    @Test("A reload of what is in force says so")
    func nothing() throws {
        let plan = try plan("[risk]\npositions_max = 10")
        #expect(plan.changes.isEmpty)
    }

    @Test("S39: a reload with anything wrong changes nothing and says all that is wrong")
    func refused() throws {
        let error = #expect(throws: ConfigurationErrors.self) {
            _ = try plan("[log]\nlevel = \"debug\"\n[risk]\npositions_max = 0\ncolour = 1")
        }
        #expect(error?.problems.map(\.line) == [4, 5])
        // Limits that are none are refused by a running daemon as they are at its start.
        let none = #expect(throws: ConfigurationErrors.self) {
            _ = try plan("[risk]\n\ncooldown = \"none\"")
        }
        #expect(
            none?.description
                == "test.toml:3: risk.cooldown: \"none\" is for backtests only; set a "
                + "limit to trade with")
    }

    @Test("A09: every key alone is either applied or named, and nothing else moves")
    func everyKey() throws {
        var withoutOther: [String] = []
        for key in ConfigurationSchema.keys {
            guard let changed = Self.other(key) else {
                withoutOther.append(key.path)
                continue
            }
            let changes = Configuration.changes(from: Configuration(), to: changed)
            #expect(
                changes.applied + changes.needRestart == [key.path], "\(key.path)")
            var merged = Configuration()
            key.copy(changed, &merged)
            #expect(merged == changed, "\(key.path)")
        }
        // These have one value only.
        #expect(withoutOther == ["sentiment.chain", "broker.kind"])
    }

    /// The default with another value of `key`; nil where there is none.
    private static func other(_ key: ConfigurationKey) -> Configuration? {
        let values: [ConfigurationValue] = [
            .flag(false), .flag(true), .integer(3), .integer(4), .integer(500), .number(0.5),
            .number(0.25),
            .string("7s"), .string("7d"), .string("7MB"), .string("8MB"), .string("box"),
            .string("/tmp/x"), .list([]), .list([.string("AAPL")]), .string("2021-04-20"),
            .table([("AAPL", .list([.string("Apple")]))]), .string("debug"), .string("halted"),
            .string("replay"), .string("stop"), .string("drop"), .string("data"),
            .string("fixed"), .string("on"),
        ]
        for value in values {
            var configuration = Configuration()
            guard (try? key.apply(&configuration, value, "/")) != nil,
                key.show(configuration) != key.defaultText
            else { continue }
            return configuration
        }
        return nil
    }
}
