import Domain

/// A day that recurs every year, as the exchange's notices word it: data, so that a change of the
/// rules is a change of a table.
struct DayRule: Sendable {
    enum Day: Sendable {
        case date(month: Int, day: Int)
        /// The nth such weekday of the month; 0 is Sunday.
        case nth(Int, weekday: Int, month: Int)
        case last(weekday: Int, month: Int)
        case dayAfterNth(Int, weekday: Int, month: Int)
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
    /// A `date` applies only when it falls on one of these; 0 is Sunday.
    var weekdays = 0...6
    var years = 1...9999

    /// Asks backwards, whether `date` is the rule's day, because most dates are answered by their
    /// month or weekday. `weekday` is the date's own.
    func matches(_ date: CivilDate, weekday: Int) -> Bool {
        guard years.contains(date.year) else { return false }
        switch day {
        case .date(let month, let day):
            return isDate(date, weekday, month, day)
        case .nth(let n, let wanted, let month):
            return weekday == wanted && isNth(n, date, month)
        case .last(let wanted, let month):
            return weekday == wanted && date.month == month
                && date.day > CivilDate.daysInMonth(month, year: date.year) - 7
        case .dayAfterNth(let n, let wanted, let month):
            return weekday == (wanted + 1) % 7 && isNth(n, date.adding(days: -1), month)
        case .goodFriday:
            return weekday == 5 && (3...4).contains(date.month)
                && easterSunday(date.year) == date.adding(days: 2)
        }
    }

    private func isNth(_ n: Int, _ date: CivilDate, _ month: Int) -> Bool {
        date.month == month && (date.day - 1) / 7 == n - 1
    }

    private func isDate(_ date: CivilDate, _ weekday: Int, _ month: Int, _ day: Int) -> Bool {
        if date.month == month, date.day == day { return weekdays.contains(weekday) }
        // The Friday or Monday that stands in for the weekend beside it
        let nominal: CivilDate
        switch (weekend, weekday) {
        case (.nearestWeekday, 5): nominal = date.adding(days: 1)
        case (.nearestWeekday, 1), (.sundayOnly, 1): nominal = date.adding(days: -1)
        default: return false
        }
        return nominal.month == month && nominal.day == day
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
