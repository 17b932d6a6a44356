import Domain

extension Rules {
    /// SESSION_EDGE: no entries in the first seconds of a session, where spreads are wide, nor in
    /// the last, where there is no time left to leave. An edge of zero is off.
    @Sendable static func sessionEdge(_ proposal: Proposal) -> Refusal? {
        guard let session = proposal.context.session else { return nil }
        let sinceOpen = proposal.context.now - session.open
        if sinceOpen < proposal.config.sessionEdgeOpen {
            return Refusal(
                .sessionEdge, "since_open", sinceOpen, limit: proposal.config.sessionEdgeOpen)
        }
        let untilClose = session.close - proposal.context.now
        if untilClose < proposal.config.sessionEdgeClose {
            return Refusal(
                .sessionEdge, "until_close", untilClose, limit: proposal.config.sessionEdgeClose)
        }
        return nil
    }
}
