// A market that needs no account and no network.
//
// A seed, some symbols and a calendar -> bars and headlines that belong together: a headline has a
// tone, and most of the time the price then drifts its way for half an hour to an hour and a half.
// - The same configuration gives the same bars and headlines on every machine, however they are read.
// - Only + - * / and whole numbers are used; prices are whole cents, always positive.
// - News of a session does not depend on the bars read so far, nor the other way round: a second
//   reader starts again from the same configuration and skips (`skip(to:)`, millions of bars a
//   second), which is how a restarted daemon finds its place.
import Domain
import Primitives

package struct SimulatedMarket: MarketFeed {
    /// Opens and closes of the first session that closes after an instant; nil when there is none.
    package typealias NextSession = @Sendable (Timestamp) -> (open: Timestamp, close: Timestamp)?

    package private(set) var symbols: SymbolTable
    package let config: SimulatedMarketConfig
    package var interval: Span { config.interval }

    private let nextSession: NextSession
    private let names: [Symbol]
    private let ids: [SymbolID]
    private let companies: [SimulatedCompany]
    private let streams: [UInt64]
    private var prices: [SimulatedPrice]
    /// Where the bars are, and where the news is.
    private var barSessions: SessionWalk
    private var newsSessions: SessionWalk
    private var barIndex = 0
    private var shocks: [SimulatedNews] = []
    private var shockIndex = 0
    private var news: [SimulatedNews] = []
    private var newsIndex = 0
    private static let batch = 4096

    /// - Parameters:
    ///   - symbols: symbols already interned; new ones follow them in order of name.
    ///   - nextSession: the calendar. Sessions must not overlap.
    /// - Throws: `cannotRead` with path `simulated market` where the configuration is not usable,
    ///   `noRows` from `read` when the calendar has no session.
    package init(
        config: SimulatedMarketConfig, symbols: SymbolTable = SymbolTable(),
        nextSession: @escaping NextSession
    ) throws(FeedError) {
        var table = symbols
        names = Set(config.symbols).sorted()
        func refuse(_ reason: String) -> FeedError {
            .cannotRead(path: "simulated market", reason: reason)
        }
        guard (1...SimulatedMarketConfig.symbolsMax).contains(names.count) else {
            throw refuse("needs 1 to 5,000 symbols, not \(names.count)")
        }
        guard config.days > 0 else { throw refuse("needs at least one day, not \(config.days)") }
        guard config.interval >= Span(seconds: 1), config.interval <= Span(seconds: 86400) else {
            throw refuse("its interval must be one second to one day")
        }
        guard config.newsPerSymbolPerDay >= 0, config.newsPerSymbolPerDay <= 20 else {
            throw refuse("news per symbol and day must be 0 to 20")
        }
        var ids: [SymbolID] = []
        for name in names {
            guard let id = table.intern(name) else {
                throw refuse("has more symbols than the \(table.capacity) that fit")
            }
            ids.append(id)
        }
        streams = names.map { name in
            var hash = StableHash()
            hash.combine(config.seed)
            hash.combine(name.name)
            return hash.value64
        }
        self.ids = ids
        self.symbols = table
        self.config = config
        self.nextSession = nextSession
        companies = names.map(SimulatedCompany.of)
        prices = streams.map { SimulatedPrice(stream: $0, interval: config.interval) }
        barSessions = SessionWalk(after: config.start, days: config.days)
        newsSessions = barSessions
    }

    /// The made-up company of each symbol, for linking headlines to symbols by name.
    package var companyNames: [(symbol: Symbol, name: String)] {
        zip(names, companies).map { (symbol: $0, name: $1.name) }
    }

    package mutating func read(into bars: inout [Bar]) throws(FeedError) -> Bool {
        let before = bars.count
        while bars.count - before < Self.batch {
            guard try step({ bars.append($0) }) else { break }
        }
        return bars.count > before
    }

    /// Leaves out the bars that start before `instant`, and the news of before.
    package mutating func skip(to instant: Timestamp) throws(FeedError) {
        while let start = try nextStart(), start < instant { _ = try step { _ in } }
        _ = takeNews(before: instant)
    }

    /// The start of the next bars; nil at the end.
    private mutating func nextStart() throws(FeedError) -> Timestamp? {
        if barSessions.current == nil, try !enterSession() { return nil }
        guard let session = barSessions.current else { return nil }
        return session.open + Span(nanoseconds: Int64(barIndex) * interval.nanoseconds)
    }

    /// Makes one bar of every symbol, in order of symbol.
    private mutating func step(_ body: (Bar) -> Void) throws(FeedError) -> Bool {
        guard let start = try nextStart(), let session = barSessions.current else { return false }
        while shockIndex < shocks.count, shocks[shockIndex].at < start.nanoseconds {
            let shock = shocks[shockIndex]
            let bars = max(1, shock.spread * 1_000_000_000 / interval.nanoseconds)
            prices[shock.symbol].shock(move: shock.move, bars: Int(bars))
            shockIndex += 1
        }
        let length = Double((session.close - session.open).nanoseconds)
        let place = 2 * Double((start - session.open).nanoseconds) / length - 1
        let activity = 0.75 + 0.75 * place * place
        for index in prices.indices {
            body(prices[index].bar(symbol: ids[index], start: start, activity: activity))
        }
        barIndex += 1
        if start + interval >= session.close { barSessions.current = nil }
        return true
    }

    private mutating func enterSession() throws(FeedError) -> Bool {
        guard let session = barSessions.advance(nextSession) else {
            if barSessions.entered == 0 { throw .noRows(path: "simulated market") }
            return false
        }
        // News after the last session's final bar shows at this open.
        let late = shocks[shockIndex...]
        shocks = Array(late) + sessionNews(session)
        shockIndex = 0
        barIndex = 0
        for index in prices.indices { prices[index].openSession() }
        return true
    }

    /// The headlines published before `instant` and not taken yet, in order of time, then id.
    package mutating func takeNews(before instant: Timestamp) -> [NewsItem] {
        var items: [NewsItem] = []
        while true {
            while newsIndex < news.count, news[newsIndex].at < instant.nanoseconds {
                items.append(item(news[newsIndex]))
                newsIndex += 1
            }
            guard newsIndex == news.count else { break }
            // A session with no news before `instant` is not entered yet.
            var ahead = newsSessions
            guard let session = ahead.advance(nextSession),
                session.open - session.early < instant
            else { break }
            newsSessions = ahead
            news = sessionNews(session)
            newsIndex = 0
        }
        return items.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    private func sessionNews(_ session: SessionWalk.Session) -> [SimulatedNews] {
        guard config.newsPerSymbolPerDay > 0 else { return [] }
        var all: [SimulatedNews] = []
        for (index, stream) in streams.enumerated() {
            all += SimulatedNews.session(
                stream: stream, symbol: index, open: session.open, close: session.close,
                early: session.early, mean: config.newsPerSymbolPerDay)
        }
        return all.sorted { ($0.at, $0.symbol, $0.number) < ($1.at, $1.symbol, $1.number) }
    }

    private func item(_ news: SimulatedNews) -> NewsItem {
        var random = SeededRandom(seed: news.words)
        let symbol = names[news.symbol]
        let at = Timestamp(nanoseconds: news.at)
        return NewsItem(
            id: "sim-\(config.seed)-\(symbol)-\(at.seconds)-\(news.number)",
            headline: news.tone.headline(companies[news.symbol], &random), symbols: [symbol],
            createdAt: at, source: "simulated")
    }
}

/// Goes from session to session.
private struct SessionWalk: Sendable {
    struct Session: Sendable {
        let open: Timestamp
        let close: Timestamp
        /// Headlines may come so long before the open: an hour, less after a short night.
        let early: Span
    }

    /// The session that `advance` entered, until it is over.
    var current: Session?
    private(set) var entered = 0
    private let days: Int
    private var after: Timestamp

    init(after: Timestamp, days: Int) {
        self.after = after
        self.days = days
    }

    mutating func advance(_ next: SimulatedMarket.NextSession) -> Session? {
        guard entered < days, let (open, close) = next(after), open < close, close > after else {
            return nil
        }
        let hour = Span(seconds: 3600)
        let early = entered == 0 ? hour : min(hour, max(.zero, open - after))
        entered += 1
        // One nanosecond on, so that a calendar that counts the close as inside does not repeat.
        after = close + Span(nanoseconds: 1)
        let session = Session(open: open, close: close, early: early)
        current = session
        return session
    }
}
