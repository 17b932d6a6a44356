import Domain
import Execution
import News
import Portfolio
import Primitives
import Risk
import Signals
import Simulation
import TestSupport
import Testing

@testable import Engine

/// What may leave, what is refused, and what is recorded of it.
@Suite struct GateTests {
    static let modes: [(mode: TradingMode, isEntered: Bool, isLeft: Bool)] = [
        (.active, true, true), (.reduceOnly, false, true), (.paused, false, false),
        (.halted, false, false),
    ]

    @Test("S34: the mode lets in and out what it says", arguments: modes)
    func mode(_ row: (mode: TradingMode, isEntered: Bool, isLeft: Bool)) throws {
        var world = World { $0.mode = row.mode }
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        #expect((world.working.count == 1) == row.isEntered)
        #expect(world.refusals == (row.isEntered ? [] : [.mode]))

        world = try ExitTests.held { $0.execution.holdMax = Span(seconds: 60) }
        world.engine.mode = row.mode
        try world.bar("14:05", "100")
        let exits = world.engine.openOrders.filter { $0.intent.role == .exit(.time) }
        #expect(exits.map(\.status) == (row.isLeft ? [.acked] : []))
        #expect(world.refusals == (row.isLeft ? [] : [.mode]))
    }

    @Test(
        "S34: a pause between decision and sending stops the order at the last gate",
        arguments: modes)
    func lastGate(_ row: (mode: TradingMode, isEntered: Bool, isLeft: Bool)) throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        var effects: [Effect] = []
        let item = NewsItem(
            id: "n", headline: World.good, symbols: [Symbol("TEST")!], createdAt: time("14:02"))
        try world.engine.process(Stamped(at: time("14:02"), .news(item)), effects: &effects)
        let id = try #require(world.engine.openOrders.first?.intent.id)
        world.engine.mode = row.mode
        effects = []
        let ticket = world.engine.beginSubmit(id, effects: &effects)
        #expect((ticket != nil) == row.isEntered)
        guard case .record(.transition(let step)) = effects.first else {
            Issue.record("no transition")
            return
        }
        #expect(step.to == (row.isEntered ? .submitting : .expiredLocal))
        #expect(world.engine.openOrders.isEmpty == !row.isEntered)
        guard case .record(.checkpoint) = effects.last else {
            Issue.record("no checkpoint")
            return
        }
    }

    @Test("A refusal is recorded when it changes, not on every bar")
    func refusalsOnce() throws {
        var world = World { $0.risk.dailyLossShareMax = 0.01 }
        try world.open()
        try world.news("13:59")
        for minute in 10...19 { try world.bar("14:\(minute)", "1000000") }
        #expect(world.refusals == [.cash])
        #expect(world.engine.counters.refusals == 10)
        try world.close()
        try world.open("37:30")
        try world.bar("37:30", "1000000")
        #expect(world.refusals == [.cash, .cash], "a new day says it again")
    }

    @Test("Once the day's loss reaches its limit there are no entries, and tomorrow there are")
    func dailyLoss() throws {
        var world = World { $0.risk.dailyLossShareMax = 0.005 }
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        try world.bar("14:02", "100")
        for minute in 3...6 { try world.news("14:0\(minute)", World.bad) }
        // 10 shares lose 50 each: 500 of 100,000.
        try world.bar("14:07", "50")
        for minute in 10...19 { try world.news("14:\(minute)") }
        #expect(world.refusals.last == .dailyLoss)
        #expect(world.position.isZero)
        try world.close()
        try world.open("37:30")
        try world.bar("37:30", "50")
        #expect(world.working.count == 1)
    }

    @Test("Below the peak by the limit there are no entries, on no day")
    func drawdown() throws {
        var world = World { $0.risk.drawdownShareMax = 0.005 }
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        try world.bar("14:02", "100")
        for minute in 3...6 { try world.news("14:0\(minute)", World.bad) }
        try world.bar("14:07", "50")
        for minute in 10...19 { try world.news("14:\(minute)") }
        #expect(world.refusals.last == .drawdown)
        try world.close()
        try world.open("37:30")
        try world.bar("37:30", "50")
        #expect(world.refusals.last == .drawdown)
        #expect(world.working.isEmpty)
    }

    @Test("S44: headlines for many symbols at one instant stay within every limit")
    func manyAtOnce() throws {
        let names = (0..<20).map { "S\($0)" }
        var world = World(symbols: names) {
            $0.risk.positionsMax = 4
            $0.risk.ordersPerMinuteMax = 3
            $0.news.symbolsMax = 30
        }
        try world.open()
        for index in names.indices { try world.bar("14:00", "100", symbol: index) }
        for name in names { try world.news("14:02", symbol: name) }
        #expect(world.working.count == 3)
        #expect(world.refusals.allSatisfy { $0 == .ordersPerMinute })
        for name in names { try world.news("14:03", symbol: name) }
        #expect(world.working.count == 4)
        #expect(world.refusals.contains(.positionCount))
        let broken = invariants(world)
        #expect(broken.isEmpty, "\(broken)")
    }

    @Test("A report on an order that is not ours raises an alert and books nothing")
    func unknownReport() throws {
        var world = World()
        try world.open()
        try world.report(
            ClientOrderID("stranger")!,
            .fill(executionID: "e", quantity: .one, price: Price(whole: 1), fee: .zero))
        #expect(world.alerts == ["order-unknown"])
        #expect(world.ledger.fills.isEmpty)
        #expect(world.ledger.alerts.first?.severity == .critical)
    }

    @Test("A step that the order table does not have raises an alert, the order stays")
    func impossibleStep() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        let id = try #require(world.working.first?.ticket.id)
        for (quantity, price) in [("0", "1"), ("-1", "1"), ("1", "0"), ("1", "-5")] {
            try world.take(
                .broker(
                    BrokerReport(
                        orderID: id, at: time("14:03"),
                        event: .fill(
                            executionID: "x\(quantity)\(price)", quantity: decimal(quantity),
                            price: decimal(price), fee: .zero))), time("14:03"))
        }
        #expect(world.alerts == Array(repeating: "order-step", count: 4))
        #expect(world.position.isZero)
        #expect(world.engine.openOrders.map(\.status) == [.acked])
        #expect(invariants(world).isEmpty)
    }

    @Test("S33: the same report twice has one effect, a late fill of a canceled order is booked")
    func repeated() throws {
        var world = World()
        world.fillsAtOpen = false
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        let id = try #require(world.working.first?.ticket.id)
        let fill = BrokerReport.Event.fill(
            executionID: "x", quantity: decimal("4"), price: decimal("100"), fee: .zero)
        for _ in 0..<3 { try world.report(id, fill) }
        #expect(world.position == Quantity(whole: 4))
        try world.report(id, .canceled(reason: "requested"))
        try world.report(id, fill)
        let late = BrokerReport.Event.fill(
            executionID: "y", quantity: decimal("6"), price: decimal("100"), fee: .zero)
        for _ in 0..<2 { try world.report(id, late) }
        #expect(world.position == Quantity(whole: 10))
        #expect(world.ledger.orders[id]?.status == .canceled)
        #expect(invariants(world).isEmpty)
    }

    @Test("An amount outside the books' range halts, and no half of the event is left")
    func overflow() throws {
        var world = World { config in
            config.portfolio.capital = Money(whole: 9_000_000_000)
            config.risk.sizing.quantity = Quantity(whole: 1_000)
        }
        world.fillsAtOpen = false
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        let id = try #require(world.working.first?.ticket.id)
        let books = world.engine.portfolio
        let huge = BrokerReport.Event.fill(
            executionID: "x", quantity: decimal("1000"), price: Price(units: .max), fee: .zero)
        var effects: [Effect] = []
        #expect(throws: EngineError.overflow(during: "booking x")) {
            try world.engine.process(
                Stamped(
                    at: time("14:03"),
                    .broker(BrokerReport(orderID: id, at: time("14:03"), event: huge))),
                effects: &effects)
        }
        #expect(effects.isEmpty)
        #expect(world.engine.portfolio == books)
        #expect(world.engine.mode == .halted)
        #expect("\(EngineError.overflow(during: "booking x"))".contains("booking x"))
    }

    @Test("A mark outside the range halts as well, with the books as they were")
    func markOverflow() throws {
        var world = try ExitTests.held()
        let equity = world.engine.portfolio.equity
        #expect(throws: EngineError.overflow(during: "marking TEST")) {
            try world.bar("14:05", "9223372036")
        }
        #expect(world.engine.portfolio.equity == equity)
        #expect(world.engine.mode == .halted)
    }

    @Test("S21: the first session records the weights it starts with, once")
    func firstWeights() throws {
        var world = World {
            $0.signals.reversion.enabled = true
            $0.signals.reversion.entryZ = 100
        }
        try world.open()
        #expect(world.ledger.weights.map(\.weights) == [world.engine.weights])
        try world.close()
        try world.open("37:30")
        #expect(world.ledger.weights.count == 1)
        #expect(world.engine.weights.values.reduce(0, +) == 1)
    }
}
