import Calendar
import Domain
import Engine
import Execution
import Learning
import Portfolio
import Primitives
import Risk
import Signals

/// The engine as it is simulated: the limits of a real one, with strategies so nervous that orders
/// come all the time.
package func simulatedConfig(_ calendar: MarketCalendar) -> EngineConfig {
    var config = EngineConfig(calendar: calendar)
    config.interval = Span(seconds: 300)
    config.signals.sentiment.enabled = false
    config.signals.trend.emaFast = 2
    config.signals.trend.emaSlow = 5
    config.signals.trend.rsiPeriod = 3
    config.signals.trend.rsiMax = 99
    config.signals.trend.warmup = 6
    config.signals.trend.weight = 0.6
    config.signals.reversion.period = 6
    config.signals.reversion.entryZ = 1.2
    config.signals.reversion.weight = 0.4
    config.signals.entryThreshold = 0.2
    config.signals.exitThreshold = 0.2
    config.signals.atrPeriod = 4
    config.signals.barWindow = 16
    config.risk.sessionEdgeOpen = Span(seconds: 0)
    config.risk.sessionEdgeClose = Span(seconds: 600)
    config.risk.priceAgeMax = Span(seconds: 600)
    config.risk.cooldown = Span(seconds: 300)
    config.risk.positionShareMax = 0.3
    config.risk.positionsMax = 3
    config.risk.exposureShareMax = 0.6
    config.risk.ordersPerMinuteMax = 3
    config.risk.ordersPerDayMax = 30
    config.risk.costBasisPoints = 10
    config.risk.feePerOrder = Money(whole: 1)
    config.latches = true
    config.risk.losingStreakMax = 8
    config.risk.sizing.equityShare = 0.2
    config.risk.sizing.riskShare = 0.01
    config.risk.sizing.stopATR = 2
    config.execution.isOutside = true
    // A day is to be some 300 steps.
    config.execution.reconciliation.every = Span(seconds: 5_400)
    config.execution.idPrefix = "bw-sim"
    config.execution.takeProfitShare = 0.01
    config.execution.holdMax = Span(seconds: 3 * 3_600)
    config.learning.samplesMin = 3
    return config
}

/// Four symbols on a random walk, seen every five minutes; most instants show some of them.
struct ModelMarket {
    static let symbols = ["AAA", "BBB", "CCC", "DDD"].compactMap { Symbol($0) }
    static let interval = Span(seconds: 300)

    private(set) var prices: [Price]
    private var random: SeededRandom
    /// The newest bars of each symbol, for a restart.
    private(set) var recent: [RingBuffer<Bar>]
    /// Bars ever made: the place in the feed.
    private var drift: [Int64]

    init(random: SeededRandom) {
        self.random = random
        prices = [Price(whole: 20), Price(whole: 55), Price(whole: 120), Price(whole: 310)]
        recent = Self.symbols.map { _ in RingBuffer(capacity: 40) }
        drift = Self.symbols.map { _ in 0 }
    }

    /// The bars that end now.
    mutating func bars(start: Timestamp) -> [Bar] {
        var bars: [Bar] = []
        for index in Self.symbols.indices {
            // A trend that turns now and then makes crosses; a jump now and then reaches stops.
            if random.below(6) == 0 { drift[index] = Int64(random.below(61)) - 30 }
            var points = drift[index] + Int64(random.below(41)) - 20
            if random.below(60) == 0 { points += Int64(random.below(401)) - 200 }
            // Back towards the middle, so that prices stay prices for ever.
            let home = [20.0, 55, 120, 310][index]
            let away = prices[index].double / home
            if away > 1.5 { points -= 12 } else if away < 0.67 { points += 12 }
            let open = prices[index]
            let close = ((try? open.moved(basisPoints: points)) ?? open).onTick(.down)
            guard close.isPositive else { continue }
            prices[index] = close
            guard random.below(100) < 38 else { continue }
            let bar = Bar(
                symbol: SymbolID(index: index), start: start, open: open, high: max(open, close),
                low: min(open, close), close: close, volume: Volume(shares: 100_000))
            recent[index].append(bar)
            bars.append(bar)
        }
        return bars
    }
}
