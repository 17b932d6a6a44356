import Domain

extension Rules {
    /// MODE: entries need `active`; exits also pass in `reduce-only`, and those of a confirmed
    /// `flatten` in `paused`; otherwise nothing leaves.
    @Sendable static func mode(_ proposal: Proposal) -> Refusal? {
        let flattens = proposal.signal.reason == .flatten && proposal.context.isFlattening
        let loosest: TradingMode =
            proposal.isEntry ? .active : flattens ? .paused : .reduceOnly
        guard proposal.context.mode > loosest else { return nil }
        return Refusal(
            .mode,
            [
                Figure("mode", proposal.context.mode.rawValue),
                Figure("limit", loosest.rawValue),
            ])
    }
}
