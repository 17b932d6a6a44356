import Domain
import MarketFeeds
import Primitives
import Testing

/// Weekdays from 14:30 to 21:00 UTC.
private let weekdays: SimulatedMarket.NextSession = { instant in
    var date = instant.utcDate
    while true {
        let close = Timestamp(date, secondsOfDay: 21 * 3600)
        if (1...5).contains(date.weekday), close > instant {
            return (Timestamp(date, secondsOfDay: 14 * 3600 + 1800), close)
        }
        date = date.adding(days: 1)
    }
}

private let monday = Timestamp(seconds: 1_704_067_200)  // 2024-01-01T00:00:00Z

private func market(
    seed: UInt64 = 7, days: Int = 3, symbols: [Symbol] = SimulatedMarketConfig.defaultSymbols,
    news: Double = 3
) throws -> SimulatedMarket {
    var config = SimulatedMarketConfig(start: monday, days: days, symbols: symbols)
    config.seed = seed
    config.newsPerSymbolPerDay = news
    return try SimulatedMarket(config: config, nextSession: weekdays)
}

private func allBars(_ market: SimulatedMarket) throws -> [Bar] {
    var market = market
    var bars: [Bar] = []
    while try market.read(into: &bars) {}
    return bars
}

@Suite struct SimulatedMarketTests {
    @Test("A14: a market without account or network, with sound bars in order")
    func sound() throws {
        let bars = try allBars(market(days: 10))
        #expect(bars.count == 10 * 390 * 6)
        #expect(bars.allSatisfy { $0.defect == nil && $0.open.units % 10_000_000 == 0 })
        #expect(
            zip(bars, bars.dropFirst()).allSatisfy { ($0.start, $0.symbol) < ($1.start, $1.symbol) }
        )
        #expect(bars.first?.start.description == "2024-01-01T14:30:00Z")
        #expect(bars.last?.start.description == "2024-01-12T20:59:00Z")
    }

    @Test("The same seed gives the same bars and news, another seed others")
    func deterministic() throws {
        let bars = try allBars(market())
        #expect(try allBars(market()) == bars)
        #expect(try allBars(market(seed: 8)) != bars)
        var (first, second) = (try market(), try market(seed: 8))
        #expect(first.takeNews(before: .distantFuture) != second.takeNews(before: .distantFuture))
    }

    /// Guards the series itself: a change of the arithmetic, or of a machine's, shows here.
    @Test("The series is the one it always was")
    func pinned() throws {
        var hash = StableHash()
        for bar in try allBars(market()) {
            for part in [bar.open, bar.high, bar.low, bar.close] { hash.combine(part.units) }
            hash.combine(bar.volume.shares)
        }
        var reader = try market()
        for item in reader.takeNews(before: .distantFuture) {
            hash.combine(item.id)
            hash.combine(item.headline)
        }
        #expect(hash.text == "2xw41we0d451f4gqmbc48x8wsw")
    }

    @Test("A symbol's course does not depend on its neighbours")
    func independent() throws {
        let all = try allBars(market())
        let echo = try #require(Symbol("ECHO"))
        let alone = try allBars(market(symbols: [echo]))
        #expect(all.filter { $0.symbol.index == 4 }.map(\.close) == alone.map(\.close))
    }

    @Test("News does not depend on when it is asked for or what was read", arguments: 1...5)
    func chunking(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var whole = try market(days: 6)
        let expected = whole.takeNews(before: .distantFuture)
        #expect(expected.count > 60)
        #expect(zip(expected, expected.dropFirst()).allSatisfy { $0.createdAt <= $1.createdAt })
        #expect(Set(expected.map(\.id)).count == expected.count)
        let bars = try allBars(market(days: 6))

        var stepped = try market(days: 6)
        var (taken, read): ([NewsItem], [Bar]) = ([], [])
        var now = monday
        for _ in 0..<4000 {
            now = now + Span(seconds: Int64(random.below(600)))
            let items = stepped.takeNews(before: now)
            #expect(items.allSatisfy { $0.createdAt < now })
            taken += items
            if random.below(300) == 0 { _ = try stepped.read(into: &read) }
        }
        while try stepped.read(into: &read) {}
        taken += stepped.takeNews(before: .distantFuture)
        #expect(taken == expected, "seed \(seed)")
        #expect(read == bars, "seed \(seed)")
    }

    @Test("Skipping gives what reading and dropping gives")
    func skipping() throws {
        let instant = monday + Span(seconds: 86400 + 17 * 3600 + 30)
        let expected = try allBars(market()).filter { $0.start >= instant }
        var skipped = try market()
        let news = skipped.takeNews(before: .distantFuture).filter { $0.createdAt >= instant }
        skipped = try market()
        try skipped.skip(to: instant)
        #expect(skipped.takeNews(before: .distantFuture) == news)
        #expect(try allBars(skipped) == expected)
    }

    @Test("A headline moves its price, mostly the way it says")
    func newsMoves() throws {
        var quiet = try market(days: 40, news: 0)
        #expect(quiet.takeNews(before: .distantFuture).isEmpty)
        var lively = try market(days: 40, news: 1)
        let items = lively.takeNews(before: .distantFuture)
        let bars = try allBars(lively)
        var bySymbol: [Symbol: [Bar]] = [:]
        for bar in bars { bySymbol[lively.symbols[bar.symbol], default: []].append(bar) }
        var (with, against) = (0, 0)
        for item in items {
            let good = ["beats", "surge", "upgrade", "wins", "strong growth", "approval", "boosts"]
                .contains { item.headline.contains($0) }
            let bad = ["misses", "plunge", "downgrade", "loses", "warns", "lawsuit", "slashes"]
                .contains { item.headline.contains($0) }
            guard good != bad, let course = bySymbol[item.symbols[0]],
                let at = course.firstIndex(where: { $0.start > item.createdAt }),
                at + 60 < course.count
            else { continue }
            let up = course[at + 60].close > course[at].open
            if up == good { with += 1 } else { against += 1 }
        }
        #expect(with + against > 100)
        #expect(Double(with) > 1.4 * Double(against), "\(with) with, \(against) against")
    }

    @Test("Prices stay positive over years and thousands of symbols have names")
    func wide() throws {
        let names = SimulatedMarketConfig.symbols(count: 5000)
        #expect(Set(names).count == 5000)
        #expect(SimulatedCompany.of(names[4999]).name.contains(" "))
        let years = try allBars(market(days: 120, symbols: Array(names.prefix(2)), news: 5))
        #expect(years.allSatisfy { $0.defect == nil })
        let (low, high) = (years.map(\.low).min(), years.map(\.high).max())
        #expect(try #require(low) >= Price(units: 900_000_000))
        #expect(try #require(high) <= Price(whole: 21_000))
    }

    @Test("S39: a configuration that cannot work is refused")
    func refusals() throws {
        let ok = SimulatedMarketConfig(start: monday, days: 1)
        let changes: [(inout SimulatedMarketConfig) -> Void] = [
            { $0.symbols = [] }, { $0.days = 0 }, { $0.interval = .zero },
            { $0.interval = Span(seconds: 86401) }, { $0.newsPerSymbolPerDay = -1 },
            { $0.newsPerSymbolPerDay = .nan }, { $0.newsPerSymbolPerDay = .infinity },
        ]
        for change in changes {
            var config = ok
            change(&config)
            #expect(throws: FeedError.self) {
                _ = try SimulatedMarket(config: config, nextSession: weekdays)
            }
        }
        var closed = try SimulatedMarket(config: ok) { _ in nil }
        var bars: [Bar] = []
        #expect(throws: FeedError.self) { try closed.read(into: &bars) }
        #expect(closed.takeNews(before: .distantFuture).isEmpty)
    }
}
