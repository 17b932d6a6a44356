import Domain
import Primitives
import Testing

@testable import Portfolio

struct EquityTrackerTests {
    private func observe(_ equities: [Int64], _ tracker: inout EquityTracker) {
        for (index, equity) in equities.enumerated() {
            tracker.observe(
                equity: Money(whole: equity), at: start + Span(seconds: Int64(index)))
        }
    }

    @Test("The largest fall in money and the largest relative one may differ")
    func worst() throws {
        var tracker = EquityTracker()
        observe([100, 80, 90, 200, 170, 210, 209], &tracker)
        let worst = try #require(tracker.worst)
        #expect(worst.amount == money("30") && worst.peak == money("200"))
        #expect(worst.ratio == 0.15)
        #expect(worst.peakAt == start + Span(seconds: 3))
        #expect(worst.troughAt == start + Span(seconds: 4))
        #expect(tracker.worstRatio == 0.2)
        #expect(tracker.peak == money("210"))
    }

    @Test("Without observations there is no figure")
    func empty() {
        var tracker = EquityTracker()
        #expect(tracker.peak == nil && tracker.worst == nil && tracker.worstRatio == nil)
        #expect(tracker.dayStartEquity == nil)
        // A peak that is not positive gives no ratio.
        observe([-5, -9], &tracker)
        #expect(tracker.drawdownMax == money("4") && tracker.worstRatio == nil)
    }

    @Test("A day opens once")
    func days() {
        var tracker = EquityTracker()
        tracker.beginDay("2025-07-03", equity: money("100"))
        tracker.beginDay("2025-07-03", equity: money("120"))
        #expect(tracker.dayStartEquity == money("100"))
        tracker.beginDay("2025-07-07", equity: money("130"))
        #expect(tracker.dayStartEquity == money("130"))
    }

    @Test("S05: a checkpoint brings back the peak, the largest fall and the day")
    func restart() {
        var tracker = EquityTracker()
        #expect(
            EquityTracker(restoring: tracker.checkpoint(at: start, feedPosition: 0)) == tracker)
        observe([100, 200, 170, 190], &tracker)
        tracker.beginDay("2025-07-03", equity: money("170"))
        let checkpoint = tracker.checkpoint(at: start, feedPosition: 7)
        #expect(checkpoint.feedPosition == 7 && checkpoint.drawdownMax == money("30"))
        var restored = EquityTracker(restoring: checkpoint)
        for equity in [180, 210, 160] as [Int64] {
            observe([equity], &tracker)
            observe([equity], &restored)
            #expect(
                restored.checkpoint(at: start, feedPosition: 8)
                    == tracker.checkpoint(at: start, feedPosition: 8))
            #expect(restored.worstRatio == tracker.worstRatio)
        }
    }
}
