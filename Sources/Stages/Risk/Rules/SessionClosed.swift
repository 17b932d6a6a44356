import Domain

extension Rules {
    /// SESSION_CLOSED: nothing is sent outside a session. The instants of opening and closing
    /// belong to it: the last bar is known exactly at the close.
    @Sendable static func sessionClosed(_ proposal: Proposal) -> Refusal? {
        let now = proposal.context.now
        guard let session = proposal.context.session else {
            return Refusal(
                .sessionClosed, [Figure("now", now.description), Figure("session", "none")])
        }
        guard now < session.open || now > session.close else { return nil }
        return Refusal(
            .sessionClosed,
            [
                Figure("now", now.description), Figure("open", session.open.description),
                Figure("close", session.close.description),
            ])
    }
}
