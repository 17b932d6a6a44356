/// What traded in one interval. `start` is the interval's first instant; the bar is known only
/// at its end, which the envelope (`Stamped.at`) says.
@frozen
public struct Bar: Sendable, Equatable {
    public let symbol: SymbolID
    public let start: Timestamp
    public let open: Price
    public let high: Price
    public let low: Price
    public let close: Price
    public let volume: Volume

    @inlinable
    package init(
        symbol: SymbolID, start: Timestamp, open: Price, high: Price, low: Price, close: Price,
        volume: Volume
    ) {
        self.symbol = symbol
        self.start = start
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }

    /// What is wrong with the figures, or nil: prices positive, low ≤ open, close ≤ high, volume
    /// not negative.
    package var defect: BarDefect? {
        if low.units <= 0 { return .priceNotPositive }
        if high < low { return .highBelowLow }
        if open < low || open > high { return .openOutsideRange }
        if close < low || close > high { return .closeOutsideRange }
        if volume.shares < 0 { return .volumeNegative }
        return nil
    }
}

package enum BarDefect: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    case priceNotPositive = "price-not-positive"
    case highBelowLow = "high-below-low"
    case openOutsideRange = "open-outside-range"
    case closeOutsideRange = "close-outside-range"
    case volumeNegative = "volume-negative"

    package var description: String {
        switch self {
        case .priceNotPositive: "a price is zero or negative"
        case .highBelowLow: "the high is below the low"
        case .openOutsideRange: "the open lies outside low and high"
        case .closeOutsideRange: "the close lies outside low and high"
        case .volumeNegative: "the volume is negative"
        }
    }
}
