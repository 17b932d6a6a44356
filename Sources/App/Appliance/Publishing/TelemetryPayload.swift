// The payload of `telemetry`: what the machine counts of itself. Sent now and then, never kept: what
// did not reach the broker is gone, and the next one says as much.
//
// Invariant: counters count from the start of the process and never decrease; what is not known is
// null, never zero. Schema: Packaging/schemas/telemetry.schema.json.
import Domain
import Engine
import Host
import Primitives
import Storage

/// The counts of the connection and of the publisher.
package struct LinkFigures: Sendable, Equatable {
    package var isConnected = false
    package var reconnects = 0
    package var published = 0
    package var received = 0
    /// Name and how many wait there now.
    package var depths: [(name: String, count: Int)] = []
    /// Name and how many were dropped there.
    package var drops: [(name: String, count: Int)] = []

    package init() {}

    package static func == (a: LinkFigures, b: LinkFigures) -> Bool {
        a.isConnected == b.isConnected && a.reconnects == b.reconnects
            && a.published == b.published && a.received == b.received
            && a.depths.elementsEqual(b.depths, by: ==) && a.drops.elementsEqual(b.drops, by: ==)
    }
}

/// How long something took, since the start.
package struct LatencyFigures: Sendable, Equatable {
    package private(set) var count: Int64 = 0
    package private(set) var totalSeconds = 0.0
    package private(set) var longestSeconds = 0.0

    package init() {}

    package mutating func take(_ time: Duration) {
        let (whole, rest) = time.components
        let seconds = Double(whole) + Double(rest) / 1e18
        count += 1
        totalSeconds += seconds
        longestSeconds = max(longestSeconds, seconds)
    }

    var json: OrderedJSON {
        .object([
            ("count", .integer(Int(count))),
            (
                "mean_ms",
                OrderedJSON(number: count == 0 ? nil : milliseconds(totalSeconds / Double(count)))
            ),
            ("max_ms", OrderedJSON(number: count == 0 ? nil : milliseconds(longestSeconds))),
        ])
    }

    private func milliseconds(_ seconds: Double) -> Double {
        (seconds * 1_000_000).rounded() / 1_000
    }
}

package struct TelemetryFigures: Sendable {
    package var boot: Int64?
    package var uptimeSeconds = 0.0
    package var engine = EngineCounters()
    package var commits = 0
    package var link = LinkFigures()
    /// Waiting in the ledger for the broker.
    package var outbox: Int?
    package var commit = LatencyFigures()
    package var control: ControlCounters?
    package var refusedOverMQTT: [(code: CommandRefusal, count: Int64)] = []
    package var process = ProcessFigures()

    package init() {}

    package func json(written: Timestamp) -> OrderedJSON {
        .object([
            ("v", .integer(publishedVersion)), ("ts", .string(written.description)),
            ("boot", boot.map { .integer(Int($0)) } ?? .null),
            ("uptime_seconds", .number(uptimeSeconds.rounded())),
            ("counters", counters), ("errors", errors),
            (
                "queues",
                .object([
                    ("outbox", outbox.map { .integer($0) } ?? .null),
                    ("depths", .object(link.depths.map { ($0.name, .integer($0.count)) })),
                    ("drops", .object(link.drops.map { ($0.name, .integer($0.count)) })),
                ])
            ),
            ("latencies", .object([("commit", commit.json)])),
            (
                "mqtt",
                .object([
                    ("connected", .flag(link.isConnected)),
                    ("reconnects", .integer(link.reconnects)),
                    ("published", .integer(link.published)),
                    ("received", .integer(link.received)),
                    ("refused", counts(refusedOverMQTT)),
                ])
            ),
            (
                "process",
                .object([
                    ("rss_bytes", integer(process.residentBytes)),
                    ("private_bytes", integer(process.privateBytes)),
                    ("bytes_written", integer(process.bytesWritten)),
                    ("threads", integer(process.threads)),
                ])
            ),
        ])
    }

    private var counters: OrderedJSON {
        var members: [(key: String, value: OrderedJSON)] = [
            ("bars", engine.bars), ("news", engine.news), ("readings", engine.readings),
            ("signals", engine.signals), ("refusals", engine.refusals),
            ("orders", engine.intents), ("fills", engine.fills), ("alerts", engine.alerts),
            ("commits", Int64(commits)),
        ].map { ($0.0, .integer(Int($0.1))) }
        if let control {
            members += [
                ("requests", .integer(Int(control.requests))),
                ("clients_dropped", .integer(Int(control.dropped))),
                ("requests_refused", counts(control.sortedRefused)),
            ]
        }
        return .object(members)
    }

    /// Every class, also those that did not occur: a zero is a message.
    private var errors: OrderedJSON {
        .object(
            ErrorClass.allCases.map {
                ($0.rawValue, .integer(Int(engine.errors[$0] ?? 0)))
            })
    }

    private func counts(_ counts: [(code: CommandRefusal, count: Int64)]) -> OrderedJSON {
        .object(counts.map { ($0.code.rawValue, .integer(Int($0.count))) })
    }

    private func integer(_ value: Int?) -> OrderedJSON { value.map { .integer($0) } ?? .null }
}
