import Domain
import Primitives

/// What the gate says of a signal.
package enum RiskVerdict: Sendable, Equatable {
    case approved(ApprovedOrder)
    case refused(Refusal)

    /// As it is stored and published.
    package var record: Verdict {
        switch self {
        case .approved(let order): .approved(quantity: order.quantity, figures: order.figures)
        case .refused(let refusal): .refused(refusal)
        }
    }
}

/// An order that passed every rule. Nobody outside this module can make one: the initialisers
/// are internal, so code that sends unapproved orders does not compile.
package struct ApprovedOrder: Sendable, Equatable {
    package let signal: Signal
    package let side: OrderSide
    /// Positive. For an exit the whole position.
    package let quantity: Quantity
    /// The newest price at the judgement.
    package let referencePrice: Price
    /// Entries: from the reference price to the protective stop before rounding to the tick;
    /// nil when volatility is unknown, and for exits.
    package let stopDistance: Price?
    /// Entries: where the protective stop rests, on the tick, positive, below the reference
    /// price of a long entry and above that of a short one; nil when there is no such price,
    /// and for exits.
    package let stopPrice: Price?
    /// To be held from exposure and cash until the order is terminal: the worst notional.
    /// Zero for an exit, which needs no budget.
    package let reservation: Money
    /// How the size came about.
    package let figures: [Figure]

    init(entry proposal: Proposal, _ size: EntrySize) {
        signal = proposal.signal
        side = proposal.signal.side
        quantity = size.quantity
        referencePrice = size.referencePrice
        stopDistance = size.stopDistance
        stopPrice = size.stopPrice
        reservation = size.reservation
        figures = size.figures
    }

    init(exit proposal: Proposal) {
        signal = proposal.signal
        side = proposal.signal.side
        quantity = proposal.closable
        referencePrice = proposal.context.price ?? proposal.signal.price
        stopDistance = nil
        stopPrice = nil
        reservation = .zero
        figures = [
            Figure("position", proposal.context.position.description),
            Figure("quantity", proposal.closable.description),
            Figure("price", referencePrice.description),
        ]
    }
}
