import Backtest
import Calendar
import Domain
import Engine
import Foundation
import Learning
import MarketFeeds
import Portfolio
import Primitives
import Risk
import Signals
import Storage

/// A measured figure with its unit.
package struct MeasuredFigure: Encodable, Sendable {
    package let name: String
    package let value: Double
    package let unit: String
}

/// Measures what decides how fast an order leaves: from a bar to the order's intent inside the
/// engine, and from there to a durable row.
package func measure() throws -> [MeasuredFigure] {
    try barToIntent() + intentToDurable()
}

private func percentiles(_ name: String, _ samples: [Double], _ unit: String) -> [MeasuredFigure] {
    let sorted = samples.sorted()
    func at(_ share: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
    return [
        MeasuredFigure(name: name + "_p50", value: at(0.5), unit: unit),
        MeasuredFigure(name: name + "_p99", value: at(0.99), unit: unit),
        MeasuredFigure(name: name + "_samples", value: Double(sorted.count), unit: "count"),
    ]
}

/// A bar on which the engine decides to trade, timed from its entry to the last effect.
private func barToIntent() throws -> [MeasuredFigure] {
    var configuration = Configuration()
    configuration.signals.sentiment.enabled = false
    configuration.signals.trend.rsiMax = 101
    configuration.market.simulation.days = 60
    configuration.market.simulation.symbolsCount = 30
    configuration.risk.ordersPerDayMax = nil
    configuration.risk.ordersPerMinuteMax = nil
    configuration.risk.cooldown = nil
    let assembly = try Assembly(configuration)
    let feed = try assembly.simulatedMarket(SymbolTable())
    let config = assembly.engineConfig(
        idPrefix: "bw-bench", interval: feed.interval, latches: false)
    var loop = TradingLoop(
        engine: TradingEngine(config), venue: SimulatedVenue(assembly.venue),
        journal: TimingJournal())
    loop.register(feed.symbols)
    var timeline = Timeline(feed: feed, news: NoNews(), calendar: assembly.calendar)
    var instant = Instant()
    while try timeline.next(&instant) {
        loop.register(timeline.feed.symbols)
        try loop.play(instant)
    }
    return percentiles("bar_to_intent", loop.journal.samples, "microseconds")
}

/// From the bar's arrival to the commit of an entry's intent: the time inside the engine.
private struct TimingJournal: EventJournal {
    private var began = ContinuousClock.now
    var samples: [Double] = []

    mutating func took(_ bar: Bar, symbols: SymbolTable) { began = .now }
    mutating func extract(since: Timestamp, naming: Set<String>) -> LedgerExtract {
        LedgerExtract()
    }

    mutating func commit(_ effects: [Effect], symbols: SymbolTable) throws {
        let isEntry = effects.contains {
            if case .record(.intent(let intent)) = $0 { intent.role.isEntry } else { false }
        }
        if isEntry { samples.append(microseconds(began.duration(to: .now))) }
    }
}

private func microseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e6 + Double(duration.components.attoseconds) / 1e12
}

/// One transaction with an intent in a ledger of its own, to the disk of the temporary folder.
private func intentToDurable() throws -> [MeasuredFigure] {
    let folder = NSTemporaryDirectory() + "bellwether-bench-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let ledger = try LedgerStore(folder: folder)
    var samples: [Double] = []
    let at = Timestamp(seconds: 1_700_000_000)
    guard let symbol = Symbol("BENCH") else { return [] }
    for number in 0..<500 {
        guard let id = ClientOrderID("bw-bench-\(number)") else { continue }
        let signal = Signal(
            id: "sig-\(number)", symbol: symbol, at: at, reason: .entry, side: .buy, score: 1,
            strength: 1, price: Price(whole: 100), priceTime: at, votes: [], indicators: [],
            headlines: [], weightsVersion: 0)
        let intent = OrderIntent(
            id: id, decisionKey: "key-\(number)", signalID: signal.id, symbol: symbol, side: .buy,
            quantity: .one, type: .market, timeInForce: .day, role: .entry, createdAt: at,
            expiresAt: at + Span(seconds: 60), referencePrice: Price(whole: 100),
            reservation: Money(whole: 100), bodyHash: "hash")
        let began = ContinuousClock.now
        try ledger.commit([
            .signal(signal, .approved(quantity: .one, figures: [])), .intent(intent),
        ])
        samples.append(microseconds(began.duration(to: .now)))
    }
    try ledger.close()
    return percentiles("intent_to_durable", samples, "microseconds")
}

package func figuresText(_ figures: [MeasuredFigure]) -> String {
    figures.map { figure in
        let padding = String(repeating: " ", count: max(1, 28 - figure.name.count))
        let tenths = Int((figure.value * 10).rounded())
        return "\(figure.name)\(padding)\(tenths / 10).\(tenths % 10) \(figure.unit)"
    }.joined(separator: "\n")
}

package func figuresJSON(_ figures: [MeasuredFigure]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(["figures": figures]), as: UTF8.self)
}
