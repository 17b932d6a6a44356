import Domain
import Primitives
import TestSupport
import Testing

struct ParseRow: Sendable, CustomTestStringConvertible {
    let text: String
    let result: Result<Int64, DecimalError>
    var testDescription: String { "“\(text)”" }

    static func good(_ text: String, _ units: Int64) -> ParseRow {
        ParseRow(text: text, result: .success(units))
    }
    static func bad(_ text: String, _ error: DecimalError) -> ParseRow {
        ParseRow(text: text, result: .failure(error))
    }
}

private func parse(_ text: String) -> Result<Int64, DecimalError> {
    do throws(DecimalError) { return .success(try Money(parsing: text).units) } catch {
        return .failure(error)
    }
}

@Suite struct FixedDecimalTests {
    @Test(
        "A03: a decimal text is read exactly",
        arguments: [
            ParseRow.good("0", 0), .good("-0", 0), .good("1", 1_000_000_000),
            .good("12.5", 12_500_000_000), .good("-12.5", -12_500_000_000),
            .good("0.000000001", 1), .good("-0.000000001", -1), .good("007", 7_000_000_000),
            .good("0.1234567890000", 123_456_789), .good("1.50", 1_500_000_000),
            .good("9223372036.854775807", .max), .good("-9223372036.854775808", .min),
            .good("9223372036.85477580700", .max),
            .good("00000000000000000000000000001", 1_000_000_000),
        ])
    func reads(row: ParseRow) { #expect(parse(row.text) == row.result) }

    @Test(
        "S39: a text that is not a plain decimal is refused, with the place",
        arguments: [
            ParseRow.bad("", .empty), .bad("12abc", .malformed(offset: 2)),
            .bad("1,5", .malformed(offset: 1)), .bad("nan", .malformed(offset: 0)),
            .bad("NaN", .malformed(offset: 0)), .bad("inf", .malformed(offset: 0)),
            .bad("-inf", .malformed(offset: 1)), .bad("0x10", .malformed(offset: 1)),
            .bad("1e5", .malformed(offset: 1)), .bad(" 1", .malformed(offset: 0)),
            .bad("1 ", .malformed(offset: 1)), .bad("1\n", .malformed(offset: 1)),
            .bad("+1", .malformed(offset: 0)), .bad("--1", .malformed(offset: 1)),
            .bad(".5", .malformed(offset: 0)), .bad("-.5", .malformed(offset: 1)),
            .bad("5.", .malformed(offset: 2)), .bad("-", .malformed(offset: 1)),
            .bad(".", .malformed(offset: 0)), .bad("1.2.3", .malformed(offset: 3)),
            .bad("1_000", .malformed(offset: 1)), .bad("$1", .malformed(offset: 0)),
            .bad("١", .malformed(offset: 0)), .bad("1\u{0}", .malformed(offset: 1)),
            .bad("0.0000000001", .tooManyFractionDigits),
            .bad("1.1234567891", .tooManyFractionDigits),
            .bad("1.0000000000001", .tooManyFractionDigits),
        ])
    func refuses(row: ParseRow) { #expect(parse(row.text) == row.result) }

    @Test(
        "S39: a number beyond the range is an overflow, not a trap and not a wrapped value",
        arguments: [
            "9223372036.854775808", "-9223372036.854775809", "9223372037", "-9223372037",
            "18446744073.709551616", "18446744073709551616", "10000000000",
            "99999999999999999999999999999999999999999",
        ])
    func overflows(text: String) { #expect(parse(text) == .failure(.overflow)) }

    @Test(
        "Written with at least two digits after the point, quantities with none",
        arguments: [
            (Int64(0), "0.00", "0"), (1_000_000_000, "1.00", "1"), (-7_000_000_000, "-7.00", "-7"),
            (123_450_000_000, "123.45", "123.45"), (100_000, "0.0001", "0.0001"),
            (-1, "-0.000000001", "-0.000000001"), (500_000_000, "0.50", "0.5"),
            (.max, "9223372036.854775807", "9223372036.854775807"),
            (.min, "-9223372036.854775808", "-9223372036.854775808"),
        ])
    func writes(units: Int64, money: String, quantity: String) {
        #expect(Money(units: units).description == money)
        #expect(Price(units: units).description == money)
        #expect(Quantity(units: units).description == quantity)
    }

    @Test("Property: what is written is read back, to the last unit")
    func roundTrip() throws {
        try forAll(5_000) { draw in
            let units = draw.int64()
            let money = Money(units: units)
            let back = try Money(parsing: money.description)
            #expect(back == money, "\(draw)")
            let quantity = Quantity(units: units)
            let quantityBack = try Quantity(parsing: quantity.description)
            #expect(quantityBack == quantity, "\(draw)")
        }
    }

    @Test("Property: a random text is read exactly when it matches the grammar")
    func grammar() {
        forAll(20_000) { draw in
            let text = draw.text(of: "0019-..+e x", upTo: 12)
            let accepted = (try? Money(parsing: text)) != nil
            #expect(accepted == followsGrammar(text), "“\(text)” \(draw)")
        }
    }

    /// `-?digits[.digits]`, at most nine digits after the point besides trailing zeros, in range.
    private func followsGrammar(_ text: String) -> Bool {
        let body = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = body.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return false }
        guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { ("0"..."9").contains($0) } })
        else { return false }
        var fraction = parts.count == 2 ? parts[1] : ""
        while fraction.last == "0" { fraction.removeLast() }
        guard fraction.count <= 9, let whole = Int128(parts[0]) else { return false }
        let padded = String(fraction) + String(repeating: "0", count: 9 - fraction.count)
        guard let rest = Int128(padded) else { return false }
        let units = (whole * 1_000_000_000 + rest) * (text.hasPrefix("-") ? -1 : 1)
        return Int64(exactly: units) != nil
    }
}

