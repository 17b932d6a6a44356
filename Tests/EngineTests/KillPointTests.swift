import Domain
import Execution
import Primitives
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
        "K9, a cancel without an answer: asked again after the line is back; the fill may win",
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

    @Test("K12: twice in a row during recovery, nothing is sent and the question stays open")
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
