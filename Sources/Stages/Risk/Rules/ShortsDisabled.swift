import Domain

extension Rules {
    /// SHORTS_DISABLED: an entry that sells opens a short position, which must be opted into.
    @Sendable static func shortsDisabled(_ proposal: Proposal) -> Refusal? {
        guard proposal.signal.side == .sell, !proposal.config.shorts else { return nil }
        return Refusal(
            .shortsDisabled, [Figure("side", OrderSide.sell.rawValue), Figure("shorts", "false")])
    }
}
