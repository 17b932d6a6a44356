import Appliance
import Backtest
import Domain
import Engine
import Foundation
import MarketFeeds
import Portfolio
import Primitives
import Signals
import Storage
import TestSupport
import Testing

/// A run that is stopped again and again comes to the same end as one that never was.
@Suite struct RestartTests {
    /// Three symbols, so that every 50th bar falls inside an instant as well as at its end.
    private static let configuration = simulated(days: 3)

    private struct Whole {
        let books: Books
        let equity: Money
        let bars: Int64
        let sessions: [String]
    }

    /// The run without a stop.
    private static func whole(_ configuration: Configuration) throws -> Whole {
        let folder = try ScratchFolder()
        let leg = try playLive(configuration, folder: folder.path)
        #expect(leg.isOver)
        let books = try Books(folder: folder.path)
        #expect(books.trades.count > 5)
        return Whole(
            books: books, equity: leg.equity, bars: leg.bars, sessions: try sessions(folder.path))
    }

    private static func sessions(_ folder: String) throws -> [String] {
        let access = try StoreAccess(folder: folder, purpose: "a test")
        let rows = try access.history.equity().filter(\.isSessionClose).map {
            "\($0.at) \($0.equity) \($0.cash) \($0.exposure) \($0.openPositions)"
        }
        try access.close()
        return rows
    }

    private func expect(_ folder: ScratchFolder, _ leg: Leg, equals whole: Whole) throws {
        #expect(leg.isOver)
        #expect(leg.equity == whole.equity)
        #expect(leg.bars == whole.bars)
        expectEqual(try Books(folder: folder.path), whole.books)
        #expect(try Self.sessions(folder.path) == whole.sessions)
    }

    @Test("S15 S16: stopped in good order after every 50th bar, the run decides the same")
    func stoppedEveryFiftiethBar() throws {
        let whole = try Self.whole(Self.configuration)
        let folder = try ScratchFolder()
        var legs = 0
        var leg = Leg(isOver: false, equity: .zero, bars: 0)
        while !leg.isOver, legs < 1_000 {
            let before = leg.bars
            leg = try playLive(
                Self.configuration, folder: folder.path, LiveOptions(stopAfter: 50))
            legs += 1
            #expect(leg.isOver || leg.bars >= before + 50)
        }
        #expect(legs >= Int(whole.bars) / 60)
        try expect(folder, leg, equals: whole)
    }

    @Test("S16: a file's symbols keep their bars, whatever the order in which a store knows them")
    func stoppedReplay() throws {
        let files = try ScratchFolder()
        let configuration = try asFiles(simulated(days: 2), in: files)
        let whole = try Self.whole(configuration)
        let folder = try ScratchFolder()
        var leg = Leg(isOver: false, equity: .zero, bars: 0)
        while !leg.isOver {
            leg = try playLive(configuration, folder: folder.path, LiveOptions(stopAfter: 100))
        }
        try expect(folder, leg, equals: whole)
    }

    @Test("S05 S15 S16: with the plug pulled after every 50th bar, the run decides the same")
    func plugPulledEveryFiftiethBar() throws {
        let whole = try Self.whole(Self.configuration)
        let folder = try ScratchFolder()
        for bars in stride(from: 50, to: Int(whole.bars), by: 50) {
            _ = try playLive(
                Self.configuration, folder: folder.path, LiveOptions(plugAfter: bars))
        }
        let leg = try playLive(Self.configuration, folder: folder.path)
        try expect(folder, leg, equals: whole)
    }

