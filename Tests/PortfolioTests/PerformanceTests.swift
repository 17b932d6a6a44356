import Domain
import Primitives
import Testing

@testable import Portfolio

struct PerformanceTests {
    private let equities = ["1010", "990", "1005", "1040", "1020"].map(money)
    private let exposures = ["100", "200", "0", "300", "50"].map(money)

    private func closes(_ equities: [Money], _ exposures: [Money]) -> [EquitySnapshot] {
        zip(equities, exposures).enumerated().map { day, amounts in
            EquitySnapshot(
                at: start + Span(seconds: Int64(day) * 86400), equity: amounts.0, cash: .zero,
                exposure: amounts.1, openPositions: 1, isSessionClose: true)
        }
    }

    private func tracker(_ equities: [Money]) -> EquityTracker {
        var tracker = EquityTracker()
        for (index, equity) in equities.enumerated() {
            tracker.observe(equity: equity, at: start + Span(seconds: Int64(index)))
        }
        return tracker
    }

    /// Two shares, 100 in, 101 out, held for `number` minutes.
    private func trade(_ number: Int, _ pnl: String) -> ClosedTrade {
        ClosedTrade(
            id: "t\(number)", symbol: aapl, side: .buy, quantity: quantity("2"),
            entryOrder: order("i"), exitOrder: order("o"), entryTime: start,
            exitTime: start + Span(seconds: Int64(number) * 60), entryPrice: price("100"),
            exitPrice: price("101"), costs: .zero, pnl: money(pnl), reason: .flip)
    }

    private func report(
        capital: Money = Money(whole: 1000), final: Money? = nil, trades: [ClosedTrade] = [],
        equities: [Money] = [], exposures: [Money] = []
    ) -> [String: MetricValue] {
        let metrics = PerformanceReport.compute(
            capital: capital, finalEquity: final ?? equities.last ?? capital, trades: trades,
            closes: closes(equities, exposures), fills: 3, roundTrips: 1, costs: money("1.5"),
            tracker: tracker([capital] + equities))
        return Dictionary(uniqueKeysWithValues: metrics.map { ($0.key, $0.value) })
    }

