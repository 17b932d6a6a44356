import Domain
import Primitives

/// The mean of a symbol's window of readings at one time.
package struct SentimentAggregate: Sendable, Equatable {
    /// -1 ... 1
    package let value: Double
    /// Readings in the window, at least 1.
    package let count: Int

    package init(value: Double, count: Int) {
        self.value = value
        self.count = count
    }
}

/// A bounded window of readings for each symbol.
///
/// SentimentReading -> window; (symbol, time, half life) -> SentimentAggregate.
/// - A window holds the newest `windowItems` readings no older than `windowAge`, by time and then
///   news id: the order in which readings arrive, late or reloaded, leaves no trace.
/// - `aggregate` is asked on every bar. As time passes all weights shrink by the same factor, which
///   cancels, so the value is kept and computed anew only when a reading enters or leaves.
/// - A reading whose figures are not numbers, or below `confidenceMin`, never enters.
package struct SentimentWindows: Sendable {
    /// Sorted by time, then id. An array rather than a ring, as late readings are inserted; taking
    /// the oldest out moves at most `windowItems` elements and allocates nothing.
    fileprivate struct Window: Sendable {
        var readings: [SentimentReading] = []
        /// Nothing expires up to here.
        var validUntil = Timestamp.distantPast
        var cached: SentimentAggregate?
        var cachedHalfLife = Span.zero
    }

    private let itemsMax: Int
    private let windowAge: Span
    private let confidenceMin: Double
    /// Indexed by `SymbolID.index`.
    private var windows: [Window] = []

    package init(_ config: SentimentConfig) {
        itemsMax = max(1, config.windowItems)
        windowAge = max(.zero, config.windowAge)
        confidenceMin = config.confidenceMin
    }

    /// Puts `reading` into the window of `id`; a reading of the same news replaces the one before.
    /// - Returns: false when it was dropped: not confident enough, older than the window, or older
    ///   than everything in a full window.
    @discardableResult
    package mutating func add(_ reading: SentimentReading, to id: SymbolID) -> Bool {
        precondition(id.index >= 0, "ids come from the symbol table")
        let confidence = reading.score.confidence
        guard reading.score.score.isFinite, confidence.isFinite, confidence > 0,
            confidence >= confidenceMin
        else { return false }
        while windows.count <= id.index { windows.append(Window()) }
        return windows[id.index].add(reading, itemsMax: itemsMax, windowAge: windowAge)
    }

    /// The weighted mean of the window of `id`, nil when it is empty.
    ///
    /// s = sum(score × confidence × 2^(-age / halfLife)) / sum(confidence × 2^(-age / halfLife)).
    /// Readings older than `windowAge` leave for good, so `at` must not run backwards.
    /// - Parameter halfLife: with zero or less only the newest readings count.
    package mutating func aggregate(
        _ id: SymbolID, at: Timestamp, halfLife: Span
    ) -> SentimentAggregate? {
        guard id.index >= 0, id.index < windows.count, !windows[id.index].readings.isEmpty else {
            return nil
        }
        return windows[id.index].aggregate(at: at, halfLife: halfLife, windowAge: windowAge)
    }

    /// The window of `id`, oldest first, as of the last `add` or `aggregate`.
    package func readings(_ id: SymbolID) -> [SentimentReading] {
        id.index >= 0 && id.index < windows.count ? windows[id.index].readings : []
    }
}

extension SentimentWindows.Window {
    fileprivate mutating func add(
        _ reading: SentimentReading, itemsMax: Int, windowAge: Span
    ) -> Bool {
        if let newest = readings.last, newest.at - reading.at > windowAge { return false }
        if let same = readings.firstIndex(where: { $0.newsID == reading.newsID }) {
            readings.remove(at: same)
            cached = nil
        }
        var index = readings.count
        while index > 0, reading.precedes(readings[index - 1]) { index -= 1 }
        if readings.count >= itemsMax {
            if index == 0 { return false }
            readings.removeFirst(readings.count - itemsMax + 1)
            index -= 1
        }
        readings.insert(reading, at: index)
        expire(at: readings[readings.count - 1].at, windowAge: windowAge)
        return true
    }

    private mutating func expire(at now: Timestamp, windowAge: Span) {
        var expired = 0
        while expired < readings.count, now - readings[expired].at > windowAge { expired += 1 }
        if expired > 0 { readings.removeFirst(expired) }
        validUntil = readings.first.map { $0.at + windowAge } ?? .distantPast
        cached = nil
    }

    fileprivate mutating func aggregate(
        at now: Timestamp, halfLife: Span, windowAge: Span
    ) -> SentimentAggregate? {
        if now > validUntil {
            expire(at: now, windowAge: windowAge)
            if readings.isEmpty { return nil }
        }
        if let cached, cachedHalfLife == halfLife { return cached }
        let aggregate = SentimentAggregate(value: mean(halfLife), count: readings.count)
        cached = aggregate
        cachedHalfLife = halfLife
        return aggregate
    }

    /// Ages count from the newest reading, whose weight is then 1: the sums neither vanish nor
    /// overflow, however old the window is.
    private func mean(_ halfLife: Span) -> Double {
        guard let newest = readings.last?.at else { return 0 }
        var numerator = 0.0
        var denominator = 0.0
        for reading in readings {
            let age = (newest - reading.at).nanoseconds
            let decay: Double
            if age == 0 {
                decay = 1
            } else if halfLife.nanoseconds <= 0 {
                decay = 0
            } else {
                decay = exp2Deterministic(-Double(age) / Double(halfLife.nanoseconds))
            }
            let weight = min(1, reading.score.confidence) * decay
            numerator += max(-1, min(1, reading.score.score)) * weight
            denominator += weight
        }
        guard denominator > 0 else { return 0 }
        return max(-1, min(1, numerator / denominator))
    }
}

extension SentimentReading {
    fileprivate func precedes(_ other: SentimentReading) -> Bool {
        at != other.at ? at < other.at : newsID < other.newsID
    }
}
