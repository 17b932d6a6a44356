public import Primitives

/// USD per share, or per whole unit of what is traded. Positive wherever a price is meant.
@frozen
public struct Price: FixedDecimal {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }

    /// The tick of an order price under SEC Rule 612: 0.01 from 1 USD up, else 0.0001.
    package var tick: Price { Price(units: units >= 1_000_000_000 ? 10_000_000 : 100_000) }

    /// The nearest multiple of the tick at or below (`.down`) or at or above (`.up`).
    package func onTick(_ direction: TickRounding) -> Price {
        let tick = tick.units
        let (quotient, remainder) = units.quotientAndRemainder(dividingBy: tick)
        if remainder == 0 { return self }
        let down = quotient - (remainder < 0 ? 1 : 0)
        let result = direction == .down ? down : down + 1
        let (product, overflow) = result.multipliedReportingOverflow(by: tick)
        return overflow ? self : Price(units: product)
    }

    /// This price moved by `basisPoints` hundredths of a percent, half-even at 10^-9.
    package func moved(basisPoints: Int64) throws(DecimalError) -> Price {
        Price(units: try multiplyDivide(units, 10_000 + basisPoints, 10_000))
    }
}

package enum TickRounding: Sendable { case down, up }

/// Shares, whole or fractional (nine decimals). Signed in positions: negative is short.
@frozen
public struct Quantity: FixedDecimal {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }
    package static var one: Quantity { Quantity(whole: 1) }
    /// Without the sign; the one value that has no opposite saturates.
    @inlinable package var magnitude: Quantity {
        Quantity(units: units == .min ? .max : units < 0 ? -units : units)
    }

    /// Trailing zeros and an empty fraction trimmed: `100`, `0.5`.
    public var description: String { formatFixedDecimal(units, minimumFractionDigits: 0) }
}

/// An amount in USD.
@frozen
public struct Money: FixedDecimal {
    public let units: Int64
    @inlinable public init(units: Int64) { self.units = units }
    /// Without the sign; the one value that has no opposite saturates.
    @inlinable package var magnitude: Money {
        Money(units: units == .min ? .max : units < 0 ? -units : units)
    }
}

/// Shares traded in a bar: a whole count, never a price or a position.
@frozen
public struct Volume: Sendable, Hashable, Comparable {
    public let shares: Int64
    @inlinable package init(shares: Int64) { self.shares = shares }
    @inlinable public static func < (a: Volume, b: Volume) -> Bool { a.shares < b.shares }
}

extension FixedDecimal {
    /// The sum; throws `overflow`.
    @inlinable package func adding(_ other: Self) throws(DecimalError) -> Self {
        let (sum, overflow) = units.addingReportingOverflow(other.units)
        if overflow { throw .overflow }
        return Self(units: sum)
    }

    /// The difference; throws `overflow`.
    @inlinable package func subtracting(_ other: Self) throws(DecimalError) -> Self {
        let (difference, overflow) = units.subtractingReportingOverflow(other.units)
        if overflow { throw .overflow }
        return Self(units: difference)
    }

    /// The same amount with the other sign; throws `overflow` for the one value that has none.
    @inlinable package func negated() throws(DecimalError) -> Self {
        if units == .min { throw .overflow }
        return Self(units: -units)
    }
}

/// price × quantity, half-even at 10^-9 USD; throws `overflow`.
@inlinable package func * (price: Price, quantity: Quantity) throws(DecimalError) -> Money {
    Money(units: try multiplyDivide(price.units, quantity.units, 1_000_000_000))
}

extension Money {
    /// This amount × part / whole, half-even: the cost of some of a lot's shares.
    package func prorated(_ part: Quantity, of whole: Quantity) throws(DecimalError) -> Money {
        Money(units: try multiplyDivide(units, part.units, whole.units))
    }

    /// The average price of `quantity`; nil when the quantity is zero (S08: no value, no trap).
    package func price(per quantity: Quantity) -> Price? {
        guard let units = try? multiplyDivide(units, 1_000_000_000, quantity.units) else {
            return nil
        }
        return Price(units: units)
    }

    /// The ratio self / other as a plain number; nil when `other` is zero.
    package func ratio(to other: Money) -> Double? {
        other.isZero ? nil : Double(units) / Double(other.units)
    }
}
