import Domain
import Primitives

extension RiskGate {
    /// Whether the limits of today would be broken by an entry that was approved before and has not
    /// left yet: what the last gate asks of one that waited.
    ///
    /// - Parameters:
    ///   - positions: open ones and those that working entries may open, this one included.
    ///   - exposure: of positions and reservations, this one's included.
    ///   - untilClose: what is left of the session; nil: no session, no edge.
    package func isOverfull(
        positions: Int, exposure: Money, equity: Money, untilClose: Span?
    ) -> Bool {
        if let most = config.positionsMax, positions > most { return true }
        if let untilClose, untilClose < config.sessionEdgeClose { return true }
        guard let share = config.exposureShareMax else { return false }
        return exposure > max(equity, .zero).portion(share)
    }
}
