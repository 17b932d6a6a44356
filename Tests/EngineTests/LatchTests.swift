import Domain
import Execution
import Portfolio
import Primitives
import Risk
import Signals
import TestSupport
import Testing

@testable import Engine

/// The machine stops opening positions by itself when it does badly.
@Suite struct LatchTests {
    private static func world(_ change: (inout EngineConfig) -> Void = { _ in }) throws -> World {
        var world = World {
            $0.latches = true
            $0.risk.losingStreakMax = nil
            $0.risk.orderFailuresShareMax = nil
            change(&$0)
        }
        try world.open()
        try world.bar("14:00", "100")
        return world
    }

    /// One round trip of 10 shares from 100 to `price`, within three minutes of `minute`.
    private static func trip(_ world: inout World, _ minute: Int, to price: String) throws {
        func clock(_ offset: Int) -> String {
            let at = 14 * 60 + minute + offset
            return "\(at / 60):\(at % 60 < 10 ? "0" : "")\(at % 60)"
        }
        let now = time(clock(2))
        try world.news(clock(0))
        let id = try #require(world.working.last?.ticket.id)
        try world.fill(id, at: Price(whole: 100), time: now)
        world.engine.wantExit(.time, SymbolID(index: 0))
        try world.bar(clock(2), price)
        let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
        try world.fill(exit, at: decimal(price), time: time(clock(3)))
        #expect(world.position.isZero)
    }

    @Test("S34: the day's loss at its limit holds entries, on every day, until it is lifted")
    func dailyLoss() throws {
        var world = try Self.world { $0.risk.dailyLossShareMax = 0.005 }
        try world.news("14:02")
        try world.bar("14:02", "100")
        // 10 shares lose 50 each: 500 of 100,000.
        try world.bar("14:03", "50.01")
        try world.bar("14:04", "50.01")
        #expect(world.causes.isEmpty)
        try world.bar("14:05", "50")
        #expect(world.causes.isEmpty, "equity is looked at when the instant is over")
        try world.bar("14:06", "50")
        #expect(world.causes == [.dailyLoss])
        #expect(world.engine.mode == .reduceOnly)
        #expect(world.alerts == ["daily-loss"])
        try world.bar("14:07", "40")
        #expect(world.ledger.holdChanges.count == 1, "once")
        try world.close()
        try world.open("37:30")
        #expect(world.engine.mode == .reduceOnly, "a new day lifts nothing")
        try world.restart()
        #expect(world.engine.mode == .reduceOnly)
    }

    @Test("S34: a latch that was lifted measures from there on, also after a restart")
    func newBase() throws {
        for restarts in [false, true] {
            var world = try Self.world {
                $0.risk.dailyLossShareMax = 0.005
                $0.risk.drawdownShareMax = 0.005
            }
            try world.news("14:02")
            try world.bar("14:02", "100")
            try world.bar("14:05", "50")
            try world.bar("14:06", "50")
            #expect(world.causes == [.dailyLoss, .drawdown])
            let (peak, worst) = (world.engine.tracker.peak, world.engine.tracker.drawdownMax)
            try world.send(.resume(latch: "daily-loss"), "1")
            try world.send(.resume(latch: "drawdown"), "2")
            #expect(world.engine.mode == .active)
            if restarts {
                try world.restart()
                let bar = Bar(
                    symbol: SymbolID(index: 0), start: time("14:06"), open: Price(whole: 50),
                    high: Price(whole: 50), low: Price(whole: 50), close: Price(whole: 50),
                    volume: Volume(shares: 1))
                try world.engine.backfill(bar, knownAt: time("14:07"))
            }
            try world.bar("14:08", "50")
            try world.bar("14:09", "1")
            try world.bar("14:10", "1")
            #expect(world.causes.isEmpty, "490 of 99,500 is below the limit")
            #expect(world.engine.tracker.peak == peak)
            #expect(world.engine.tracker.drawdownMax > worst)
            #expect(world.engine.tracker.lossStart == decimal("99500"))
            #expect(world.engine.tracker.drawdownStart == decimal("99500"))
        }
    }

