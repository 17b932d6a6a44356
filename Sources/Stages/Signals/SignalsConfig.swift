import Domain

/// The three strategies and the ensemble over them.
package struct SignalsConfig: Sendable, Equatable {
    package struct Sentiment: Sendable, Equatable {
        package var enabled = true
        package var weight = 0.5
        /// Abstains with fewer readings in the window.
        package var minItems = 2
        /// Votes when |s| is at least this.
        package var threshold = 0.25
        /// A reading counts half after this time.
        package var halfLife = Span(seconds: 2 * 3600)
        package init() {}
    }

    package struct Trend: Sendable, Equatable {
        package var enabled = true
        package var weight = 0.3
        package var emaFast = 30
        package var emaSlow = 90
        package var rsiPeriod = 14
        /// No buying above this RSI.
        package var rsiMax = 70.0
        /// Bars before the first vote.
        package var warmup = 90
        package init() {}
    }

    package struct Reversion: Sendable, Equatable {
        package var enabled = true
        package var weight = 0.2
        /// Bars in the rolling mean and deviation.
        package var period = 90
        /// Votes against a close at least this many deviations from the mean.
        package var entryZ = 3.0
        package init() {}
    }

    package var sentiment = Sentiment()
    package var trend = Trend()
    package var reversion = Reversion()
    /// A position is opened when the weighted sum reaches this.
    package var entryThreshold = 0.3
    /// And closed when it falls to minus this.
    package var exitThreshold = 0.2
    /// Period of the average true range used in sizing and stops; 0 computes none.
    package var atrPeriod = 14
    /// Bars per symbol kept in memory, for corrections.
    package var barWindow = 64
    package var shorts = false

    package init() {}

    /// Bars from which every indicator can be rebuilt after a restart: 20 × the longest period.
    /// Wilder's smoothing forgets half as fast as an EMA of the same period, so it counts twice.
    package var rebuildBars: Int {
        var longest = max(1, 2 * atrPeriod)
        if trend.enabled { longest = max(longest, trend.emaSlow, 2 * trend.rsiPeriod) }
        var bars = 20 * longest
        if trend.enabled { bars = max(bars, trend.warmup) }
        if reversion.enabled { bars = max(bars, reversion.period) }
        return bars
    }
}

extension SignalsConfig {
    /// By `StrategyID.index`.
    package var enabled: [Bool] { [sentiment.enabled, trend.enabled, reversion.enabled] }
    package var weights: [Double] { [sentiment.weight, trend.weight, reversion.weight] }
}
