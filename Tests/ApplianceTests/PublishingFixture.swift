import Domain
import Engine
import Messaging
import Primitives
import TestSupport

@testable import Appliance

/// Facts of every kind, with text that would do harm.
enum PublishingFixture {
    /// One that has seen nothing.
    static func engine() throws -> TradingEngine {
        TradingEngine(EngineConfig(calendar: try Assembly(Configuration()).calendar))
    }

    static let hostile = "“Profit” \"\\ \u{0} \u{1B}[31m \u{202E} </script>\n" + long
    static let long = String(repeating: "e\u{301}\u{301}", count: 500)

    static func signal(_ symbol: String = "AAPL") throws -> Signal {
        let at = try ReportingFixture.time("2026-03-04T14:31:00Z")
        let symbol = try ReportingFixture.symbol(symbol)
        let reading = SentimentReading(
            newsID: hostile, symbol: symbol, headline: hostile,
            score: SentimentScore(label: .positive, score: 0.5, confidence: 1, model: "lexicon-1"),
            at: at)
        return Signal(
            id: "s-1", symbol: symbol, at: at, reason: .entry, side: .buy, score: 1.0 / 3,
            strength: 1.0 / 3, price: try ReportingFixture.price("100.05"), priceTime: at,
            votes: [Vote(strategy: .trend, direction: 1, strength: 1)],
            indicators: [Figure("rsi", "41.5")],
            headlines: Array(repeating: reading, count: 9), weightsVersion: 3)
    }

    static func intent(_ id: String) throws -> OrderIntent {
        let at = try ReportingFixture.time("2026-03-04T14:31:00Z")
        return OrderIntent(
            id: try ReportingFixture.order(id), decisionKey: id, signalID: "s-1",
            symbol: try ReportingFixture.symbol("AAPL"), side: .buy, quantity: Quantity(whole: 10),
            type: .market, timeInForce: .day, role: .entry, createdAt: at, expiresAt: at,
            referencePrice: try ReportingFixture.price("100.05"), reservation: .zero,
            bodyHash: "0")
    }

    static func step(_ id: String, to status: OrderStatus) throws -> OrderTransition {
        OrderTransition(
            id: try ReportingFixture.order(id), from: .acked, to: status,
            at: try ReportingFixture.time("2026-03-04T14:32:00Z"), reason: hostile)
    }

    static func fill(_ id: String = "bw-1", execution: String = "x1") throws -> Fill {
        Fill(
            executionID: execution, orderID: try ReportingFixture.order(id),
            symbol: try ReportingFixture.symbol("AAPL"), side: .buy, quantity: Quantity(whole: 10),
            price: try ReportingFixture.price("100.123456789"), fee: .zero,
            at: try ReportingFixture.time("2026-03-04T14:32:00Z"), foundBy: "rec-1")
    }

    static func run(lines: Int) throws -> ReconciliationRun {
        let at = try ReportingFixture.time("2026-03-04T21:30:00Z")
        let line = ReconciliationLine(
            kind: .order, subject: hostile, books: hostile, broker: "none", outcome: .unexplained)
        return ReconciliationRun(
            id: "rec-1", trigger: .daily, since: at, at: at, verdict: .differs, orders: 4,
            fills: 4, positions: 1, cashBooks: try ReportingFixture.money("-99999.5"),
            cashBroker: nil, lines: Array(repeating: line, count: lines))
    }

    static func alert(_ severity: AlertSeverity = .critical) throws -> Alert {
        Alert(
            code: "unprotected", severity: severity, message: hostile,
            at: try ReportingFixture.time("2026-03-04T14:32:00Z"))
    }

    /// A commit for every kind of event that there is.
    static func everything() throws -> [Effect] {
        let refusal = Refusal(.exposure, [Figure("limit", hostile), Figure("asked", "2.00")])
        var entries: [LedgerEntry] = [
            .signal(
                try signal(),
                .approved(quantity: Quantity(whole: 10), figures: [Figure("risk", "1.00")])),
            .signal(try signal("BRK.B"), .refused(refusal)),
        ]
        let ends: [OrderStatus] = [
            .rejected, .notPlaced, .expiredLocal, .canceled, .expired, .replaced, .filled,
        ]
        for (index, status) in ends.enumerated() {
            entries += [
                .intent(try intent("bw-\(index)")),
                .transition(try step("bw-\(index)", to: status)),
            ]
        }
        entries += [
            .fill(try fill()), .alert(try alert()), .alert(try alert(.warning)),
            .reconciliation(try run(lines: 200)), .reconciliation(try run(lines: 0)),
        ]
        return entries.map { .record($0) }
    }
}

/// A broker that is as fast, full or away as the test wants.
final class TestOutlet: Outlet {
    var retained: [(topic: RetainedTopic, payload: String)] = []
    var events: [OutgoingEvent] = []
    var telemetry: [String] = []
    var room = Int.max
    var bytesMax = Int.max
    var delivered: [String] = []
    var figures = LinkFigures()

    func publish(_ topic: RetainedTopic, _ payload: String) { retained.append((topic, payload)) }

    func offer(_ event: OutgoingEvent) -> OfferAnswer {
        if event.payload.utf8.count > bytesMax { return .never }
        guard room > 0 else { return .full }
        room -= 1
        events.append(event)
        return .taken
    }

    func takeDelivered() -> [String] {
        defer { delivered = [] }
        return delivered
    }

    func publish(telemetry: String) { self.telemetry.append(telemetry) }

    func count(_ topic: RetainedTopic) -> Int { retained.count { $0.topic == topic } }
}

/// The table of the ledger, and how often it was written to.
final class TestOutbox: Outbox {
    var rows: [OutboxRow] = []
    var dropped: Int64 = 0
    var commits = 0

    func waiting(limit: Int) -> [OutboxRow] { Array(rows.prefix(limit)) }

    func forget(_ ids: [String]) {
        commits += 1
        rows.removeAll { ids.contains($0.id) }
    }

    var counts: (waiting: Int, dropped: Int64)? { (rows.count, dropped) }
}
