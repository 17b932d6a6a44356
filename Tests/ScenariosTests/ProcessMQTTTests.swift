import Domain
import Foundation
import Glibc
import Primitives
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: !MosquittoServer.isAbsent, "mosquitto is not here"))
struct ProcessMQTTTests {
    let bench: MQTTBench

    init() throws { bench = try MQTTBench() }

    @Test("A04: state and availability are retained; the will says offline, a restart counts on")
    func presence() throws {
        let watcher = try bench.watch("availability", "state")
        let child = try bench.start()
        try watcher.wait(for: "availability|0|online")
        try watcher.wait(for: #""boot":1,"seq":1,"#)
        child.kill(SIGKILL)
        _ = try child.wait()
        try watcher.wait(for: "availability|0|offline")
        // Who comes now is told at once, of the state before the end too.
        let late = try bench.watch("availability", "state")
        try late.wait(for: "availability|1|offline")
        try late.wait(for: "state|1|")

        let again = try bench.start()
        try watcher.wait(for: #""boot":2,"seq":1,"#)
        try late.wait(for: "availability|0|online")
        _ = try bench.end(again)
        let after = try bench.watch("availability")
        try after.wait(for: "availability|1|offline")
        for client in [watcher, late, after] { client.kill(SIGTERM) }
    }

    @Test("A04: everything that is sent is valid by the schema of its topic")
    func schemas() throws {
        let watcher = try bench.server.subscribe(
            "bellwether/dev/#", options: ["-t", "homeassistant/#"])
        let child = try bench.start()
        for part in [
            "event/signal|", "event/trade|", "event/reconciliation|", "telemetry|", "weights|",
            "positions|", "portfolio|", "state|", "\"event_type\":\"fill\"",
            "bellwether_dev/config|",
        ] {
            try watcher.wait(for: part)
        }
        _ = try bench.ask("status", "{}")
        _ = try bench.ask("positions", #"{"transaction":"q1"}"#)
        _ = try bench.ask("nonsense", "{}")
        _ = try bench.end(child)
        try watcher.wait(for: "availability|0|offline")
        watcher.kill(SIGTERM)
        let messages = SeenMessage.all(try watcher.wait())
        var count = 0
        for message in messages where !message.topic.hasPrefix("request/") {
            guard let name = ShippedSchema.ofTopic(message.topic) else {
                #expect(
                    message.topic == "availability" || message.topic.hasPrefix("homeassistant/"),
                    "\(message)")
                continue
            }
            let problems = try ShippedSchema.named(name).problems(message.payload)
            #expect(problems.isEmpty, "\(message.topic) \(problems) \(message.payload)")
            count += 1
        }
        #expect(count > 12)
        // Every event once, under an id of its own; states without a gap.
        let events = messages.filter { $0.topic.hasPrefix("event/") }
        let ids = try events.map { bench.text(try bench.value($0.payload)["id"]) ?? "" }
        #expect(Set(ids).count == ids.count)
        let numbers = try messages.filter { $0.topic == "state" }.map {
            try bench.value($0.payload)["seq"]
        }
        #expect(numbers == numbers.indices.map { .number("\($0 + 1)") })
    }

    @Test(
        "A05: a plain pause acts before the next order and outlives a kill; a signed resume ends it"
    )
    func pause() throws {
        let child = try bench.start()
        try child.wait(for: "  fill ")
        let watcher = try bench.watch("response/pause", "state")
        try bench.server.publish(
            "bellwether/dev/request/pause", #"{"transaction":"p1","reason":"test"}"#)
        try watcher.wait(for: #""transaction":"p1""#)
        child.kill(SIGKILL)
        _ = try child.wait()
        try bench.store.expectSound("killed after the answer")
        watcher.kill(SIGTERM)
        let answer = try #require(
            SeenMessage.all(try watcher.wait()).first { $0.topic == "response/pause" })
        let data = try bench.value(answer.payload)
        guard case .array(let holds) = data["data"]?["holds"] else {
            Issue.record("\(answer)")
            return
        }
        #expect(bench.text(holds.first?["by"]) == "mqtt:plain")
        let since = try #require(
            bench.text(holds.first?["since"]).flatMap { Timestamp(rfc3339: $0) })

        let again = try bench.start()
        try again.wait(for: "mode paused")
        let states = try bench.watch("state")
        try states.wait(for: #""mode":"paused""#)
        // The same transaction once more has the same answer, and no second effect.
        let repeated = try bench.ask("pause", #"{"transaction":"p1","reason":"other"}"#)
        #expect(repeated["data"]?["holds"] == data["data"]?["holds"])
        let unsigned = try bench.ask("resume", #"{"transaction":"r1"}"#)
        #expect(bench.text(unsigned["error"]) == "unsigned")
        #expect(bench.text(try bench.state()["mode"]) == "paused")
        _ = try bench.end(again)
        #expect(try bench.sent(after: since) == 0)
        #expect(try bench.store.count("SELECT count(*) FROM commands") == 1)

        let resumed = try bench.start()
        try resumed.wait(for: "mode paused")
        let outcome = try bench.ctl("resume", "--reason", "over")
        #expect(outcome.status == 0 && outcome.output.contains("mode  active"), "\(outcome)")
        try states.wait(for: #""mode":"active""#)
        try resumed.wait(for: "  fill ")
        _ = try bench.end(resumed)
        #expect(try bench.sent(after: since) > 0)
        states.kill(SIGTERM)
    }

    @Test("A05: a token that was used, a retained request and a wrong verb change nothing (S39)")
    func refused() throws {
        let child = try bench.start()
        try child.wait(for: "  order ")
        let ear = try bench.watch("request/resume")
        #expect(bench.text(try bench.ask("pause", #"{"reason":"a"}"#)["status"]) == "ok")
        #expect(try bench.ctl("resume").status == 0)
        try ear.wait(for: "request/resume|0|ey")
        ear.kill(SIGTERM)
        let token = try #require(SeenMessage.all(try ear.wait()).first?.payload)
        #expect(bench.text(try bench.ask("pause", #"{"reason":"b"}"#)["status"]) == "ok")
        let before = try bench.store.countLive("SELECT count(*) FROM commands")

        #expect(bench.text(try bench.ask("resume", token)["error"]) == "replayed")
        #expect(bench.text(try bench.ask("pause", token)["error"]) == "conflict")
        #expect(
            bench.text(try bench.ask("resume", token.dropLast(4) + "AAAA")["error"])
                == "bad-signature")
        #expect(bench.text(try bench.ask("resume", "no JSON")["error"]) == "malformed")
        #expect(
            bench.text(
                try bench.ask(
                    "resume", #"{"reason":""# + String(repeating: "x", count: 5_000) + #""}"#)[
                        "error"]) == "oversize")
        #expect(bench.text(try bench.ask("sell", "{}")["error"]) == "unknown-verb")
        #expect(
            bench.text(try bench.ask("pause", #"{"untill":"2030-01-01T00:00:00Z"}"#)["error"])
                == "invalid-argument")
        let answers = try bench.watch("response/pause")
        try bench.server.publish(
            "bellwether/dev/request/pause", #"{"transaction":"kept"}"#, options: ["-r"])
        try answers.wait(for: #""error":"retained""#)
        answers.kill(SIGTERM)
        #expect(bench.text(try bench.state()["mode"]) == "paused")
        #expect(try bench.store.countLive("SELECT count(*) FROM commands") == before)
        _ = try bench.end(child)

        // A restart has forgotten nothing: the token is still known, the retained request refused.
        let again = try bench.start()
        try again.wait(for: "mode paused")
        let late = try bench.ask("resume", token)
        #expect(["replayed", "expired"].contains(bench.text(late["error"])), "\(late)")
        #expect(bench.text(try bench.state()["mode"]) == "paused")
        _ = try bench.end(again)
    }

    @Test("S13: a thousand bad commands change no trade and do not flood the log (S27)")
    func flood() throws {
        let day = ["market.days=1", "market.speed=6000"]
        let quiet = ProcessStore(path: bench.folder("quiet"))
        let reference = try Program.start(
            ["run"] + bench.common
                + settings(day + ["storage.path=\(quiet.path)", "mqtt.enabled=false"]))
        let child = try bench.start(day)
        try child.wait(for: "connected to the MQTT broker")
        let lines = [
            "resume": #"{"transaction":"x"}"#, "flatten": "not JSON", "nonsense": "{}",
            "weights": "eyJhbGciOiJub25lIiwia2lkIjoieCIsInR5cCI6ImJ3LWNtZCtqd3MifQ.e30.AAAA",
        ]
        let senders = try lines.map { verb, line in
            try ChildProcess(
                "/usr/bin/mosquitto_pub",
                ["-p", "\(bench.server.port)", "-t", "bellwether/dev/request/\(verb)", "-l"]
                    + ["-q", "1"],
                input: Array(String(repeating: line + "\n", count: 250).utf8))
        }
        for sender in senders { #expect(try sender.wait().status == 0) }
        let outcome = try child.wait()
        #expect(outcome.status == 0 && outcome.output.contains("The market is over"), "\(outcome)")
        #expect(try reference.wait().status == 0)
        let expected = try quiet.contents()
        let differences = try bench.store.contents().differences(from: expected)
        #expect(differences.isEmpty, "\(differences)")
        #expect(expected.tables["fills"]?.count ?? 0 > 5)
        #expect(try bench.store.count("SELECT count(*) FROM commands") == 0)
        #expect(try bench.store.count("SELECT count(*) FROM proofs") == 0)
        let told = outcome.errors.split(separator: "\n").count { $0.contains(" refused as ") }
        #expect((1...200).contains(told), "\(told)")
    }

    @Test("A09: a reload changes the pace of what is published and the rate of commands at once")
    func reload() throws {
        let file = try bench.folder.write(
            "[mqtt]\ntelemetry_every = \"1h\"\n", to: "bellwether.toml")
        let common = bench.common.filter {
            $0 != "--set" && !$0.hasPrefix("mqtt.telemetry_every")
        }
        // As a service, for which SIGHUP means the files.
        let child = try Program.start(
            ["run", "--config", file] + settings(common),
            environment: ["NOTIFY_SOCKET": bench.folder("nobody")])
        let watcher = try bench.watch("telemetry")
        try watcher.wait(for: "telemetry|")
        try bench.folder.write(
            "[mqtt]\ntelemetry_every = \"1s\"\n[commands]\nper_minute_max = 2\n",
            to: "bellwether.toml")
        child.kill(SIGHUP)
        try child.wait(for: "now in force: mqtt.telemetry_every, commands.per_minute_max")
        let late = try bench.watch("telemetry")
        try late.wait(for: "telemetry|")
        let answers = try (0..<3).map {
            bench.text(try bench.ask("status", "{\"transaction\":\"q\($0)\"}")["error"])
        }
        #expect(answers.contains("rate-limited"), "\(answers)")
        for client in [watcher, late] { client.kill(SIGTERM) }
        _ = try bench.end(child)
    }

    @Test("A04: Home Assistant loses a device whose topic changed, or that is announced no more")
    func discoveryMoves() throws {
        let watcher = try bench.server.subscribe("+/device/bellwether_dev/config")
        func round(_ settings: [String], _ expected: String) throws {
            let child = try bench.start(settings)
            try watcher.wait(for: expected)
            _ = try bench.end(child)
        }
        try round([], "homeassistant/device/bellwether_dev/config|0|{")
        try round(
            ["mqtt.discovery_prefix=ha"], "homeassistant/device/bellwether_dev/config|0|\n")
        try watcher.wait(for: "ha/device/bellwether_dev/config|0|{")
        try round(["mqtt.discovery=false"], "\nha/device/bellwether_dev/config|0|\n")
        watcher.kill(SIGTERM)
        #expect(try bench.store.texts("SELECT value FROM meta WHERE key = 'mqtt-devices'") == [""])
    }

    @Test("S27: a broker that comes late, goes and comes back costs a line each and loses no event")
    func brokerAway() throws {
        let bench = try MQTTBench(isStarted: false)
        let child = try bench.start()
        try child.wait(for: "  fill ")
        let status = try bench.state()
        #expect(bench.text(status["components"]?["mqtt"]?["health"]) == "down")
        #expect(status["problem"] == .bool(false), "\(status)")
        try bench.server.start()
        let watcher = try bench.watch("availability", "event/#", "state")
        try watcher.wait(for: "availability|0|online", seconds: 90)
        try watcher.wait(for: #""event_type":"fill""#)
        try child.wait(for: "connected to the MQTT broker")
        try bench.server.restart()
        let second = try bench.watch("availability", "event/#", "state")
        try second.wait(for: "|online", seconds: 90)
        try second.wait(for: "state|")
        try second.wait(for: "event/")
        try child.wait(for: "connected again to the MQTT broker")
        let outcome = try bench.end(child)
        try second.wait(for: "availability|0|offline")
        for client in [watcher, second] { client.kill(SIGTERM) }
        // At least once: what was in flight may come twice, nothing stays away.
        let seen = try (SeenMessage.all(try watcher.wait()) + SeenMessage.all(try second.wait()))
            .filter { $0.topic == "event/trade" }.map { try bench.value($0.payload) }
        let waiting = try bench.store.texts("SELECT payload FROM outbox WHERE kind = 'trade'")
            .map { try bench.value($0) }
        let fills = Set(try bench.store.texts("SELECT execution_id FROM fills"))
        let told = Set(seen.compactMap { bench.text($0["execution"]) })
        let untold = fills.subtracting(told)
        #expect(untold.isSubset(of: waiting.compactMap { bench.text($0["execution"]) }))
        #expect(told.isSubset(of: fills) && !told.isEmpty)
        let lines = outcome.errors.split(separator: "\n").filter { $0.contains("MQTT broker") }
        #expect((2...3).contains(lines.count), "\(lines)")
    }
}
