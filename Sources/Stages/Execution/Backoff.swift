import Domain
import Primitives

/// Waits between attempts: full jitter over half of the base, so that many who wait do not come
/// back together. A function of who waits and how often it did, so that a run can be replayed.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
enum Backoff {
    /// - Parameters:
    ///   - seed: who waits: an order's id.
    ///   - attempt: 0 for the first wait.
    static func delay(_ seed: String, attempt: Int, base: Span, cap: Span) -> Span {
        let floor = base.nanoseconds / 2
        let doublings = min(max(attempt, 0), 20)
        let (grown, overflow) = base.nanoseconds.multipliedReportingOverflow(by: 1 << doublings)
        let limit = overflow ? cap.nanoseconds : min(cap.nanoseconds, grown)
        return Span(
            nanoseconds: floor + Int64(Double(max(0, limit - floor)) * share(seed, attempt)))
    }

    /// 0 ..< 1.
    static func share(_ seed: String, _ attempt: Int) -> Double {
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(attempt)
        return Double(hash.value64 >> 11) * 0x1p-53
    }
}
