import Backtest
import Domain
import Engine
import Foundation
import Host
import Primitives
import Storage
import TestSupport
import Testing

@testable import Appliance

/// What ends a run for ever must not begin again with the next start.
@Suite struct StandStillTests {
    /// Runs the market, with something done to the ledger behind the engine's back first.
    private func run(
        _ folder: ScratchFolder, after: (LedgerStore) throws -> Void = { _ in }
    ) throws -> (error: (any Error)?, state: LedgerState) {
        var configuration = Configuration()
        configuration.storage.path = folder.path
        configuration.market.simulation.days = 3
        configuration.market.speed = .max
        let assembly = try Assembly(configuration)
        let access = try StoreAccess(folder: folder.path, purpose: "test", reserve: 0)
        let journal = LedgerJournal(
            ledger: access.ledger, history: access.history, interval: Span(seconds: 60))
        var found: (any Error)?
        do {
            var runner = try LiveRunner(
                assembly, feed: assembly.simulatedMarket(SymbolTable()),
                news: assembly.news().feed, journal: journal, inbox: Inbox())
            try after(access.ledger)
            _ = try runner.run()
        } catch { found = error }
        let state = try access.ledger.loadState { $0 }
        try access.close()
        return (found, state)
    }

    @Test("S04: an order that the ledger refuses halts the next start too, and says why")
    func refusedOrder() throws {
        let folder = try ScratchFolder()
        let at = Timestamp(seconds: 1_618_925_400)
        let closed = TradingHold(
            id: "h1", cause: .operator, mode: .paused, by: "test", why: "unknown to the engine",
            since: at, until: nil)
        let first = try run(folder) { try $0.commit([.hold(.set(closed))]) }
        let error = try #require(first.error as? StorageError)
        guard case .gateClosed = error else {
            Issue.record("\(error)")
            return
        }
        let hold = try #require(first.state.holds.last)
        #expect(hold.cause == .storage && hold.mode == .halted && hold.id == "h2")
        #expect(hold.why == error.description)
        let second = try run(folder)
        #expect(second.error == nil, "\(String(describing: second.error))")
        #expect(second.state.holds.map(\.id) == ["h1", "h2"])
        #expect(second.state.checkpoint?.at != first.state.checkpoint?.at)
    }

    @Test(
        "S04: only a broken rule is stored as a halt: a disk is not, nor what ended before",
        arguments: [
            (StorageError.gateClosed(order: "o", hold: "h1"), true),
            (.notStanding(hold: "h"), true),
            (.duplicateDecision("d"), true), (.duplicateExecution("e"), true),
            (.wrongStatus(order: "o", expected: "a", found: "b", to: "c"), true),
            (.unstorable(file: .ledger, table: "weights", detail: "nan"), true),
            (.sqlite(file: .ledger, code: 2067, message: "m", sql: nil), true),
            (.sqlite(file: .ledger, code: 1034, message: "m", sql: nil), false),
            (.sqlite(file: .ledger, code: 5, message: "m", sql: nil), false),
            (.full(file: .ledger, path: "p"), false), (.stopped(earlier: "x"), false),
            (.damaged(file: .ledger, path: "p", detail: "d"), false),
            (.markFailed(path: "p", reason: "r"), false), (.locked(path: "p", holder: "h"), false),
        ])
    func brokenRules(error: StorageError, isBroken: Bool) {
        #expect(error.isBrokenRule == isBroken)
    }
}
