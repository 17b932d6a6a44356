import Backtest
import Calendar
import Domain
import Engine
import Learning
import News
import Portfolio
import Primitives
import Storage

extension RunReport {
    /// The report of a backtest.
    package init(
        _ result: BacktestResult, configuration: Configuration, resolution: EquityResolution,
        weights: [WeightsChange], refusals: [(code: String, count: Int)], bars: DefectLog,
        news: DefectLog
    ) {
        let portfolio = result.engine.portfolio
        let counters = result.engine.counters
        // The capital is booked with the first event: without a bar nothing was, and no figure is
        // known.
        let isEmpty = result.first == nil
        let capital = isEmpty ? configuration.portfolio.capital : portfolio.capital
        let isReplay = configuration.market.kind == .replay
        var run: [(key: String, value: ReportValue)] = [
            ("version", .text(version)),
            ("market", .text(configuration.market.kind.rawValue)),
            ("interval_seconds", .seconds(result.interval.seconds)),
            ("from", result.first.map { .time($0) } ?? .none),
            ("to", result.last.map { .time($0) } ?? .none),
            ("symbols", .integer(result.engine.symbols.count)),
            ("bars", .integer(Int(counters.bars))),
            ("bars_outside_session", .integer(Int(counters.barsOutsideSession))),
            ("bars_corrected", .integer(Int(counters.barsCorrected))),
            ("rows_set_aside", .integer(bars.total + news.total)),
            ("headlines", .integer(Int(counters.news))),
            ("headlines_linked", .integer(Int(counters.newsLinked))),
            ("headlines_duplicate", .integer(Int(counters.newsDuplicates))),
            (
                "headlines_refused",
                .values(
                    counters.sortedNewsRefused.map {
                        ($0.reason.rawValue, .integer(Int($0.count)))
                    })
            ),
            ("signals", .integer(Int(counters.signals))),
            ("signals_refused", .integer(Int(counters.refusals))),
            ("orders", .integer(Int(counters.intents))),
            ("capital", .money(capital)),
            ("equity_final", isEmpty ? .none : .money(portfolio.equity)),
        ]
        if isReplay {
            run.append(("bar_files", .list(configuration.market.bars.map { .text($0) })))
            run.append(("news_files", .list(configuration.news.paths.map { .text($0) })))
        } else {
            run.append(("seed", .text(String(configuration.market.simulation.seed))))
        }
        let metrics = PerformanceReport.compute(
            capital: capital, finalEquity: portfolio.equity, trades: result.trades,
            closes: result.closes, fills: result.fills, roundTrips: portfolio.roundTrips,
            costs: portfolio.fees, tracker: result.engine.tracker)
        self.init(
            title: "Backtest", run: run,
            metrics: isEmpty ? metrics.map { Metric($0.key, .none, $0.formula) } : metrics,
            equity: result.equity, trades: result.trades, weights: weights, refusals: refusals,
            defects: lines(bars, "bars") + lines(news, "news"), capital: capital)
    }
}

private func lines(_ log: DefectLog, _ what: String) -> [String] {
    guard !log.isEmpty else { return [] }
    let kinds = log.countsByKind.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
    return ["\(log.total) rows of \(what): \(kinds)"]
        + log.kept.prefix(20).map(\.description)
}
