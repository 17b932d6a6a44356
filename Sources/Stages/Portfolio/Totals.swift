import Domain
import Primitives

/// The sums from which every figure of the account is read. A change is made on a copy, which
/// takes the place of the old one only when all of its figures can be represented.
struct Totals: Sendable, Equatable {
    var capital = Money.zero
    var cash = Money.zero
    /// Σ of the open lots' costs.
    var cost = Money.zero
    /// Σ of what the positions are worth.
    var marketValue = Money.zero
    /// Σ of the magnitudes of what the positions are worth.
    var exposure = Money.zero
    /// Σ of the gains of closed lots, before fees.
    var realizedGross = Money.zero
    /// Σ of the closed trades' P&L, after both sides' fees.
    var realized = Money.zero
    var fees = Money.zero

    private(set) var equity = Money.zero
    private(set) var unrealized = Money.zero

    /// One position's worth goes from `old` to `new`.
    mutating func revalue(from old: Money, to new: Money) throws(DecimalError) {
        // The smallest Int64 has no magnitude.
        guard new.units != .min else { throw .overflow }
        marketValue = try marketValue.subtracting(old).adding(new)
        exposure = try exposure.subtracting(old.magnitude).adding(new.magnitude)
    }

    /// As `revalue` and `settle` in one, in place: throws before anything has changed.
    mutating func mark(from old: Money, to new: Money) throws(DecimalError) {
        guard new.units != .min else { throw .overflow }
        let change = try new.subtracting(old)
        let marketValue = try marketValue.adding(change)
        let exposure = try exposure.adding(new.magnitude.subtracting(old.magnitude))
        let equity = try equity.adding(change)
        unrealized = try unrealized.adding(change)
        (self.marketValue, self.exposure, self.equity) = (marketValue, exposure, equity)
    }

    /// Brings the derived figures up to date; throws `overflow` when one cannot be represented.
    mutating func settle() throws(DecimalError) {
        equity = try cash.adding(marketValue)
        unrealized = try marketValue.subtracting(cost)
    }
}
