import Domain

extension Rules {
    /// ORDERS_PER_DAY: this order would be one more than the limit.
    @Sendable static func ordersPerDay(_ proposal: Proposal) -> Refusal? {
        let count = proposal.context.ordersToday
        guard let limit = proposal.config.ordersPerDayMax, count >= limit else { return nil }
        return Refusal(.ordersPerDay, "orders_today", count, limit: limit)
    }
}
