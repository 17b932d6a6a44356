import Calendar
import Domain
import Primitives
import Testing

@Suite struct MarketHoursTests {
    let calendar: MarketCalendar

    init() throws { calendar = .xnys(try newYork()) }

    struct Year: Sendable, CustomTestStringConvertible {
        let year: Int
        let holidays: String
        let earlyCloses: String
        var testDescription: String { "\(year)" }
    }

    /// 2024 to 2028 as announced by NYSE Group, 2029 and 2030 by its rules.
    static let years = [
        Year(
            year: 2024,
            holidays: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
            earlyCloses: "07-03 11-29 12-24"),
        Year(
            year: 2025,
            holidays: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
            earlyCloses: "07-03 11-28 12-24"),
        Year(
            year: 2026,
            holidays: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
            earlyCloses: "11-27 12-24"),
        Year(
            year: 2027,
            holidays: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
            earlyCloses: "11-26"),
        Year(
            year: 2028,
            holidays: "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25",
            earlyCloses: "07-03 11-24"),
        Year(
            year: 2029,
            holidays: "01-01 01-15 02-19 03-30 05-28 06-19 07-04 09-03 11-22 12-25",
            earlyCloses: "07-03 11-23 12-24"),
        Year(
            year: 2030,
            holidays: "01-01 01-21 02-18 04-19 05-27 06-19 07-04 09-02 11-28 12-25",
            earlyCloses: "07-03 11-29 12-24"),
    ]

    @Test("S22: holidays and early closes of a year", arguments: years)
    func yearOfHolidays(_ row: Year) throws {
        let first = try date("\(row.year)-01-01")
        let last = try date("\(row.year)-12-31")
        var closed: [String] = []
        var day = first
        while day <= last {
            if (1...5).contains(day.weekday), calendar.session(on: day) == nil {
                closed.append(String(day.description.dropFirst(5)))
            }
            day = day.adding(days: 1)
        }
        #expect(closed.joined(separator: " ") == row.holidays)
        let early = calendar.sessions(from: first, through: last).filter { $0.isEarlyClose }
        let earlyDays = early.map { String($0.date.description.dropFirst(5)) }
        #expect(earlyDays.joined(separator: " ") == row.earlyCloses)
    }

    struct Day: Sendable, CustomTestStringConvertible {
        let date: String
        /// Open and close in UTC; nil when the market stays closed.
        let hours: String?
        let isEarly: Bool
        let why: String
        var testDescription: String { "\(date): \(why)" }

        init(_ date: String, _ hours: String?, early: Bool = false, _ why: String) {
            (self.date, self.hours, self.isEarly, self.why) = (date, hours, early, why)
        }
    }

