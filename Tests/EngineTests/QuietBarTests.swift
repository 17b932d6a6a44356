import AllocationCounter
import Calendar
import Domain
import Engine
import Foundation
import Primitives
import Signals
import Testing

/// What a bar costs that nobody votes on.
@Suite struct QuietBarTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var configure: @Sendable (inout EngineConfig) -> Void = { _ in }
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "all strategies"),
        Case(name: "trend alone") {
            $0.signals.sentiment.enabled = false
            $0.signals.reversion.enabled = false
        },
        Case(name: "extended hours") { $0.extendedHours = true },
    ]

    @Test("A02: a bar that causes nothing allocates nothing", arguments: cases)
    func allocations(_ row: Case) throws {
        let zone = try Data(
            contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/America/New_York"))
        var config = EngineConfig(calendar: .data(try TimeZoneRules(tzif: Array(zone))))
        row.configure(&config)
        var engine = TradingEngine(config)
        let ids = try ["A", "B", "C", "D", "E", "F", "G", "H"].map { name in
            try #require(Symbol(name).flatMap { engine.register($0) })
        }
        var effects: [Effect] = []
        // Midnight in New York: all the bars are of one session.
        let open = Timestamp(seconds: 1_700_024_400)
        var made: UInt64 = 0
        for minute in 0..<Int64(1_400) {
            let start = open + Span(seconds: minute * 60)
            for id in ids {
                let bar = Bar(
                    symbol: id, start: start, open: Price(whole: 100), high: Price(whole: 101),
                    low: Price(whole: 99), close: Price(whole: 100), volume: Volume(shares: 1_000))
                let event = Stamped(at: start + Span(seconds: 60), InputEvent.bar(bar))
                let before = allocation_count()
                try engine.process(event, effects: &effects)
                // Until then the windows grow to their full size and the indicators become ready.
                if minute >= 400 { made += allocation_count() - before }
            }
        }
        #expect(made == 0)
        #expect(effects.isEmpty)
        #expect(engine.counters.bars == 8 * 1_400)
        #expect(engine.counters.signals == 0)
    }

    @Test("The counter sees an allocation")
    func counter() {
        let before = allocation_count()
        let box = [UInt8](repeating: 1, count: Int(before % 7) + 4_096)
        #expect(allocation_count() > before)
        #expect(box.count >= 4_096)
    }
}