    @Test(
        "S15 S16: recorded bars and news with a stop after every 500th bar decide the same",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"))
    func recordedStops() throws {
        let configuration = try #require(try april2021())
        let whole = try Self.whole(configuration)
        let folder = try ScratchFolder()
        var leg = Leg(isOver: false, equity: .zero, bars: 0)
        var legs = 0
        while !leg.isOver, legs < 1_000 {
            leg = try playLive(configuration, folder: folder.path, LiveOptions(stopAfter: 500))
            legs += 1
        }
        #expect(legs > 20)
        try expect(folder, leg, equals: whole)
    }

    @Test(
        "S16: bars outside the sessions leave the windows as long as without a stop",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"))
    func extendedHoursStops() throws {
        let configuration = try #require(
            try recorded(
                bars: SharedData.file("data/bars/minute-2013-10.csv"),
                overrides: ["trading.symbols=SPY,AIG", "news.sources=[]"]))
        let whole = try Self.whole(configuration)
        let folder = try ScratchFolder()
        var leg = Leg(isOver: false, equity: .zero, bars: 0)
        while !leg.isOver {
            leg = try playLive(configuration, folder: folder.path, LiveOptions(stopAfter: 1_500))
        }
        try expect(folder, leg, equals: whole)
    }

    /// Runs until the inbox is stopped; the stores are closed and let go then.
    /// - Returns: how many bars were taken, ever.
    private func stretch(
        _ configuration: Configuration, _ folder: ScratchFolder, _ inbox: Inbox
    ) throws -> Int64 {
        let assembly = try Assembly(configuration)
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        let feed = try assembly.simulatedMarket(SymbolTable())
        var runner = try LiveRunner(
            assembly, feed: feed, news: try assembly.news().feed,
            journal: LedgerJournal(
                ledger: access.ledger, history: access.history, interval: feed.interval),
            inbox: inbox, idPrefix: testPrefix)
        #expect(try !runner.run())
        try access.close()
        return runner.loop.engine.feedPosition
    }

    @Test("S15: a stop that comes during the catching up changes nothing")
    func stoppedWhileCatchingUp() throws {
        let folder = try ScratchFolder()
        let half = try playLive(
            Self.configuration, folder: folder.path, LiveOptions(stopAfter: 500))
        let before = try Books(folder: folder.path)
        let inbox = Inbox()
        inbox.stop()
        let bars = try stretch(Self.configuration, folder, inbox)
        #expect(bars == half.bars)
        expectEqual(try Books(folder: folder.path), before)
    }

    @Test("News that arrives between two bars is stamped between them")
    func stampOfArrival() throws {
        var configuration = Self.configuration
        // A bar takes a tenth of a second.
        configuration.market.speed = .factor(600)
        configuration.news.sources = []
        let assembly = try Assembly(configuration)
        let folder = try ScratchFolder()
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        let feed = try assembly.simulatedMarket(SymbolTable())
        let inbox = Inbox()
        var runner = try LiveRunner(
            assembly, feed: feed, news: try assembly.news().feed,
            journal: LedgerJournal(
                ledger: access.ledger, history: access.history, interval: feed.interval),
            inbox: inbox, idPrefix: testPrefix)
        let symbol = try #require(feed.symbols.symbols.first)
        var played: [Timestamp] = []
        runner.onInstant = { instant, _ in
            played.append(instant.at)
            if played.count == 2 {
                let item = NewsItem(
                    id: "between", headline: "\(symbol) beats profit estimates", summary: "",
                    symbols: [symbol], createdAt: instant.at, source: "test", url: "")
                #expect(inbox.post([.news(item)]))
            }
            if played.count == 3 { inbox.stop() }
        }
        #expect(try !runner.run())
        let readings = try access.history.readings(since: .distantPast)
        let reading = try #require(readings.first { $0.newsID == "between" })
        #expect(played.count == 3 && played[1] < reading.at && reading.at < played[2])
        try access.close()
    }

    @Test("S05 S16: with history.db gone between two runs, trading and explanations go on")
    func withoutHistory() throws {
        let whole = try Self.whole(Self.configuration)
        let folder = try ScratchFolder()
        let half = whole.bars / 2
        _ = try playLive(Self.configuration, folder: folder.path, LiveOptions(stopAfter: half))
        let before = try Books(folder: folder.path).fills
        try folder.remove("history.db")
        let leg = try playLive(Self.configuration, folder: folder.path)
        #expect(leg.isOver && leg.bars == whole.bars)
        let books = try Books(folder: folder.path)
        #expect(books.problems == [])
        #expect(books.fills.starts(with: before) && whole.books.fills.starts(with: before))
        #expect(books.fills.count > before.count && !before.isEmpty)
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        #expect(try access.history.barCount() >= Int(whole.bars - half))
        for order in try access.ledger.orders(limit: .max) {
            let story = try #require(try access.ledger.explanation(of: order.id.text))
            #expect(story.signal != nil && story.verdict != nil, "\(order)")
            #expect(!story.transitions.isEmpty, "\(order)")
            #expect(explainText(story, colour: false).contains(order.symbol.name))
        }
        try access.close()
    }

    @Test("S16: with history.db gone, the feed refills the windows and the decisions are the same")
    func windowsFromTheFeed() throws {
        var configuration = Self.configuration
        configuration.news.sources = []
        configuration.signals.sentiment.enabled = false
        let whole = try Self.whole(configuration)
        let folder = try ScratchFolder()
        var leg = Leg(isOver: false, equity: .zero, bars: 0)
        while !leg.isOver {
            leg = try playLive(configuration, folder: folder.path, LiveOptions(stopAfter: 700))
            try folder.remove("history.db")
        }
        #expect(leg.equity == whole.equity)
        expectEqual(try Books(folder: folder.path), whole.books)
    }
}
