import Domain

extension Rules {
    /// POSITION_COUNT: this position would be one more than the limit. A working entry counts as
    /// the position it may become at any moment.
    @Sendable static func positionCount(_ proposal: Proposal) -> Refusal? {
        guard let limit = proposal.config.positionsMax else { return nil }
        let count = proposal.context.openPositions + proposal.context.pendingEntries
        return count >= limit
            ? Refusal(.positionCount, "positions", count, limit: limit) : nil
    }
}