    private func expect(
        _ value: MetricValue?, _ expected: Double, _ location: SourceLocation = #_sourceLocation
    ) {
        guard case .ratio(let ratio) = value else {
            Issue.record("\(String(describing: value))", sourceLocation: location)
            return
        }
        #expect(
            (ratio - expected).magnitude <= 1e-12 * expected.magnitude, "\(ratio)",
            sourceLocation: location)
    }

    @Test("The keys come in one order, each with the formula it is computed by")
    func keys() {
        let metrics = PerformanceReport.compute(
            capital: .zero, finalEquity: .zero, trades: [], closes: [], fills: 0, roundTrips: 0,
            costs: .zero, tracker: EquityTracker())
        #expect(
            metrics.map(\.key).joined(separator: " ") == """
                fills round_trips total_pnl total_pnl_pct realized_pnl unrealized_pnl daily_pnl \
                daily_pnl_pct max_drawdown max_drawdown_pct hold_seconds_avg win_rate \
                profit_factor expectancy expectancy_ratio avg_win avg_loss best_trade worst_trade \
                consecutive_wins_max consecutive_losses_max sharpe sortino calmar cagr \
                volatility_annual sqn exposure_avg_pct turnover costs_total sessions
                """)
        #expect(metrics.allSatisfy { !$0.formula.isEmpty })
    }

    @Test("S01 S07: total, realized and daily P&L are figures of their own")
    func profit() {
        let report = report(
            final: money("1021"), trades: [trade(1, "15"), trade(2, "-3.25")], equities: equities,
            exposures: exposures)
        #expect(report["total_pnl"] == .money(money("21")))
        #expect(report["realized_pnl"] == .money(money("11.75")))
        #expect(report["unrealized_pnl"] == .money(money("9.25")))
        #expect(report["daily_pnl"] == .money(money("-20")))
        expect(report["total_pnl_pct"], 0.021)
        expect(report["daily_pnl_pct"], -20.0 / 1040)
        #expect(report["fills"] == .count(3) && report["round_trips"] == .count(1))
        #expect(report["costs_total"] == .money(money("1.5")))
    }

    @Test("S07: the first session's daily P&L counts from the first snapshot")
    func firstDay() {
        let report = report(equities: [money("990")], exposures: [.zero])
        #expect(report["daily_pnl"] == .money(money("-10")))
        #expect(report["sessions"] == .count(1))
        #expect(report["sharpe"] == MetricValue.none)
    }

    @Test("S01: drawdown comes from the equity history, the holding time from closed trades")
    func history() {
        let report = report(
            trades: [trade(1, "1"), trade(4, "1")], equities: equities, exposures: exposures)
        #expect(report["max_drawdown"] == .money(money("20")))
        expect(report["max_drawdown_pct"], 20.0 / 1010)
        #expect(report["hold_seconds_avg"] == .seconds(150))
    }

    /// Expected values: the same formulas in Python's `statistics` and `math`.
    @Test("Annual figures agree with an independent computation")
    func annual() {
        let report = report(equities: equities, exposures: exposures)
        expect(report["sharpe"], 2.824801597781937)
        expect(report["sortino"], 5.386757788725214)
        expect(report["cagr"], 1.7129928975127475)
        expect(report["calmar"], 86.50614132439375)
        expect(report["volatility_annual"], 0.3736933857058446)
        expect(report["exposure_avg_pct"], 0.12770224986299533)
    }

    @Test("Figures per trade agree with an independent computation")
    func perTrade() {
        let results = ["10", "-5", "0", "20", "7", "-2.5", "-2.5"]
        let report = report(
            trades: results.enumerated().map { trade($0.offset, $0.element) }, equities: equities,
            exposures: exposures)
        expect(report["win_rate"], 3.0 / 7)
        expect(report["profit_factor"], 3.7)
        #expect(report["expectancy"] == .money(money("3.857142857")))
        expect(report["expectancy_ratio"], 27.0 / 7 / (10.0 / 3))
        #expect(report["avg_win"] == .money(money("12.333333333")))
        #expect(report["avg_loss"] == .money(money("-3.333333333")))
        #expect(report["best_trade"] == .money(money("20")))
        #expect(report["worst_trade"] == .money(money("-5")))
        #expect(report["consecutive_wins_max"] == .count(2))
        #expect(report["consecutive_losses_max"] == .count(2))
        expect(report["sqn"], 1.1381670597439872)
        expect(report["turnover"], 7 * 402 / 1013.0)
    }

    @Test("S01 S08: what is undefined is n/a, never zero")
    func undefined() {
        let empty = report(capital: .zero)
        for key in [
            "total_pnl_pct", "daily_pnl", "daily_pnl_pct", "max_drawdown_pct", "hold_seconds_avg",
            "win_rate", "profit_factor", "expectancy", "expectancy_ratio", "avg_win", "avg_loss",
            "best_trade", "worst_trade", "sharpe", "sortino", "calmar", "cagr",
            "volatility_annual", "sqn", "exposure_avg_pct", "turnover",
        ] {
            #expect(empty[key] == MetricValue.none, "\(key)")
        }
        // Neither losses nor a fall, and all returns the same.
        let even = report(
            trades: [trade(1, "5"), trade(2, "5")], equities: ["1000", "1000"].map(money),
            exposures: [.zero, .zero])
        for key in ["profit_factor", "expectancy_ratio", "avg_loss", "sharpe", "sortino", "sqn"] {
            #expect(even[key] == MetricValue.none, "\(key)")
        }
        #expect(even["calmar"] == MetricValue.none)
        #expect(even["volatility_annual"] == .ratio(0))
        #expect(even["max_drawdown"] == .money(.zero))
        #expect(even["max_drawdown_pct"] == .ratio(0))
        // Growth by equal parts: the deviation is rounding alone.
        let grown = report(
            equities: ["1001", "1002.001", "1003.003001"].map(money),
            exposures: [.zero, .zero, .zero])
        #expect(grown["sharpe"] == MetricValue.none)
    }

    @Test("An equity that is not positive leaves ratios undefined, and traps nothing")
    func ruined() {
        let report = report(
            equities: ["-500", "-600"].map(money), exposures: [.zero, .zero])
        for key in ["sharpe", "cagr", "calmar", "exposure_avg_pct", "turnover"] {
            #expect(report[key] == MetricValue.none, "\(key)")
        }
        expect(report["max_drawdown_pct"], 1.6)
        let huge = self.report(
            capital: Money(units: .min), final: Money(units: .max),
            trades: [
                trade(1, "9000000000"), trade(2, "9000000000"),
            ], equities: [Money(units: .max), Money(units: .min)], exposures: [.zero, .zero])
        #expect(huge["total_pnl"] == MetricValue.none)
        #expect(huge["realized_pnl"] == MetricValue.none)
        #expect(huge["max_drawdown"] == .money(Money(units: .max)))
    }
}
