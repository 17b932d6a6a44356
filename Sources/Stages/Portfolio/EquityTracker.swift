import Domain
import Primitives

/// Follows the marked equity from instant to instant: its peak, the deepest falls from a peak, and
/// what the day opened with. Constant size; an observation is a few comparisons.
package struct EquityTracker: Sendable, Equatable {
    /// A fall of the equity from the highest value before it.
    package struct Drawdown: Sendable, Equatable {
        package let amount: Money
        /// amount / peak; nil when the peak was not positive.
        package let ratio: Double?
        package let peak: Money
        /// Nil when it happened before the last restart.
        package let peakAt: Timestamp?
        package let troughAt: Timestamp?
    }

    /// Nil before the first observation.
    package private(set) var peak: Money?
    private var peakAt: Timestamp?
    /// The largest fall in money; nil while the equity has never been below its peak.
    package private(set) var worst: Drawdown?
    /// The largest fall relative to its peak, which may be another one.
    package private(set) var worstRatio: Double?
    /// The day (`YYYY-MM-DD`, New York) that `dayStartEquity` opened; empty before the first.
    package private(set) var sessionDate = ""
    package private(set) var dayStartEquity: Money?
    /// Set by `forgiveLoss` until the day is over.
    package private(set) var lossBase: Money?
    /// Set by `forgiveDrawdown`, rises with the equity, gone once the peak is reached again.
    package private(set) var drawdownBase: Money?

    package init() {}

    /// What the limits measure the day's loss from.
    package var lossStart: Money? { lossBase ?? dayStartEquity }
    /// What the limits measure the drawdown from.
    package var drawdownStart: Money? { drawdownBase ?? peak }

    /// A person has looked at the day's loss: the limit begins anew. The figures of the day stay.
    package mutating func forgiveLoss(equity: Money) { lossBase = equity }

    /// As `forgiveLoss`, for the drawdown.
    package mutating func forgiveDrawdown(equity: Money) {
        drawdownBase = peak.map { equity < $0 } ?? false ? equity : nil
    }

    /// Goes on after a restart. A checkpoint keeps the peak and the largest fall in money; the
    /// largest relative fall starts from their quotient, which is never too large.
    package init(restoring checkpoint: Checkpoint) {
        // Zero stands for an equity that was never observed.
        peak = checkpoint.equityPeak.isZero ? nil : checkpoint.equityPeak
        if checkpoint.drawdownMax.isPositive {
            let ratio =
                checkpoint.equityPeak.isPositive
                ? checkpoint.drawdownMax.ratio(to: checkpoint.equityPeak) : nil
            worst = Drawdown(
                amount: checkpoint.drawdownMax, ratio: ratio, peak: checkpoint.equityPeak,
                peakAt: nil, troughAt: nil)
            worstRatio = ratio
        }
        // Between sessions there is no date, and the day that is over is still the latest.
        if !checkpoint.sessionDate.isEmpty || checkpoint.dayStartEquity.isPositive {
            sessionDate = checkpoint.sessionDate
            dayStartEquity = checkpoint.dayStartEquity
            lossBase = checkpoint.lossBase
        }
        drawdownBase = checkpoint.drawdownBase
    }

    /// The equity at an instant that is not before the last one.
    package mutating func observe(equity: Money, at: Timestamp) {
        guard let peak, equity < peak else {
            if self.peak != equity { (self.peak, peakAt) = (equity, at) }
            drawdownBase = nil
            return
        }
        if let base = drawdownBase, equity > base { drawdownBase = equity }
        let fall = Self.fall(from: peak, to: equity)
        let ratio = peak.isPositive ? fall.ratio(to: peak) : nil
        if let ratio, ratio > worstRatio ?? 0 { worstRatio = ratio }
        if fall > drawdownMax {
            worst = Drawdown(
                amount: fall, ratio: ratio, peak: peak, peakAt: peakAt, troughAt: at)
        }
    }

    /// The first equity known on a new day; the same day again changes nothing.
    package mutating func beginDay(_ date: String, equity: Money) {
        guard date != sessionDate else { return }
        (sessionDate, dayStartEquity, lossBase) = (date, equity, nil)
    }

    /// A day has begun at an equity that nobody knows.
    package mutating func forgetDay() { (sessionDate, dayStartEquity, lossBase) = ("", nil, nil) }

    /// The largest fall in money so far; zero when there was none.
    package var drawdownMax: Money { worst?.amount ?? .zero }

    /// What must survive a restart.
    package func checkpoint(at: Timestamp, feedPosition: Int64) -> Checkpoint {
        Checkpoint(
            at: at, feedPosition: feedPosition, equityPeak: peak ?? .zero,
            drawdownMax: drawdownMax, sessionDate: sessionDate,
            dayStartEquity: dayStartEquity ?? .zero, lossBase: lossBase,
            drawdownBase: drawdownBase)
    }

    /// Saturates at the largest amount.
    private static func fall(from peak: Money, to equity: Money) -> Money {
        (try? peak.subtracting(equity)) ?? Money(units: .max)
    }
}
