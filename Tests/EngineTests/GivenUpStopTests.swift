import Domain
import Portfolio
import Primitives
import Risk
import Signals
import Simulation
import TestSupport
import Testing

@testable import Engine
@testable import Execution

/// A stop that rests at a broker outside is given up for what needs its shares, and never before.
@Suite struct GivenUpStopTests {
    /// Long 10 at 100, the stop rests.
    private static func held() throws -> (world: OutsideWorld, stop: ClientOrderID) {
        var world = try OutsideWorld.ready {
            $0.execution.protectiveStops = true
            $0.signals.atrPeriod = 2
        }
        for minute in 1...5 { try world.bar("14:0\(minute)", minute % 2 == 0 ? "100" : "101") }
        try world.news("14:10")
        let entry = try #require(world.sent.last?.id)
        let stop = try #require(world.stop)
        try world.report(entry, .accepted(brokerOrderID: "b1"))
        try world.report(stop, .accepted(brokerOrderID: "b2"))
        try world.fill(entry, "x1", 6)
        try world.fill(entry, "x2", 4)
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        world.broker.orders = [
            try world.shown(entry, .filled, filled: 10), try world.shown(stop),
        ]
        world.broker.fills = [world.listed(entry, "x1", 6), world.listed(entry, "x2", 4)]
        return (world, stop)
    }

    /// The line is down, and the position is to be left.
    private static func leaving() throws -> (
        world: OutsideWorld, stop: ClientOrderID, exit: ClientOrderID
    ) {
        var (world, stop) = try held()
        try world.take(.link(.down(reason: "cable")), "14:12")
        for minute in 13...16 { try world.news("14:\(minute)", World.bad) }
        let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
        #expect(world.status(exit) == .intent && world.cancels.isEmpty)
        return (world, stop, exit)
    }

    private static func reconnect(_ world: inout OutsideWorld, _ at: String) throws {
        try world.take(.link(.up), at)
        #expect(world.cancels.isEmpty, "not before the account agrees")
        try world.answerAccount()
        try world.wait(until: time(at) + Span(seconds: 20))
        #expect(world.block != .reconciling)
    }

