import Domain
import Execution
import Portfolio
import Primitives
import Risk
import Simulation
import TestSupport
import Testing

@testable import Engine

/// What a broker does that no client expects: late, twice, taken back and done anew.
@Suite struct BrokerFaultTests {
    private static func held() throws -> (world: OutsideWorld, id: ClientOrderID) {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.fill(id, "x1", 10)
        return (world, id)
    }

    @Test("S37: the first account opens the books, also before the first session, to the cent")
    func firstAccount() throws {
        var world = OutsideWorld()
        world.broker.cash = decimal("98765.43")
        try world.take(.link(.up), "12:00")
        try world.answerAccount("12:00")
        #expect(world.ledger.reconciliations.map(\.verdict) == [.matches])
        #expect(world.engine.mode == .active && world.engine.portfolio.cash == world.broker.cash)
        try world.take(.timer(.sessionOpen), "13:30")
        #expect(world.engine.tracker.dayStartEquity == world.broker.cash)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S37: shares that were taken back and are executed anew are booked")
    func executedAnew() throws {
        var (world, id) = try Self.held()
        #expect(world.status(id) == .filled)
        try world.report(id, .busted(executionID: "x1"))
        #expect(world.position.isZero)
        try world.fill(id, "x2", 10, 101)
        #expect(world.position == Quantity(whole: 10) && world.status(id) == .filled)
        #expect(!world.alerts.contains("order-step"))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: an execution that is told of two orders is booked for the first alone")
    func sharedExecution() throws {
        var (world, id) = try Self.held()
        for minute in 13...16 { try world.news("14:\(minute)", World.bad) }
        let exit = try #require(world.sent.last?.id)
        #expect(exit != id)
        try world.report(exit, .accepted(brokerOrderID: "b2"))
        try world.fill(exit, "x1", 10)
        #expect(world.position == Quantity(whole: 10))
        #expect(world.alerts.last == "order-step")
        try world.fill(exit, "x3", 10)
        #expect(world.position.isZero)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S37: what a comparison cannot book does not begin it again")
    func impossibleRepair() throws {
        var (world, id) = try Self.held()
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 15)]
        world.broker.cash = Money(whole: 98_500)
        world.broker.orders = [try world.shown(id, .filled, filled: 10)]
        world.broker.fills = [world.listed(id, "x1", 10), world.listed(id, "x2", 5)]
        let before = world.questions.count
        try world.wait(until: world.engine.now + Span(seconds: 3_600))
        let asked = world.questions.count - before
        #expect(asked < 40, "\(asked) questions in an hour")
        #expect(world.engine.mode == .reduceOnly)
    }

    @Test("S28: a cancel leaves also while other requests fail, and one nobody confirms is told of")
    func cancels() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        for _ in 0..<6 { try world.answer(id, .failed(reason: "503")) }
        #expect(world.block == .broker)
        let pause = Command(
            transaction: "t", by: "ctl:root", isProven: true, why: "test",
            verb: .pause(until: nil, exits: false))
        try world.take(.command(pause), world.engine.now)
        #expect(world.cancels == [id])
        let order = try world.shown(id)
        world.broker.orders = [order]
        try world.wait(until: world.engine.now + Span(seconds: 3_600)) { _ in
            .found(order, fills: [])
        }
        #expect(world.alerts.count { $0 == "cancel-unconfirmed" } == 1)
        #expect(world.cancels.count > 3 && world.cancels.count < 300)
        try world.report(id, .canceled(reason: "at last"))
        #expect(world.status(id) == .canceled)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test(
        "S44: a limit that was lowered meanwhile holds for an entry that waited",
        arguments: [(1.0, 1), (0.001, 0)])
    func loweredLimit(share: Double, sent: Int) throws {
        var world = try OutsideWorld.ready()
        try world.decide("14:02")
        let seconds = { (count: Int64) in time("14:02") + Span(seconds: count) }
        try world.take(.link(.down(reason: "cable")), seconds(1))
        if share < 1 {
            let limits = Command(
                transaction: "t", by: "ctl:root", isProven: true, why: "test",
                verb: .limits([.exposureShareMax: share]))
            try world.take(.command(limits), seconds(2))
        }
        try world.take(.link(.up), seconds(3))
        try world.answerAccount()
        #expect(world.sent.count == sent)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("Shares that come late for what was to close are a position that is left")
    func reversed() throws {
        var (world, entry) = try Self.held()
        for minute in 13...16 { try world.news("14:\(minute)", World.bad) }
        let exit = try #require(world.sent.last?.id)
        #expect(exit != entry)
        try world.report(exit, .accepted(brokerOrderID: "b2"))
        try world.report(exit, .canceled(reason: "somebody"))
        for minute in 20...23 { try world.news("14:\(minute)", World.bad) }
        let second = try #require(world.sent.last?.id)
        #expect(second != exit)
        try world.report(second, .accepted(brokerOrderID: "b3"))
        try world.fill(second, "x2", 10)
        #expect(world.position.isZero)
        try world.fill(exit, "x3", 10)
        #expect(world.position == Quantity(whole: -10))
        #expect(world.alerts.contains("position-reversed"))
        try world.bar("14:30")
        let back = try #require(world.sent.last)
        #expect(back.side == .buy && back.quantity == Quantity(whole: 10))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }
}
