import Appliance
import Backtest
import Calendar
import Domain
import Engine
import Execution
import Foundation
import MarketFeeds
import News
import Portfolio
import Primitives
import Signals
import Storage
import TestSupport
import Testing

extension ScratchFolder {
    /// Removes the database called `name` with everything beside it.
    func remove(_ name: String) throws {
        for suffix in ["", "-wal", "-shm"] {
            let file = "\(path)/\(name)\(suffix)"
            if FileManager.default.fileExists(atPath: file) {
                try FileManager.default.removeItem(atPath: file)
            }
        }
    }
}

/// A simulated market in which a few days see trades of every kind.
func simulated(
    days: Int, symbols: Int = 3, seed: UInt64 = 11, newsPerDay: Double = 12
) -> Configuration {
    var configuration = Configuration()
    configuration.market.simulation.days = days
    configuration.market.simulation.symbolsCount = symbols
    configuration.market.simulation.seed = seed
    configuration.market.simulation.newsPerDay = newsPerDay
    configuration.market.speed = .max
    configuration.signals.sentiment.minItems = 1
    configuration.execution.holdMax = Span(seconds: 2 * 3600)
    return configuration
}

/// A replay of recorded files with the settings of the example for it; nil where they are not here.
func recorded(bars: URL?, news: URL? = nil, overrides: [String] = []) throws -> Configuration? {
    guard let bars else { return nil }
    return try loadConfiguration(
        path: exampleFolder + "/news-replay.toml", overrides: overrides, bars: [bars.path],
        news: news.map { [$0.path] } ?? []
    ).configuration
}

let exampleFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("etc/bellwether/examples").path

/// The same market as `configuration` simulates, as a file of bars and a file of news.
func asFiles(_ configuration: Configuration, in folder: ScratchFolder) throws -> Configuration {
    let assembly = try Assembly(configuration)
    var market = try assembly.simulatedMarket(SymbolTable())
    var bars: [Bar] = []
    while try market.read(into: &bars) {}
    let rows = bars.map { csvRow($0, market.symbols[$0.symbol]) }
    let news = try assembly.simulatedMarket(SymbolTable()).companyNames
    var replay = configuration
    replay.market.kind = .replay
    replay.market.bars = [
        try folder.write(
            "symbol,timestamp,open,high,low,close,volume\n" + rows.joined(separator: "\n") + "\n",
            to: "bars.csv")
    ]
    var feed = try assembly.news().feed
    let encoder = JSONEncoder()
    let items = try feed.take(upTo: .distantFuture).map { item in
        String(
            decoding: try encoder.encode([
                "id": item.id, "headline": item.headline, "created_at": "\(item.createdAt)",
            ]), as: UTF8.self)
    }
    replay.news.sources = [.replay]
    replay.news.paths = [
        try folder.write(items.joined(separator: "\n") + "\n", to: "news.jsonl")
    ]
    for (symbol, name) in news { replay.news.admission.aliases[symbol] = [name] }
    return replay
}

/// The order ids of the backtest, so that live and tested orders can be compared by id.
let testPrefix = "bw-test"

/// What a store holds after a run: everything that two runs of the same market must share.
struct Books: Equatable {
    /// In order of creation.
    var orders: [String] = []
    var fills: [Fill] = []
    var trades: [ClosedTrade] = []
    var weights: [WeightsChange] = []
    var balances: [LedgerAccount: Money] = [:]
    var lots: [Lot] = []
    var problems: [String] = []

    init(folder: String) throws {
        let access = try StoreAccess(folder: folder, purpose: "a test", mustExist: true)
        orders = try access.ledger.orders(limit: .max).reversed().map {
            "\($0.createdAt) \($0.id) \($0.role) \($0.side) \($0.quantity) \($0.symbol) "
                + "\($0.status.rawValue) \($0.filledQuantity)"
        }
        fills = try access.ledger.fills()
        trades = try access.ledger.closedTrades()
        weights = try access.ledger.weightsHistory()
        let zone = try newYorkZone()
        let state = try access.ledger.loadState {
            zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0)
        }
        balances = state.balances
        lots = state.lots
        problems = try access.ledger.checkBooks()
        try access.close()
    }
}

/// Expects equal books, and shows the first difference of each kind rather than all of them.
func expectEqual(
    _ found: Books, _ expected: Books, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    func compare<Row: Equatable>(_ what: String, _ a: [Row], _ b: [Row]) {
        let same = zip(a, b).prefix { $0 == $1 }.count
        let isEqual = a == b
        #expect(
            isEqual,
            """
            \(comment) \(what): \(a.count) found, \(b.count) expected, equal up to \(same)
            found    \(same < a.count ? "\(a[same])" : "nothing more")
            expected \(same < b.count ? "\(b[same])" : "nothing more")
            """, sourceLocation: sourceLocation)
    }
    compare("orders", found.orders, expected.orders)
    compare("fills", found.fills, expected.fills)
    compare("trades", found.trades, expected.trades)
    compare("weights", found.weights, expected.weights)
    compare("lots", found.lots, expected.lots)
    #expect(found.balances == expected.balances, "\(comment)", sourceLocation: sourceLocation)
    #expect(found.problems == [], "\(comment)", sourceLocation: sourceLocation)
}

