import Domain
import Foundation
import Primitives

/// Figures and outside text as people read them. The machine format has the exact values.
enum Humane {
    /// Undefined.
    static let none = "n/a"

    /// `-1,234.56`: rounded half-even to `digits` after the point, thousands grouped. `signed`
    /// shows a plus as well.
    static func amount(
        _ amount: some FixedDecimal, digits: Int = 2, signed: Bool = false
    ) -> String {
        let digits = max(0, min(9, digits))
        let unit = (0..<(9 - digits)).reduce(Int128(1)) { unit, _ in unit * 10 }
        let rounded = divideHalfEven(Int128(amount.units), unit)
        return fixed(rounded, digits: digits, signed: signed)
    }

    /// USD per share, to four digits where it has them.
    static func price(_ price: Price) -> String {
        let cent = price.units % 10_000_000 == 0
        return amount(price, digits: cent ? 2 : 4)
    }

    /// As `amount`, of a plain number.
    static func number(_ value: Double, digits: Int = 2, signed: Bool = false) -> String {
        let unit = (0..<digits).reduce(1.0) { unit, _ in unit * 10 }
        let scaled = (value * unit).rounded(.toNearestOrEven)
        guard value.isFinite, let whole = Int64(exactly: scaled) else { return value.description }
        return fixed(Int128(whole), digits: digits, signed: signed)
    }

    /// 0.0123 as `1.23 %`.
    static func percent(_ ratio: Double, signed: Bool = false) -> String {
        number(ratio * 100, signed: signed) + " %"
    }

    static func count(_ count: Int) -> String { fixed(Int128(count), digits: 0, signed: false) }

    /// The two largest units that matter: `45 s`, `12 min`, `2 h 5 min`, `3 d 4 h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e15 else { return seconds.description }
        let sign = seconds < 0 ? "-" : ""
        let magnitude = seconds.magnitude
        if magnitude < 60 {
            let whole = magnitude == magnitude.rounded()
            return sign + number(magnitude, digits: whole ? 0 : 1) + " s"
        }
        let total = Int64(magnitude.rounded())
        let (days, hours) = (total / 86_400, total / 3600 % 24)
        let (minutes, rest) = (total / 60 % 60, total % 60)
        if days > 0 { return sign + pair(days, "d", hours, "h") }
        if hours > 0 { return sign + pair(hours, "h", minutes, "min") }
        return sign + pair(minutes, "min", rest, "s")
    }

    /// `2024-03-05 14:31:00`, in UTC; fractions of a second only where there are any.
    static func time(_ time: Timestamp) -> String {
        var text = time.description
        text.removeLast()
        return text.replacing("T", with: " ", maxReplacements: 1)
    }

    /// Text from outside, safe on a terminal and in a page: what controls a terminal or turns the
    /// direction of writing becomes U+FFFD, line breaks become spaces.
    static func plain(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x2028, 0x2029: plain.append(" ")
            case 0x00...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x061C, 0x202A...0x202E,
                0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF, 0xE0000...0xE007F:
                plain.append("\u{FFFD}")
            default: plain.append(scalar)
            }
        }
        return String(plain)
    }

    private static func pair(
        _ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String
    ) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    /// `value` × 10^-digits.
    private static func fixed(_ value: Int128, digits: Int, signed: Bool) -> String {
        var text = String(value.magnitude)
        if text.utf8.count <= digits {
            text = String(repeating: "0", count: digits + 1 - text.utf8.count) + text
        }
        let fraction = text.suffix(digits)
        var grouped = ""
        for (index, digit) in text.dropLast(digits).reversed().enumerated() {
            if index > 0, index % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        let sign = value < 0 ? "-" : signed && value > 0 ? "+" : ""
        return sign + String(grouped.reversed()) + (digits > 0 ? "." + fraction : "")
    }
}
