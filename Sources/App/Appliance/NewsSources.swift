import Backtest
import Domain
import MarketFeeds
import NewsFeeds

/// Several sources of news read as one; the next time is kept so that a bar costs a comparison.
package struct NewsSources: NewsFeed {
    private var sources: [any NewsFeed]
    package private(set) var next: Timestamp?

    package init(_ sources: [any NewsFeed]) {
        self.sources = sources
        next = sources.compactMap(\.next).min()
    }

    package mutating func take(upTo time: Timestamp) -> [NewsItem] {
        var items: [NewsItem] = []
        for index in sources.indices { items += sources[index].take(upTo: time) }
        next = sources.compactMap(\.next).min()
        return sources.count > 1 ? items.sorted { $0.id < $1.id } : items
    }
}

extension NewsReplay: NewsFeed {
    package mutating func take(upTo time: Timestamp) -> [NewsItem] {
        let stamped: [StampedNews] = take(upTo: time)
        return stamped.map(\.item)
    }
}

/// The headlines of a simulated market, a day at a time.
package struct SimulatedNewsFeed: NewsFeed {
    private var market: SimulatedMarket
    private var waiting: [NewsItem] = []
    private var index = 0
    private var horizon: Timestamp
    private let end: Timestamp

    /// - Parameter market: of the same configuration as the one whose bars are read.
    package init(_ market: SimulatedMarket) {
        self.market = market
        horizon = market.config.start
        // Weekends and holidays: sessions are never further apart than this on average.
        end = horizon + Span(seconds: Int64(market.config.days) * 2 * 86_400 + 14 * 86_400)
        fetch()
    }

    package var next: Timestamp? { index < waiting.count ? waiting[index].createdAt : nil }

    package mutating func take(upTo time: Timestamp) -> [NewsItem] {
        var items: [NewsItem] = []
        while let next, next <= time {
            items.append(waiting[index])
            index += 1
            if index == waiting.count { fetch() }
        }
        return items
    }

    private mutating func fetch() {
        waiting = []
        index = 0
        while waiting.isEmpty, horizon < end {
            horizon = horizon + Span(seconds: 86_400)
            waiting = market.takeNews(before: horizon)
        }
    }
}
