import Domain

/// The trading days and hours of one exchange as a table.
struct ExchangeRules: Sendable {
    /// Outside these dates the table knows nothing.
    let coverage: ClosedRange<CivilDate>
    /// Seconds of the local day.
    let open: Int
    let close: Int
    let earlyClose: Int
    let holidays: [DayRule]
    let closures: [CivilDate]
    let earlyCloses: [DayRule]
    let singleEarlyCloses: [CivilDate]

    func isTradingDay(_ date: CivilDate) -> Bool {
        let weekday = date.weekday
        return coverage.contains(date) && (1...5).contains(weekday)
            && !holidays.contains { $0.matches(date, weekday: weekday) }
            && !closures.contains(date)
    }

    /// Meaningful for trading days only.
    func closesEarly(_ date: CivilDate) -> Bool {
        let weekday = date.weekday
        return earlyCloses.contains { $0.matches(date, weekday: weekday) }
            || singleEarlyCloses.contains(date)
    }
}

private let monday = 1
private let thursday = 4

extension ExchangeRules {
    /// The New York Stock Exchange, 1998 to 2030.
    ///
    /// Sources: NYSE Rule 7.2 (holidays and how weekends move them), the yearly notices of NYSE
    /// Group to 2028, and exchange_calendars 4.13.2, with which every session agrees. As there, a
    /// day whose opening was delayed, such as 2002-09-11, has its regular hours.
    static let xnys = ExchangeRules(
        coverage: day(1998, 1, 1)...day(2030, 12, 31),
        open: 9 * 3600 + 30 * 60,
        close: 16 * 3600,
        earlyClose: 13 * 3600,
        holidays: [
            // A Saturday would be observed on the last day of a year, which stays open.
            DayRule(name: "New Year", day: .date(month: 1, day: 1), weekend: .sundayOnly),
            DayRule(name: "Martin Luther King", day: .nth(3, weekday: monday, month: 1)),
            DayRule(name: "Washington's Birthday", day: .nth(3, weekday: monday, month: 2)),
            DayRule(name: "Good Friday", day: .goodFriday),
            DayRule(name: "Memorial Day", day: .last(weekday: monday, month: 5)),
            DayRule(
                name: "Juneteenth", day: .date(month: 6, day: 19), weekend: .nearestWeekday,
                years: 2022...9999),
            DayRule(
                name: "Independence Day", day: .date(month: 7, day: 4), weekend: .nearestWeekday),
            DayRule(name: "Labor Day", day: .nth(1, weekday: monday, month: 9)),
            DayRule(name: "Thanksgiving", day: .nth(4, weekday: thursday, month: 11)),
            DayRule(name: "Christmas", day: .date(month: 12, day: 25), weekend: .nearestWeekday),
        ],
        closures: [
            // Attacks on the World Trade Center
            day(2001, 9, 11), day(2001, 9, 12), day(2001, 9, 13), day(2001, 9, 14),
            // Mourning for Presidents Reagan and Ford
            day(2004, 6, 11), day(2007, 1, 2),
            // Hurricane Sandy
            day(2012, 10, 29), day(2012, 10, 30),
            // Mourning for Presidents George H. W. Bush and Carter
            day(2018, 12, 5), day(2025, 1, 9),
        ],
        earlyCloses: [
            DayRule(
                name: "Eve of Independence Day, Monday or Tuesday",
                day: .date(month: 7, day: 3), weekdays: 1...2),
            DayRule(
                name: "Eve of Independence Day, Thursday",
                day: .date(month: 7, day: 3), weekdays: 4...4),
            // With the holiday on a Thursday, the short day moved from Friday to Wednesday in 2013.
            DayRule(
                name: "Eve of Independence Day, Wednesday",
                day: .date(month: 7, day: 3), weekdays: 3...3, years: 2013...9999),
            DayRule(
                name: "Day after Independence Day, Friday",
                day: .date(month: 7, day: 5), weekdays: 5...5, years: 1...2012),
            DayRule(
                name: "Friday after Thanksgiving",
                day: .dayAfterNth(4, weekday: thursday, month: 11)),
            DayRule(
                name: "Christmas Eve, Monday to Thursday",
                day: .date(month: 12, day: 24), weekdays: 1...4),
        ],
        singleEarlyCloses: [
            // The last session before 2000, and the Friday after Christmas of 2003
            day(1999, 12, 31), day(2003, 12, 26),
        ])
}

private func day(_ year: Int, _ month: Int, _ day: Int) -> CivilDate {
    guard let date = CivilDate(year: year, month: month, day: day) else {
        preconditionFailure("the table of sessions names \(year)-\(month)-\(day)")
    }
    return date
}
