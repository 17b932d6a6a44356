import Domain
import Primitives

extension Rules {
    /// PRICE_MISSING: the signal and the market both need a price above zero, and the market's
    /// must say when it was known.
    @Sendable static func priceMissing(_ proposal: Proposal) -> Refusal? {
        let context = proposal.context
        let isKnown = context.price.map(\.isPositive) ?? false
        if isKnown, context.priceTime != nil, proposal.signal.price.isPositive { return nil }
        return Refusal(
            .priceMissing,
            [
                Figure("price", context.price?.description ?? "unknown"),
                Figure("price_time", context.priceTime?.description ?? "unknown"),
                Figure("signal_price", proposal.signal.price.description),
            ])
    }
}
