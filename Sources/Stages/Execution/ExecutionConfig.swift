import Domain

/// How decisions become orders, and when positions are left.
package struct ExecutionConfig: Sendable, Equatable {
    /// Names environment and installation in every order id: `sim-local`, `paper-1f3a`. `[a-z0-9-]`.
    package var idPrefix = "bw-paper"
    /// An intent that has not left by then is dropped.
    package var intentLifetime = Span(seconds: 60)
    /// Each entry carries a protective stop at this many ATRs (see `SizingConfig.stopATR`).
    package var protectiveStops = true
    /// Closed when the gain reaches this share of the entry price; nil: off.
    package var takeProfitShare: Double? = 0.03
    /// Closed after this time; nil: off.
    package var holdMax: Span? = Span(seconds: 2 * 86400)
    /// Working orders at most; beyond it new intents are refused.
    package var ordersOpenMax = 512

    package init() {}
}