    @Test(
        "A stop stays for as long as anything else keeps its exit back", arguments: [false, true])
    func otherObstacle(restarts: Bool) throws {
        var (world, stop, exit) = try Self.leaving()
        if restarts { try world.restart() }
        try world.take(.host(.clock(distrust: "it jumped")), "14:20")
        try Self.reconnect(&world, "14:21")
        #expect(world.cancels.isEmpty && world.status(exit) == .intent)
        try world.take(.host(.clock(distrust: nil)), "14:25")
        try world.wait(until: time("14:25") + Span(seconds: 20))
        #expect(world.cancels.first == stop)
        try world.report(stop, .canceled(reason: "asked for"))
        #expect(world.sent.last?.id == exit)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A stop outlives an exit that lapsed before it could leave", arguments: [false, true])
    func lapsedExit(restarts: Bool) throws {
        var (world, stop, exit) = try Self.leaving()
        try world.command(pause, "14:18")
        #expect(world.status(exit) == .expiredLocal)
        if restarts { try world.restart() }
        try Self.reconnect(&world, "14:20")
        try world.wait(until: time("15:00"))
        #expect(world.cancels.isEmpty && world.status(stop) == .acked)
        #expect(world.engine.unprotected.isEmpty)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S6: the wish to cancel is a row before the request, and a wish of no use is dropped")
    func durable() throws {
        var (world, stop) = try Self.held()
        for minute in 13...16 { try world.news("14:\(minute)", World.bad) }
        let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
        #expect(world.cancels == [stop])
        try world.restart()
        #expect(world.engine.execution.wantsCancel(stop))
        try world.command(pause, "14:18")
        #expect(world.status(exit) == .expiredLocal)
        try world.take(.link(.up), "14:20")
        try world.answerAccount()
        try world.wait(until: time("15:00"))
        #expect(world.cancels == [stop], "it is not asked for a second time")
        #expect(world.ledger.transitions.count { $0.isCancelWanted } == 1)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A cancel that came after its exit had ended leaves the position protected again")
    func again() throws {
        var (world, stop) = try Self.held()
        for minute in 13...16 { try world.news("14:\(minute)", World.bad) }
        #expect(world.cancels == [stop])
        try world.command(pause, "14:18")
        try world.command(resume, "14:19")
        try world.report(stop, .canceled(reason: "asked for"))
        let fresh = try #require(world.sent.last)
        #expect(fresh.id != stop && fresh.id == world.stop && fresh.quantity == world.position)
        #expect(
            world.ledger.orders[fresh.id]?.intent.type == world.ledger.orders[stop]?.intent.type)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test(
        "A position whose new stop is kept back is told of, once, in whatever mode",
        arguments: [false, true])
    func keptBack(reduces: Bool) throws {
        var (world, stop) = try Self.held()
        for minute in 13...16 { try world.news("14:\(minute)", World.bad) }
        try world.report(stop, .canceled(reason: "asked for"))
        let exit = try #require(world.sent.last?.id)
        if reduces { try world.command(reduce, "14:17") }
        try world.take(.host(.clock(distrust: "it jumped")), "14:18")
        try world.report(exit, .rejected(reason: "no"))
        let fresh = try #require(world.stop)
        #expect(world.status(fresh) == .intent)
        #expect(!world.alerts.contains("unprotected"), "it may leave in a moment")
        try world.wait(until: time("14:40"))
        #expect(world.alerts.count { $0 == "unprotected" } == 1)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("After shares were taken back the stop is for what is left", arguments: [false, true])
    func bust(restarts: Bool) throws {
        var (world, stop) = try Self.held()
        try world.report(world.sent[0].id, .busted(executionID: "x1"))
        #expect(world.position == Quantity(whole: 4))
        #expect(world.cancels == [stop])
        if restarts { try world.restart() }
        try world.report(stop, .canceled(reason: "asked for"))
        let fresh = try #require(world.stop.flatMap { world.ledger.orders[$0]?.intent })
        #expect(fresh.quantity == Quantity(whole: 4) && fresh.id != stop)
        #expect(restarts || world.sent.last?.id == fresh.id)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test(
        "A stop whose cancel was lost with the process ends; no entry leaves beside it",
        arguments: [10, 4])
    func leftOver(gone: Int64) throws {
        var (world, stop) = try Self.held()
        let entry = world.sent[0].id
        for execution in gone == 10 ? ["x1", "x2"] : ["x2"] {
            // The rows are durable, and the process ends before it acts.
            var effects: [Effect] = []
            let report = BrokerReport(
                orderID: entry, at: world.engine.now, event: .busted(executionID: execution))
            try world.engine.process(
                Stamped(at: world.engine.now, .broker(report)), effects: &effects)
            world.ledger.commit(effects)
        }
        let left = Quantity(whole: 10 - gone)
        #expect(world.position == left && world.cancels.isEmpty)
        try world.restart()
        if left.isZero {
            try world.news("14:12")
            #expect(world.sent.count == 1 && world.ledger.orderIDs.count == 2)
        }
        world.broker.orders[0] = try world.shown(entry, .filled, filled: 10 - gone)
        world.broker.fills = left.isZero ? [] : [world.listed(entry, "x1", 6)]
        world.broker.holdings = left.isZero ? [:] : [OutsideWorld.symbol: left]
        world.broker.cash = Money(whole: 99_000 + 100 * gone)
        try world.take(.link(.up), "14:20")
        try world.answerAccount()
        try world.wait(until: time("14:21"))
        #expect(world.cancels.first == stop)
        try world.report(stop, .canceled(reason: "asked for"))
        #expect(left.isZero ? world.stop == nil : world.sent.last?.quantity == left)
        if left.isZero {
            for minute in 22...25 { try world.news("14:\(minute)") }
            #expect(world.sent.last?.protectiveStop != nil, "an entry has its own stop again")
        }
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("While nothing may leave a person is told of a stop that is too large")
    func bustPaused() throws {
        var (world, stop) = try Self.held()
        try world.command(pause, "14:11")
        try world.report(world.sent[0].id, .busted(executionID: "x1"))
        #expect(world.cancels.isEmpty && world.status(stop) == .acked)
        #expect(world.alerts.contains("stop-too-large"))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A stop that is found while an older one has its place is the stop once that has ended")
    func foundBeside() throws {
        var (world, old) = try Self.held()
        // Another life of this ledger sold the shares and bought others, with a stop of their own.
        let entry = world.sent[0].id
        func found(_ name: String, _ type: OrderType, _ side: OrderSide) -> BrokerOrder {
            let prefix = world.engine.config.execution.idPrefix
            let id = OrderIdentity.clientOrderID(
                prefix: prefix,
                decisionKey: OrderIdentity.decisionKey(
                    prefix: prefix, signalID: name, leg: "main"))
            return BrokerOrder(
                clientOrderID: id?.text ?? name, brokerOrderID: "b-" + name,
                symbol: OutsideWorld.symbol, side: side, quantity: Quantity(whole: 10),
                type: type, timeInForce: .gtc, status: type == .market ? .filled : .open,
                filled: type == .market ? Quantity(whole: 10) : .zero,
                submittedAt: world.engine.now)
        }
        let (exit, again) = (found("exit", .market, .sell), found("again", .market, .buy))
        let fresh = found("stop", .stop(Price(whole: 98)), .sell)
        world.broker.orders = [
            try world.shown(entry, .filled, filled: 10),
            try world.shown(old, .canceled), exit, again, fresh,
        ]
        for (order, name) in [(exit, "x3"), (again, "x4")] {
            let id = try #require(ClientOrderID(order.clientOrderID))
            world.broker.fills.append(world.listed(id, name, 10, side: order.side))
        }
        try world.take(.link(.up), "14:20")
        try world.answerAccount()
        try world.wait(until: time("14:21"))
        #expect(world.status(old) == .canceled && world.stop?.text == fresh.clientOrderID)
        #expect(world.engine.unprotected.isEmpty && !world.alerts.contains("unprotected"))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A stop that only the broker knows is the stop of what is taken in beside it")
    func adopted() throws {
        let (world, stop) = try Self.held()
        let entry = world.sent[0].id
        for broker in [world.broker.orders, world.broker.orders.reversed()] {
            var fresh = OutsideWorld { $0.execution.protectiveStops = true }
            fresh.broker = world.broker
            fresh.broker.orders = broker
            try fresh.take(.timer(.sessionOpen), "14:15")
            try fresh.take(.link(.up), "14:15")
            try fresh.answerAccount()
            #expect(fresh.ledger.orders[stop]?.intent.role == .protectiveStop(parent: entry))
            #expect(fresh.position == Quantity(whole: 10) && fresh.stop == stop)
            #expect(fresh.engine.unprotected.isEmpty && fresh.cancels.isEmpty)
            #expect(fresh.broken.isEmpty, "\(fresh.broken)")
        }
    }

    @Test("What is taken in follows time: openers and their shares before what reduces them")
    func order() throws {
        func order(_ id: String, _ side: OrderSide, _ at: String, _ type: OrderType) -> BrokerOrder
        {
            BrokerOrder(
                clientOrderID: id, brokerOrderID: "b" + id, symbol: OutsideWorld.symbol,
                side: side, quantity: Quantity(whole: 10), type: type, timeInForce: .day,
                status: .open, filled: .zero, submittedAt: time(at))
        }
        func fill(_ id: String, _ side: OrderSide, _ at: String) -> BrokerFill {
            BrokerFill(
                executionID: "x" + id, clientOrderID: id, symbol: OutsideWorld.symbol, side: side,
                quantity: Quantity(whole: 10), price: Price(whole: 100), fee: .zero, at: time(at))
        }
        let stop = order("a", .sell, "14:00", .stop(Price(whole: 90)))
        let exit = order("b", .sell, "15:00", .market)
        let entry = order("c", .buy, "14:00", .market)
        let repairs: [ReconciliationRepair] = [
            .adopt(stop), .adopt(exit), .adopt(entry), .fill(fill("b", .sell, "15:01")),
            .fill(fill("c", .buy, "14:01")),
        ]
        #expect(
            TradingEngine.inOrder(repairs) == [
                .adopt(entry), .adopt(stop), .fill(fill("c", .buy, "14:01")), .adopt(exit),
                .fill(fill("b", .sell, "15:01")),
            ])
    }
}

extension OutsideWorld {
    mutating func command(_ verb: Command.Verb, _ at: String) throws {
        try take(
            .command(
                Command(
                    transaction: "t\(at)", by: "ctl:root", isProven: true, why: "test",
                    verb: verb)), at)
    }
}
