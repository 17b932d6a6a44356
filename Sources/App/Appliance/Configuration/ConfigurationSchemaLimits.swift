import Backtest
import Domain
import Learning
import Primitives
import Risk

extension ConfigurationSchema {
    static let risk: [ConfigurationKey] = [
        ConfigurationKey(
            "risk.price_age_max", \.risk.priceAgeMax, Codec.span(second...day).or("none"),
            limit: true, "No entry on a price older than this."),
        ConfigurationKey(
            "risk.cooldown", \.risk.cooldown,
            Codec.span(.zero...Span(seconds: 30 * 86400)).or("none"), limit: true,
            "No entry in a symbol for this long after a position in it was closed."),
        ConfigurationKey(
            "risk.position_share_max", \.risk.positionShareMax,
            Codec.number(0...1, above: true).or("none"), limit: true,
            "One position's cost at most, as a share of equity."),
        ConfigurationKey(
            "risk.positions_max", \.risk.positionsMax, Codec.integer(1...1000).or("none"),
            limit: true, "Positions held at a time."),
        ConfigurationKey(
            "risk.exposure_share_max", \.risk.exposureShareMax,
            Codec.number(0...4, above: true).or("none"), limit: true,
            "All positions and working entries at most, as a share of equity."),
        ConfigurationKey(
            "risk.orders_per_minute_max", \.risk.ordersPerMinuteMax,
            Codec.integer(1...1000).or("none"), limit: true, "Orders in any minute."),
        ConfigurationKey(
            "risk.orders_per_day_max", \.risk.ordersPerDayMax,
            Codec.integer(1...100_000).or("none"), limit: true, "Orders in a day of New York."),
        ConfigurationKey(
            "risk.notional_per_day_max", \.risk.notionalPerDayShareMax,
            Codec.number(0...1000, above: true).or("none"), limit: true,
            "What a day's entries may cost together, as a share of equity."),
        ConfigurationKey(
            "risk.daily_loss_share_max", \.risk.dailyLossShareMax,
            Codec.number(0...1, above: true).or("none"), limit: true,
            "No entries once the day has lost this share of the equity it began with."),
        ConfigurationKey(
            "risk.drawdown_share_max", \.risk.drawdownShareMax,
            Codec.number(0...1, above: true).or("none"), limit: true,
            "No entries once equity is this share below its peak."),
        ConfigurationKey(
            "risk.latches", \.risk.latches, .flag,
            "Whether such a loss holds entries until a person resumes; never in backtests."),
        ConfigurationKey(
            "risk.losing_streak_max", \.risk.losingStreakMax,
            Codec.integer(1...1000).or("none"),
            "Round trips lost in a row that hold entries as well."),
        ConfigurationKey(
            "risk.order_failures_max", \.risk.orderFailuresShareMax,
            Codec.number(0...1, above: true).or("none"),
            "The share of the latest 20 orders that failed which holds entries as well."),
        ConfigurationKey(
            "risk.cash_only", \.risk.cashOnly, .flag,
            "Whether entries may spend only the cash at hand."),
    ]

    static let broker: [ConfigurationKey] = [
        ConfigurationKey(
            "broker.kind", \.broker.kind, .choice(later: ["alpaca-paper", "alpaca-live"]),
            "Who fills orders: the venue inside this process, without real money."),
        ConfigurationKey(
            "broker.slippage_bps", \.broker.venue.slippageBasisPoints, .integer(0...1000),
            "Hundredths of a percent that market and stop orders lose to the market."),
        ConfigurationKey(
            "broker.fee_bps", \.broker.venue.feeBasisPoints, .integer(0...1000),
            "Hundredths of a percent of the amount, taken as a fee."),
        ConfigurationKey(
            "broker.fee_per_order", \.broker.venue.feePerOrder,
            .decimal("an amount", Money.zero...Money(whole: 1000)),
            "A fee in USD for each order."),
        ConfigurationKey(
            "broker.participation", \.broker.venue.participation,
            Codec.number(0...1, above: true).or("none"),
            "The share of a bar's volume that an order may fill; \"none\" sets no bound."),
    ]

    static let learning: [ConfigurationKey] = [
        ConfigurationKey(
            "learning.enabled", \.learning.enabled, .flag,
            "Whether closed trades move the weights of the strategies."),
        ConfigurationKey(
            "learning.rate", \.learning.rate, .share, "How strongly one trade speaks."),
        ConfigurationKey(
            "learning.floor", \.learning.floor, .share,
            "No enabled strategy falls below this weight."),
        ConfigurationKey(
            "learning.ceiling", \.learning.ceiling, .share,
            "No strategy rises above this weight."),
        ConfigurationKey(
            "learning.daily_step_max", \.learning.dailyStepMax, .share,
            "No weight moves more than this in a day of New York."),
        ConfigurationKey(
            "learning.samples_min", \.learning.samplesMin, .integer(1...10_000),
            "Trades credited to a strategy before its weight may move."),
        ConfigurationKey(
            "learning.return_scale", \.learning.returnScale, .number(0...1, above: true),
            "A return of this size counts as a full success or failure."),
    ]

    static let storage: [ConfigurationKey] = [
        ConfigurationKey(
            "storage.path", \.storage.path, .path,
            "The folder of the databases; made when it is missing."),
        ConfigurationKey(
            "storage.retention_bars", \.storage.retentionBars, .span(day...tenYears),
            "Bars are deleted after this time."),
        ConfigurationKey(
            "storage.retention_news", \.storage.retentionNews, .span(day...tenYears),
            "News is deleted after this time."),
        ConfigurationKey(
            "storage.retention_readings", \.storage.retentionReadings, .span(day...tenYears),
            "Sentiment readings are deleted after this time."),
        ConfigurationKey(
            "storage.retention_equity", \.storage.retentionEquity, .span(day...tenYears),
            "Equity snapshots inside a session are deleted after this time; its close stays."),
        ConfigurationKey(
            "storage.free_min", \.storage.freeMin, .bytes((1 << 20)...(1 << 40)),
            "With less room on the disk of the store than this, no position is opened."),
        ConfigurationKey(
            "storage.reserve", \.storage.reserve, .bytes((1 << 20)...(1 << 30)),
            "Room on the disk kept for the ledger's last rows, should the disk be full."),
    ]
}
