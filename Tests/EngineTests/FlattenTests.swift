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

/// Leaving every position, in two steps.
@Suite struct FlattenTests {
    private static let names = ["AA", "BB", "CC"]

    /// Long 10 of AA and of BB at 100; an entry of CC works.
    private static func held() throws -> World {
        var world = World(symbols: names) {
            $0.execution.protectiveStops = true
            $0.signals.atrPeriod = 1
        }
        try world.open()
        for index in 0..<3 {
            try world.bar("14:00", "100", symbol: index)
            try world.bar("14:01", "100", symbol: index)
        }
        try world.news("14:02", symbol: "AA")
        try world.news("14:02", symbol: "BB")
        for index in 0..<3 { try world.bar("14:02", "100", symbol: index) }
        try world.news("14:03", symbol: "CC")
        #expect(world.engine.portfolio.openPositionCount == 2)
        #expect(world.engine.execution.hasEntry(SymbolID(index: 2)))
        return world
    }

    private static func confirm(
        _ world: inout World, _ transaction: String = "ask"
    ) throws -> CommandAnswer? {
        let asked = try #require(try world.send(.flatten(token: nil), transaction))
        let token = try #require(asked.token)
        return try world.send(.flatten(token: token), transaction + "-confirmed")
    }

    private static func exits(_ world: World) -> [OrderStatus] {
        world.ledger.orderIDs.compactMap { world.ledger.orders[$0] }
            .filter { $0.intent.role == .exit(.flatten) }.map(\.status)
    }

    @Test("The token's seconds are a person's: the market may pass a whole hour in them")
    func pace() throws {
        for (pace, minutes, isTaken) in [
            (Double?(1), 1, true), (1, 2, false), (60, 58, true), (60, 61, false),
            (nil, 61, true),
        ] {
            var world = World(symbols: Self.names) { $0.pace = pace }
            try world.open()
            try world.bar("14:00", "100")
            let asked = try #require(try world.send(.flatten(token: nil), "ask"))
            #expect(asked.message.contains("within 60 seconds") == (pace != nil))
            let done = try world.send(
                .flatten(token: asked.token), "confirm",
                at: time("14:01") + Span(seconds: Int64(60 * minutes)))
            #expect((done?.refusal == nil) == isTaken, "\(pace as Any) \(minutes) \(done as Any)")
        }
    }

    @Test("A flatten asks to be confirmed and does nothing until it is")
    func twoSteps() throws {
        var world = try Self.held()
        let asked = try #require(try world.send(.flatten(token: nil), "1"))
        #expect(asked.refusal == nil)
        #expect(asked.mode == .active && asked.holds.isEmpty)
        #expect(world.engine.execution.hasEntry(SymbolID(index: 2)))
        let token = try #require(asked.token)
        #expect(try world.send(.flatten(token: nil), "1")?.token == token)
        #expect(try world.send(.flatten(token: nil), "2")?.token != token)

        let done = try #require(try world.send(.flatten(token: token), "3"))
        #expect(done.refusal == nil)
        #expect(done.mode == .reduceOnly)
        #expect(world.causes == [.flatten])
        #expect(!world.engine.execution.hasEntry(SymbolID(index: 2)))
        #expect(try world.send(.flatten(token: token), "4")?.refusal == .conflict, "used")
        #expect(Self.exits(world) == [.acked, .acked])
        for index in 0..<3 { try world.bar("14:04", "101", symbol: index) }
        #expect(world.engine.portfolio.openPositionCount == 0)
        #expect(world.ledger.trades.map(\.reason) == [.flatten, .flatten])
        try world.news("14:06", symbol: "AA")
        #expect(world.refusals.last == .mode, "what was closed is not opened again at once")
        try world.send(resume, "5")
        #expect(world.engine.mode == .active)
        let broken = invariants(world)
        #expect(broken.isEmpty, "\(broken)")
    }

    @Test("The token counts for 60 seconds, also after a restart")
    func expiry() throws {
        for (seconds, refusal) in [(60, nil), (61, CommandRefusal.expired)] {
            var world = try Self.held()
            let token = try world.send(.flatten(token: nil), "1")?.token
            try world.restart()
            world.fillsAtOpen = false
            let answer = try world.send(
                .flatten(token: token), "2", at: time("14:03") + Span(seconds: Int64(seconds)))
            #expect(answer?.refusal == refusal, "\(seconds) s")
        }
    }

    @Test("S34: a flatten passes a pause, and does not pass a halt")
    func modes() throws {
        for mode in [TradingMode.paused, .halted] {
            var world = try Self.held()
            try world.send(pause, "p")
            if mode == .halted {
                var effects: [Effect] = []
                world.engine.hold(.reconciliation, .halted, "differs", &effects)
                world.adopt(effects)
            }
            let answer = try #require(try Self.confirm(&world))
            #expect(answer.refusal == nil)
            #expect(answer.mode == mode)
            #expect(Self.exits(world) == (mode == .paused ? [.acked, .acked] : []))
            for index in 0..<2 { try world.bar("14:04", "101", symbol: index) }
            for index in 0..<2 { try world.bar("14:05", "101", symbol: index) }
            #expect(world.engine.portfolio.openPositionCount == (mode == .paused ? 0 : 2))
            if mode == .halted {
                #expect(answer.message.contains("halted"))
                try world.send(.resume(latch: "reconciliation"), "r")
                for index in 0..<2 { try world.bar("14:06", "101", symbol: index) }
                for index in 0..<2 { try world.bar("14:07", "101", symbol: index) }
                #expect(world.engine.portfolio.openPositionCount == 0, "the wish stood")
            }
        }
    }

    @Test("S34: outside a session the positions leave with the next one, also after a restart")
    func nextSession() throws {
        for (restarts, lifts) in [(false, false), (true, false), (false, true), (true, true)] {
            var world = try Self.held()
            world.fillsAtOpen = false
            try world.close()
            let answer = try #require(try Self.confirm(&world))
            #expect(answer.message.contains("0 at once, 2 as soon"))
            if lifts { try world.send(resume, "r") }
            if restarts { try world.restart() }
            try world.open("37:30")
            for index in 0..<2 { try world.bar("37:30", "100", symbol: index) }
            #expect(Self.exits(world).count == (lifts ? 0 : 2), "\(restarts) \(lifts)")
            #expect(world.ledger.problems.isEmpty, "\(world.ledger.problems)")
        }
    }

    @Test("An exit that works already goes on, and one that fails is tried again")
    func existingExit() throws {
        var world = try ExitTests.held { $0.execution.holdMax = Span(seconds: 60) }
        world.fillsAtOpen = false
        try world.bar("14:05", "100")
        let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
        _ = try Self.confirm(&world)
        #expect(world.engine.execution.exit(SymbolID(index: 0))?.intent.id == exit)
        try world.report(exit, .rejected(reason: "no"), time("14:08"))
        try world.bar("14:08", "100")
        #expect(Self.exits(world) == [.acked])
    }
}
