import Domain
import Primitives

extension Rules {
    /// NOTIONAL_PER_DAY: what the day's entries cost together, this one included at the price of
    /// its signal, stays within its share of equity, whatever was closed in between.
    @Sendable static func notionalPerDay(_ proposal: Proposal, _ size: EntrySize) -> Refusal? {
        guard let share = proposal.config.notionalPerDayShareMax else { return nil }
        let limit = proposal.context.equity.portion(share)
        let own = (try? proposal.signal.price * size.quantity) ?? Money(units: .max)
        let today = proposal.context.notionalToday
        let after = today.clampedSum(own)
        guard after > limit else { return nil }
        return Refusal(
            .notionalPerDay, "notional_after", after, limit: limit,
            Figure("notional_today", today.description))
    }
}
