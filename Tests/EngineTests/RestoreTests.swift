import Domain
import Execution
import Learning
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals
import Simulation
import TestSupport
import Testing

@testable import Engine

/// Going on from the ledger.
@Suite struct RestoreTests {
    @Test("S05: orders, books, votes and counters are those of before the restart")
    func same() throws {
        let world = try ExitTests.held()
        let copy = try world.restarted()
        #expect(differences(world.engine, copy).isEmpty, "\(differences(world.engine, copy))")
        #expect(
            copy.states[0].entryVotes.map(\.votes) == world.engine.states[0].entryVotes.map(\.votes)
        )
        #expect(copy.session == world.engine.session)
        #expect(copy.tracker.dayStartEquity == world.engine.tracker.dayStartEquity)
        #expect(copy.execution.ordersToday == 1)
    }

    @Test("The limits per minute and per day count on after a restart")
    func counters() throws {
        var world = World(symbols: ["TEST", "B"]) {
            $0.risk.ordersPerMinuteMax = 1
            $0.risk.ordersPerDayMax = 2
        }
        try world.open()
        try world.bar("14:00", "100")
        try world.bar("14:00", "100", symbol: 1)
        try world.news("14:02")
        world.engine = try world.restarted()
        try world.bar("14:01", "100", symbol: 1, knownAt: "14:02")
        try world.news("14:02", symbol: "B")
        #expect(world.refusals == [.ordersPerMinute])
        #expect(world.engine.execution.ordersToday == 1)
        try world.bar("14:03", "100", symbol: 1)
        #expect(world.ledger.orderIDs.count == 2)
        world.engine = try world.restarted()
        #expect(world.engine.execution.ordersToday == 2)
    }

    @Test(
        "S33: what a restored ledger does not know ends as the venue inside says: never placed",
        arguments: [true, false])
    func unknownInside(isProtected: Bool) throws {
        var world = World {
            $0.execution.protectiveStops = isProtected
            $0.signals.atrPeriod = 1
        }
        world.fillsAtOpen = false
        try world.open()
        try world.bar("13:59", "100")
        try world.bar("14:00", "101")
        try world.news("14:02")
        let orders = world.engine.openOrders
        #expect(orders.count == (isProtected ? 2 : 1))
        world.ledger.commit(
            orders.filter { $0.status != .unknown }.map {
                .record(
                    .transition(
                        OrderTransition(
                            id: $0.intent.id, from: $0.status, to: .unknown, at: time("14:03"),
                            reason: "restored")))
            })
        world.engine = try world.restarted()
        var effects: [Effect] = []
        world.engine.recover(effects: &effects)
        let asked = effects.compactMap { effect -> ClientOrderID? in
            if case .ask(.order(let id)) = effect { id } else { nil }
        }
        #expect(asked == orders.map(\.intent.id).sorted())
        for id in asked {
            let answer = OrderAnswer(id: id, asked: world.engine.now, result: .absent)
            try world.engine.process(
                Stamped(at: world.engine.now, .order(answer)), effects: &effects)
        }
        world.ledger.commit(effects)
        for order in orders {
            #expect(world.ledger.orders[order.intent.id]?.status == .notPlaced)
        }
        #expect(world.engine.openOrders.isEmpty && world.engine.execution.reserved.isZero)
        #expect(world.ledger.problems.isEmpty, "\(world.ledger.problems)")
    }

    @Test("S15: the window of readings and the memory of headlines come back")
    func sentiment() throws {
        var world = World()
        try world.open()
        try world.news("13:40")
        try world.news("13:50", World.bad)
        let readings = world.log.joined().compactMap { effect -> SentimentReading? in
            if case .history(.reading(let reading)) = effect { reading } else { nil }
        }
        var copy = try world.restarted()
        let id = SymbolID(index: 0)
        #expect(copy.sentiment.readings(id).isEmpty)
        for reading in readings { copy.backfill(reading) }
        copy.backfill(
            newsID: "n1", headline: "\(World.good) number 1", linked: [Symbol("TEST")!],
            firstSeen: time("13:40"))
        #expect(copy.sentiment.readings(id) == world.engine.sentiment.readings(id))
        world.engine = copy
        try world.news("13:55", "\(World.good) number 1", id: "other")
        #expect(world.engine.sentiment.readings(id).count == 2, "a repeat of before the restart")
    }

    @Test("S16: bars of the past refill windows and marks and decide nothing")
    func backfill() throws {
        var world = World()
        try world.open()
        try world.news("13:59")
        for minute in 10...20 {
            let start = time("14:\(minute)")
            try world.engine.backfill(
                Bar(
                    symbol: SymbolID(index: 0), start: start, open: Price(whole: 100),
                    high: Price(whole: 100), low: Price(whole: 100), close: Price(whole: 100),
                    volume: Volume(shares: 1)), knownAt: start + Span(seconds: 60))
        }
        #expect(world.engine.portfolio.mark(of: SymbolID(index: 0)) == Price(whole: 100))
        #expect(world.engine.newestStart(SymbolID(index: 0)) == time("14:20"))
        #expect(world.ledger.signals.isEmpty)
        #expect(world.engine.counters.bars == 0)
    }

    static let damages: [(name: String, damage: @Sendable (inout LedgerState) -> Void)] = [
        ("a balance is off by the smallest unit", { $0.balances[.cash] = Money(units: 1) }),
        ("a lot is gone", { $0.lots = [] }),
        ("a lot is there twice", { $0.lots += $0.lots }),
        (
            "a lot holds nothing",
            { state in
                for index in state.lots.indices { state.lots[index].quantity = .zero }
            }
        ),
        (
            "a securities account without lots",
            { state in
                state.balances[.securities(Symbol("GHOST")!)] = Money(whole: 5)
                state.balances[.capital] = try? state.balances[.capital]?.subtracting(
                    Money(whole: 5))
            }
        ),
    ]

    @Test("S04: books that do not agree with themselves are not traded on", arguments: damages)
    func corrupt(_ row: (name: String, damage: @Sendable (inout LedgerState) -> Void)) throws {
        let world = try ExitTests.held()
        var state = world.state
        row.damage(&state)
        var copy = TradingEngine(world.engine.config)
        #expect(throws: PortfolioError.self, "\(row.name)") { try copy.restore(state) }
    }

    @Test("The price of a stop given up for an exit is known after a restart")
    func stopPrice() throws {
        var world = try ExitTests.held()
        world.fillsAtOpen = false
        for minute in 3...6 { try world.news("19:5\(minute)", World.bad) }
        let exit = try #require(world.working.first { $0.ticket.type == .market }?.ticket.id)
        #expect(world.stopID == nil)
        world.engine = try world.restarted()
        // The process dies between the record of the new stop and its way out.
        var effects: [Effect] = []
        try world.engine.process(
            Stamped(
                at: time("20:00"),
                .broker(BrokerReport(orderID: exit, at: time("20:00"), event: .expired))),
            effects: &effects)
        world.ledger.commit(effects)
        world.engine = try world.restarted()
        let stop = try #require(world.stopID)
        #expect(world.ledger.orders[stop]?.intent.type == .stop(decimal("99.5")))
        effects = []
        world.engine.recover(effects: &effects)
        #expect(effects.contains { if case .submit(stop) = $0 { true } else { false } })
        #expect(world.engine.beginSubmit(stop, effects: &effects)?.quantity == Quantity(whole: 10))
        #expect(world.ledger.problems.isEmpty, "\(world.ledger.problems)")
    }

    @Test(
        "The price of a stop that is gone is the same after restarts, held or flat",
        arguments: [false, true])
    func lostStop(restartsFlat: Bool) throws {
        var world = try ExitTests.held()
        world.fillsAtOpen = false
        let entry = try #require(world.ledger.fills.first)
        for minute in 3...6 { try world.news("19:5\(minute)", World.bad) }
        let exit = try #require(world.working.first { $0.ticket.type == .market }?.ticket.id)
        try world.fill(exit, at: Price(whole: 100))
        #expect(world.position.isZero)
        let price = world.engine.execution.lostStop(SymbolID(index: 0))
        #expect(price == decimal("99.5"))
        if restartsFlat { world.engine = try world.restarted() }
        // The shares come back on the other side: the lot is the entry's once more.
        try world.report(entry.orderID, .busted(executionID: entry.executionID))
        let copy = try world.restarted()
        #expect(copy.portfolio.quantity(SymbolID(index: 0)) == world.position)
        #expect(copy.execution.lostStop(SymbolID(index: 0)) == price)
        #expect(world.engine.execution.lostStop(SymbolID(index: 0)) == price)
    }

    @Test(
        "A restart into a mode that forbids entries cancels those that work",
        arguments: TradingMode.allCases)
    func forbiddenEntries(mode: TradingMode) throws {
        var world = World()
        world.fillsAtOpen = false
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        let entry = try #require(world.working.first?.ticket.id)
        world.engine = try world.restarted()
        world.engine.mode = mode
        var effects: [Effect] = []
        world.engine.recover(effects: &effects)
        let cancels = effects.contains { if case .cancel(entry) = $0 { true } else { false } }
        #expect(cancels == (mode != .active))
    }

    @Test("An exit that ended before the position did is still wanted after a restart")
    func exitWanted() throws {
        var world = try ExitTests.held()
        world.fillsAtOpen = false
        for minute in 3...6 { try world.news("19:5\(minute)", World.bad) }
        let exit = try #require(world.working.first { $0.ticket.type == .market }?.ticket.id)
        try world.fill(exit, "4", at: Price(whole: 100))
        try world.report(exit, .expired, time("20:00"))
        try world.close()
        let stop = try #require(world.stopID)
        #expect(world.working.map(\.ticket.id) == [stop])
        #expect(world.working.first?.ticket.type == .stop(decimal("99.5")))
        #expect(world.working.first?.ticket.quantity == Quantity(whole: 6))
        world.engine = try world.restarted()
        #expect(world.stopID == stop)
        try world.open("37:30")
        try world.bar("37:30", "98")
        #expect(world.working.map(\.ticket.quantity) == [Quantity(whole: 6)])
        #expect(world.working.map(\.ticket.type) == [.market], "its stop is gone again")
        world.fillsAtOpen = true
        try world.bar("37:31", "98")
        #expect(world.position.isZero)
        #expect(world.ledger.trades.map(\.reason) == [.flip, .flip])
    }

    @Test("S05: an exit of the position before is no wish to leave this one, whenever it began")
    func earlierExit() throws {
        var world = try ExitTests.held()
        let entry = try #require(world.ledger.fills.first)
        world.fillsAtOpen = false
        for minute in 3...6 { try world.news("19:5\(minute)", World.bad) }
        #expect(world.engine.states[0].exitWanted == .flip)
        let exit = try #require(world.working.first { $0.ticket.type == .market }?.ticket.id)
        try world.fill(exit, at: Price(whole: 100))
        #expect(world.position.isZero && world.engine.states[0].exitWanted == nil)
        // Other terms of the entry: the lot that is left of them is older than the exit.
        try world.report(
            entry.orderID,
            .corrected(
                executionID: entry.executionID, quantity: Quantity(whole: 9), price: entry.price),
            entry.at)
        #expect(!world.position.isZero)
        world.engine = try world.restarted()
        #expect(world.engine.states[0].exitWanted == nil)
        #expect(world.ledger.checkpoint?.exitsWanted.isEmpty == true)
    }

    @Test("S25: a fill reported again after a restart is booked once")
    func repeatedFill() throws {
        var world = World()
        world.fillsAtOpen = false
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        let id = try #require(world.working.first?.ticket.id)
        let fill = BrokerReport.Event.fill(
            executionID: "x", quantity: decimal("4"), price: decimal("100"), fee: .zero)
        try world.report(id, fill)
        world.engine = try world.restarted()
        try world.report(id, fill)
        #expect(world.position == Quantity(whole: 4))
    }

    @Test("S33: what was decided but never acknowledged goes out once more under its own id")
    func resubmit() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        var effects: [Effect] = []
        let item = NewsItem(
            id: "n", headline: World.good, symbols: [Symbol("TEST")!], createdAt: time("14:02"))
        try world.engine.process(Stamped(at: time("14:02"), .news(item)), effects: &effects)
        world.ledger.commit(effects)
        let id = try #require(world.engine.openOrders.first?.intent.id)
        for _ in 0..<2 {
            world.engine = try world.restarted()
            effects = []
            world.engine.recover(effects: &effects)
            #expect(effects.contains { if case .submit(id) = $0 { true } else { false } })
            // It is sent, and the process dies before the answer.
            effects = []
            #expect(world.engine.beginSubmit(id, effects: &effects)?.id == id)
            world.ledger.commit(effects)
        }
        #expect(world.ledger.orders[id]?.status == .submitting)
        #expect(world.ledger.problems.isEmpty, "\(world.ledger.problems)")
    }
}

