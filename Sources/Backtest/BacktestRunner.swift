import Calendar
import Domain
import Engine
import Portfolio
import Primitives

/// What a backtest collects while it runs.
package struct BacktestJournal: EventJournal {
    package var trades: [ClosedTrade] = []
    package var closes: [EquitySnapshot] = []
    package var fills = 0
    package var notices: [Notice] = []
    /// Set to keep signals, fills and alerts for a person to read.
    package var keepsNotices = false
    /// A ledger to write along, where one is wanted.
    private let sink: (([Effect], SymbolTable) throws -> Void)?

    package init(sink: (([Effect], SymbolTable) throws -> Void)? = nil) { self.sink = sink }

    package mutating func commit(_ effects: [Effect], symbols: SymbolTable) throws {
        for effect in effects {
            switch effect {
            case .record(.closedTrade(let trade)): trades.append(trade)
            case .record(.fill): fills += 1
            case .history(.equity(let snapshot)): closes.append(snapshot)
            case .notice(let notice) where keepsNotices: notices.append(notice)
            default: break
            }
        }
        try sink?(effects, symbols)
    }

    package mutating func took(_ bar: Bar, symbols: SymbolTable) {}

    /// A backtest has no broker to be compared with.
    package mutating func extract(since: Timestamp, naming: Set<String>) -> LedgerExtract {
        LedgerExtract()
    }
}

/// How much of the equity curve is kept.
package enum EquityResolution: String, Sendable, CaseIterable { case session, bar }

/// What a backtest found.
package struct BacktestResult: Sendable {
    package var trades: [ClosedTrade]
    package var equity: [EquitySnapshot]
    package var closes: [EquitySnapshot]
    package var fills: Int
    package var first: Timestamp?
    package var last: Timestamp?
    package var engine: TradingEngine
    package var interval: Span
}

/// Plays a feed through engine and venue as fast as it can.
package struct BacktestRunner {
    /// Bars that start earlier only warm the indicators.
    package var from = Timestamp.distantPast
    /// Bars that start at this time or later are not read.
    package var until = Timestamp.distantFuture
    package var resolution = EquityResolution.session
    /// Only these symbols; empty means all of the feed.
    package var universe: Set<Symbol> = []
    /// Called every some ten thousand bars with the count and the time reached.
    package var progress: ((Int64, Timestamp) -> Void)?

    package init() {}

    package func run<Feed: MarketFeed, News: NewsFeed>(
        _ config: EngineConfig, venue: VenueConfig, feed: Feed, news: News,
        journal: BacktestJournal = BacktestJournal()
    ) throws -> (result: BacktestResult, feed: Feed) {
        var engine = TradingEngine(config)
        for symbol in feed.symbols.symbols { _ = engine.register(symbol) }
        var loop = TradingLoop(engine: engine, venue: SimulatedVenue(venue), journal: journal)
        var timeline = Timeline(
            feed: feed, news: news, calendar: config.calendar, universe: universe)
        var instant = Instant()
        var curve: [EquitySnapshot] = []
        var first: Timestamp?
        var reported: Int64 = 0
        // Whether a session was passed into before the run's begin.
        var isMissingOpen = false
        while try timeline.next(&instant) {
            if timeline.symbolCount > loop.engine.symbols.count {
                loop.register(timeline.feed.symbols)
            }
            if let start = instant.bars.first?.start {
                if start >= until { break }
                if start < from {
                    if let timer = instant.timers.last { isMissingOpen = timer == .sessionOpen }
                    for bar in instant.bars {
                        try loop.engine.backfill(bar, knownAt: instant.at)
                    }
                    continue
                }
                if first == nil { first = start }
            } else if instant.at < from {
                if let timer = instant.timers.last { isMissingOpen = timer == .sessionOpen }
                continue
            }
            if isMissingOpen {
                isMissingOpen = false
                try loop.begin(at: instant.at)
            }
            try loop.play(instant)
            if resolution == .bar, !instant.bars.isEmpty {
                curve.append(loop.engine.portfolio.snapshot(at: instant.at, isSessionClose: false))
            }
            if let progress, loop.engine.feedPosition - reported >= 50_000 {
                reported = loop.engine.feedPosition
                progress(reported, instant.at)
            }
        }
        try loop.finish()
        let closes = loop.journal.closes
        let result = BacktestResult(
            trades: loop.journal.trades, equity: resolution == .bar ? curve : closes,
            closes: closes, fills: loop.journal.fills, first: first,
            last: first == nil ? nil : loop.engine.now, engine: loop.engine,
            interval: timeline.feed.interval)
        return (result, timeline.feed)
    }
}
