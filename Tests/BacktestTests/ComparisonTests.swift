import Calendar
import Domain
import Engine
import Execution
import Primitives
import TestSupport
import Testing

@testable import Backtest

/// Broker and books compared where the broker is the venue inside.
@Suite struct ComparisonTests {
    private final class Journal: EventJournal {
        var ledger = MemoryLedger()
        func commit(_ effects: [Effect], symbols: SymbolTable) { ledger.commit(effects) }
        func took(_ bar: Bar, symbols: SymbolTable) {}
        func extract(since: Timestamp, naming ids: Set<String>) -> LedgerExtract {
            ledger.extract(since: since, naming: ids)
        }
    }

    /// A day opened, and compared for the first time.
    private func opened() throws -> (loop: TradingLoop<Journal, SimulatedVenue>, Journal) {
        var config = EngineConfig(calendar: xnys)
        config.execution.reconciliation.isEnabled = true
        var engine = TradingEngine(config)
        _ = engine.register(symbolTable(["AA"]).symbols[0])
        let journal = Journal()
        var loop = TradingLoop(
            engine: engine, venue: SimulatedVenue(VenueConfig()), journal: journal)
        try play(.sessionOpen, "2025-06-10T13:30:00Z", &loop)
        try loop.wake(before: at("2025-06-10T13:31:00Z"))
        return (loop, journal)
    }

    private func play(
        _ timer: TimerEvent, _ time: String, _ loop: inout TradingLoop<Journal, SimulatedVenue>
    ) throws {
        var instant = Instant()
        instant.at = at(time)
        instant.timers = [timer]
        try loop.play(instant)
    }

    private func words(_ journal: Journal) -> [String] {
        journal.ledger.reconciliations.map { "\($0.trigger.rawValue) \($0.verdict.rawValue)" }
    }

    @Test("S37: the venue inside is compared with at the first open and a minute after each close")
    func times() throws {
        var (loop, journal) = try opened()
        #expect(words(journal) == ["start matches"])
        #expect(loop.engine.brokerBlocks.isEmpty)
        try play(.sessionClose, "2025-06-10T20:00:00Z", &loop)
        #expect(words(journal) == ["start matches"])
        try loop.finishDay()
        #expect(words(journal) == ["start matches", "daily matches"])
        #expect(journal.ledger.reconciliations.last?.at == at("2025-06-10T20:01:00Z"))
        try play(.sessionOpen, "2025-06-11T13:30:00Z", &loop)
        try play(.sessionClose, "2025-06-11T20:00:00Z", &loop)
        try loop.finishDay()
        #expect(words(journal).suffix(2) == ["daily matches", "daily matches"])
        #expect(loop.engine.mode == .active)
    }

    @Test(
        "S37: what the account of the venue inside has and the books lack is found",
        arguments: ["cash", "position"])
    func tampered(_ what: String) throws {
        var (loop, journal) = try opened()
        if what == "cash" {
            loop.venue.deposit(Money(whole: 1))
        } else {
            loop.venue.account.hold(loop.engine.symbols.symbols[0], 0, Quantity(whole: 5))
        }
        try play(.sessionClose, "2025-06-10T20:00:00Z", &loop)
        try loop.finishDay()
        #expect(words(journal) == ["start matches", "daily differs"])
        let line = try #require(journal.ledger.reconciliations.last?.lines.first)
        #expect(line.kind.rawValue == what && line.outcome == .unexplained)
        #expect(loop.engine.mode == .reduceOnly)
        let isSuspended = loop.engine.brokerBlocks.map(\.block) == [.suspended]
        #expect(isSuspended == (what == "position"))
    }

    @Test("S37: a restart compares first, and makes the daily comparison that it missed")
    func restart() throws {
        var (loop, journal) = try opened()
        try play(.sessionClose, "2025-06-10T20:00:00Z", &loop)
        for round in 1...2 {
            let state = journal.ledger.state {
                xnys.zone.timestamp(xnys.zone.localDate(of: $0), secondsOfDay: 0)
            }
            var engine = TradingEngine(loop.engine.config)
            try engine.restore(state)
            loop = TradingLoop(
                engine: engine, venue: SimulatedVenue(VenueConfig()), journal: journal)
            try loop.recover(state)
            #expect(words(journal).last == "start matches")
            #expect(words(journal).count == 1 + round)
        }
        try loop.finishDay()
        #expect(words(journal).last == "daily matches")
        #expect(Set(journal.ledger.reconciliations.map(\.id)).count == 4)
        #expect(journal.ledger.problems.isEmpty)
    }
}
