/// An instant in UTC: nanoseconds since 1970-01-01T00:00:00Z, 1677 to 2262.
///
/// Time is data in the core: a `Timestamp` comes from an event, never from a clock.
@frozen
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    public let nanoseconds: Int64
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Traps beyond the years above: for values already checked.
    @inlinable package init(seconds: Int64) { nanoseconds = seconds * 1_000_000_000 }
    /// Whole seconds, rounded towards the past.
    @inlinable package var seconds: Int64 {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }
    @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.nanoseconds < b.nanoseconds
    }
    /// Saturates at the ends of the range instead of trapping.
    @inlinable package static func + (a: Timestamp, b: Span) -> Timestamp {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
        return Timestamp(nanoseconds: overflow ? (b.nanoseconds > 0 ? .max : .min) : sum)
    }
    @inlinable package static func - (a: Timestamp, b: Span) -> Timestamp {
        a + Span(nanoseconds: b.nanoseconds == .min ? .max : -b.nanoseconds)
    }
    @inlinable package static func - (a: Timestamp, b: Timestamp) -> Span {
        let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
        return Span(nanoseconds: overflow ? (a > b ? .max : .min) : difference)
    }
    @inlinable package static var distantPast: Timestamp { Timestamp(nanoseconds: .min) }
    @inlinable package static var distantFuture: Timestamp { Timestamp(nanoseconds: .max) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is not an RFC 3339 time")
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A length of time in nanoseconds, signed.
@frozen
public struct Span: Sendable, Hashable, Comparable, Codable {
    public let nanoseconds: Int64
    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    /// Saturates: more than 292 years is for ever.
    @inlinable package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        nanoseconds = overflow ? (seconds > 0 ? .max : .min) : product
    }
    @inlinable public static func < (a: Span, b: Span) -> Bool { a.nanoseconds < b.nanoseconds }
    @inlinable package var seconds: Double { Double(nanoseconds) / 1e9 }
    @inlinable package static var zero: Span { Span(nanoseconds: 0) }
}

/// A date of the proleptic Gregorian calendar, without a time zone.
package struct CivilDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let year: Int
    /// 1 ... 12
    package let month: Int
    /// 1 ... 31
    package let day: Int

    /// Nil when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.daysInMonth(month, year: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// `YYYY-MM-DD`, exactly.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = digits(bytes[0..<4]), let month = digits(bytes[5..<7]),
            let day = digits(bytes[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Days since 1970-01-01.
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    package var daysSinceEpoch: Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Source: as `daysSinceEpoch`, civil_from_days.
    package init(daysSinceEpoch days: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// 0 is Sunday ... 6 is Saturday.
    package var weekday: Int {
        let day = (daysSinceEpoch + 4) % 7
        return day < 0 ? day + 7 : day
    }

    package func adding(days: Int) -> CivilDate {
        CivilDate(daysSinceEpoch: daysSinceEpoch + days)
    }

    package static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func < (a: CivilDate, b: CivilDate) -> Bool {
        (a.year, a.month, a.day) < (b.year, b.month, b.day)
    }

    package var description: String {
        "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

extension Timestamp: CustomStringConvertible {
    /// Midnight UTC of `date` plus a time of day in seconds.
    package init(_ date: CivilDate, secondsOfDay: Int) {
        self.init(seconds: Int64(date.daysSinceEpoch) * 86400 + Int64(secondsOfDay))
    }

    /// The date in UTC.
    package var utcDate: CivilDate {
        let day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        return CivilDate(daysSinceEpoch: Int(day))
    }

    /// RFC 3339: `2021-04-20T13:30:00Z`, `…00.123Z`, `…-04:00`; `T` may be a space. An offset or `Z`
    /// is required; a leap second (`:60`) is refused; more than nine fraction digits are refused.
    package init?(rfc3339 text: some StringProtocol) {
        let b = Array(text.utf8)
        guard b.count >= 20, let date = CivilDate(String(decoding: b[0..<10], as: UTF8.self)),
            (1678...2261).contains(date.year),
            b[10] == UInt8(ascii: "T") || b[10] == UInt8(ascii: "t") || b[10] == UInt8(ascii: " "),
            b[13] == UInt8(ascii: ":"), b[16] == UInt8(ascii: ":"),
            let hour = digits(b[11..<13]), hour < 24,
            let minute = digits(b[14..<16]), minute < 60,
            let second = digits(b[17..<19]), second < 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if b[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            var weight: Int64 = 100_000_000
            while index < b.count, b[index] &- 48 < 10 {
                guard weight > 0 else { return nil }
                fraction += Int64(b[index] &- 48) * weight
                weight /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        guard index < b.count else { return nil }
        var offset = 0
        if b[index] == UInt8(ascii: "Z") || b[index] == UInt8(ascii: "z") {
            guard index + 1 == b.count else { return nil }
        } else {
            guard b[index] == UInt8(ascii: "+") || b[index] == UInt8(ascii: "-"),
                b.count == index + 6, b[index + 3] == UInt8(ascii: ":"),
                let hours = digits(b[(index + 1)..<(index + 3)]), hours < 24,
                let minutes = digits(b[(index + 4)..<(index + 6)]), minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (b[index] == UInt8(ascii: "-") ? -1 : 1)
        }
        let seconds =
            Int64(date.daysSinceEpoch) * 86400 + Int64(hour * 3600 + minute * 60 + second - offset)
        self.init(nanoseconds: seconds * 1_000_000_000 + fraction)
    }

    /// RFC 3339 in UTC with `Z`; fraction digits only when there are any.
    public var description: String {
        let date = utcDate
        let second = Int(seconds - Int64(date.daysSinceEpoch) * 86400)
        let fraction = Int(nanoseconds &- seconds &* 1_000_000_000)
        var tail = ""
        if fraction > 0 {
            tail = "." + padded(fraction, 9)
            while tail.utf8.last == UInt8(ascii: "0") { tail.removeLast() }
        }
        return
            "\(date)T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))\(tail)Z"
    }
}

private func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for byte in bytes {
        guard byte &- 48 < 10 else { return nil }
        value = value * 10 + Int(byte &- 48)
    }
    return value
}

private func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

/// A length of time in the largest unit that leaves no rest: `1m`, `90s`, `1h`, `1d`.
package func spanText(_ span: Span) -> String {
    let (seconds, rest) = span.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest != 0 { return "\(span.seconds)s" }
    if seconds >= 86400, seconds % 86400 == 0 { return "\(seconds / 86400)d" }
    if seconds >= 3600, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    if seconds >= 60, seconds % 60 == 0 { return "\(seconds / 60)m" }
    return "\(seconds)s"
}
