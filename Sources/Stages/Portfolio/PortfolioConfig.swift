import Domain
import Primitives

package struct PortfolioConfig: Sendable, Equatable {
    /// The account's opening balance, booked once in an empty ledger.
    package var capital = Money(whole: 100_000)

    package init() {}
}
