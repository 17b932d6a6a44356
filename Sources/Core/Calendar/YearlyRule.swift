import Domain

/// What local time does every year: the `TZ` string of POSIX, such as `EST5EDT,M3.2.0,M11.1.0`.
///
/// Source: POSIX.1-2024, Base Definitions, 8.3 (TZ), with the hours -167 ... 167 of RFC 9636,
/// section 3.3.1.
struct YearlyRule: Sendable, Equatable {
    struct Daylight: Sendable, Equatable {
        let offset: Int
        let start: YearlyChange
        let end: YearlyChange
    }

    let standardOffset: Int
    let daylight: Daylight?

    func offset(at seconds: Int64) -> Int {
        guard let daylight else { return standardOffset }
        var latest = Int64.min
        var offset = standardOffset
        forEachChange(near: seconds, daylight) { at, isStart in
            // Where daylight time starts anew as it ends, it never ends.
            guard at <= seconds, at > latest || (at == latest && isStart) else { return }
            latest = at
            offset = isStart ? daylight.offset : standardOffset
        }
        return offset
    }

    /// The next instant at which daylight time starts or ends; nil when there is none.
    func nextChange(after seconds: Int64) -> Int64? {
        guard let daylight else { return nil }
        var next: Int64?
        forEachChange(near: seconds, daylight) { at, _ in
            if at > seconds { next = min(next ?? at, at) }
        }
        return next
    }

    /// Two years either side: a time of day up to a week off can carry a change into another year.
    private func forEachChange(
        near seconds: Int64, _ daylight: Daylight, _ body: (_ at: Int64, _ isStart: Bool) -> Void
    ) {
        let year = CivilDate(daysSinceEpoch: Int(floorDivide(seconds, by: 86400))).year
        for year in (year - 2)...(year + 2) {
            if let start = daylight.start.localSeconds(year: year) {
                body(start - Int64(standardOffset), true)
            }
            if let end = daylight.end.localSeconds(year: year) {
                body(end - Int64(daylight.offset), false)
            }
        }
    }
}

/// One day of every year and a time on it.
struct YearlyChange: Sendable, Equatable {
    enum Day: Sendable, Equatable {
        /// 1 ... 365; the 29th of February is never counted.
        case julian(Int)
        /// 0 ... 365; the 29th of February counts.
        case ordinal(Int)
        /// Week 5 is the last one; weekday 0 is Sunday.
        case weekday(Int, week: Int, month: Int)
    }

    let day: Day
    /// Seconds from local midnight, up to a week either way.
    let seconds: Int

    /// The wall clock's reading as seconds since 1970; nil beyond the years 1 ... 9999.
    func localSeconds(year: Int) -> Int64? {
        let month = if case .weekday(_, _, let month) = day { month } else { 1 }
        guard let first = CivilDate(year: year, month: month, day: 1) else { return nil }
        var days: Int
        switch day {
        case .julian(let number):
            let isAfterLeapDay = number >= 60 && CivilDate.daysInMonth(2, year: year) == 29
            days = isAfterLeapDay ? number : number - 1
        case .ordinal(let number):
            days = number
        case .weekday(let weekday, let week, _):
            days = (weekday - first.weekday + 7) % 7 + (week - 1) * 7
            if days >= CivilDate.daysInMonth(month, year: year) { days -= 7 }
        }
        return Int64(first.daysSinceEpoch + days) * 86400 + Int64(seconds)
    }
}

extension YearlyRule {
    /// Nil unless `text` is a rule from its first to its last byte. Daylight time without the days
    /// of its start and end is refused: POSIX leaves them to the implementation.
    init?(posix text: ArraySlice<UInt8>) {
        var parser = YearlyRuleParser(rest: text)
        guard parser.name(), let west = parser.time(hoursMax: 24) else { return nil }
        standardOffset = -west
        if parser.rest.isEmpty {
            daylight = nil
            return
        }
        guard parser.name() else { return nil }
        var offset = standardOffset + 3600
        if parser.rest.first != UInt8(ascii: ",") {
            guard let west = parser.time(hoursMax: 24) else { return nil }
            offset = -west
        }
        guard let start = parser.change(), let end = parser.change(), parser.rest.isEmpty else {
            return nil
        }
        daylight = Daylight(offset: offset, start: start, end: end)
    }
}

private struct YearlyRuleParser {
    var rest: ArraySlice<UInt8>

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// Three letters or more, or `<` letters, digits and signs `>`.
    mutating func name() -> Bool {
        let isQuoted = skip("<")
        let length = rest.prefix { isLetter($0) || (isQuoted && isDigitOrSign($0)) }.count
        rest = rest.dropFirst(length)
        return length >= 3 && (!isQuoted || skip(">"))
    }

    /// Three digits at most, so that nothing overflows.
    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let text = rest.prefix { $0 &- 48 < 10 }
        guard (1...3).contains(text.count) else { return nil }
        rest = rest.dropFirst(text.count)
        let value = text.reduce(0) { $0 * 10 + Int($1 - 48) }
        return range.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hoursMax: Int) -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(0...hoursMax) else { return nil }
        var total = hours * 3600
        if skip(":") {
            guard let minutes = number(0...59) else { return nil }
            total += minutes * 60
            if skip(":") {
                guard let seconds = number(0...59) else { return nil }
                total += seconds
            }
        }
        return isNegative ? -total : total
    }

    /// `,date[/time]`; without a time it is 02:00.
    mutating func change() -> YearlyChange? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return YearlyChange(day: day, seconds: 7200) }
        guard let seconds = time(hoursMax: 167) else { return nil }
        return YearlyChange(day: day, seconds: seconds)
    }

    private mutating func day() -> YearlyChange.Day? {
        if skip("J") { return number(1...365).map { .julian($0) } }
        guard skip("M") else { return number(0...365).map { .ordinal($0) } }
        guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
            let weekday = number(0...6)
        else { return nil }
        return .weekday(weekday, week: week, month: month)
    }

    private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    private func isDigitOrSign(_ byte: UInt8) -> Bool {
        byte &- 48 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }
}