@Suite struct RoundingTests {
    @Test(
        "Halves go to the even neighbour, on both sides of zero",
        arguments: [
            (Int64(1), Int64(1), Int64(2), Int64(0)), (3, 1, 2, 2), (5, 1, 2, 2), (7, 1, 2, 4),
            (-1, 1, 2, 0), (-3, 1, 2, -2), (-5, 1, 2, -2), (1, 1, -2, 0), (3, -1, 2, -2),
            (2, 1, 3, 1), (1, 1, 3, 0), (-2, 1, 3, -1), (.max, .max, .max, .max),
            (.min, .min, .min, .min), (.max, 1, 1, .max), (.min, 1, 1, .min), (0, .min, 7, 0),
        ])
    func rows(a: Int64, b: Int64, c: Int64, expected: Int64) throws {
        #expect(try multiplyDivide(a, b, c) == expected)
    }

    @Test("A result that does not fit and a division by zero are errors")
    func errors() {
        #expect(throws: DecimalError.divisionByZero) { try multiplyDivide(1, 1, 0) }
        #expect(throws: DecimalError.divisionByZero) { try multiplyDivide(0, 0, 0) }
        #expect(throws: DecimalError.overflow) { try multiplyDivide(.max, 2, 1) }
        #expect(throws: DecimalError.overflow) { try multiplyDivide(.min, 1, -1) }
        #expect(throws: DecimalError.overflow) { try multiplyDivide(.min, .min, 1) }
    }

    @Test("Property: no quotient is nearer than the one given, and a tie is even")
    func nearest() {
        forAll(20_000) { draw in
            let (a, b, c) = (draw.int64(), draw.int64(), draw.int64())
            guard c != 0, let q = try? multiplyDivide(a, b, c) else { return }
            // Twice the distance |a·b - q·c| is at most |c|; at exactly |c|, q is even.
            let distance = (Int128(a) * Int128(b) - Int128(q) * Int128(c)).magnitude * 2
            let whole = Int128(c).magnitude
            #expect(distance <= whole, "\(a) * \(b) / \(c) = \(q), \(draw)")
            if distance == whole { #expect(q % 2 == 0, "\(a) * \(b) / \(c) = \(q), \(draw)") }
        }
    }
}