    static let days = [
        Day("2025-03-07", "14:30-21:00", "before spring forward"),
        Day("2025-03-10", "13:30-20:00", "after spring forward"),
        Day("2025-10-31", "13:30-20:00", "before fall back"),
        Day("2025-11-03", "14:30-21:00", "after fall back"),
        Day("2026-03-06", "14:30-21:00", "before spring forward"),
        Day("2026-03-09", "13:30-20:00", "after spring forward"),
        Day("2026-10-30", "13:30-20:00", "before fall back"),
        Day("2026-11-02", "14:30-21:00", "after fall back"),
        Day("2027-03-12", "14:30-21:00", "before spring forward"),
        Day("2027-03-15", "13:30-20:00", "after spring forward"),
        Day("2025-07-03", "13:30-17:00", early: true, "early close in daylight time"),
        Day("2025-11-28", "14:30-18:00", early: true, "early close in standard time"),
        Day("2025-12-24", "14:30-18:00", early: true, "Christmas Eve"),
        Day("2026-11-27", "14:30-18:00", early: true, "Friday after Thanksgiving"),
        Day("2026-12-24", "14:30-18:00", early: true, "Christmas Eve"),
        Day("2027-12-23", "14:30-21:00", "not early: the 24th is the observed holiday"),
        Day("2027-12-31", "14:30-21:00", "New Year on a Saturday is not observed"),
        Day("2028-01-03", "14:30-21:00", "New Year on a Saturday is not observed"),
        Day("2025-01-09", nil, "unscheduled day of mourning"),
        Day("2024-12-25", nil, "Christmas"),
        Day("2026-07-03", nil, "Independence Day on a Saturday"),
        Day("2026-10-17", nil, "a Saturday"),
        Day("2026-10-18", nil, "a Sunday"),
        Day("2001-09-10", "13:30-20:00", "the day before the attacks"),
        Day("2001-09-11", nil, "attacks"),
        Day("2001-09-14", nil, "attacks"),
        Day("2001-09-17", "13:30-20:00", "open again"),
        Day("1999-12-31", "14:30-18:00", early: true, "last session before 2000"),
        Day("2002-07-05", "13:30-17:00", early: true, "Friday after the holiday, until 2012"),
        Day("2013-07-05", "13:30-20:00", "Friday after the holiday, since 2013"),
        Day("2013-07-03", "13:30-17:00", early: true, "Wednesday before, since 2013"),
        Day("2002-07-03", "13:30-20:00", "Wednesday before, until 2012"),
        Day("2003-12-26", "14:30-18:00", early: true, "Friday after Christmas, once"),
        Day("2012-10-29", nil, "Hurricane Sandy"),
        Day("2021-06-18", "13:30-20:00", "Juneteenth was not yet a holiday"),
        Day("2006-04-03", "13:30-20:00", "daylight time began in April until 2006"),
        Day("2006-10-30", "14:30-21:00", "daylight time ended in October until 2006"),
        Day("2026-10-12", "13:30-20:00", "Columbus Day is open"),
        Day("2026-11-11", "14:30-21:00", "Veterans Day is open"),
    ]

