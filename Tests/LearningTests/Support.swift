import Domain
import Primitives
import Testing

@testable import Learning

let at = Timestamp(seconds: 1_700_000_000)
let all = [true, true, true]
let prior = [0.5, 0.3, 0.2]

func config(_ change: (inout LearningConfig) -> Void = { _ in }) -> LearningConfig {
    var config = LearningConfig()
    config.samplesMin = 1
    change(&config)
    return config
}

/// A long (or short) trade of 1,000 USD that returned `percent` after costs.
func trade(
    _ percent: Double, side: OrderSide = .buy, id: String = "e1/e2",
    entry: Price = Price(whole: 100), quantity: Quantity = Quantity(whole: 10)
) throws -> ClosedTrade {
    let order = try #require(ClientOrderID("o1"))
    return ClosedTrade(
        id: id, symbol: try #require(Symbol("AAPL")), side: side, quantity: quantity,
        entryOrder: order, exitOrder: order, entryTime: at, exitTime: at + Span(seconds: 60),
        entryPrice: entry, exitPrice: Price(whole: 100), costs: .zero,
        pnl: Money(units: Int64((percent * 10_000_000_000).rounded())), reason: .flip)
}

func votes(_ directions: [StrategyID: Int], strength: Double = 1) -> [Vote] {
    directions.sorted { $0.key < $1.key }.map {
        Vote(strategy: $0.key, direction: $0.value, strength: strength)
    }
}

/// Day `n` of a run, as the engine writes it.
func day(_ n: Int) -> String { CivilDate(daysSinceEpoch: 19_000 + n).description }
