import Domain

extension Rules {
    /// ORDERS_PER_MINUTE: this order would be one more than the limit.
    @Sendable static func ordersPerMinute(_ proposal: Proposal) -> Refusal? {
        let count = proposal.context.ordersLastMinute
        guard let limit = proposal.config.ordersPerMinuteMax, count >= limit else { return nil }
        return Refusal(.ordersPerMinute, "orders_last_minute", count, limit: limit)
    }
}
