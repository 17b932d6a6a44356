import Domain
import Foundation
import Primitives
import TestSupport
import Testing

/// The real program and a real broker, watched and asked through the broker's own clients.
struct MQTTBench {
    let folder: ScratchFolder
    let server: MosquittoServer
    var store: ProcessStore { ProcessStore(path: folder("store")) }

    init(isStarted: Bool = true) throws {
        folder = try ScratchFolder(inMemory: true)
        server = try MosquittoServer(isStarted: isStarted)
    }

    /// Busy: several orders a market hour, and a market hour in about a second.
    var common: [String] {
        settings([
            "storage.path=\(store.path)", "mqtt.port=\(server.port)", "mqtt.id=dev",
            "mqtt.positions_every=1s", "mqtt.telemetry_every=2s", "market.seed=11",
            "market.days=400", "market.speed=4000", "market.news_per_day=40", "risk.cooldown=1m",
            "exits.hold_max=1h", "risk.orders_per_day_max=5000",
            "strategies.reversion.entry_z=1.5", "ensemble.entry_threshold=0.2",
            "risk.latches=false", "orders.installation=test0000",
        ])
    }

    func start(_ more: [String] = []) throws -> ChildProcess {
        try Program.start(["run"] + common + settings(more))
    }

    func end(_ child: ChildProcess) throws -> ChildProcess.Outcome {
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(outcome.status == 0, "\(outcome)")
        try store.expectSound("after MQTT")
        return outcome
    }

    func watch(_ topics: String...) throws -> ChildProcess {
        // One client for all: the order of what it sees is the order of what was sent.
        var options: [String] = []
        for topic in topics.dropFirst() { options += ["-t", "bellwether/dev/\(topic)"] }
        return try server.subscribe("bellwether/dev/\(topics.first ?? "#")", options: options)
    }

    /// `mosquitto_rr`: a plain request with its answer.
    func ask(_ verb: String, _ payload: String) throws -> JSONValue {
        let outcome = try server.request(
            "bellwether/dev/request/\(verb)", payload, answerTopic: "bellwether/dev/response/me")
        #expect(outcome.status == 0, "\(outcome)")
        return try value(outcome.output)
    }

    func ctl(_ words: String...) throws -> ChildProcess.Outcome {
        try Program.run(["ctl", "--mqtt"] + words + common)
    }

    func state() throws -> JSONValue {
        let outcome = try Program.run(["status", "--json"] + common)
        #expect(outcome.status == 0 || outcome.status == 1, "\(outcome)")
        return try value(outcome.output)
    }

    func value(_ text: some StringProtocol) throws -> JSONValue {
        try JSONReader.read(Array(text.utf8.prefix { $0 != 10 })[...])
    }

    func text(_ value: JSONValue?) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    func sent(after time: Timestamp) throws -> Int {
        try store.count(
            "SELECT count(*) FROM order_events WHERE to_status = 'SUBMITTING' AND at > "
                + "\(time.nanoseconds)")
    }
}

/// What a client saw: `topic|retain flag|payload`.
struct SeenMessage {
    let topic: String
    let isRetained: Bool
    let payload: String

    static func all(_ outcome: ChildProcess.Outcome) -> [SeenMessage] {
        outcome.lines.compactMap { line in
            let parts = line.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            return SeenMessage(
                topic: String(parts[0]).replacingOccurrences(of: "bellwether/dev/", with: ""),
                isRetained: parts[1] == "1", payload: String(parts[2]))
        }
    }
}
