import Domain

extension Rules {
    /// PRICE_STALE: neither the price the signal was made at nor the newest one may be older than
    /// the limit, nor lie in the future: that is a wrong clock or a look ahead.
    @Sendable static func priceStale(_ proposal: Proposal) -> Refusal? {
        guard let limit = proposal.config.priceAgeMax else { return nil }
        let now = proposal.context.now
        let signalAge = now - proposal.signal.priceTime
        if signalAge > limit || signalAge < .zero {
            return Refusal(.priceStale, "signal_price_age", signalAge, limit: limit)
        }
        let age = now - (proposal.context.priceTime ?? .distantPast)
        if age > limit || age < .zero {
            return Refusal(.priceStale, "price_age", age, limit: limit)
        }
        return nil
    }
}
