import Backtest
import Calendar
import Domain
import Engine
import Foundation
import Primitives
import Testing

/// A day of trading as a table that is played through engine and venue.
///
/// A line that begins with a time (New York, `HH:MM` or `HH:MM:SS`) is something that happens: a bar
/// that becomes known then, a headline, the session's open or close, which the calendar knows by
/// itself. Indented lines are the effects of that instant, in order. Nothing may be missing and
/// nothing may be left out: the table is the whole log.
///
///     09:31     bar AAPL 130.00 130.20 129.90 130.10 12000
///     09:33:10  news AAPL "Apple beats estimates"
///         reading AAPL positive 0.69
///
/// Prices are trimmed, amounts are exact, scores and weights have two decimals.
struct TradingDay {
    let date: CivilDate
    let calendar: MarketCalendar
    let venue: VenueConfig

    /// Plays the `bar` and `news` lines of `table`.
    /// - Returns: the whole log in the form of the table.
    func play(_ table: String, _ config: EngineConfig) throws -> String {
        var symbols = SymbolTable()
        var bars: [Bar] = []
        var news: [NewsItem] = []
        for (number, line) in table.split(separator: "\n").enumerated() where line.first != " " {
            guard let event = try Event(line, number, self, &symbols) else { continue }
            switch event {
            case .bar(let bar): bars.append(bar)
            case .news(let item): news.append(item)
            }
        }
        let log = EffectLog()
        let feed = Bars(symbols: symbols, interval: config.interval, bars: bars)
        var engine = TradingEngine(config)
        for symbol in symbols.symbols { _ = engine.register(symbol) }
        var loop = TradingLoop(
            engine: engine, venue: SimulatedVenue(venue), journal: TableJournal(log: log))
        var timeline = Timeline(feed: feed, news: Items(items: news), calendar: calendar)
        var instant = Instant()
        var lines: [String] = []
        while try timeline.next(&instant) {
            try loop.play(instant)
            lines += heads(instant, symbols) + log.lines
            log.lines = []
        }
        try loop.finish()
        return (lines + log.lines).joined(separator: "\n") + "\n"
    }

    /// What happens at an instant, in the order in which it is taken.
    private func heads(_ instant: Instant, _ symbols: SymbolTable) -> [String] {
        let bars = instant.bars.map { bar in
            let prices = [bar.open, bar.high, bar.low, bar.close].map(\.description)
            return "bar \(symbols[bar.symbol]) \(prices.joined(separator: " ")) "
                + "\(bar.volume.shares)"
        }
        let news = instant.news.map {
            "news \($0.symbols.first?.name ?? "") \"\($0.headline)\""
        }
        let timers = instant.timers.map { $0 == .sessionOpen ? "session open" : "session close" }
        return (bars + news + timers).map { clock(instant.at) + " " + $0 }
    }

    func time(_ text: Substring) -> Timestamp? {
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count >= 2 else { return nil }
        let seconds = parts[0] * 3600 + parts[1] * 60 + (parts.count > 2 ? parts[2] : 0)
        return calendar.zone.timestamp(date, secondsOfDay: seconds)
    }

    func clock(_ time: Timestamp) -> String {
        let midnight = calendar.zone.timestamp(date, secondsOfDay: 0)
        let seconds = Int((time - midnight).seconds)
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        let minutes = two(seconds / 3600) + ":" + two(seconds / 60 % 60)
        return seconds % 60 == 0 ? minutes : minutes + ":" + two(seconds % 60)
    }

    private enum Event {
        case bar(Bar)
        case news(NewsItem)

        /// Nil for the lines that the calendar writes by itself.
        init?(_ line: Substring, _ number: Int, _ day: TradingDay, _ table: inout SymbolTable)
            throws
        {
            let words = line.split(separator: " ")
            guard words.count > 1, let at = day.time(words[0]) else {
                throw TableError.unreadable(String(line))
            }
            switch words[1] {
            case "bar":
                guard words.count == 8, let symbol = Symbol(words[2]), let volume = Int64(words[7]),
                    let id = table.intern(symbol)
                else { throw TableError.unreadable(String(line)) }
                let prices = try words[3..<7].map { try Price(parsing: $0) }
                self = .bar(
                    Bar(
                        symbol: id, start: at - Span(seconds: 60), open: prices[0],
                        high: prices[1], low: prices[2], close: prices[3],
                        volume: Volume(shares: volume)))
            case "news":
                let pieces = line.split(separator: "\"", omittingEmptySubsequences: false)
                guard words.count > 2, let symbol = Symbol(words[2]), pieces.count == 3 else {
                    throw TableError.unreadable(String(line))
                }
                self = .news(
                    NewsItem(
                        id: "line-\(number)", headline: String(pieces[1]), symbols: [symbol],
                        createdAt: at, source: "table"))
            case "session": return nil
            default: throw TableError.unreadable(String(line))
            }
        }
    }
}

enum TableError: Error { case unreadable(String) }

/// Expects `found` to be `expected`, line by line, and shows both where they part.
func expectTable(
    _ found: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard let text = tableDifference(found, expected) else { return }
    Issue.record(
        "the day went otherwise (- expected, + found):\n\(text)", sourceLocation: sourceLocation)
}

/// All lines, those that are missing with `-` and those too many with `+`; nil when there are none.
func tableDifference(_ found: String, _ expected: String) -> String? {
    func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            let indent = line.first == " " ? "    " : ""
            return indent + line.split(separator: " ").joined(separator: " ")
        }
    }
    let (new, old) = (lines(found), lines(expected))
    if new == old { return nil }
    var text = ""
    let changes = new.difference(from: old)
    var removed: Set<Int> = []
    var inserted: [Int: String] = [:]
    for change in changes {
        switch change {
        case .remove(let offset, _, _): removed.insert(offset)
        case .insert(let offset, let line, _): inserted[offset] = line
        }
    }
    var (oldIndex, newIndex) = (0, 0)
    while oldIndex < old.count || newIndex < new.count {
        if removed.contains(oldIndex), oldIndex < old.count {
            text += "- " + old[oldIndex] + "\n"
            oldIndex += 1
        } else if let line = inserted[newIndex] {
            text += "+ " + line + "\n"
            newIndex += 1
        } else {
            text += "  " + old[oldIndex] + "\n"
            oldIndex += 1
            newIndex += 1
        }
    }
    return text
}

/// The bars of a table, in its order.
private struct Bars: MarketFeed {
    let symbols: SymbolTable
    let interval: Span
    var bars: [Bar]

    mutating func read(into target: inout [Bar]) throws(FeedError) -> Bool {
        if bars.isEmpty { return false }
        target += bars
        bars = []
        return true
    }
}

/// The headlines of a table, each available when it is published.
private struct Items: NewsFeed {
    var items: [NewsItem]
    var next: Timestamp? { items.first?.createdAt }

    mutating func take(upTo time: Timestamp) -> [NewsItem] {
        let due = items.prefix { $0.createdAt <= time }
        items.removeFirst(due.count)
        return Array(due)
    }
}
