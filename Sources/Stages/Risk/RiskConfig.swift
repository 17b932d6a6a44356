import Domain
import Primitives

/// The limits of the gate. A nil limit is off (`"none"` in the file, backtests only).
package struct RiskConfig: Sendable, Equatable {
    /// No entries in the first seconds of a session, nor in the last.
    package var sessionEdgeOpen = Span(seconds: 300)
    package var sessionEdgeClose = Span(seconds: 900)
    /// The price a signal was made at may be this old.
    package var priceAgeMax: Span? = Span(seconds: 180)
    /// After a position in a symbol was closed.
    package var cooldown: Span? = Span(seconds: 1800)
    /// One position's cost as a share of equity, 0 ... 1.
    package var positionShareMax: Double? = 0.2
    package var positionsMax: Int? = 10
    /// All positions and working entries as a share of equity.
    package var exposureShareMax: Double? = 1.0
    package var ordersPerMinuteMax: Int? = 10
    package var ordersPerDayMax: Int? = 100
    /// What a day's entries may cost together, as a share of equity; exits do not count.
    package var notionalPerDayShareMax: Double? = 10
    /// No entries once the day's loss reaches this share of the day's starting equity.
    package var dailyLossShareMax: Double? = 0.03
    /// No entries once equity is this share below its peak.
    package var drawdownShareMax: Double? = 0.15
    /// Whether such a loss, and what the next two say, holds trading until a person lifts it.
    package var latches = true
    /// Round trips lost in a row.
    package var losingStreakMax: Int? = 12
    /// Of the latest 20 orders the share that was rejected, never arrived or fell silent; looked
    /// at from 10 orders on.
    package var orderFailuresShareMax: Double? = 0.5
    /// Entries may not spend more than the cash at hand.
    package var cashOnly = true
    package var shorts = false
    /// The most that the venue's slippage and fees take of a price, in hundredths of a percent.
    package var costBasisPoints: Int64 = 0
    /// What the venue takes for each order besides.
    package var feePerOrder = Money.zero
    package var sizing = SizingConfig()

    package init() {}
}

package struct SizingConfig: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable { case risk, fixed }
    package var mode = Mode.risk
    /// Shares per order in `fixed` mode.
    package var quantity = Quantity.one
    /// The smallest unit an order may have; quantities are rounded down to it.
    package var lot = Quantity.one
    /// Equity put into a position of strength 1, as a share.
    package var equityShare = 0.1
    /// Equity lost, as a share, when the price moves against the position by `stopATR` × ATR.
    package var riskShare = 0.005
    /// The stop distance in multiples of the average true range.
    package var stopATR = 8.0
    /// The stop distance is at least this share of the price.
    package var stopShareMin = 0.005

    package init() {}
}
