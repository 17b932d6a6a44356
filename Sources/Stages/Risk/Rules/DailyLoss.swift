import Domain
import Primitives

extension Rules {
    /// DAILY_LOSS: no entries once equity has fallen from the day's start by the limit. Reaching
    /// it is enough. An unknown start refuses: what was lost is then unknown too.
    @Sendable static func dailyLoss(_ proposal: Proposal) -> Refusal? {
        guard let share = proposal.config.dailyLossShareMax else { return nil }
        let start = proposal.context.dayStartEquity
        let loss = start?.clampedDifference(proposal.context.equity)
        let limit = start?.portion(share)
        if let start, !start.isLost(proposal.context.equity, share) { return nil }
        return Refusal(
            .dailyLoss, "loss", loss, limit: limit,
            Figure("day_start_equity", start?.description ?? "unknown"),
            Figure("equity", proposal.context.equity.description))
    }
}
