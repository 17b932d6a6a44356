import Domain

extension Rules {
    /// MODE: entries need `active`; exits also pass in `reduce-only`; otherwise nothing leaves.
    @Sendable static func mode(_ proposal: Proposal) -> Refusal? {
        let loosest: TradingMode = proposal.isEntry ? .active : .reduceOnly
        guard proposal.context.mode > loosest else { return nil }
        return Refusal(
            .mode,
            [
                Figure("mode", proposal.context.mode.rawValue),
                Figure("limit", loosest.rawValue),
            ])
    }
}
