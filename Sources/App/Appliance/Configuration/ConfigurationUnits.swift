import Foundation

extension ConfigurationKey {
    /// What the numbers of this key count; nil where there are none.
    package var unit: String? {
        switch type {
        case "length of time": return "s, m, h or d, written behind the number"
        case "size": return "kB, MB or GB (of 1024), written behind the number"
        default: return Self.units[path]
        }
    }

    private static let share = "a part of a whole: 0.05 is 5 %"
    private static let basisPoints = "hundredths of a percent"

    static let units: [String: String] = [
        "trading.capital": "USD",
        "market.speed": "times real time",
        "market.seed": "none: any number",
        "market.days": "sessions",
        "market.symbols_count": "companies",
        "market.news_per_day": "headlines a session",
        "news.headline_bytes_max": "bytes",
        "news.duplicate_window": "items",
        "news.symbols_max": "symbols",
        "sentiment.window_items": "judgements",
        "sentiment.confidence_min": "from 0, a guess, to 1, certain",
        "strategies.sentiment.weight": share,
        "strategies.sentiment.min_items": "judgements",
        "strategies.sentiment.threshold": "the distance of a mood from 0, up to 1",
        "strategies.trend.weight": share,
        "strategies.trend.ema_fast": "bars",
        "strategies.trend.ema_slow": "bars",
        "strategies.trend.rsi_period": "bars",
        "strategies.trend.rsi_max": "points of the index, 0 to 100",
        "strategies.trend.warmup": "bars",
        "strategies.reversion.weight": share,
        "strategies.reversion.period": "bars",
        "strategies.reversion.entry_z": "standard deviations",
        "ensemble.entry_threshold": "a sum of weighted votes, up to 1",
        "ensemble.exit_threshold": "a sum of weighted votes, up to 1",
        "ensemble.bar_window": "bars",
        "ensemble.atr_period": "bars",
        "sizing.quantity": "shares of a stock",
        "sizing.lot": "shares of a stock",
        "sizing.equity_share": share,
        "sizing.risk_share": share,
        "sizing.stop_atr": "average true ranges",
        "sizing.stop_share_min": share,
        "exits.take_profit": share,
        "orders.open_max": "orders",
        "risk.position_share_max": share,
        "risk.positions_max": "positions",
        "risk.exposure_share_max": share,
        "risk.orders_per_minute_max": "orders",
        "risk.orders_per_day_max": "orders",
        "risk.notional_per_day_max": "a multiple of equity: 10 is ten times",
        "risk.daily_loss_share_max": share,
        "risk.drawdown_share_max": share,
        "risk.losing_streak_max": "round trips",
        "risk.order_failures_max": share,
        "broker.slippage_bps": basisPoints,
        "broker.fee_bps": basisPoints,
        "broker.fee_per_order": "USD",
        "broker.participation": share,
        "learning.rate": "strength",
        "learning.floor": share,
        "learning.ceiling": share,
        "learning.daily_step_max": share,
        "learning.samples_min": "trades",
        "learning.return_scale": share,
        "mqtt.port": "a TCP port",
        "commands.per_minute_max": "commands",
        "commands.total_per_minute_max": "commands",
    ]
}

extension ConfigurationKey {
    /// What a value may be, its unit, and `reload` where one changes it: the line in brackets above
    /// the key in the shipped file, whose head explains lengths of time, sizes and shares.
    package var note: String {
        var parts = [expectation]
        if let examples = expectation.range(of: ", like ") {
            let rest = expectation[examples.lowerBound...]
            let word = rest.range(of: "\" or \"", options: .backwards)
            // "… like "2h" or "3d" or "none"": what follows the examples stays.
            let isOptional = rest.components(separatedBy: "\" or \"").count > 2
            parts = [
                String(expectation[..<examples.lowerBound])
                    + (isOptional ? word.map { " or \"" + rest[$0.upperBound...] } ?? "" : "")
            ]
        }
        if let unit = Self.units[path] {
            parts.append(unit == Self.share ? "share" : unit)
        }
        if isReloaded { parts.append("reload") }
        return parts.joined(separator: "; ")
    }
}
