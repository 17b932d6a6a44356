import Domain
import Primitives

extension Rules {
    /// EXPOSURE: all positions and working entries, this one included, stay within their share
    /// of equity, even if all of them fill.
    @Sendable static func exposure(_ proposal: Proposal, _ size: EntrySize) -> Refusal? {
        guard let limit = Limits.exposure(proposal) else { return nil }
        let after = max(proposal.context.exposure, .zero).clampedSum(size.reservation)
        guard after > limit else { return nil }
        return Refusal(
            .exposure, "exposure_after", after, limit: limit,
            Figure("exposure", proposal.context.exposure.description),
            Figure("reservation", size.reservation.description))
    }
}
