import Domain
import Primitives

extension Rules {
    /// CASH: the entry at the worst price is covered by the cash that no other order has
    /// reserved. A short entry needs the same cover, for it must be bought back.
    @Sendable static func cash(_ proposal: Proposal, _ size: EntrySize) -> Refusal? {
        let cash = proposal.context.cash
        guard proposal.config.cashOnly, size.reservation > cash else { return nil }
        return Refusal(
            .cash, "reservation", size.reservation, limit: cash,
            Figure("quantity", size.quantity.description))
    }
}
