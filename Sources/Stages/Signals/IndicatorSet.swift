import Domain
import Indicators
import Primitives

/// The indicators of one symbol: plain memory, copied as a snapshot before a span of bars so that
/// a corrected bar can be replayed.
struct IndicatorSet: Sendable, Equatable {
    var fast: ExponentialAverage
    var slow: ExponentialAverage
    var strength: RelativeStrength
    var range: AverageTrueRange
    var moments: RollingMoments
    /// Bars seen, ever.
    var bars = 0
    /// fast - slow after the newest bar and the one before it.
    var difference = 0.0
    var previousDifference = 0.0

    init(_ config: SignalsConfig) {
        fast = ExponentialAverage(period: config.trend.emaFast)
        slow = ExponentialAverage(period: config.trend.emaSlow)
        strength = RelativeStrength(period: config.trend.rsiPeriod)
        range = AverageTrueRange(period: config.atrPeriod)
        moments = RollingMoments(period: config.reversion.period)
    }

    /// - Parameter leaving: the close `reversion.period` bars ago, when there is one.
    mutating func update(_ bar: Bar, leaving: Price?, _ config: SignalsConfig) {
        let close = bar.close.double
        if config.trend.enabled {
            fast.update(close)
            slow.update(close)
            strength.update(close)
            previousDifference = difference
            difference = fast.value - slow.value
        }
        if config.atrPeriod > 0 {
            range.update(high: bar.high.double, low: bar.low.double, close: close)
        }
        if config.reversion.enabled { moments.update(bar.close, leaving: leaving) }
        bars += 1
    }

    /// Enough bars for every strategy that is enabled and for the stop distance.
    @inline(__always)
    func isWarm(_ config: SignalsConfig) -> Bool {
        if config.trend.enabled && bars <= config.trend.warmup { return false }
        if config.reversion.enabled && !moments.isReady { return false }
        return config.atrPeriod == 0 || range.value != nil
    }

    /// The EMA cross with RSI filter: +1 when the difference rose above zero and the RSI is below
    /// its limit, -1 when it fell below zero, else 0 (abstains).
    @inline(__always)
    func trendDirection(_ config: SignalsConfig.Trend) -> Int {
        guard bars > config.warmup, bars > 1 else { return 0 }
        if previousDifference <= 0 && difference > 0 && strength.isBelow(config.rsiMax) { return 1 }
        if previousDifference >= 0 && difference < 0 { return -1 }
        return 0
    }
}
