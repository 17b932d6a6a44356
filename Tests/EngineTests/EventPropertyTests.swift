import Domain
import Execution
import Learning
import News
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals
import TestSupport
import Testing

@testable import Engine

/// Any events, in any order.
@Suite struct EventPropertyTests {
    static let names = ["AA", "BB", "TEST"]

    private static func world(_ draw: inout Draw) -> World {
        let stops = draw.chance(0.6)
        let shorts = draw.chance(0.3)
        let fixed = draw.chance(0.5)
        let limited = draw.chance(0.5)
        let learns = draw.chance(0.5)
        let hold: Span? = draw.chance(0.3) ? Span(seconds: 600) : nil
        var world = World(symbols: names) { config in
            config.execution.protectiveStops = stops
            config.signals.atrPeriod = stops || !fixed ? 2 : 0
            config.signals.shorts = shorts
            config.risk.shorts = shorts
            config.execution.holdMax = hold
            config.execution.takeProfitShare = 0.02
            if learns {
                config.signals.reversion.enabled = true
                config.signals.reversion.period = 5
                config.signals.reversion.entryZ = 1
                config.learning.samplesMin = 1
            }
            if limited {
                config.risk.positionShareMax = 0.2
                config.risk.exposureShareMax = 0.5
                config.risk.ordersPerMinuteMax = 3
                config.risk.dailyLossShareMax = 0.02
            }
            config.risk.sizing.mode = fixed ? .fixed : .risk
        }
        world.fillsAtOpen = draw.chance(0.5)
        world.fee = Money(units: Int64(draw.random.below(3)) * 500_000_001)
        return world
    }

    /// One event, often with the edges of what may come.
    private static func step(
        _ world: inout World, _ draw: inout Draw, _ minute: inout Int, _ price: inout Double
    ) throws {
        func clock(_ minute: Int) -> String {
            "\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        }
        switch draw.random.below(20) {
        case 0..<9:
            minute += draw.element(of: [0, 1, 1, 1, 1, 5])
            price *= 0.98 + 0.04 * draw.random.unit()
            let late = draw.chance(0.1) ? draw.int(in: 0...9) : 0
            try world.bar(
                clock(minute - late), cents(price),
                cents(price * (0.99 + 0.02 * draw.random.unit())),
                symbol: draw.random.below(names.count), knownAt: clock(minute + 1))
        case 9..<13:
            try world.news(
                clock(minute + 1), draw.chance(0.5) ? World.good : World.bad,
                symbol: draw.element(of: names + ["OTHER"]),
                id: draw.chance(0.1) ? "again" : nil)
        case 13..<17: try report(&world, &draw, price)
        case 17:
            // The broker speaks of what nobody knows.
            try world.report(
                ClientOrderID("stranger-\(draw.random.below(3))")!, .canceled(reason: "?"))
        case 18:
            minute = (minute / 1_440 * 1_440) + 1_200
            try world.close(clock(minute))
            minute += 1_050
            try world.open(clock(minute))
        default: world.engine.mode = draw.element(of: TradingMode.allCases + [.active, .active])
        }
    }

    private static func report(
        _ world: inout World, _ draw: inout Draw, _ price: Double
    ) throws {
        guard !world.working.isEmpty else { return }
        let order = draw.element(of: world.working)
        let id = order.ticket.id
        let rest = (try? order.ticket.quantity.subtracting(order.filled)) ?? .zero
        // The stop of an entry without shares holds none that it could sell.
        let held = world.engine.portfolio.quantity(order.ticket.symbolID)
        let isStop = order.ticket.type != .market
        if isStop && held.isZero { return }
        let most = isStop ? min(rest, held.magnitude) : rest
        let at: Price = decimal(cents(price))
        switch draw.random.below(8) {
        case 0: try world.report(id, .canceled(reason: "requested"))
        case 1: try world.report(id, .expired)
        case 2: try world.report(id, .rejected(reason: "no"))
        case 3: try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        case 4: try world.fill(id, "\(most)", at: at)
        default:
            let part = Int64(draw.int(in: 1...max(1, Int(most.units / 1_000_000_000))))
            try world.fill(id, "\(min(most, Quantity(whole: part)))", at: at)
        }
    }

    private static func cents(_ value: Double) -> String {
        "\(Price(units: max(1, Int64(value * 100)) * 10_000_000))"
    }

    @Test("S44: any stream of events: books, orders and reservations agree after each of them")
    func invariantsHold() throws {
        var fills = 0
        var trades = 0
        try forAll(60) { draw in
            var world = Self.world(&draw)
            var minute = 14 * 60
            var price = 100.0
            try world.open()
            for _ in 0..<150 {
                try Self.step(&world, &draw, &minute, &price)
                let broken = invariants(world)
                if !broken.isEmpty {
                    Issue.record("\(broken); \(draw)")
                    return
                }
            }
            fills += world.ledger.fills.count
            trades += world.ledger.trades.count
        }
        #expect(fills > 200 && trades > 50, "\(fills) fills show little")
    }

    @Test("S05: after any event the ledger alone gives the same orders, books and weights")
    func restart() throws {
        try forAll(40) { draw in
            var world = Self.world(&draw)
            var minute = 14 * 60
            var price = 100.0
            try world.open()
            for _ in 0..<80 {
                try Self.step(&world, &draw, &minute, &price)
                let found = differences(world.engine, try world.restarted())
                if !found.isEmpty {
                    Issue.record("\(found); \(draw)")
                    return
                }
            }
        }
    }

    @Test("Equal events give equal effects")
    func determinism() throws {
        try forAll(20) { draw in
            func play() throws -> [String] {
                var draw = Draw(seed: draw.seed, index: draw.index)
                var world = Self.world(&draw)
                var minute = 14 * 60
                var price = 100.0
                try world.open()
                for _ in 0..<120 { try Self.step(&world, &draw, &minute, &price) }
                return world.log.map { "\($0)" }
            }
            let (first, second) = (try play(), try play())
            #expect(first == second, "\(draw)")
        }
    }
}
