import Domain

/// Bounds of the per-symbol window of readings, and the strategy that reads it.
package struct SentimentConfig: Sendable, Equatable {
    /// Readings kept per symbol; the oldest makes room.
    package var windowItems = 64
    /// Readings older than this leave the window.
    package var windowAge = Span(seconds: 24 * 3600)
    /// Readings below this confidence do not enter the window.
    package var confidenceMin = 0.15

    package init() {}
}
