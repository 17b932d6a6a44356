/// An exponential moving average, alpha = 2/(n+1), seeded with the first value.
@frozen
public struct ExponentialAverage: Sendable, Equatable {
    public let alpha: Double
    @usableFromInline package internal(set) var value = 0.0
    @usableFromInline var isSeeded = false

    /// - Parameter period: n, at least 1.
    @inlinable
    package init(period: Int) {
        precondition(period >= 1, "an average needs a period")
        alpha = 2 / Double(period + 1)
    }

    @inlinable
    package mutating func update(_ x: Double) {
        if isSeeded {
            value += alpha * (x - value)
        } else {
            value = x
            isSeeded = true
        }
    }
}

/// Relative strength after Wilder: the mean of the first n gains and losses, then smoothed by
/// 1/n. Source: J. W. Wilder, "New Concepts in Technical Trading Systems" (1978).
@frozen
public struct RelativeStrength: Sendable, Equatable {
    public let period: Int
    @usableFromInline var averageGain = 0.0
    @usableFromInline var averageLoss = 0.0
    @usableFromInline var previous = 0.0
    /// Values seen, up to period + 1.
    @usableFromInline var count = 0

    /// - Parameter period: n, at least 1.
    @inlinable
    package init(period: Int) {
        precondition(period >= 1, "a strength needs a period")
        self.period = period
    }

    @inlinable
    package mutating func update(_ x: Double) {
        let change = x - previous
        previous = x
        guard count > 0 else {
            count = 1
            return
        }
        let gain = change > 0 ? change : 0
        let loss = change < 0 ? -change : 0
        let n = Double(period)
        if count <= period {
            averageGain += gain / n
            averageLoss += loss / n
            count += 1
        } else {
            averageGain += (gain - averageGain) / n
            averageLoss += (loss - averageLoss) / n
        }
    }

    @inlinable
    package var isReady: Bool { count > period }

    /// 0 ... 100; 50 for a series that has not moved. Nil before n changes.
    @inlinable
    package var value: Double? {
        guard isReady else { return nil }
        let sum = averageGain + averageLoss
        return sum > 0 ? 100 * averageGain / sum : 50
    }

    /// `value < limit` without a division; false before n changes.
    @inlinable
    package func isBelow(_ limit: Double) -> Bool {
        isReady && 100 * averageGain < limit * (averageGain + averageLoss)
    }
}

/// Average true range after Wilder: the mean of the first n true ranges, then smoothed by 1/n.
/// Source: as `RelativeStrength`. The first bar's range is high - low.
@frozen
public struct AverageTrueRange: Sendable, Equatable {
    public let period: Int
    @usableFromInline var average = 0.0
    @usableFromInline var previousClose = 0.0
    @usableFromInline var count = 0

    /// - Parameter period: n; 0 computes nothing.
    @inlinable
    package init(period: Int) {
        precondition(period >= 0, "a range needs a period")
        self.period = period
    }

    @inlinable
    package mutating func update(high: Double, low: Double, close: Double) {
        guard period > 0 else { return }
        var range = high - low
        if count > 0 {
            range = max(range, (high - previousClose).magnitude)
            range = max(range, (low - previousClose).magnitude)
        }
        previousClose = close
        if count < period {
            average += range / Double(period)
            count += 1
        } else {
            average += (range - average) / Double(period)
        }
    }

    /// In the price's unit; nil before n bars.
    @inlinable
    package var value: Double? { period > 0 && count == period ? average : nil }
}
