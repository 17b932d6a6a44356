import Domain
import Primitives

/// Seconds, as many decimals as needed: `180`, `0.25`, `-3`.
func plain(_ span: Span) -> String {
    formatFixedDecimal(span.nanoseconds, minimumFractionDigits: 0)
}

/// Up to nine decimals, rounded half to even; `unknown` for nil and for what is no such number.
func plain(_ number: Double?) -> String {
    guard let number, let units = Int64(exactly: (number * 1e9).rounded(.toNearestOrEven)) else {
        return "unknown"
    }
    return formatFixedDecimal(units, minimumFractionDigits: 0)
}

extension Refusal {
    /// A length of time that was compared with its limit.
    init(_ code: RefusalCode, _ name: String, _ span: Span, limit: Span) {
        self.init(
            code,
            [Figure("\(name)_seconds", plain(span)), Figure("limit_seconds", plain(limit))])
    }

    /// An amount that was compared with its limit; nil is shown as unknown.
    init(_ code: RefusalCode, _ name: String, _ amount: Money?, limit: Money?, _ more: Figure...) {
        self.init(
            code,
            [
                Figure(name, amount?.description ?? "unknown"),
                Figure("limit", limit?.description ?? "unknown"),
            ] + more)
    }

    /// A count that was compared with its limit.
    init(_ code: RefusalCode, _ name: String, _ count: Int, limit: Int) {
        self.init(code, [Figure(name, String(count)), Figure("limit", String(limit))])
    }
}
