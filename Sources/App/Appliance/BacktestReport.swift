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

    /// The report of a store, as it stands.
    package init(
        _ access: borrowing StoreAccess, folder: String, zone: TimeZoneRules
    ) throws {
        let state = try access.ledger.loadState {
            zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0)
        }
        let trades = try access.ledger.closedTrades()
        let fills = try access.ledger.fills()
        let snapshots = try access.history.equity()
        let closes = snapshots.filter(\.isSessionClose)
        let negativeCapital = state.balances[.capital] ?? .zero
        let capital = try negativeCapital.negated()
        var tracker = EquityTracker()
        if let checkpoint = state.checkpoint { tracker = EquityTracker(restoring: checkpoint) }
        let final = try currentEquity(state, access.history)
        self.init(
            title: "Account",
            run: [
                ("version", .text(version)), ("store", .text(folder)),
                ("as_of", state.checkpoint.map { .time($0.at) } ?? .none),
                ("bars", .integer(Int(state.checkpoint?.feedPosition ?? 0))),
                ("open_lots", .integer(state.lots.count)),
                ("open_orders", .integer(state.openOrders.count)),
                ("capital", .money(capital)),
                ("equity_final", final.map { .money($0) } ?? .none),
                ("equity_last_close", closes.last.map { .money($0.equity) } ?? .none),
            ],
            metrics: PerformanceReport.compute(
                capital: capital, finalEquity: final, trades: trades, closes: closes,
                fills: fills.count, roundTrips: roundTrips(of: fills),
                costs: state.balances[.fees] ?? .zero, tracker: tracker),
            equity: closes, trades: trades, weights: try access.ledger.weightsHistory(),
            refusals: try access.ledger.refusalCounts(), defects: [], capital: capital)
    }
}

/// Cash and the open lots at the last stored prices; nil where one is missing.
private func currentEquity(_ state: LedgerState, _ history: HistoryStore) throws -> Money? {
    var equity = state.balances[.cash] ?? .zero
    var prices: [Symbol: Price] = [:]
    let held = Set(state.lots.map(\.symbol)).sorted()
    for bar in try history.lastBars(perSymbol: 1, symbols: held, before: state.checkpoint?.at) {
        prices[bar.symbol] = bar.close
    }
    for lot in state.lots {
        guard let price = prices[lot.symbol] else { return nil }
        equity = try equity.adding(price * lot.quantity)
    }
    return equity
}

/// How often a position came back to zero or went through it.
private func roundTrips(of fills: [Fill]) -> Int {
    var held: [Symbol: Int64] = [:]
    var trips = 0
    for fill in fills {
        let before = held[fill.symbol] ?? 0
        let after = before &+ fill.side.sign &* fill.quantity.units
        if before != 0 && (after == 0 || (after < 0) != (before < 0)) { trips += 1 }
        held[fill.symbol] = after
    }
    return trips
}

private func lines(_ log: DefectLog, _ what: String) -> [String] {
    guard !log.isEmpty else { return [] }
    let kinds = log.countsByKind.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
    return ["\(log.total) rows of \(what): \(kinds)"]
        + log.kept.prefix(20).map(\.description)
}
