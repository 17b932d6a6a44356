import Domain
import Primitives

extension Rules {
    /// POSITION_NOTIONAL: the position at the worst price stays within its share of equity.
    /// Sizing by risk has been trimmed to it; a fixed quantity is refused.
    @Sendable static func positionNotional(_ proposal: Proposal, _ size: EntrySize) -> Refusal? {
        guard let limit = Limits.position(proposal), size.reservation > limit else { return nil }
        return Refusal(
            .positionNotional, "notional", size.reservation, limit: limit,
            Figure("quantity", size.quantity.description),
            Figure("equity", proposal.context.equity.description))
    }
}
