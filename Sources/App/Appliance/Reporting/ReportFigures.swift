import Domain
import Portfolio
import Primitives

/// How figures are named, grouped and rendered for a person.
enum ReportFigures {
    /// Every metric is shown once; one without a place here comes last.
    static let groups: [(title: String, keys: [String])] = [
        (
            "Result",
            [
                "total_pnl", "total_pnl_pct", "realized_pnl", "unrealized_pnl", "daily_pnl",
                "daily_pnl_pct", "costs_total", "cagr",
            ]
        ),
        (
            "Risk",
            [
                "max_drawdown", "max_drawdown_pct", "sharpe", "sortino", "calmar",
                "volatility_annual", "exposure_avg_pct", "turnover", "sessions",
            ]
        ),
        (
            "Trades",
            [
                "fills", "round_trips", "win_rate", "profit_factor", "expectancy",
                "expectancy_ratio", "avg_win", "avg_loss", "best_trade", "worst_trade",
                "consecutive_wins_max", "consecutive_losses_max", "hold_seconds_avg", "sqn",
            ]
        ),
    ]

    private static let names = [
        "total_pnl": "Total P&L", "total_pnl_pct": "Total P&L %",
        "realized_pnl": "Realized P&L", "unrealized_pnl": "Unrealized P&L",
        "daily_pnl": "Daily P&L", "daily_pnl_pct": "Daily P&L %",
        "costs_total": "Costs", "cagr": "Growth a year (CAGR)",
        "max_drawdown": "Max drawdown", "max_drawdown_pct": "Max drawdown %",
        "sharpe": "Sharpe", "sortino": "Sortino", "calmar": "Calmar",
        "volatility_annual": "Volatility a year", "exposure_avg_pct": "Mean exposure",
        "turnover": "Turnover", "sessions": "Sessions", "fills": "Fills",
        "round_trips": "Round trips", "win_rate": "Win rate", "profit_factor": "Profit factor",
        "expectancy": "Mean P&L a trade", "expectancy_ratio": "Expectancy ratio",
        "avg_win": "Mean win", "avg_loss": "Mean loss", "best_trade": "Best trade",
        "worst_trade": "Worst trade", "consecutive_wins_max": "Wins in a row",
        "consecutive_losses_max": "Losses in a row", "hold_seconds_avg": "Mean time held",
        "sqn": "System quality (SQN)",
    ]

    /// Ratios that read as a part of a whole, beside those whose key ends in `_pct`.
    private static let parts: Set = ["win_rate", "cagr", "volatility_annual"]
    /// Figures where above zero is good and below bad.
    private static let gains: Set = [
        "total_pnl", "total_pnl_pct", "realized_pnl", "unrealized_pnl", "daily_pnl",
        "daily_pnl_pct", "expectancy", "best_trade", "worst_trade", "cagr", "avg_win", "avg_loss",
    ]

    static func name(_ key: String) -> String { names[key] ?? words(key) }

    /// `first_bar` as `First bar`.
    static func words(_ key: String) -> String {
        let text = Humane.plain(key).replacing("_", with: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    static func text(_ metric: Metric) -> String {
        let signed = gains.contains(metric.key)
        switch metric.value {
        case .money(let money): return Humane.amount(money, signed: signed)
        case .ratio(let ratio) where metric.key.hasSuffix("_pct") || parts.contains(metric.key):
            return Humane.percent(ratio, signed: signed)
        case .ratio(let ratio): return Humane.number(ratio)
        case .count(let count): return Humane.count(count)
        case .seconds(let seconds): return Humane.duration(seconds: seconds)
        case .none: return Humane.none
        }
    }

    static func tone(_ metric: Metric) -> Tone {
        guard gains.contains(metric.key) else { return .plain }
        switch metric.value {
        case .money(let money): return Tone(money)
        case .ratio(let ratio): return ratio > 0 ? .gain : ratio < 0 ? .loss : .plain
        case .count, .seconds, .none: return .plain
        }
    }

    /// A fact about the run. A seed is there to be copied and keeps its digits together.
    static func fact(_ key: String, _ value: ReportValue) -> (name: String, text: String) {
        switch value {
        case .integer(let seed) where key.hasSuffix("seed"): (words(key), String(seed))
        case .seconds where key.hasSuffix("_seconds"): (words(String(key.dropLast(8))), text(value))
        default: (words(key), text(value))
        }
    }

    static func text(_ value: ReportValue) -> String {
        switch value {
        case .text(let text): return Humane.plain(text)
        case .integer(let integer): return Humane.count(integer)
        case .number(let number): return number.description
        case .money(let money): return Humane.amount(money)
        case .time(let time): return Humane.time(time)
        case .seconds(let seconds): return Humane.duration(seconds: seconds)
        case .flag(let flag): return flag ? "yes" : "no"
        case .list(let values):
            return values.isEmpty ? "none" : values.map(text).joined(separator: ", ")
        case .values(let members):
            let texts = members.map { "\(Humane.plain($0.key)) \(text($0.value))" }
            return texts.isEmpty ? "none" : texts.joined(separator: ", ")
        case .none: return Humane.none
        }
    }
}

/// Whether a figure is good news.
enum Tone {
    case plain, gain, loss

    init(_ amount: Money?) {
        guard let amount, !amount.isZero else {
            self = .plain
            return
        }
        self = amount.isPositive ? .gain : .loss
    }
}

extension RunReport {
    /// The metrics in groups, every one exactly once.
    func groupedMetrics() -> [(title: String, metrics: [Metric])] {
        var left = metrics
        var groups: [(title: String, metrics: [Metric])] = []
        for group in ReportFigures.groups {
            var members: [Metric] = []
            for key in group.keys {
                while let index = left.firstIndex(where: { $0.key == key }) {
                    members.append(left.remove(at: index))
                }
            }
            if !members.isEmpty { groups.append((group.title, members)) }
        }
        if !left.isEmpty { groups.append(("Other figures", left)) }
        return groups
    }
}
