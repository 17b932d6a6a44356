import Domain
import Primitives

extension Rules {
    /// QUANTITY_ZERO of an entry: what may be bought is less than a lot. The figures name the
    /// bound that made it so.
    @Sendable static func quantityZero(_ proposal: Proposal, _ size: EntrySize) -> Refusal? {
        size.quantity.isPositive ? nil : Refusal(.quantityZero, size.figures)
    }

    /// QUANTITY_ZERO of an exit: there is nothing on the other side to close. An exit in the
    /// direction of the position would add to it, so what it may close is zero as well.
    @Sendable static func nothingToClose(_ proposal: Proposal) -> Refusal? {
        guard !proposal.closable.isPositive else { return nil }
        return Refusal(
            .quantityZero,
            [
                Figure("position", proposal.context.position.description),
                Figure("side", proposal.signal.side.rawValue),
                Figure("quantity", proposal.closable.description),
            ])
    }
}
