/// A decimal number with exactly nine fraction digits, held as an `Int64` count of 10^-9.
///
/// `Price`, `Quantity` and `Money` are distinct types of this shape: the same digits and the
/// same rounding, but only the operators whose dimension is right. The range is
/// ±9,223,372,036.854775807; everything that can leave it throws `DecimalError.overflow`.
///
/// The type is public, and with it the few others of the bar path, because the compiler (Swift
/// 6.3) inlines and specialises nothing of a `package` type across modules, `@inlinable` or not.
/// Their members stay `package`, so nothing more can be done with them outside.
public protocol FixedDecimal: Sendable, Hashable, Comparable, CustomStringConvertible, Codable {
    /// The value times 10^9.
    var units: Int64 { get }
    init(units: Int64)
}

/// Why a text is not a decimal, or why a result is none.
@frozen
public enum DecimalError: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    /// `offset` is the byte at which the text stops being a decimal number.
    case malformed(offset: Int)
    case tooManyFractionDigits
    case overflow
    case divisionByZero

    public var description: String {
        switch self {
        case .empty: "is empty"
        case .malformed(let offset): "is not a plain decimal number (character \(offset + 1))"
        case .tooManyFractionDigits: "has more than 9 digits after the point"
        case .overflow: "is outside ±9,223,372,036.85"
        case .divisionByZero: "would divide by zero"
        }
    }
}

extension FixedDecimal {
    @inlinable package static var scale: Int64 { 1_000_000_000 }
    @inlinable package static var zero: Self { Self(units: 0) }
    @inlinable package var isZero: Bool { units == 0 }
    @inlinable package var isPositive: Bool { units > 0 }
    @inlinable package var isNegative: Bool { units < 0 }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.units < b.units }

    /// A whole number, for literals in code: traps on overflow, so never for outside input.
    @inlinable package init(whole: Int64) { self.init(units: whole * 1_000_000_000) }

    /// The nearest `Double`: for indicators and plots, never back into money.
    @inlinable package var double: Double { Double(units) / 1e9 }

    /// Reads `-?digits[.digits]`, all of the text, nothing else: no exponent, sign `+`, space,
    /// hex, NaN or grouping. Trailing zeros beyond nine digits are accepted, other digits not.
    package init(parsing text: some StringProtocol) throws(DecimalError) {
        var text = String(text)
        let parsed: Result<Int64, DecimalError> = text.withUTF8 { bytes in
            do throws(DecimalError) { return .success(try parseFixedDecimal(bytes)) } catch {
                return .failure(error)
            }
        }
        self.init(units: try parsed.get())
    }

    /// At least two fraction digits, trailing zeros trimmed: `123.45`, `0.0001`, `-7.00`.
    public var description: String { formatFixedDecimal(units, minimumFractionDigits: 2) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do { try self.init(parsing: text) } catch {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” \(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Parses `-?digits[.digits]` filling the whole buffer into a count of 10^-9.
package func parseFixedDecimal(_ bytes: UnsafeBufferPointer<UInt8>) throws(DecimalError) -> Int64 {
    let count = bytes.count
    guard count > 0 else { throw .empty }
    var index = 0
    let negative = bytes[0] == UInt8(ascii: "-")
    if negative { index = 1 }
    var value: UInt64 = 0
    var digits = 0
    var fraction = -1
    while index < count {
        let byte = bytes[index]
        let digit = byte &- UInt8(ascii: "0")
        if digit < 10 {
            if fraction == 9 {
                guard digit == 0 else { throw .tooManyFractionDigits }
            } else {
                let (shifted, over) = value.multipliedReportingOverflow(by: 10)
                let (sum, over2) = shifted.addingReportingOverflow(UInt64(digit))
                if over || over2 { throw .overflow }
                value = sum
                if fraction >= 0 { fraction += 1 }
            }
            digits += 1
        } else if byte == UInt8(ascii: "."), fraction < 0, digits > 0 {
            fraction = 0
            digits = 0
        } else {
            throw .malformed(offset: index)
        }
        index += 1
    }
    guard digits > 0 else { throw .malformed(offset: count) }
    var rest = fraction < 0 ? 9 : 9 - fraction
    while rest > 0 {
        let (shifted, over) = value.multipliedReportingOverflow(by: 10)
        if over { throw .overflow }
        value = shifted
        rest -= 1
    }
    if negative {
        guard value <= 1 << 63 else { throw .overflow }
        return value == 1 << 63 ? .min : -Int64(value)
    }
    guard value < 1 << 63 else { throw .overflow }
    return Int64(value)
}

/// `units` × 10^-9 as text: at least `minimumFractionDigits` (0 ... 9) after the point, trailing
/// zeros beyond those left out, no point without a digit behind it.
package func formatFixedDecimal(_ units: Int64, minimumFractionDigits: Int) -> String {
    // Sign, ten digits, point, nine digits: filled from the right, then moved to the front.
    String(unsafeUninitializedCapacity: 21) { buffer in
        var end = 21
        var (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        var digits = 9
        while digits > minimumFractionDigits, fraction % 10 == 0 {
            fraction /= 10
            digits -= 1
        }
        func push(_ byte: UInt8) {
            end -= 1
            buffer[end] = byte
        }
        if digits > 0 {
            for _ in 0..<digits {
                push(UInt8(ascii: "0") + UInt8(fraction % 10))
                fraction /= 10
            }
            push(UInt8(ascii: "."))
        }
        repeat {
            push(UInt8(ascii: "0") + UInt8(whole % 10))
            whole /= 10
        } while whole > 0
        if units < 0 { push(UInt8(ascii: "-")) }
        let count = 21 - end
        for index in 0..<count { buffer[index] = buffer[end + index] }
        return count
    }
}

/// a·b/c in 128 bits, rounded half to even. Throws on overflow of the result and on `c` = 0.
@inlinable
package func multiplyDivide(_ a: Int64, _ b: Int64, _ c: Int64) throws(DecimalError) -> Int64 {
    guard c != 0 else { throw .divisionByZero }
    let product = Int128(a) * Int128(b)
    let rounded = divideHalfEven(product, Int128(c))
    guard let result = Int64(exactly: rounded) else { throw .overflow }
    return result
}

/// n/d rounded half to even; `d` is not zero.
@inlinable
package func divideHalfEven(_ n: Int128, _ d: Int128) -> Int128 {
    let (quotient, remainder) = n.quotientAndRemainder(dividingBy: d)
    if remainder == 0 { return quotient }
    let twice = remainder.magnitude * 2
    let negative = (n < 0) != (d < 0)
    if twice > d.magnitude || (twice == d.magnitude && quotient & 1 != 0) {
        return negative ? quotient - 1 : quotient + 1
    }
    return quotient
}
