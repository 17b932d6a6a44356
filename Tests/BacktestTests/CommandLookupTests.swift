import Backtest
import Domain
import Engine
import Primitives
import TestSupport
import Testing

/// The loop asks the ledger for what the engine has forgotten.
@Suite struct CommandLookupTests {
    private final class Journal: EventJournal {
        var ledger = MemoryLedger()
        var answers: [CommandAnswer] = []
        var lookups = 0

        func commit(_ effects: [Effect], symbols: SymbolTable) throws {
            ledger.commit(effects)
            for case .answer(let answer) in effects { answers.append(answer) }
        }

        func took(_ bar: Bar, symbols: SymbolTable) {}
        func extract(since: Timestamp, naming: Set<String>) -> LedgerExtract { LedgerExtract() }

        func command(transaction: String) -> CommandRecord? {
            lookups += 1
            return ledger.command(transaction: transaction)
        }
    }

    @Test("S25: however long ago, a transaction has one effect and one answer, or is a conflict")
    func old() throws {
        let journal = Journal()
        var loop = TradingLoop(
            engine: TradingEngine(EngineConfig(calendar: xnys)),
            venue: SimulatedVenue(VenueConfig()), journal: journal)
        func give(_ transaction: String, _ verb: Command.Verb) throws -> CommandAnswer? {
            let command = Command(
                transaction: transaction, by: "ctl:root", isProven: true, why: "", verb: verb)
            let count = journal.answers.count
            try loop.take(.command(command), at("2025-06-10T14:00:00Z"))
            return journal.answers.count == count ? nil : journal.answers.last
        }
        let pause = Command.Verb.pause(until: nil, exits: false)
        let first = try #require(try give("t0", pause))
        for index in 1...300 { #expect(try give("t\(index)", .resume(latch: nil)) != nil) }
        #expect(loop.engine.mode == .active)
        #expect(try give("t0", pause) == first)
        #expect(try give("t1", pause)?.refusal == .conflict)
        #expect(loop.engine.mode == .active, "no second effect")
        #expect(try give("new", pause)?.mode == .paused, "a pause is always taken")
        #expect(journal.ledger.commands.count == 302 && journal.ledger.problems.isEmpty)
        let lookups = journal.lookups
        #expect(try give("new", pause)?.mode == .paused)
        #expect(journal.lookups == lookups, "what is at hand is not looked up")
    }
}
