import Calendar
import Domain
import Engine

/// A source of news beside the market feed.
package protocol NewsFeed {
    /// When the next item becomes available; nil when there is none.
    var next: Timestamp? { get }
    /// The items available up to `time`, in order of time, then id.
    mutating func take(upTo time: Timestamp) -> [NewsItem]
}

/// No news at all.
package struct NoNews: NewsFeed {
    package init() {}
    package var next: Timestamp? { nil }
    package mutating func take(upTo time: Timestamp) -> [NewsItem] { [] }
}

/// Everything that becomes known at one time, in the order in which it is to be taken: the
/// venue's answers to the bars, the bars, the news, the timers.
package struct Instant: Sendable {
    package var at = Timestamp.distantPast
    /// The session the bars started in; nil outside.
    package var session: Session?
    package var bars: [Bar] = []
    package var news: [NewsItem] = []
    package var timers: [TimerEvent] = []

    package init() {}
}

/// Merges bars, news and the session clock into instants that never go back in time.
package struct Timeline<Feed: MarketFeed, News: NewsFeed> {
    package private(set) var feed: Feed
    package private(set) var news: News
    package var clock: SessionClock?
    private let calendar: MarketCalendar
    /// Bars of other symbols are passed over; empty lets all in.
    private let universe: Set<Symbol>
    /// By `SymbolID.index`, as far as the feed's table was looked at.
    private var isTraded: [Bool] = []
    private var hours: BarHours
    /// The feed's own, asked once: a call into another module's feed is not free per instant.
    private let interval: Span
    /// How many symbols the feed had met when it last read.
    package private(set) var symbolCount: Int
    private var buffer: [Bar] = []
    private var cursor = 0
    private var isExhausted = false
    private var now = Timestamp.distantPast
    private var order: NameOrder

    /// - Parameter clock: after a restart; else it begins with the first bar.
    package init(
        feed: Feed, news: News, calendar: MarketCalendar, universe: Set<Symbol> = [],
        clock: SessionClock? = nil
    ) {
        self.feed = feed
        self.news = news
        self.calendar = calendar
        self.universe = universe
        self.clock = clock
        hours = BarHours(calendar: calendar)
        interval = feed.interval
        symbolCount = feed.symbols.count
        order = NameOrder(feed.symbols)
        buffer.reserveCapacity(8192)
    }

    /// Fills `instant` with what comes next.
    /// - Returns: false at the end of the bars; news after them is not waited for.
    package mutating func next(_ instant: inout Instant) throws(FeedError) -> Bool {
        instant.bars.removeAll(keepingCapacity: true)
        if !instant.news.isEmpty { instant.news.removeAll() }
        if !instant.timers.isEmpty { instant.timers.removeAll() }
        guard try refill() else { return false }
        let start = buffer[cursor].start
        if clock == nil { clock = SessionClock(calendar, from: start) }
        let session = hours.session(of: start)
        var known = start + interval
        if let session, known > session.close { known = session.close }
        // A correction of an older bar is known when it arrives.
        known = max(known, now)
        let timer = clock?.next ?? .distantFuture
        let item = news.next ?? .distantFuture
        let time = max(now, min(known, min(timer, item)))
        instant.at = time
        instant.session = session
        now = time
        if known == time { try takeBars(startingAt: start, into: &instant.bars) }
        if item <= time { instant.news = news.take(upTo: time) }
        if timer <= time { takeTimers(upTo: time, into: &instant.timers) }
        return true
    }

    /// Brings more bars when all are taken.
    /// - Returns: false at the end of the feed.
    private mutating func refill() throws(FeedError) -> Bool {
        while cursor == buffer.count {
            if isExhausted { return false }
            buffer.removeAll(keepingCapacity: true)
            cursor = 0
            if try !feed.read(into: &buffer) { isExhausted = true }
            if feed.symbols.count > symbolCount {
                symbolCount = feed.symbols.count
                order = NameOrder(feed.symbols)
            }
            if !universe.isEmpty { passOver() }
        }
        return true
    }

    private mutating func passOver() {
        let table = feed.symbols
        while isTraded.count < table.count {
            isTraded.append(universe.contains(table.symbols[isTraded.count]))
        }
        buffer.removeAll { !isTraded[$0.symbol.index] }
    }

    private mutating func takeBars(
        startingAt start: Timestamp, into bars: inout [Bar]
    ) throws(FeedError) {
        // What was read together is moved in one go.
        while try refill(), buffer[cursor].start == start {
            repeat {
                bars.append(buffer[cursor])
                cursor += 1
            } while cursor < buffer.count && buffer[cursor].start == start
        }
        if bars.count > 1 { order.sort(&bars) }
    }

    private mutating func takeTimers(upTo time: Timestamp, into timers: inout [TimerEvent]) {
        while clock.map({ $0.next <= time }) == true {
            if let event = clock?.take() { timers.append(event) }
        }
    }
}

/// Puts the bars of one instant into the order of their symbols' names, so that what is decided
/// does not depend on how the rows of files are arranged.
private struct NameOrder {
    /// The place of a symbol among the names, by `SymbolID.index`.
    private var ranks: [UInt32]
    private var keys: [UInt64] = []
    private var sorted: [Bar] = []

    init(_ table: SymbolTable) {
        let names = table.symbols
        ranks = Array(repeating: 0, count: names.count)
        let order = names.indices.sorted { names[$0] < names[$1] }
        for (rank, index) in order.enumerated() { ranks[index] = UInt32(truncatingIfNeeded: rank) }
    }

    /// Bars of one symbol keep their order: a correction stays behind what it corrects. Bars that
    /// are in order already, as most are, only cost a comparison each.
    mutating func sort(_ bars: inout [Bar]) {
        var last = ranks[bars[0].symbol.index]
        var isSorted = true
        for bar in bars {
            let rank = ranks[bar.symbol.index]
            if rank < last {
                isSorted = false
                break
            }
            last = rank
        }
        if isSorted { return }
        keys.removeAll(keepingCapacity: true)
        for (place, bar) in bars.enumerated() {
            keys.append(
                UInt64(ranks[bar.symbol.index]) << 32 | UInt64(UInt32(truncatingIfNeeded: place)))
        }
        keys.sort()
        sorted.removeAll(keepingCapacity: true)
        for key in keys { sorted.append(bars[Int(key & 0xFFFF_FFFF)]) }
        swap(&bars, &sorted)
    }
}
