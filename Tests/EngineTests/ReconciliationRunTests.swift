import Domain
import Execution
import Portfolio
import Primitives
import Simulation
import TestSupport
import Testing

@testable import Engine

/// When broker and books are compared, and what follows.
@Suite struct ReconciliationRunTests {
    private func runs(_ world: OutsideWorld) -> [String] {
        world.ledger.reconciliations.map { "\($0.trigger.rawValue) \($0.verdict.rawValue)" }
    }

    @Test("S37: at the start, after a new connection, periodically, and after the close")
    func triggers() throws {
        var world = try OutsideWorld.ready()
        #expect(runs(world) == ["start matches"])
        try world.wait(until: time("14:06"))
        #expect(runs(world).last == "periodic matches")
        try world.take(.link(.down(reason: "x")), "14:07")
        try world.take(.link(.up), "14:08")
        try world.answerAccount()
        #expect(runs(world).last == "reconnect matches")
        try world.take(.timer(.sessionClose), "20:00")
        try world.wait(until: time("20:02"))
        let daily = try #require(world.ledger.reconciliations.last { $0.trigger == .daily })
        #expect(daily.verdict == .matches)
        #expect(daily.since == Timestamp(rfc3339: "2025-06-04T13:30:00Z"), "five sessions back")
        #expect(Set(world.ledger.reconciliations.map(\.id)).count == runs(world).count)
    }