    @Test("The new base of the drawdown rises with the equity and ends at the peak")
    func risingBase() {
        var tracker = EquityTracker()
        func see(_ equity: Int64) {
            tracker.observe(equity: Money(whole: equity), at: time("14:00"))
        }
        see(100)
        see(80)
        tracker.forgiveDrawdown(equity: Money(whole: 80))
        #expect(tracker.drawdownStart == Money(whole: 80))
        see(90)
        #expect(tracker.drawdownStart == Money(whole: 90))
        see(85)
        #expect(tracker.drawdownStart == Money(whole: 90))
        #expect(tracker.peak == Money(whole: 100))
        let copy = EquityTracker(restoring: tracker.checkpoint(at: time("14:00"), feedPosition: 0))
        #expect(copy.drawdownStart == Money(whole: 90))
        see(100)
        see(99)
        #expect(tracker.drawdownBase == nil)
        #expect(tracker.drawdownStart == Money(whole: 100))
        tracker.forgiveDrawdown(equity: Money(whole: 101))
        #expect(tracker.drawdownStart == Money(whole: 100), "there was nothing to forgive")
    }

    @Test("S34: without latches the limits refuse and hold nothing")
    func off() throws {
        var world = try Self.world {
            $0.latches = false
            $0.risk.dailyLossShareMax = 0.001
            $0.risk.losingStreakMax = 1
        }
        try Self.trip(&world, 2, to: "50")
        try world.bar("14:10", "50")
        #expect(world.causes.isEmpty)
        #expect(world.engine.latches == LatchCounters())
    }

    @Test("S34: round trips lost in a row hold entries; one that won begins anew")
    func losingStreak() throws {
        var world = try Self.world { $0.risk.losingStreakMax = 3 }
        let trips: [(price: String, streak: Int)] = [
            ("99", 1), ("99", 2), ("101", 0), ("99", 1), ("100", 0), ("98", 1), ("98", 2),
        ]
        for (index, trip) in trips.enumerated() {
            try Self.trip(&world, 5 + index * 5, to: trip.price)
            #expect(world.engine.latches.losingStreak == trip.streak, "trip \(index)")
            if index == 1 {
                try world.restart()
                try world.bar("14:13", "100")
            }
        }
        #expect(world.causes.isEmpty)
        try Self.trip(&world, 45, to: "99.99")
        #expect(world.causes == [.losingStreak])
        #expect(world.engine.mode == .reduceOnly)
        try world.send(.resume(latch: "losing-streak"), "1")
        #expect(world.engine.mode == .active && world.engine.latches.losingStreak == 0)
    }

    @Test("A round trip counts once, whatever the parts it was closed in, also after a restart")
    func parts() throws {
        for restarts in [false, true] {
            var world = try Self.world { $0.risk.losingStreakMax = 2 }
            try world.news("14:02")
            let entry = try #require(world.working.last?.ticket.id)
            try world.fill(entry, "5", at: Price(whole: 100))
            try world.fill(entry, "5", at: Price(whole: 100))
            world.engine.wantExit(.time, SymbolID(index: 0))
            world.fillsAtOpen = false
            try world.bar("14:03", "100")
            let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
            // -30, then +5, then +5.
            try world.fill(exit, "3", at: Price(whole: 90))
            #expect(world.engine.latches.losingStreak == 0)
            if restarts { try world.restart() }
            try world.fill(exit, "5", at: Price(whole: 101))
            #expect(world.engine.latches.losingStreak == 0)
            try world.fill(exit, at: decimal("102.5"))
            #expect(world.ledger.trades.count == 4)
            #expect(world.engine.latches.losingStreak == 1)
            #expect(world.engine.latches.roundTrips.isEmpty)
        }
    }

    @Test("A round trip ends with the last shares, also where they are taken back, not sold")
    func busted() throws {
        var world = try Self.world { $0.risk.losingStreakMax = 2 }
        world.fillsAtOpen = false
        try world.news("14:02")
        let entry = try #require(world.working.last?.ticket.id)
        // e1, e2
        try world.fill(entry, "4", at: Price(whole: 100))
        try world.fill(entry, "6", at: Price(whole: 100))
        world.engine.wantExit(.time, SymbolID(index: 0))
        try world.bar("14:03", "100")
        let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
        try world.fill(exit, "4", at: Price(whole: 90))
        let symbol = world.engine.symbols[SymbolID(index: 0)]
        #expect(world.engine.latches.roundTrips == [symbol: Money(whole: -40)])
        // All lots of the trade's order but the sold one: what no row of trades and lots says.
        #expect(try world.restarted().latches == world.engine.latches)
        try world.report(entry, .busted(executionID: "e2"))
        #expect(world.position.isZero)
        #expect(world.engine.latches.roundTrips.isEmpty)
        #expect(world.engine.latches.losingStreak == 1)
        #expect(try world.restarted().latches == world.engine.latches)
    }

