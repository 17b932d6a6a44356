import Domain
import Execution
import Portfolio
import Primitives
import Risk
import Signals
import Simulation
import TestSupport
import Testing

@testable import Engine

/// Ways out of a position, each with its reason in the books.
@Suite struct ExitTests {
    /// Long 10 at 100 since 14:02; the stop rests at 99.50.
    static func held(_ change: (inout EngineConfig) -> Void = { _ in }) throws -> World {
        var world = World { config in
            config.execution.protectiveStops = true
            config.signals.atrPeriod = 1
            config.risk.cooldown = Span(seconds: 3_600)
            change(&config)
        }
        try world.open()
        try world.bar("14:00", "100")
        try world.bar("14:01", "100")
        try world.news("14:02")
        try world.bar("14:02", "100")
        #expect(world.position == Quantity(whole: 10))
        return world
    }

    private func check(_ world: World, _ reason: TradeReason, pnl: String) {
        #expect(world.position.isZero)
        #expect(world.ledger.trades.map(\.reason) == [reason])
        #expect(world.ledger.trades.first?.pnl == decimal(pnl))
        #expect(world.engine.openOrders.isEmpty)
        let broken = invariants(world)
        #expect(broken.isEmpty, "\(broken)")
    }

    @Test("A headline turned against the position leaves it: flip")
    func flip() throws {
        var world = try Self.held()
        for minute in 3...6 { try world.news("14:0\(minute)", World.bad) }
        try world.bar("14:06", "101")
        check(world, .flip, pnl: "10")
    }

    @Test("The protective stop that rests at the broker leaves it: stop")
    func stop() throws {
        var world = try Self.held()
        let stop = try #require(world.stopID)
        #expect(world.ledger.orders[stop]?.intent.type == .stop(decimal("99.5")))
        try world.report(
            stop,
            .fill(executionID: "s", quantity: decimal("10"), price: decimal("99.4"), fee: .zero),
            at("14:04"))
        check(world, .stop, pnl: "-6")
    }

    @Test("A close at the goal takes the profit at the next open")
    func takeProfit() throws {
        var world = try Self.held { $0.execution.takeProfitShare = 0.02 }
        try world.bar("14:03", "101", "101.99")
        #expect(world.engine.openOrders.count == 1, "only the stop")
        try world.bar("14:04", "101", "102")
        try world.bar("14:05", "101.50")
        check(world, .takeProfit, pnl: "15")
    }

    @Test("When the time is up the position is left at the next open")
    func timeIsUp() throws {
        var world = try Self.held { $0.execution.holdMax = Span(seconds: 300) }
        try world.bar("14:06", "100")
        #expect(world.engine.openOrders.count == 1, "only the stop")
        try world.bar("14:07", "100")
        try world.bar("14:08", "99.9")
        check(world, .time, pnl: "-1")
    }

