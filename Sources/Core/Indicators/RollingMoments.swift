import Domain
import Primitives

/// Mean and population deviation of the last n prices, exact: the sums are integers, so nothing
/// drifts over years and a rebuilt window gives the same bits as one that never stopped.
///
/// The caller keeps the prices and hands back the one that leaves. Bollinger bands are
/// mean ± k × deviation; the z-score is (x - mean)/deviation.
@frozen
public struct RollingMoments: Sendable, Equatable {
    public let period: Int
    @usableFromInline package internal(set) var count = 0
    @usableFromInline var sum: Int128 = 0
    @usableFromInline var squares: Int128 = 0

    /// - Parameter period: n, 2 ... 10,000.
    @inlinable
    package init(period: Int) {
        precondition((2...10_000).contains(period), "moments need 2 to 10,000 values")
        self.period = period
    }

    /// Takes `price`; `leaving` is the price n steps ago and is read only when the window is full.
    @inlinable
    package mutating func update(_ price: Price, leaving: Price?) {
        let entering = Int128(price.units)
        sum += entering
        // Wraps around only for prices beyond anything `deviation` answers for, and what wrapped
        // comes back when such a price leaves.
        squares &+= entering &* entering
        if count < period {
            count += 1
        } else if let leaving {
            let left = Int128(leaving.units)
            sum -= left
            squares &-= left &* left
        }
    }

    @inlinable
    package var isReady: Bool { count == period }

    /// In USD; nil until the window is full.
    @inlinable
    package var mean: Double? { isReady ? Double(sum) / Double(count) / 1e9 : nil }

    /// Population sigma in USD; nil until the window is full, and for prices over 10^6 USD.
    @inlinable
    package var deviation: Double? {
        guard isReady else { return nil }
        let n = Int128(count)
        // Up to a mean of 10^6 USD all sums are exact; n·Σx² - (Σx)² is then not negative.
        guard sum / n <= 1_000_000_000_000_000 else { return nil }
        let (a, overflowA) = squares.multipliedReportingOverflow(by: n)
        let (b, overflowB) = sum.multipliedReportingOverflow(by: sum)
        if overflowA || overflowB { return nil }
        return Double(a - b).squareRoot() / Double(count) / 1e9
    }

    /// (x - mean)/deviation; nil until the window is full or when nothing moved.
    @inlinable
    package func zScore(of price: Price) -> Double? {
        guard let mean, let deviation, deviation > 0 else { return nil }
        return (price.double - mean) / deviation
    }
}