    @Test("S22: hours in UTC", arguments: days)
    func hours(_ row: Day) throws {
        let session = calendar.session(on: try date(row.date))
        guard let hours = row.hours else {
            #expect(session == nil)
            return
        }
        let open = try time("\(row.date)T\(hours.prefix(5)):00Z")
        let close = try time("\(row.date)T\(hours.suffix(5)):00Z")
        #expect(
            session
                == Session(
                    date: try date(row.date), open: open, close: close, isEarlyClose: row.isEarly))
        #expect(calendar.session(containing: open)?.date == session?.date)
        #expect(calendar.session(containing: close) == nil)
    }

    struct Instant: Sendable, CustomTestStringConvertible {
        let time: String
        /// The session's date.
        let containing: String?
        let atOrAfter: String?
        var testDescription: String { time }

        init(_ time: String, in containing: String?, next atOrAfter: String?) {
            (self.time, self.containing, self.atOrAfter) = (time, containing, atOrAfter)
        }
    }

    static let instants = [
        Instant("2026-10-16T13:29:59.999999999Z", in: nil, next: "2026-10-16"),
        Instant("2026-10-16T13:30:00Z", in: "2026-10-16", next: "2026-10-16"),
        Instant("2026-10-16T19:59:59.999999999Z", in: "2026-10-16", next: "2026-10-16"),
        Instant("2026-10-16T20:00:00Z", in: nil, next: "2026-10-19"),
        Instant("2026-10-17T15:00:00Z", in: nil, next: "2026-10-19"),
        // 21:00 in New York: the date there is still that of the session that is over.
        Instant("2026-10-20T01:00:00Z", in: nil, next: "2026-10-20"),
        Instant("2025-07-03T17:00:00Z", in: nil, next: "2025-07-07"),
        Instant("2001-09-10T20:00:00Z", in: nil, next: "2001-09-17"),
        // The table begins and ends; beyond it nothing is open and nothing will be.
        Instant("1997-12-31T15:00:00Z", in: nil, next: nil),
        Instant("1998-01-01T04:59:59Z", in: nil, next: nil),
        Instant("1998-01-01T05:00:00Z", in: nil, next: "1998-01-02"),
        Instant("2030-12-31T20:59:59Z", in: "2030-12-31", next: "2030-12-31"),
        Instant("2030-12-31T21:00:00Z", in: nil, next: nil),
        Instant("2031-01-02T15:00:00Z", in: nil, next: nil),
        Instant("2100-06-01T15:00:00Z", in: nil, next: nil),
    ]

    @Test("S22: half-open sessions, and none where the table ends", arguments: instants)
    func instant(_ row: Instant) throws {
        let time = try time(row.time)
        #expect(calendar.session(containing: time)?.date.description == row.containing)
        #expect(calendar.session(atOrAfter: time)?.date.description == row.atOrAfter)
    }

    @Test("S22: the ends of time are answered, not trapped")
    func endsOfTime() throws {
        for calendar in [calendar, .data(try newYork())] {
            for time in [Timestamp.distantPast, .distantFuture] {
                #expect(calendar.session(containing: time) == nil)
            }
            #expect(calendar.session(atOrAfter: .distantFuture) == nil)
            let first = try date("0001-01-01")
            let last = try date("9999-12-31")
            #expect(calendar.session(on: first) == nil)
            #expect(calendar.session(on: last) == nil)
            let sessions = calendar.sessions(from: first, through: last)
            #expect(sessions.first?.date ?? last >= calendar.coverage.lowerBound)
            #expect(sessions.last?.date ?? first <= calendar.coverage.upperBound)
            #expect(calendar.sessions(from: last, through: first).isEmpty)
        }
    }

    @Test("S22: sessions ascend, never overlap, and every lookup agrees")
    func consistency() throws {
        let sessions = calendar.sessions(
            from: try date("1990-01-01"), through: try date("2040-01-01"))
        #expect(sessions.count == 8298)
        let second = Span(seconds: 1)
        for (session, next) in zip(sessions, sessions.dropFirst()) {
            #expect(session.open < session.close && session.close < next.open)
            #expect(calendar.session(containing: session.close - second) == session)
            #expect(calendar.session(atOrAfter: session.open - second) == session)
            #expect(calendar.session(atOrAfter: session.close) == next)
        }
    }

    /// Holds the whole table where the oracle is not installed; see CalendarOracleTests.
    @Test("S22: the table is the one that agreed with exchange_calendars 4.13.2")
    func fingerprint() throws {
        let sessions = calendar.sessions(
            from: try date("1998-01-01"), through: try date("2030-12-31"))
        var hash = StableHash()
        hash.combine(renderSessions(sessions, json: true))
        #expect(hash.text == "3d73518phzacw3t3zq2fjcwgny")
    }

    @Test("A calendar of data has every civil date, from midnight to midnight")
    func dataCalendar() throws {
        let calendar = MarketCalendar.data(try newYork())
        let cases = [
            ("2026-10-17", "2026-10-17T04:00:00Z", "2026-10-18T04:00:00Z"),
            // 23 and 25 hours
            ("2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
            ("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            ("1985-12-25", "1985-12-25T05:00:00Z", "1985-12-26T05:00:00Z"),
            ("2045-07-04", "2045-07-04T04:00:00Z", "2045-07-05T04:00:00Z"),
        ]
        for (day, open, close) in cases {
            let session = Session(
                date: try date(day), open: try time(open), close: try time(close),
                isEarlyClose: false)
            #expect(calendar.session(on: session.date) == session)
            #expect(calendar.session(containing: session.open) == session)
            #expect(calendar.session(atOrAfter: session.close - Span(seconds: 1)) == session)
            #expect(calendar.session(containing: session.close)?.open == session.close)
        }
        let week = calendar.sessions(from: try date("2026-10-12"), through: try date("2026-10-18"))
        #expect(week.count == 7)
    }
}