    @Test("An exit leaves only after the stop that holds its shares is gone")
    func waitsForStop() throws {
        var world = try Self.held()
        let stop = try #require(world.stopID)
        for minute in 3...6 { try world.news("14:0\(minute)", World.bad) }
        let steps = world.ledger.transitions
        let canceled = try #require(steps.firstIndex { $0.id == stop && $0.to == .canceled })
        let exit = try #require(world.engine.openOrders.first)
        let sent = try #require(
            steps.firstIndex { $0.id == exit.intent.id && $0.to == .submitting })
        #expect(canceled < sent)
        #expect(exit.intent.role == .exit(.flip))
    }

    @Test("A stop that was faster than the exit that waits for it: one sale, not two")
    func stopIsFaster() throws {
        var world = try Self.held()
        let stop = try #require(world.stopID)
        var effects: [Effect] = []
        let item = NewsItem(
            id: "x", headline: World.bad, symbols: [Symbol("TEST")!], createdAt: at("14:03"))
        // The broker is silent while three bad headlines turn the mood, then the stop is hit.
        for (index, minute) in ["14:03", "14:04", "14:05"].enumerated() {
            let again = NewsItem(
                id: "x\(index)", headline: item.headline + " again \(index)",
                symbols: item.symbols, createdAt: at(minute))
            try world.engine.process(Stamped(at: at(minute), .news(again)), effects: &effects)
        }
        #expect(effects.contains { if case .cancel(stop) = $0 { true } else { false } })
        #expect(!effects.contains { if case .submit = $0 { true } else { false } })
        world.ledger.commit(effects)
        try world.report(
            stop,
            .fill(executionID: "s", quantity: decimal("10"), price: decimal("99"), fee: .zero))
        try world.bar("14:06", "99")
        check(world, .stop, pnl: "-10")
    }

    private func at(_ text: String) -> Timestamp { EngineTests.time(text) }

    /// Long 4 of the 10 ordered; the rest of the entry still works.
    private func partlyFilled() throws -> World {
        var world = World { config in
            config.execution.protectiveStops = true
            config.signals.atrPeriod = 1
        }
        world.fillsAtOpen = false
        try world.open()
        try world.bar("14:00", "100")
        try world.bar("14:01", "100")
        try world.news("14:02")
        let entry = try #require(world.working.first?.ticket.id)
        try world.fill(entry, "4", at: Price(whole: 100), time: at("14:03"))
        #expect(world.position == Quantity(whole: 4))
        return world
    }

    @Test("An exit first cancels the rest of its entry, and leaves at the next bar")
    func cancelsEntry() throws {
        var world = try partlyFilled()
        let entry = try #require(world.working.first?.ticket.id)
        for minute in 4...7 where world.ledger.orders[entry]?.status == .acked {
            try world.news("14:0\(minute)", World.bad)
        }
        #expect(world.ledger.orders[entry]?.status == .canceled)
        #expect(world.engine.openOrders.count == 1, "only the stop")
        world.fillsAtOpen = true
        try world.bar("14:08", "101")
        #expect(world.working.map(\.ticket.quantity) == [Quantity(whole: 4)])
        try world.bar("14:09", "102")
        check(world, .flip, pnl: "8")
    }

    @Test("Stopped out while still buying: the rest of the entry is canceled")
    func stopCancelsEntry() throws {
        var world = try partlyFilled()
        let entry = try #require(world.working.first?.ticket.id)
        let stop = try #require(world.stopID)
        try world.report(
            stop,
            .fill(executionID: "s", quantity: decimal("4"), price: decimal("99"), fee: .zero),
            at("14:04"))
        #expect(world.ledger.orders[entry]?.status == .canceled)
        try world.report(stop, .canceled(reason: "every share held was sold"))
        check(world, .stop, pnl: "-4")
    }

    @Test(
        "What an exit leaves behind gets its stop again, or an alert where the mode forbids it",
        arguments: TradingMode.allCases)
    func protectedAgain(mode: TradingMode) throws {
        var world = try Self.held()
        world.fillsAtOpen = false
        let first = try #require(world.stopID)
        for minute in 3...6 { try world.news("19:5\(minute)", World.bad) }
        let exit = try #require(world.working.first { $0.ticket.type == .market }?.ticket.id)
        #expect(world.ledger.orders[first]?.status == .canceled)
        try world.fill(exit, "4", at: Price(whole: 100))
        world.engine.mode = mode
        try world.report(exit, .expired, at("20:00"))
        guard mode <= .reduceOnly else {
            #expect(world.working.isEmpty)
            #expect(world.alerts == ["unprotected"])
            #expect(world.ledger.alerts.first?.message.contains("TEST") == true)
            return
        }
        #expect(world.alerts.isEmpty)
        let stop = try #require(world.stopID)
        #expect(stop != first)
        #expect(world.working.map(\.ticket.id) == [stop])
        let intent = try #require(world.ledger.orders[stop]?.intent)
        #expect(intent.type == .stop(decimal("99.5")) && intent.timeInForce == .gtc)
        #expect(intent.side == .sell && intent.quantity == Quantity(whole: 6))
        let broken = invariants(world)
        #expect(broken.isEmpty, "\(broken)")
        try world.fill(stop, at: decimal("99.5"), time: at("37:31"))
        #expect(world.position.isZero)
        #expect(world.ledger.trades.map(\.reason) == [.flip, .stop])
    }

    @Test("An exit that found no bar before the close is tried again in the next session")
    func exitExpires() throws {
        var world = try Self.held()
        world.fillsAtOpen = false
        for minute in 3...6 { try world.news("19:5\(minute)", World.bad) }
        let exit = try #require(world.working.first { $0.ticket.side == .sell }?.ticket.id)
        try world.report(exit, .expired, at("20:00"))
        try world.close()
        try world.open("37:30")
        try world.bar("37:30", "98")
        world.fillsAtOpen = true
        try world.bar("37:31", "98")
        check(world, .flip, pnl: "-20")
    }
}