/// Ends a feed in the middle, as a crash would: what was handed out was played, no store is
/// tidied or closed after it.
struct CutFeed<Feed: MarketFeed>: MarketFeed {
    private(set) var feed: Feed
    private var waiting: [Bar] = []
    private var cursor = 0
    private var left: Int

    /// - Parameter bars: of the market from its beginning, those passed over included.
    init(_ feed: Feed, after bars: Int) {
        self.feed = feed
        left = bars
    }

    var symbols: SymbolTable { feed.symbols }
    var interval: Span { feed.interval }

    mutating func read(into bars: inout [Bar]) throws(FeedError) -> Bool {
        guard left > 0 else { throw .cannotRead(path: "feed", reason: "the plug was pulled") }
        if cursor == waiting.count {
            waiting.removeAll()
            cursor = 0
            guard try feed.read(into: &waiting) else { return false }
        }
        let count = min(left, waiting.count - cursor)
        bars += waiting[cursor..<(cursor + count)]
        cursor += count
        left -= count
        return true
    }
}

/// What one stretch of a live run came to.
struct Leg {
    var isOver: Bool
    var equity: Money
    /// Of the market from its beginning.
    var bars: Int64
    /// The market ended, or the run was stopped, within a session.
    var hasOpenSession = false
}

/// How one stretch of a live run is played.
struct LiveOptions {
    /// Stops in good order at the first instant after so many bars; nil: at the market's end.
    var stopAfter: Int64?
    /// Pulls the plug when the market has given so many bars in all: nothing is flushed or closed.
    var plugAfter: Int?
    var onInstant: ((borrowing Instant, TradingEngine) -> Void)?
    var onNotice: ((Notice) -> Void)?
}

/// Plays a live run on the store in `folder`.
func playLive(
    _ configuration: Configuration, folder: String, _ options: LiveOptions = LiveOptions()
) throws -> Leg {
    let assembly = try Assembly(configuration)
    let access = try StoreAccess(folder: folder, purpose: "a test")
    let news = try assembly.news().feed
    let leg: Leg
    switch configuration.market.kind {
    case .simulated:
        let feed = try assembly.simulatedMarket(SymbolTable())
        leg = try playLive(assembly, access, feed, news, options)
    case .replay:
        let feed = try assembly.barFile(SymbolTable())
        leg = try playLive(assembly, access, feed, news, options)
    }
    if options.plugAfter == nil { try access.close() }
    return leg
}

private func playLive<Feed: MarketFeed>(
    _ assembly: Assembly, _ access: borrowing StoreAccess, _ feed: Feed, _ news: NewsSources,
    _ options: LiveOptions
) throws -> Leg {
    let inbox = Inbox()
    let journal = LedgerJournal(
        ledger: access.ledger, history: access.history, interval: feed.interval)
    journal.onNotice = options.onNotice
    guard let plug = options.plugAfter else {
        var runner = try LiveRunner(
            assembly, feed: feed, news: news, journal: journal, inbox: inbox, idPrefix: testPrefix)
        let start = runner.loop.engine.feedPosition
        runner.onInstant = { instant, engine in
            if let most = options.stopAfter, engine.feedPosition - start >= most { inbox.stop() }
            options.onInstant?(instant, engine)
        }
        let isOver = try runner.run()
        let engine = runner.loop.engine
        return Leg(
            isOver: isOver, equity: engine.portfolio.equity, bars: engine.feedPosition,
            hasOpenSession: engine.session != nil)
    }
    do {
        var runner = try LiveRunner(
            assembly, feed: CutFeed(feed, after: plug), news: news, journal: journal,
            inbox: inbox, idPrefix: testPrefix)
        let isOver = try runner.run()
        let engine = runner.loop.engine
        return Leg(isOver: isOver, equity: engine.portfolio.equity, bars: engine.feedPosition)
    } catch FeedError.cannotRead(path: "feed", _) {
        return Leg(isOver: false, equity: .zero, bars: Int64(plug))
    }
}

/// Runs the backtest of `configuration` and leaves its ledger in `folder`.
func playBacktest(_ configuration: Configuration, folder: String) throws -> RunReport {
    var session = try BacktestSession(configuration)
    session.storePath = folder
    return try session.run().report
}
