import Domain

extension Rules {
    /// COOLDOWN: a symbol rests after its position was closed, so that one noisy price or story
    /// is not traded again and again.
    @Sendable static func cooldown(_ proposal: Proposal) -> Refusal? {
        guard let limit = proposal.config.cooldown, let exit = proposal.context.lastExit else {
            return nil
        }
        let since = proposal.context.now - exit
        return since < limit ? Refusal(.cooldown, "since_exit", since, limit: limit) : nil
    }
}
