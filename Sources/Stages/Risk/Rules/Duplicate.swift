import Domain
import Primitives

extension Rules {
    /// DUPLICATE: one position and one working order a symbol. An entry waits until both are gone;
    /// an exit waits until no order works, or it could sell the same shares twice.
    @Sendable static func duplicate(_ proposal: Proposal) -> Refusal? {
        let context = proposal.context
        let isHeld = proposal.isEntry && !context.position.isZero
        guard isHeld || context.workingOrders > 0 else { return nil }
        return Refusal(
            .duplicate,
            [
                Figure("position", context.position.description),
                Figure("working_orders", String(context.workingOrders)),
                Figure("limit", "0"),
            ])
    }
}
