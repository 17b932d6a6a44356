import Domain
import News
import Primitives

extension Codec where T == Bool {
    static var flag: Codec {
        Codec(
            "true or false",
            match: { value in
                if case .flag(let flag) = value { return flag }
                return nil
            }, write: { "\($0)" })
    }
}

extension Codec where T: FixedWidthInteger {
    /// A whole number; one with a point is refused.
    static func integer(_ range: ClosedRange<T>) -> Codec {
        Codec(
            "an integer from \(range.lowerBound) to \(range.upperBound)",
            match: { value in
                guard case .integer(let number) = value, let number = T(exactly: number),
                    range.contains(number)
                else { return nil }
                return number
            }, write: { "\($0)" })
    }
}

extension Codec where T == UInt64 {
    /// All 64 bits: TOML's own integers end at 2^63 - 1, what is above stands in quotes.
    static var seed: Codec {
        Codec(
            "an integer from 0 to \(UInt64.max), in quotes from 2^63 on",
            match: { value in
                switch value {
                case .integer(let number): return UInt64(exactly: number)
                case .string(let text) where text.utf8.allSatisfy { $0 &- 48 < 10 }:
                    return UInt64(text)
                default: return nil
                }
            }, write: { $0 > UInt64(Int64.max) ? "\"\($0)\"" : "\($0)" })
    }
}

extension Codec where T == Double {
    /// A finite number. With `above`, the lower bound itself is refused.
    static func number(_ range: ClosedRange<Double>, above: Bool = false) -> Codec {
        let (low, high) = (brief(range.lowerBound), brief(range.upperBound))
        return Codec(
            above ? "a number above \(low), at most \(high)" : "a number from \(low) to \(high)",
            match: { value in
                let number: Double
                switch value {
                case .number(let given): number = given
                case .integer(let given): number = Double(given)
                default: return nil
                }
                guard range.contains(number), !above || number > range.lowerBound
                else { return nil }
                // Minus zero would be written back as another text.
                return number == 0 ? 0 : number
            }, write: brief)
    }

    /// Part of a whole: 0.05 is 5 %.
    static var share: Codec { number(0...1) }
}

/// Whole numbers without a point.
func brief(_ number: Double) -> String {
    Int64(exactly: number).map { "\($0)" } ?? "\(number)"
}

extension Codec where T: FixedDecimal {
    /// An amount or a count: digits with at most nine after the point, bare or in quotes. A bare
    /// number with a point is read through its shortest decimal form, so 0.35 means 0.35.
    static func decimal(_ what: String, _ range: ClosedRange<T>) -> Codec {
        let low = formatFixedDecimal(range.lowerBound.units, minimumFractionDigits: 0)
        let high = formatFixedDecimal(range.upperBound.units, minimumFractionDigits: 0)
        return Codec(
            "\(what) from \(low) to \(high)",
            match: { value in
                let text: String
                switch value {
                case .integer(let number): text = "\(number)"
                case .number(let number) where number.isFinite: text = "\(number)"
                case .string(let given): text = given
                default: return nil
                }
                guard let amount = try? T(parsing: text), range.contains(amount) else { return nil }
                return amount
            },
            write: {
                let text = formatFixedDecimal($0.units, minimumFractionDigits: 0)
                return text.utf8.contains(UInt8(ascii: ".")) ? quoted(text) : text
            })
    }
}

extension Codec where T == Span {
    /// A whole number with its unit: `s`, `m`, `h` or `d`.
    static func span(_ range: ClosedRange<Span>) -> Codec {
        let bounds = "\(spanText(range.lowerBound)) to \(spanText(range.upperBound))"
        return Codec(
            "a length of time from \(bounds), like \"90s\", \"5m\", \"2h\" or \"3d\"",
            match: { value in
                guard case .string(let text) = value, let span = Span(text: text),
                    range.contains(span)
                else { return nil }
                return span
            }, write: { quoted(spanText($0)) })
    }
}

extension Span {
    fileprivate static let units: [(letter: Character, seconds: Int64)] = [
        ("d", 86400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// Strict: digits and one unit, nothing else; nil also where the sum leaves the range.
    init?(text: String) {
        guard let last = text.last, let unit = Self.units.first(where: { $0.letter == last })
        else { return nil }
        let digits = text.dropLast().utf8
        guard (1...9).contains(digits.count), digits.allSatisfy({ $0 &- 48 < 10 }),
            let count = Int64(text.dropLast())
        else { return nil }
        let (seconds, over) = count.multipliedReportingOverflow(by: unit.seconds)
        guard !over, seconds <= .max / 1_000_000_000 else { return nil }
        self.init(seconds: seconds)
    }
}

extension Codec where T == CivilDate {
    static var date: Codec {
        Codec(
            "a date from 1998-01-01 to 2030-12-31",
            match: { value in
                let date: CivilDate
                switch value {
                case .date(let given): date = given
                case .string(let text):
                    guard let parsed = CivilDate(text) else { return nil }
                    date = parsed
                default: return nil
                }
                return (1998...2030).contains(date.year) ? date : nil
            }, write: { "\($0)" })
    }
}

extension Codec where T == MarketSettings.Speed {
    static var speed: Codec {
        let factor = Codec<Double>.number(0...1_000_000, above: true)
        return Codec(
            "\(factor.expectation), or \"max\"",
            match: { value in
                if value == .string("max") { return .max }
                return (try? factor.read(value, "")).map { .factor($0) }
            },
            write: {
                switch $0 {
                case .max: quoted("max")
                case .factor(let factor): brief(factor)
                }
            })
    }
}
