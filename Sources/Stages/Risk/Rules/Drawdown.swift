import Domain
import Primitives

extension Rules {
    /// DRAWDOWN: no entries once equity has fallen from its peak by the limit. Reaching it is
    /// enough. An unknown peak refuses: what was lost is then unknown too.
    @Sendable static func drawdown(_ proposal: Proposal) -> Refusal? {
        guard let share = proposal.config.drawdownShareMax else { return nil }
        let peak = proposal.context.equityPeak
        let drawdown = peak?.clampedDifference(proposal.context.equity)
        let limit = peak?.portion(share)
        if let peak, !peak.isLost(proposal.context.equity, share) { return nil }
        return Refusal(
            .drawdown, "drawdown", drawdown, limit: limit,
            Figure("equity_peak", peak?.description ?? "unknown"),
            Figure("equity", proposal.context.equity.description))
    }
}
