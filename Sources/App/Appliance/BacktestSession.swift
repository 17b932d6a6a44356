import Backtest
import Domain
import Engine
import MarketFeeds
import Primitives
import Storage

/// One backtest from configuration to report.
package struct BacktestSession {
    package let assembly: Assembly
    package var runner = BacktestRunner()
    /// A folder for ledger.db, so that `explain` can be asked about every order.
    package var storePath: String?

    package init(_ configuration: Configuration) throws(ZoneFileError) {
        assembly = try Assembly(configuration)
        runner.universe = assembly.universe
    }

    package struct Outcome {
        package let report: RunReport
        package let bars: DefectLog
        package let news: DefectLog
        package let interval: Span
        /// False: no bar lay in the range of dates.
        package let hasBars: Bool
    }

    package func run() throws -> Outcome {
        let news = try assembly.news()
        switch assembly.configuration.market.kind {
        case .simulated:
            let feed = try assembly.simulatedMarket(SymbolTable())
            return try run(feed, news.feed, news.defects) { _ in DefectLog() }
        case .replay:
            let feed = try assembly.barFile(SymbolTable())
            return try run(feed, news.feed, news.defects) { $0.defects }
        }
    }

    private func run<Feed: MarketFeed>(
        _ feed: Feed, _ news: NewsSources, _ newsDefects: DefectLog,
        defects: (Feed) -> DefectLog
    ) throws -> Outcome {
        let collector = Collector()
        let store = try storePath.map { try BacktestStore(folder: $0) }
        let journal = BacktestJournal { effects, _ in
            collector.take(effects)
            try store?.take(effects)
        }
        let config = assembly.engineConfig(
            idPrefix: "bw-test", interval: feed.interval, latches: false)
        let (result, played) = try runner.run(
            config, venue: assembly.venue, feed: feed, news: news, journal: journal)
        try store?.finish()
        let bars = defects(played)
        let report = RunReport(
            result, configuration: assembly.configuration, resolution: runner.resolution,
            weights: collector.weights, refusals: collector.sortedRefusals, bars: bars,
            news: newsDefects)
        return Outcome(
            report: report, bars: bars, news: newsDefects, interval: result.interval,
            hasBars: result.first != nil)
    }
}

/// What the report needs beside trades and equity.
private final class Collector {
    var weights: [WeightsChange] = []
    private var refusals: [RefusalCode: Int] = [:]

    func take(_ effects: [Effect]) {
        for effect in effects {
            switch effect {
            case .record(.weights(let change)): weights.append(change)
            case .record(.signal(_, .refused(let refusal))):
                refusals[refusal.code, default: 0] += 1
            default: break
            }
        }
    }

    var sortedRefusals: [(code: String, count: Int)] {
        RefusalCode.allCases.compactMap { code in
            refusals[code].map { (code: code.rawValue, count: $0) }
        }.sorted { $0.code < $1.code }
    }
}

/// The ledger of a backtest, written in large transactions: it can be made again at any time.
private final class BacktestStore {
    private let access: StoreAccess
    private var entries: [LedgerEntry] = []

    init(folder: String) throws {
        access = try StoreAccess(backtestIn: folder)
    }

    func take(_ effects: [Effect]) throws {
        for effect in effects {
            switch effect {
            case .record(let entry): entries.append(entry)
            case .history(let row): try access.history.append(row)
            default: break
            }
        }
        if entries.count > 4_000 { try write() }
    }

    private func write() throws {
        try access.ledger.commit(entries)
        entries.removeAll(keepingCapacity: true)
    }

    func finish() throws {
        try write()
        try access.close()
    }
}
