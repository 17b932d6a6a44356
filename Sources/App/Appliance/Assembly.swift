import Backtest
import Calendar
import Domain
import Engine
import Execution
import MarketFeeds
import News
import NewsFeeds
import Primitives
import Risk
import Signals

/// Turns a configuration into the parts that run: the one place that knows all of them.
package struct Assembly: Sendable {
    package let configuration: Configuration
    package let calendar: MarketCalendar

    package init(_ configuration: Configuration) throws(ZoneFileError) {
        self.configuration = configuration
        let zone = try newYorkZone()
        calendar =
            switch configuration.session.calendar {
            case .xnys: .xnys(zone)
            case .data: .data(zone)
            }
    }

    /// - Parameter idPrefix: names environment and installation in order ids; nil takes
    ///   `orders.id_prefix`.
    /// - Parameter latches: false in backtests, which go on after a loss as if nothing was learned
    ///   from it by a person.
    package func engineConfig(
        idPrefix: String? = nil, interval: Span, latches: Bool = true
    ) -> EngineConfig {
        var config = EngineConfig(calendar: calendar)
        config.mode = configuration.trading.mode
        config.latches = latches && configuration.risk.latches
        config.extendedHours = configuration.session.extendedHours
        config.interval = interval
        config.news = configuration.news.admission
        config.news.universe = universe
        config.sentiment = configuration.sentiment.window
        config.signals = configuration.signals
        config.risk = configuration.risk
        config.risk.costBasisPoints = venue.costBasisPoints
        config.risk.feePerOrder = venue.feePerOrder
        config.execution = configuration.execution
        if let idPrefix { config.execution.idPrefix = idPrefix }
        config.portfolio = configuration.portfolio
        config.learning = configuration.learning
        if configuration.market.kind == .simulated {
            for (symbol, name) in simulatedNames where config.news.aliases[symbol] == nil {
                config.news.aliases[symbol] = [name]
            }
        }
        return config
    }

    package var venue: VenueConfig { configuration.broker.venue }
    package var universe: Set<Symbol> { Set(configuration.trading.symbols) }

    // MARK: - Feeds

    /// The bars of the configured files.
    package func barFile(_ symbols: SymbolTable) throws(FeedError) -> BarFile {
        try BarFile(
            paths: configuration.market.bars, interval: configuration.market.interval,
            symbols: symbols, onDefect: configuration.market.onBadRow == .stop ? .stop : .skip)
    }

    /// The seeded market of the configuration.
    package func simulatedMarket(_ symbols: SymbolTable) throws(FeedError) -> SimulatedMarket {
        let calendar = calendar
        return try SimulatedMarket(config: simulatedConfig, symbols: symbols) { time in
            calendar.session(atOrAfter: time).map { ($0.open, $0.close) }
        }
    }

    private var simulatedConfig: SimulatedMarketConfig {
        let simulation = configuration.market.simulation
        var symbols = configuration.trading.symbols
        if symbols.isEmpty { symbols = simulatedSymbols(count: simulation.symbolsCount) }
        var config = SimulatedMarketConfig(
            start: calendar.zone.timestamp(simulation.start, secondsOfDay: 0),
            days: simulation.days, symbols: symbols)
        config.seed = simulation.seed
        if let interval = configuration.market.interval { config.interval = interval }
        config.newsPerSymbolPerDay = min(20, simulation.newsPerDay / Double(max(1, symbols.count)))
        return config
    }

    private func simulatedSymbols(count: Int) -> [Symbol] {
        let listed = SimulatedMarketConfig.defaultSymbols
        return count <= listed.count
            ? Array(listed.prefix(count)) : SimulatedMarketConfig.symbols(count: count)
    }

    private var simulatedNames: [(symbol: Symbol, name: String)] {
        (try? simulatedMarket(SymbolTable()).companyNames) ?? []
    }

    /// The news of the configured sources, but for the spool folder, which is live only.
    package func news() throws(FeedError) -> (feed: NewsSources, defects: DefectLog) {
        var feeds: [any NewsFeed] = []
        var defects = DefectLog()
        let calendar = calendar
        for source in configuration.news.sources {
            switch source {
            case .spool: continue
            case .simulated:
                feeds.append(SimulatedNewsFeed(try simulatedMarket(SymbolTable())))
            case .replay:
                let file = try NewsFile(
                    paths: configuration.news.paths,
                    dateOnly: configuration.news.dateOnly == .drop ? .drop : .nextOpen
                ) { calendar.session(atOrAfter: $0)?.open }
                defects = file.defects
                feeds.append(NewsReplay(file.items))
            }
        }
        return (NewsSources(feeds), defects)
    }
}
