import Domain
import Primitives

extension RiskGate {
    /// Whether the day's loss has reached its limit: what refuses entries is what holds trading.
    /// - Parameter start: what the loss is measured from; nil: unknown, and not reached.
    package func isDayLost(from start: Money?, to equity: Money) -> Bool {
        guard let start, equity < start, let share = config.dailyLossShareMax else { return false }
        return start.isLost(equity, share)
    }

    /// Whether the fall from the peak has reached its limit.
    package func isDrawnDown(from peak: Money?, to equity: Money) -> Bool {
        guard let peak, equity < peak, let share = config.drawdownShareMax else { return false }
        return peak.isLost(equity, share)
    }
}

extension Money {
    /// Whether `equity` is lower than this by `share` of this, or more.
    func isLost(_ equity: Money, _ share: Double) -> Bool {
        clampedDifference(equity) >= portion(share)
    }
}
