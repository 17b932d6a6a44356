import Backtest
import Calendar
import Domain
import Foundation
import Primitives

func newYork() -> TimeZoneRules {
    let file = URL(fileURLWithPath: "/usr/share/zoneinfo/America/New_York")
    guard let bytes = try? Data(contentsOf: file),
        let zone = try? TimeZoneRules(tzif: Array(bytes))
    else { preconditionFailure("the package tzdata is not installed") }
    return zone
}

let xnys = MarketCalendar.xnys(newYork())
let dataCalendar = MarketCalendar.data(newYork())

func at(_ text: String) -> Timestamp {
    guard let time = Timestamp(rfc3339: text) else { preconditionFailure("\(text) is no time") }
    return time
}

/// Bars from memory, some at a time.
struct ListFeed: MarketFeed {
    private(set) var symbols: SymbolTable
    let interval: Span
    private var bars: ArraySlice<Bar>
    private let chunk: Int

    init(_ bars: [Bar], symbols: SymbolTable, interval: Span = Span(seconds: 60), chunk: Int = 3) {
        (self.bars, self.symbols, self.interval, self.chunk) = (bars[...], symbols, interval, chunk)
    }

    /// Bars of one symbol at a price of 100, by their starts.
    init(starts: [String], seconds: Int64 = 60) {
        let symbols = symbolTable(["TEST"])
        self.init(
            starts.map { flat(SymbolID(index: 0), at($0), 100) }, symbols: symbols,
            interval: Span(seconds: seconds))
    }

    mutating func read(into buffer: inout [Bar]) throws(FeedError) -> Bool {
        let next = bars.prefix(chunk)
        buffer.append(contentsOf: next)
        bars = bars.dropFirst(chunk)
        return !next.isEmpty
    }
}

/// News from memory, in order.
struct ListNews: NewsFeed {
    private var items: ArraySlice<NewsItem>

    init(_ items: [NewsItem]) {
        self.items = items.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }[...]
    }

    init(_ times: [String]) {
        self.init(times.enumerated().map { story("n\($0.offset)", at($0.element)) })
    }

    var next: Timestamp? { items.first?.createdAt }

    mutating func take(upTo time: Timestamp) -> [NewsItem] {
        let due = items.prefix { $0.createdAt <= time }
        items = items.dropFirst(due.count)
        return Array(due)
    }
}

func story(_ id: String, _ time: Timestamp, _ headline: String = "News") -> NewsItem {
    NewsItem(id: id, headline: headline, symbols: [Symbol("TEST")!], createdAt: time)
}

func symbolTable(_ names: [String]) -> SymbolTable {
    var table = SymbolTable()
    for name in names { _ = table.intern(Symbol(name)!) }
    return table
}

func flat(_ id: SymbolID, _ start: Timestamp, _ price: Int64, volume: Int64 = 1_000) -> Bar {
    let price = Price(whole: price)
    return Bar(
        symbol: id, start: start, open: price, high: price, low: price, close: price,
        volume: Volume(shares: volume))
}

/// A timeline played to its end, a line of text for each instant.
func lines(
    _ feed: ListFeed, news: ListNews = ListNews([NewsItem]()), calendar: MarketCalendar = xnys,
    universe: Set<Symbol> = []
) throws -> [String] {
    var timeline = Timeline(feed: feed, news: news, calendar: calendar, universe: universe)
    var instant = Instant()
    var lines: [String] = []
    while try timeline.next(&instant) {
        var words = [instant.at.description]
        let table = timeline.feed.symbols
        for bar in instant.bars {
            let mark = instant.session == nil ? "outside" : "bar"
            words.append("\(mark) \(table[bar.symbol]) \(clock(bar.start))")
        }
        words += instant.news.map { "news \($0.id)" }
        words += instant.timers.map(\.rawValue)
        lines.append(words.joined(separator: ", "))
    }
    return lines
}

private func clock(_ time: Timestamp) -> String {
    String(time.description.dropFirst(11).prefix(5))
}
