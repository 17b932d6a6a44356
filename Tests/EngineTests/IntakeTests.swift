import Domain
import News
import Portfolio
import Primitives
import Risk
import Sentiment
import TestSupport
import Testing

@testable import Engine

/// Bars and news on their way in.
@Suite struct IntakeTests {
    /// Ten shares of a million are too dear: the signal is refused for want of cash.
    private func refused() throws -> World {
        var world = World()
        try world.open()
        try world.news("13:59")
        try world.bar("14:00", "1000000")
        #expect(world.refusals == [.cash])
        return world
    }

    @Test("S40: a corrected bar moves the mark and is never decided on again")
    func corrected() throws {
        var world = try refused()
        try world.bar("14:00", "100", knownAt: "14:02")
        #expect(world.engine.portfolio.mark(of: SymbolID(index: 0)) == Price(whole: 100))
        #expect(world.engine.counters.barsCorrected == 1)
        #expect(world.refusals.count == 1)
        #expect(world.engine.openOrders.isEmpty)
        try world.bar("14:02", "100")
        #expect(world.engine.openOrders.count == 1, "the next bar is decided on")
    }

    @Test("S40: a late bar moves nothing, and the same bar twice is counted once")
    func late() throws {
        var world = try refused()
        try world.bar("14:02", "1000000")
        try world.bar("14:01", "100", knownAt: "14:04")
        #expect(world.engine.portfolio.mark(of: SymbolID(index: 0)) == Price(whole: 1_000_000))
        #expect(world.engine.counters.barsLate == 1)
        try world.bar("14:02", "1000000")
        #expect(world.engine.counters.barsIgnored == 1)
        #expect(world.engine.openOrders.isEmpty)
        #expect(world.engine.counters.bars == 4)
    }

    @Test("Bars outside the session move the mark and nothing else")
    func outside() throws {
        var world = World()
        try world.news("12:00")
        try world.bar("12:30", "95")
        #expect(world.engine.portfolio.mark(of: SymbolID(index: 0)) == Price(whole: 95))
        #expect(world.engine.newestBar(SymbolID(index: 0)) == nil)
        #expect(world.engine.counters.barsOutsideSession == 1)
        #expect(world.engine.openOrders.isEmpty)
    }

    @Test("Where extended hours are on, they count like others")
    func extended() throws {
        var world = World { $0.extendedHours = true }
        try world.open("12:00")
        try world.bar("12:30", "95")
        try world.news("12:32")
        #expect(world.engine.newestBar(SymbolID(index: 0)) != nil)
        #expect(world.engine.openOrders.count == 1)
    }

    @Test("News of a symbol that is not followed is stored and causes nothing")
    func unknownSymbol() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02", symbol: "OTHER")
        #expect(world.ledger.taken.count == 1)
        #expect(world.engine.counters.newsLinked == 0)
        #expect(world.engine.openOrders.isEmpty)
    }

    @Test("S25: the same item twice has one effect")
    func duplicate() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02", id: "same")
        let orders = world.ledger.orderIDs
        #expect(orders.count == 1)
        try world.news("14:03", id: "same")
        try world.news("14:04", World.bad, id: "same")
        #expect(world.engine.counters.readings == 1)
        #expect(world.engine.counters.newsDuplicates == 2)
        #expect(world.ledger.orderIDs == orders)
        #expect(world.engine.sentiment.readings(SymbolID(index: 0)).count == 1)
    }

    @Test("Refused news is counted by its reason")
    func refusedNews() throws {
        var world = World { $0.news.ageMax = Span(seconds: -1) }
        try world.open()
        try world.news("14:02", id: "old")
        try world.news("14:03", "...", id: "empty")
        try world.news("14:04", id: "older")
        let found = world.engine.counters.sortedNewsRefused
        #expect(found.map(\.reason) == [.emptyHeadline, .tooOld])
        #expect(found.map(\.count) == [1, 2])
        #expect(world.engine.counters.newsDuplicates == 0)
    }

    @Test("News before any price causes no signal: there is none without a price")
    func noPrice() throws {
        var world = World()
        try world.open()
        try world.news("14:00")
        #expect(world.ledger.signals.isEmpty)
        #expect(world.engine.openOrders.isEmpty)
    }

    @Test("S09: a signal carries the price it was made at, that price's time, and its evidence")
    func evidence() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100", "100.5")
        try world.news("14:02")
        let signal = try #require(world.ledger.signals.first?.signal)
        #expect(signal.price == decimal("100.5"))
        #expect(signal.priceTime == time("14:01"))
        #expect(signal.at == time("14:02"))
        #expect(signal.headlines.map(\.newsID) == ["n1"])
        #expect(signal.votes.map(\.strategy) == [.sentiment])
        #expect(signal.strength == signal.score.magnitude)
    }

    @Test("S09: a price that is too old is no ground for an entry")
    func stale() throws {
        var world = World { $0.risk.priceAgeMax = Span(seconds: 180) }
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:05")
        #expect(world.refusals == [.priceStale])
    }

    @Test("S22: outside the session nothing is decided into the market")
    func closed() throws {
        var world = World()
        try world.open()
        try world.bar("19:59", "100")
        try world.close()
        try world.news("20:30")
        #expect(world.refusals == [.sessionClosed])
    }

    @Test("Time never goes back, whatever stamp an event carries")
    func clock() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        try world.bar("13:40", "100", knownAt: "13:41")
        #expect(world.engine.now == time("14:01"))
        let stamps = world.ledger.checkpoint?.at
        #expect(stamps == nil || stamps == time("13:30"))
    }

    @Test("A02: symbols beyond the limit are refused, known ones stay")
    func symbols() {
        var engine = World().engine
        for index in 1..<Limits.symbols { #expect(engine.register(Symbol("S\(index)")!) != nil) }
        #expect(engine.register(Symbol("ONEMORE")!) == nil)
        #expect(engine.register(Symbol("TEST")!) == SymbolID(index: 0))
    }
}