/// What a restart must not change.
func differences(_ a: TradingEngine, _ b: TradingEngine) -> [String] {
    var found: [String] = []
    func compare<T: Equatable>(_ name: String, _ x: T, _ y: T) {
        if x != y { found.append("\(name): \(x), \(y)") }
    }
    compare("orders", a.openOrders.map(\.intent), b.openOrders.map(\.intent))
    compare("statuses", a.openOrders.map(\.status), b.openOrders.map(\.status))
    compare("filled", a.openOrders.map(\.filled), b.openOrders.map(\.filled))
    compare("cash", a.portfolio.cash, b.portfolio.cash)
    compare("fees", a.portfolio.fees, b.portfolio.fees)
    compare("realized", a.portfolio.realizedPnL, b.portfolio.realizedPnL)
    compare("weights", a.weights, b.weights)
    compare("credited", a.learner.creditedTrades, b.learner.creditedTrades)
    compare("reserved", a.execution.reserved, b.execution.reserved)
    compare(
        "in the minute", a.execution.ordersInMinute(before: a.now),
        b.execution.ordersInMinute(before: a.now))
    for symbol in a.symbols.symbols {
        guard let x = a.symbols.id(of: symbol), let y = b.symbols.id(of: symbol) else {
            found.append("\(symbol) is not known")
            continue
        }
        compare("\(symbol) lots", a.portfolio.openLots(x), b.portfolio.openLots(y))
        compare("\(symbol) exit", a.states[x.index].lastExit, b.states[y.index].lastExit)
        if !a.portfolio.quantity(x).isZero {
            compare("\(symbol) goal", a.states[x.index].takeProfit, b.states[y.index].takeProfit)
            compare("\(symbol) wish", a.states[x.index].exitWanted, b.states[y.index].exitWanted)
            compare("\(symbol) time", a.states[x.index].exitBy, b.states[y.index].exitBy)
        }
    }
    return found
}
