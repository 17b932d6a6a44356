import Domain
import Primitives

/// The figures of a run or of a live account, each with the formula that defines it here: no two
/// systems agree on these words. An undefined figure is `.none`, never zero.
package enum PerformanceReport {
    /// - Parameters:
    ///   - capital: the equity of the first snapshot.
    ///   - finalEquity: at the last known prices; nil when a price is missing.
    ///   - trades: in the order in which they were closed.
    ///   - closes: one snapshot per session close, oldest first.
    ///   - roundTrips: how often a position came back to zero or went through it.
    ///   - costs: all fees booked.
    ///   - tracker: has observed every equity of the run.
    /// - Returns: always the same keys in the same order.
    package static func compute(
        capital: Money, finalEquity: Money?, trades: [ClosedTrade], closes: [EquitySnapshot],
        fills: Int, roundTrips: Int, costs: Money, tracker: EquityTracker
    ) -> [Metric] {
        let statistics = TradeStatistics(trades)
        let series = EquitySeries(capital: capital, finalEquity: finalEquity, closes: closes)
        return [
            Metric("fills", .count(fills), "executions booked"),
            Metric(
                "round_trips", .count(roundTrips),
                "times a position came back to zero or went through it"),
        ]
            + profit(capital, finalEquity, statistics, series)
            + drawdown(tracker)
            + perTrade(statistics)
            + annual(series, statistics, tracker)
            + activity(series, statistics, costs)
    }

    private static func profit(
        _ capital: Money, _ finalEquity: Money?, _ statistics: TradeStatistics,
        _ series: EquitySeries
    ) -> [Metric] {
        let total = finalEquity.flatMap { try? $0.subtracting(capital) }
        let realized = statistics.pnl
        let unrealized = total.flatMap { total in
            realized.flatMap { try? total.subtracting($0) }
        }
        return [
            Metric(
                "total_pnl", MetricValue(money: total),
                "final equity - equity of the first snapshot; n/a without a price for an open lot"),
            Metric(
                "total_pnl_pct", MetricValue(ratio: total.flatMap { $0.ratio(to: capital) }),
                "total_pnl / equity of the first snapshot; n/a when that is zero"),
            Metric(
                "realized_pnl", MetricValue(money: realized),
                "sum of the closed trades' P&L, after the fees of both sides"),
            Metric(
                "unrealized_pnl", MetricValue(money: unrealized),
                "total_pnl - realized_pnl: open positions at their last prices, after entry fees"),
            Metric(
                "daily_pnl", MetricValue(money: series.lastChange),
                "equity at the last session close - at the close before, for the first session "
                    + "the first snapshot; n/a without a session close"),
            Metric(
                "daily_pnl_pct", MetricValue(ratio: series.lastReturn),
                "daily_pnl / equity at the close before; n/a when that is zero"),
        ]
    }

    private static func drawdown(_ tracker: EquityTracker) -> [Metric] {
        let hasHistory = tracker.peak != nil
        let ratio = tracker.peak.flatMap { $0.isPositive ? tracker.worstRatio ?? 0 : nil }
        return [
            Metric(
                "max_drawdown", MetricValue(money: hasHistory ? tracker.drawdownMax : nil),
                "largest fall of the marked equity from its highest value before; n/a without "
                    + "an equity history"),
            Metric(
                "max_drawdown_pct", MetricValue(ratio: ratio),
                "largest fall / the peak it fell from, positive; n/a when no peak was positive"),
        ]
    }

    private static func perTrade(_ statistics: TradeStatistics) -> [Metric] {
        [
            Metric(
                "hold_seconds_avg", MetricValue(seconds: statistics.holdSeconds),
                "mean of exit time - entry time over closed trades; n/a without one"),
            Metric(
                "win_rate", MetricValue(ratio: statistics.winRate),
                "closed trades with P&L above zero / closed trades; n/a without one"),
            Metric(
                "profit_factor", MetricValue(ratio: statistics.profitFactor),
                "sum of winning P&L / |sum of losing P&L|; n/a without a losing trade"),
            Metric(
                "expectancy", MetricValue(money: statistics.mean),
                "mean P&L of closed trades; n/a without one"),
            Metric(
                "expectancy_ratio", MetricValue(ratio: statistics.expectancyRatio),
                "expectancy / |avg_loss|; n/a without a losing trade"),
            Metric(
                "avg_win", MetricValue(money: statistics.meanWin),
                "mean P&L of winning trades; n/a without one"),
            Metric(
                "avg_loss", MetricValue(money: statistics.meanLoss),
                "mean P&L of losing trades, negative; n/a without one"),
            Metric(
                "best_trade", MetricValue(money: statistics.best),
                "largest P&L of a closed trade; n/a without one"),
            Metric(
                "worst_trade", MetricValue(money: statistics.worst),
                "smallest P&L of a closed trade; n/a without one"),
            Metric(
                "consecutive_wins_max", .count(statistics.winsInARow),
                "longest run of winning trades in order of closing"),
            Metric(
                "consecutive_losses_max", .count(statistics.lossesInARow),
                "longest run of losing trades in order of closing"),
        ]
    }

    private static func annual(
        _ series: EquitySeries, _ statistics: TradeStatistics, _ tracker: EquityTracker
    ) -> [Metric] {
        let sample = Sample(series.returns ?? [])
        let year = EquitySeries.sessionsPerYear.squareRoot()
        let mean = sample.mean
        let growth = series.annualGrowth
        let fall = tracker.worstRatio.flatMap { $0 > 0 ? $0 : nil }
        let r = "r = change of equity from session close to close / equity at the close before"
        return [
            Metric(
                "sharpe",
                MetricValue(
                    ratio: mean.flatMap { mean in sample.deviation.map { mean / $0 * year } }),
                "mean(r) / std(r) × √252, ddof 1, risk-free rate 0, \(r), for the first session "
                    + "the first snapshot; n/a under 2 sessions or when all r are equal"),
            Metric(
                "sortino",
                MetricValue(
                    ratio: mean.flatMap { mean in sample.downside.map { mean / $0 * year } }),
                "mean(r) / √(Σ min(r, 0)² / N) × √252, N all sessions, r as for sharpe; n/a "
                    + "without a negative r"),
            Metric(
                "calmar", MetricValue(ratio: growth.flatMap { g in fall.map { g / $0 } }),
                "cagr / max_drawdown_pct; n/a when either is, or without a drawdown"),
            Metric(
                "cagr", MetricValue(ratio: growth),
                "(final equity / first snapshot)^(252 / sessions) - 1; n/a without a session or "
                    + "when an equity is not positive; misleading under 30 sessions"),
            Metric(
                "volatility_annual", MetricValue(ratio: series.volatility.map { $0 * year }),
                "std(r) × √252, ddof 1, r as for sharpe; n/a under 2 sessions"),
            Metric(
                "sqn", MetricValue(ratio: statistics.qualityNumber),
                "√n × mean / std of the closed trades' P&L, ddof 1; n/a under 2 trades or when "
                    + "all are equal"),
        ]
    }

    private static func activity(
        _ series: EquitySeries, _ statistics: TradeStatistics, _ costs: Money
    ) -> [Metric] {
        [
            Metric(
                "exposure_avg_pct", MetricValue(ratio: series.meanExposure),
                "mean of Σ|quantity × price| / equity at session closes; n/a without a close or "
                    + "when an equity is not positive"),
            Metric(
                "turnover",
                MetricValue(ratio: series.meanEquity.map { statistics.traded / $0 }),
                "entry and exit notional of closed trades / mean equity at session closes; n/a "
                    + "without a close or when that mean is not positive"),
            Metric("costs_total", .money(costs), "all fees booked, also of lots still open"),
            Metric("sessions", .count(series.count), "session closes in the equity history"),
        ]
    }
}
