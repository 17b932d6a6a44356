import Domain
import Execution
import Primitives
import Risk
import Signals

extension ConfigurationSchema {
    static let strategies: [ConfigurationKey] = [
        ConfigurationKey(
            "strategies.sentiment.enabled", \.signals.sentiment.enabled, .flag,
            "Whether the mood of the news may vote."),
        ConfigurationKey(
            "strategies.sentiment.weight", \.signals.sentiment.weight, .share,
            "Its share of the vote at first; the enabled weights are scaled to the sum 1."),
        ConfigurationKey(
            "strategies.sentiment.min_items", \.signals.sentiment.minItems, .integer(1...10_000),
            "It abstains with fewer readings."),
        ConfigurationKey(
            "strategies.sentiment.threshold", \.signals.sentiment.threshold, .share,
            "It votes when the weighted mean of the readings is this far from 0."),
        ConfigurationKey(
            "strategies.sentiment.half_life", \.signals.sentiment.halfLife,
            .span(second...Span(seconds: 90 * 86400)),
            "A reading counts half after this time."),
        ConfigurationKey(
            "strategies.trend.enabled", \.signals.trend.enabled, .flag,
            "Whether the crossing of two moving averages may vote."),
        ConfigurationKey(
            "strategies.trend.weight", \.signals.trend.weight, .share,
            "Its share of the vote at first."),
        ConfigurationKey(
            "strategies.trend.ema_fast", \.signals.trend.emaFast, .integer(1...1000),
            "Period of the fast average, in bars."),
        ConfigurationKey(
            "strategies.trend.ema_slow", \.signals.trend.emaSlow, .integer(2...2000),
            "Period of the slow average, in bars."),
        ConfigurationKey(
            "strategies.trend.rsi_period", \.signals.trend.rsiPeriod, .integer(1...1000),
            "Period of the relative strength index, in bars."),
        ConfigurationKey(
            "strategies.trend.rsi_max", \.signals.trend.rsiMax, .number(0...100),
            "It does not vote to buy at this relative strength or above."),
        ConfigurationKey(
            "strategies.trend.warmup", \.signals.trend.warmup, .integer(0...20_000),
            "Bars before its first vote."),
        ConfigurationKey(
            "strategies.reversion.enabled", \.signals.reversion.enabled, .flag,
            "Whether the return to the mean may vote."),
        ConfigurationKey(
            "strategies.reversion.weight", \.signals.reversion.weight, .share,
            "Its share of the vote at first."),
        ConfigurationKey(
            "strategies.reversion.period", \.signals.reversion.period, .integer(2...5000),
            "Bars in the rolling mean and deviation."),
        ConfigurationKey(
            "strategies.reversion.entry_z", \.signals.reversion.entryZ,
            .number(0...20, above: true),
            "It votes against a close this many deviations from the mean."),
    ]

    static let ensemble: [ConfigurationKey] = [
        ConfigurationKey(
            "ensemble.entry_threshold", \.signals.entryThreshold, .number(0...1, above: true),
            "A position is opened when the weighted sum of the votes reaches this."),
        ConfigurationKey(
            "ensemble.exit_threshold", \.signals.exitThreshold, .number(0...1, above: true),
            "A position is closed when the sum falls to minus this."),
        ConfigurationKey(
            "ensemble.bar_window", \.signals.barWindow, .integer(2...5000),
            "Bars kept in memory for each symbol."),
        ConfigurationKey(
            "ensemble.atr_period", \.signals.atrPeriod, .integer(0...1000),
            "Period of the average true range, in bars; 0 computes none."),
    ]

    static let sizing: [ConfigurationKey] = [
        ConfigurationKey(
            "sizing.mode", \.risk.sizing.mode, .choice(),
            "Size by equity and risk, or a fixed number of shares."),
        ConfigurationKey(
            "sizing.quantity", \.risk.sizing.quantity,
            .decimal("a quantity", Quantity(units: 1)...Quantity(whole: 1_000_000_000)),
            "Shares in each order of the mode \"fixed\"."),
        ConfigurationKey(
            "sizing.lot", \.risk.sizing.lot,
            .decimal("a quantity", Quantity(units: 1)...Quantity(whole: 1_000_000)),
            "The smallest unit; quantities are rounded down to it."),
        ConfigurationKey(
            "sizing.equity_share", \.risk.sizing.equityShare, .number(0...1, above: true),
            "The share of equity in a position of full strength."),
        ConfigurationKey(
            "sizing.risk_share", \.risk.sizing.riskShare, .number(0...1, above: true),
            "The share of equity that a position may lose down to its stop."),
        ConfigurationKey(
            "sizing.stop_atr", \.risk.sizing.stopATR, .number(0...100, above: true),
            "How far away the stop is, in average true ranges."),
        ConfigurationKey(
            "sizing.stop_share_min", \.risk.sizing.stopShareMin, .number(0...0.9),
            "How far away the stop is at least, as a share of the price."),
    ]

    static let exits: [ConfigurationKey] = [
        ConfigurationKey(
            "exits.protective_stops", \.execution.protectiveStops, .flag,
            "Whether every entry carries a stop that rests at the broker."),
        ConfigurationKey(
            "exits.take_profit", \.execution.takeProfitShare,
            Codec.number(0...100, above: true).or("none"),
            "A position is closed at this gain, as a share of the entry price."),
        ConfigurationKey(
            "exits.hold_max", \.execution.holdMax, Codec.span(second...tenYears).or("none"),
            "A position is closed after this time."),
    ]

    static let orders: [ConfigurationKey] = [
        ConfigurationKey(
            "orders.id_prefix", \.execution.idPrefix, .orderPrefix,
            "The first part of every order's id."),
        ConfigurationKey(
            "orders.installation", \.installation.name, Codec.installation.or("auto"),
            "The second part; \"auto\" is made with the ledger and never changes."),
        ConfigurationKey(
            "orders.intent_lifetime", \.execution.intentLifetime, .span(second...day),
            "An order that has not left by then is dropped."),
        ConfigurationKey(
            "orders.open_max", \.execution.ordersOpenMax, .integer(1...10_000),
            "Working orders at most."),
    ]
}
