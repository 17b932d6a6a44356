import Domain

extension Rules {
    /// WARMING_UP: after a start the indicators need their window before they mean anything.
    @Sendable static func warming(_ proposal: Proposal) -> Refusal? {
        proposal.context.isWarm
            ? nil : Refusal(.warming, [Figure("warm", "false"), Figure("limit", "true")])
    }
}
