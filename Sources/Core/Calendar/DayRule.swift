import Domain

/// A day that recurs every year, as the exchange's notices word it: data, so that a change of the
/// rules is a change of a table.
struct DayRule: Sendable {
    enum Day: Sendable {
        case date(month: Int, day: Int)
        /// The nth such weekday of the month; 0 is Sunday.
        case nth(Int, weekday: Int, month: Int)
        case last(weekday: Int, month: Int)
        /// Counted from the nth such weekday of the month.
        case daysAfterNth(Int, Int, weekday: Int, month: Int)
        case goodFriday
    }

    /// What happens to a date that falls on a weekend.
    enum Weekend: Sendable {
        /// Saturday to the Friday before, Sunday to the Monday after.
        case nearestWeekday
        /// Sunday to the Monday after; a Saturday is lost.
        case sundayOnly
        case lost
    }

    let name: StaticString
    let day: Day
    var weekend = Weekend.lost
    /// Applies only when the date falls on one of these; 0 is Sunday.
    var weekdays = 0...6
    var years = 1...9999

    func matches(_ date: CivilDate) -> Bool {
        guard years.contains(date.year), let nominal = nominal(in: date.year),
            weekdays.contains(nominal.weekday)
        else { return false }
        return observed(nominal) == date
    }

    private func observed(_ date: CivilDate) -> CivilDate {
        switch (weekend, date.weekday) {
        case (.nearestWeekday, 6): date.adding(days: -1)
        case (.nearestWeekday, 0), (.sundayOnly, 0): date.adding(days: 1)
        default: date
        }
    }

    private func nominal(in year: Int) -> CivilDate? {
        switch day {
        case .date(let month, let day):
            CivilDate(year: year, month: month, day: day)
        case .nth(let n, let weekday, let month):
            nth(n, weekday, month, year)
        case .last(let weekday, let month):
            CivilDate(year: year, month: month, day: CivilDate.daysInMonth(month, year: year))
                .map { $0.adding(days: -(($0.weekday - weekday + 7) % 7)) }
        case .daysAfterNth(let days, let n, let weekday, let month):
            nth(n, weekday, month, year)?.adding(days: days)
        case .goodFriday:
            easterSunday(year)?.adding(days: -2)
        }
    }

    private func nth(_ n: Int, _ weekday: Int, _ month: Int, _ year: Int) -> CivilDate? {
        CivilDate(year: year, month: month, day: 1)
            .map { $0.adding(days: (weekday - $0.weekday + 7) % 7 + (n - 1) * 7) }
    }
}

/// Easter Sunday of the Gregorian calendar.
///
/// Source: the anonymous computus of 1876, as given in Meeus, "Astronomical Algorithms", chapter 8.
func easterSunday(_ year: Int) -> CivilDate? {
    let a = year % 19
    let (b, c) = (year / 100, year % 100)
    let (d, e) = (b / 4, b % 4)
    let f = (b + 8) / 25
    let g = (b - f + 1) / 3
    let h = (19 * a + b - d - g + 15) % 30
    let (i, k) = (c / 4, c % 4)
    let l = (32 + 2 * e + 2 * i - h - k) % 7
    let m = (a + 11 * h + 22 * l) / 451
    let sum = h + l - 7 * m + 114
    return CivilDate(year: year, month: sum / 31, day: sum % 31 + 1)
}