    @Test(
        "S37: a difference seen twice stops entries and the symbol; an agreement frees the symbol")
    func differs() throws {
        var world = try OutsideWorld.ready()
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 5)]
        try world.wait(until: time("14:08"))
        #expect(runs(world).contains("periodic differs"))
        #expect(world.engine.mode == .reduceOnly && world.block == .suspended)
        #expect(world.alerts.contains("reconciliation"))
        let line = try #require(world.ledger.reconciliations.last?.lines.first)
        #expect(line.kind == .position && line.outcome == .unexplained)
        #expect(line.books == "0" && line.broker == "5")
        world.broker.holdings = [:]
        try world.wait(until: time("14:20"))
        #expect(runs(world).last == "periodic matches" && world.block == nil)
        #expect(world.engine.mode == .reduceOnly, "the hold is a person's to lift")
    }

    @Test(
        "S37: cash within the tolerance is noted, beyond it entries stop",
        arguments: [("0.01", "matches"), ("0.02", "differs")])
    func cash(off: String, verdict: String) throws {
        var world = try OutsideWorld.ready()
        world.broker.cash = try world.broker.cash.adding(decimal(off))
        try world.wait(until: time("14:08"))
        #expect(runs(world).contains("periodic \(verdict)"))
        #expect((world.engine.mode == .active) == (verdict == "matches"))
    }

    @Test("A difference that is gone at the second look was on its way")
    func transient() throws {
        var world = try OutsideWorld.ready()
        world.broker.cash = Money(whole: 1)
        try world.wait(until: time("14:07"), account: false)
        try world.answerAccount()
        world.broker.cash = Money(whole: 100_000)
        try world.wait(until: time("14:08"))
        #expect(!runs(world).contains("periodic differs"))
        #expect(world.engine.mode == .active)
    }

    @Test("A symbol that trades while the broker is asked is not judged")
    func busy() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.wait(until: time("14:06") + Span(seconds: 30), account: false)
        try world.fill(id, "x", 10)
        // The answer is of before the fill.
        try world.answerAccount()
        #expect(world.engine.mode == .active && world.block != .suspended)
        world.broker.orders = [try world.shown(id, .filled, filled: 10)]
        world.broker.fills = [world.listed(id, "x", 10)]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        try world.wait(until: time("14:08"))
        #expect(runs(world).last == "periodic matches")
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S37: an order of ours that only the broker knows is taken in with its fills")
    func adopted() throws {
        let (world, id) = try OutsideWorld.entered()
        let order = try world.shown(id, .filled, filled: 10)
        var fresh = OutsideWorld()
        fresh.broker.orders = [order]
        fresh.broker.fills = [world.listed(id, "x", 10)]
        fresh.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        fresh.broker.cash = Money(whole: 99_000)
        try fresh.take(.timer(.sessionOpen), "14:05")
        try fresh.take(.link(.up), "14:05")
        try fresh.answerAccount()
        #expect(fresh.status(id) == .filled && fresh.position == Quantity(whole: 10))
        #expect(
            fresh.ledger.orders[id]?.intent.decisionKey
                == world.ledger.orders[id]?.intent.decisionKey)
        #expect(runs(fresh) == ["start repaired"])
        #expect(fresh.sent.isEmpty)
        #expect(fresh.broken.isEmpty, "\(fresh.broken)")
    }

    @Test("Ended here and open there: nothing leaves for the symbol, and a person is told")
    func reopened() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.report(id, .canceled(reason: "x"))
        world.broker.orders = [try world.shown(id)]
        try world.wait(until: time("14:08"))
        #expect(world.block == .suspended)
        #expect(world.alerts.contains("reconciliation"))
        #expect(world.engine.mode == .active, "books and account agree on what is held")
    }

    @Test("S37: a new connection ends the run under way; what waits behind it is done all the same")
    func reconnected() throws {
        var world = try OutsideWorld.ready()
        var effects: [Effect] = []
        _ = world.engine.beginReconciliation(.periodic, &effects)
        let daily = world.engine.beginReconciliation(.daily, &effects)
        let command = world.engine.beginReconciliation(.command, &effects)
        try world.take(.link(.down(reason: "x")), "14:02")
        try world.take(.link(.up), "14:03")
        try world.wait(until: time("14:04"))
        try world.answerAccount()
        try world.wait(until: time("14:05"))
        #expect(
            Array(runs(world).dropFirst().prefix(4)) == [
                "periodic incomplete", "reconnect matches", "daily matches", "command matches",
            ])
        let ids = world.ledger.reconciliations.map(\.id)
        #expect(ids.contains(daily) && ids.contains(command))
    }

    @Test("S37: a daily comparison that came to nothing is made again as the daily one")
    func dailyAgain() throws {
        var world = try OutsideWorld.ready()
        try world.wait(until: time("19:59"))
        try world.take(.timer(.sessionClose), "20:00")
        try world.wait(until: time("20:20"), account: false)
        #expect(runs(world).contains("daily incomplete"))
        #expect(!runs(world).contains("daily matches"))
        try world.wait(until: time("21:30"))
        let daily = try #require(world.ledger.reconciliations.last { $0.trigger == .daily })
        #expect(daily.verdict == .matches)
        #expect(daily.since == Timestamp(rfc3339: "2025-06-04T13:30:00Z"))
        let count = world.ledger.reconciliations.count { $0.trigger == .daily }
        try world.wait(until: time("23:30"))
        #expect(world.ledger.reconciliations.count { $0.trigger == .daily } == count)
    }

    @Test(
        "S37: a restart between the close and the daily comparison makes it up, and only then",
        arguments: [true, false])
    func dailyAfterRestart(isMissing: Bool) throws {
        var world = try OutsideWorld.ready()
        try world.wait(until: time("19:59"))
        try world.take(.timer(.sessionClose), "20:00")
        if !isMissing { try world.wait(until: time("20:02")) }
        let count = world.ledger.reconciliations.count { $0.trigger == .daily }
        try world.restart()
        try world.take(.link(.up), "20:10")
        try world.answerAccount()
        try world.wait(until: time("20:30"))
        #expect(count == (isMissing ? 0 : 1))
        #expect(world.ledger.reconciliations.count { $0.trigger == .daily } == 1)
    }

    @Test("S37: what is only to be read is not told of as repaired; it is, once it is found")
    func onlyWhatMoved() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.fill(id, "x1", 6)
        world.broker.orders = [try world.shown(id, .filled, filled: 10)]
        world.broker.fills = [world.listed(id, "x1", 6)]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 6)]
        world.broker.cash = Money(whole: 99_400)
        try world.wait(until: time("14:07"))
        let lines = world.ledger.reconciliations.flatMap(\.lines)
        #expect(!lines.isEmpty && lines.allSatisfy { $0.outcome != .repaired })
        let order = try world.shown(id, .filled, filled: 10)
        let fills = [world.listed(id, "x1", 6), world.listed(id, "x2", 4)]
        try world.answer(id, .found(order, fills: fills))
        #expect(world.status(id) == .filled)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S37: an account of before a correction does not undo it")
    func olderAccount() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.fill(id, "x", 10)
        world.broker.orders = [try world.shown(id, .filled, filled: 10)]
        world.broker.fills = [world.listed(id, "x", 10)]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        try world.wait(until: time("14:07"), account: false)
        try world.report(
            id,
            .corrected(executionID: "x", quantity: Quantity(whole: 10), price: Price(whole: 101)))
        try world.answerAccount()
        #expect(
            world.ledger.fills.map(\.executionID) == ["x", "x-busted", "x-corrected"])
        world.broker.fills = [world.listed(id, "x", 10, 101)]
        world.broker.cash = Money(whole: 98_990)
        try world.wait(until: time("14:12"))
        #expect(runs(world).last == "periodic matches")
        #expect(world.ledger.fills.count == 3)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A command's run has the id it was promised, also when another is under way")
    func queued() throws {
        var world = try OutsideWorld.ready()
        var effects: [Effect] = []
        let first = world.engine.beginReconciliation(.periodic, &effects)
        let second = world.engine.beginReconciliation(.command, &effects)
        #expect(first != second)
        try world.wait(until: time("14:03"))
        for effect in effects {
            guard case .ask(.account(let query)) = effect else { continue }
            try world.take(
                .account(
                    AccountAnswer(
                        query: query, asked: world.engine.now,
                        result: .account(world.broker.report))), world.engine.now)
        }
        try world.wait(until: time("14:05"))
        let ids = world.ledger.reconciliations.map(\.id)
        #expect(ids.contains(first) && ids.contains(second))
    }
}
