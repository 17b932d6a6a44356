import Domain
import Execution
import Primitives
import Simulation
import TestSupport
import Testing

@testable import Engine

/// The process ends in every step of an order's way; the broker knows more or less than the ledger.
@Suite struct KillPointTests {
    /// The line is back and the account compared.
    private func reconnect(_ world: inout OutsideWorld) throws {
        try world.take(.link(.up), world.engine.now + Span(seconds: 1))
        try world.answerAccount()
        // A difference is looked at twice.
        try world.wait(until: world.engine.now + Span(seconds: 10))
    }

    @Test("S33: K1, before the intent was stored: no trace, and the same decision again")
    func beforeIntent() throws {
        var world = try OutsideWorld.ready()
        let item = NewsItem(
            id: "n", headline: World.good, symbols: [OutsideWorld.symbol], createdAt: time("14:02"))
        var lost: [Effect] = []
        try world.engine.process(Stamped(at: time("14:02"), .news(item)), effects: &lost)
        let decided = try #require(world.engine.openOrders.first?.intent)
        try world.restart()
        #expect(world.engine.openOrders.isEmpty && world.ledger.orders.isEmpty)
        #expect(world.engine.execution.reserved == .zero)
        // The history gives its bars back.
        try world.engine.backfill(
            Bar(
                symbol: SymbolID(index: 0), start: time("14:00"), open: decimal("100"),
                high: decimal("100"), low: decimal("100"), close: decimal("100"),
                volume: Volume(shares: 1_000)), knownAt: time("14:01"))
        try world.take(.link(.up), "14:02")
        try world.answerAccount()
        #expect(world.sent.isEmpty)
        // Nobody has noted the story as taken, so it comes again.
        try world.take(.news(item), "14:03")
        #expect(world.sent.map(\.id) == [decided.id])
        #expect(world.ledger.orders[decided.id]?.intent.decisionKey == decided.decisionKey)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test(
        "S33: K2, an intent that had not left lapses, or passes all gates again",
        arguments: [30, 90])
    func afterIntent(seconds: Int64) throws {
        var world = try OutsideWorld.ready()
        var effects: [Effect] = []
        let item = NewsItem(
            id: "n", headline: World.good, symbols: [OutsideWorld.symbol], createdAt: time("14:02"))
        try world.engine.process(Stamped(at: time("14:02"), .news(item)), effects: &effects)
        world.ledger.commit(effects)
        let id = try #require(world.engine.openOrders.first?.intent.id)
        try world.restart()
        #expect(world.sent.isEmpty, "nothing is sent before line and comparison")
        try world.take(.link(.up), time("14:02") + Span(seconds: seconds))
        #expect(world.sent.isEmpty)
        try world.answerAccount()
        #expect(world.sent.map(\.id) == (seconds == 30 ? [id] : []))
        #expect(world.status(id) == (seconds == 30 ? .submitting : .expiredLocal))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test(
        "S33: K3 to K5, sent and not acknowledged: unknown, read, adopted or proven absent",
        arguments: [true, false])
    func afterSubmit(arrived: Bool) throws {
        var (world, id) = try OutsideWorld.entered()
        #expect(world.status(id) == .submitting)
        try world.restart()
        #expect(world.status(id) == .unknown)
        if arrived { world.broker.orders = [try world.shown(id)] }
        try reconnect(&world)
        #expect(world.status(id) == (arrived ? .acked : .unknown))
        try world.wait(until: time("14:04")) { _ in .absent }
        #expect(world.status(id) == (arrived ? .acked : .unknown), "absence proves nothing yet")
        try world.wait(until: time("14:08")) { _ in .absent }
        #expect(world.status(id) == (arrived ? .acked : .notPlaced))
        #expect(world.sent.count == 1, "never sent again")
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: K6 and K7, acknowledged, and filled while nobody listened: the fills are found")
    func afterAck() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        try world.restart()
        world.broker.orders = [try world.shown(id, .filled, filled: 10)]
        world.broker.fills = [world.listed(id, "x1", 4), world.listed(id, "x2", 6)]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        try reconnect(&world)
        #expect(world.status(id) == .filled)
        #expect(world.position == Quantity(whole: 10))
        #expect(world.ledger.reconciliations.last?.verdict != .differs)
        let run = try #require(world.ledger.reconciliations.last { $0.verdict == .repaired })
        #expect(world.ledger.fills.map(\.foundBy) == [run.id, run.id])
        // The broker's own reports come after all.
        try world.fill(id, "x1", 4)
        #expect(world.position == Quantity(whole: 10))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: K8, between partial fills: each execution counts once")
    func betweenFills() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        try world.fill(id, "x1", 3)
        try world.fill(id, "x2", 2)
        try world.restart()
        world.broker.orders = [try world.shown(id, filled: 7)]
        world.broker.fills = [
            world.listed(id, "x1", 3), world.listed(id, "x2", 2), world.listed(id, "x3", 2),
        ]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 7)]
        world.broker.cash = Money(whole: 99_300)
        try reconnect(&world)
        try world.fill(id, "x1", 3)
        #expect(world.position == Quantity(whole: 7))
        #expect(world.status(id) == .acked)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test(
        "S33: K9, a cancel without an answer: asked again after the line is back; the fill may win",
        arguments: [true, false])
    func afterCancel(fillWins: Bool) throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        try world.fill(id, "x1", 3)
        for minute in 3...6 { try world.news("14:0\(minute)", World.bad) }
        let before = world.cancels.count
        #expect(Set(world.cancels) == [id])
        try world.take(.link(.down(reason: "cable")), "14:07")
        try world.wait(until: time("14:10"))
        #expect(world.cancels.count == before, "nothing leaves while the line is down")
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 3)]
        world.broker.cash = Money(whole: 99_700)
        world.broker.orders = [try world.shown(id, filled: 3)]
        world.broker.fills = [world.listed(id, "x1", 3, at: time("14:02"))]
        try world.take(.link(.up), "14:10")
        try world.answerAccount()
        try world.wait(until: time("14:11"))
        #expect(world.cancels.count > before, "asked for again")
        if fillWins {
            try world.fill(id, "x2", 7)
            #expect(world.status(id) == .filled)
            #expect(world.position == Quantity(whole: 10))
        } else {
            try world.report(id, .canceled(reason: "requested"))
            #expect(world.status(id) == .canceled)
        }
        let after = world.cancels.count
        try world.wait(until: time("14:20"))
        #expect(world.cancels.count == after, "no cancel after the end")
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S37: K10, between question and answer of a comparison: begun anew, repaired once")
    func duringComparison() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        world.broker.orders = [try world.shown(id, .filled, filled: 10)]
        world.broker.fills = [world.listed(id, "x1", 4), world.listed(id, "x2", 6)]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        func comparisons() -> Int { world.ledger.reconciliations.count }
        try world.restart()
        try world.take(.link(.up), "14:03")
        guard case .account(let query) = try #require(world.questions.last) else {
            Issue.record("\(world.questions)")
            return
        }
        let before = comparisons()
        try world.restart()
        #expect(world.ledger.fills.isEmpty && world.block == .reconciling)
        try world.take(.link(.up), "14:04")
        guard case .account(let again) = try #require(world.questions.last) else {
            Issue.record("\(world.questions)")
            return
        }
        #expect(again.run != query.run)
        // The answer to the question of before comes after all, and is nobody's.
        let late = AccountAnswer(
            query: query, asked: time("14:03"), result: .account(world.broker.report))
        try world.take(.account(late), "14:04")
        #expect(world.ledger.fills.isEmpty && comparisons() == before)
        try world.answerAccount()
        try world.wait(until: time("14:04") + Span(seconds: 10))
        let repaired = world.ledger.reconciliations.filter { $0.verdict == .repaired }.map(\.id)
        #expect(repaired == [again.run])
        #expect(world.ledger.fills.map(\.foundBy) == [again.run, again.run])
        try world.restart()
        try reconnect(&world)
        #expect(world.ledger.reconciliations.last?.verdict == .matches)
        #expect(world.ledger.fills.count == 2 && world.position == Quantity(whole: 10))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S34: K11, a pause was stored and its answer lost: it holds, and is answered as at first")
    func afterPause() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        let command = Command(
            transaction: "t1", by: "ctl:root", isProven: true, why: "test", verb: pause)
        var effects: [Effect] = []
        try world.engine.process(Stamped(at: time("14:01"), .command(command)), effects: &effects)
        world.adopt(effects)
        let lost = try #require(world.answers.last)
        let stored = world.ledger
        try world.restart()
        #expect(world.engine.mode == .paused)
        try world.bar("14:01", "100")
        try world.news("14:03")
        #expect(world.submitted.isEmpty && world.refusals == [.mode])
        #expect(try world.send(pause, "t1") == lost)
        #expect(world.ledger.holds == stored.holds && world.ledger.commands == stored.commands)
        #expect(invariants(world).isEmpty, "\(invariants(world))")
    }

    @Test("S05: K12, twice in a row during recovery, nothing is sent and the question stays open")
    func twice() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.restart(recovers: false)
        try world.restart()
        try world.restart()
        #expect(world.status(id) == .unknown)
        #expect(world.sent.count == 1)
        #expect(world.block == .reconciling)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }
}
