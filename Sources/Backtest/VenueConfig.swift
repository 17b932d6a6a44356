import Domain
import Primitives

/// The simulated venue's market model.
package struct VenueConfig: Sendable, Equatable {
    /// Hundredths of a percent against the taker, on market and stop orders.
    package var slippageBasisPoints: Int64 = 5
    /// Hundredths of a percent of the notional.
    package var feeBasisPoints: Int64 = 0
    package var feePerOrder = Money.zero
    /// At most this share of a bar's volume fills, 0 ... 1; nil: no limit.
    package var participation: Double? = 0.1

    package init() {}

    /// Slippage, and the fee on the price that has slipped, together and rounded up.
    package var costBasisPoints: Int64 {
        let product = Int128(10_000 + slippageBasisPoints) * Int128(10_000 + feeBasisPoints)
        return Int64(clamping: (product + 9_999) / 10_000 - 10_000)
    }
}