    @Test("S34: when half of the latest orders fail, entries are held")
    func orderFailures() throws {
        var world = try Self.world {
            $0.risk.orderFailuresShareMax = 0.5
            $0.execution.protectiveStops = true
            $0.signals.atrPeriod = 1
        }
        world.fillsAtOpen = false
        try world.bar("14:01", "100")
        for index in 0..<10 {
            let clock = time("14:02") + Span(seconds: Int64(index) * 60)
            try world.news(index < 8 ? "14:0\(index + 2)" : "14:\(index + 2)")
            let id = try #require(world.working.first?.ticket.id, "order \(index)")
            #expect(world.causes.isEmpty)
            if index % 2 == 1 {
                try world.report(id, .rejected(reason: "no"), clock)
            } else {
                try world.report(id, .canceled(reason: "expired"), clock)
            }
            let stop = world.stopID
            if let stop { try world.report(stop, .canceled(reason: "its entry is gone"), clock) }
        }
        #expect(world.engine.latches.orders == 10)
        #expect(world.engine.latches.failures == 5)
        #expect(world.causes == [.errorRate])
        #expect(world.engine.mode == .reduceOnly)
        try world.restart()
        #expect(world.engine.latches.failures == 5)
        try world.send(.resume(latch: "error-rate"), "1")
        #expect(world.engine.mode == .active && world.engine.latches.orders == 0)
    }

    struct Counted: Sendable, CustomTestStringConvertible {
        let outcomes: String
        let orders: Int
        let failures: Int
        var testDescription: String { outcomes.isEmpty ? "none" : outcomes }
    }

    static let counted = [
        Counted(outcomes: "", orders: 0, failures: 0),
        Counted(outcomes: ".", orders: 1, failures: 0),
        Counted(outcomes: "x", orders: 1, failures: 1),
        Counted(outcomes: "x.x", orders: 3, failures: 2),
        Counted(outcomes: String(repeating: ".", count: 20), orders: 20, failures: 0),
        Counted(outcomes: String(repeating: "x", count: 20), orders: 20, failures: 20),
        Counted(outcomes: String(repeating: "x", count: 50), orders: 20, failures: 20),
        Counted(
            outcomes: "x" + String(repeating: ".", count: 19), orders: 20, failures: 1),
        Counted(
            outcomes: "x" + String(repeating: ".", count: 20), orders: 20, failures: 0),
    ]

    @Test("The latest 20 orders are counted", arguments: counted)
    func window(_ row: Counted) {
        var counters = LatchCounters()
        for outcome in row.outcomes {
            counters.count(order: outcome == "x")
            let checkpoint = Checkpoint(
                at: time("14:00"), feedPosition: 0, equityPeak: .zero, drawdownMax: .zero,
                sessionDate: "", dayStartEquity: .zero, orderFailures: counters.orderFailures)
            #expect(LatchCounters(restoring: checkpoint) == counters)
        }
        #expect(counters.orders == row.orders)
        #expect(counters.failures == row.failures)
    }

    @Test("S34: the cap on a day's notional survives a restart and ends with the day")
    func notionalPerDay() throws {
        for restarts in [false, true] {
            // 1,000 USD each, of 100,000.
            var world = try Self.world { $0.risk.notionalPerDayShareMax = 0.025 }
            try Self.trip(&world, 2, to: "100")
            try Self.trip(&world, 10, to: "100")
            #expect(world.engine.notionalToday == decimal("2000"))
            if restarts { try world.restart() }
            #expect(world.engine.notionalToday == decimal("2000"))
            try world.bar("14:20", "100")
            try world.news("14:22")
            #expect(world.refusals == [.notionalPerDay])
            try world.close()
            try world.open("37:30")
            #expect(world.engine.notionalToday.isZero)
            try world.bar("37:30", "100")
            #expect(world.refusals == [.notionalPerDay])
            #expect(world.ledger.problems.isEmpty, "\(world.ledger.problems)")
        }
    }
}
