import Domain
import Primitives

/// What is held of one symbol: the sum of its open lots.
package struct Position: Sendable, Equatable {
    package let symbol: Symbol
    /// Never zero; negative when short.
    package let quantity: Quantity
    /// Σ of the open lots' costs, before fees; negative when short.
    package let cost: Money
    /// cost / quantity; nil when that is no price (S08).
    package let averagePrice: Price?
    /// When the oldest open lot was opened, and by which order.
    package let openedAt: Timestamp
    package let entryOrder: ClientOrderID
    /// The last known price; nil before the first mark.
    package let mark: Price?
    /// quantity × mark, or the cost before the first mark; negative when short.
    package let marketValue: Money
    /// marketValue - cost, before fees; nil before the first mark.
    package let unrealized: Money?

    package var side: OrderSide { quantity.isNegative ? .sell : .buy }
}
