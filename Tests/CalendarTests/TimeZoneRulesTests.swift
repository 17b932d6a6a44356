import Calendar
import Domain
import Testing

@Suite struct TimeZoneRulesTests {
    struct Edge: Sendable, CustomTestStringConvertible {
        let utc: String
        let offset: Int
        let local: String
        var testDescription: String { "\(utc) is \(local)" }
    }

    static let edges = [
        Edge(utc: "2026-03-08T06:59:59Z", offset: -18000, local: "2026-03-08 01:59:59"),
        Edge(utc: "2026-03-08T07:00:00Z", offset: -14400, local: "2026-03-08 03:00:00"),
        Edge(utc: "2026-11-01T05:59:59Z", offset: -14400, local: "2026-11-01 01:59:59"),
        Edge(utc: "2026-11-01T06:00:00Z", offset: -18000, local: "2026-11-01 01:00:00"),
        Edge(utc: "2026-11-01T06:59:59Z", offset: -18000, local: "2026-11-01 01:59:59"),
        Edge(utc: "2024-03-10T07:00:00Z", offset: -14400, local: "2024-03-10 03:00:00"),
        Edge(utc: "2025-11-02T06:00:00Z", offset: -18000, local: "2025-11-02 01:00:00"),
        Edge(utc: "2030-03-10T06:59:59Z", offset: -18000, local: "2030-03-10 01:59:59"),
        Edge(utc: "2030-11-03T06:00:00Z", offset: -18000, local: "2030-11-03 01:00:00"),
        // 20:00 in New York is another date in UTC.
        Edge(utc: "2026-07-02T00:00:00Z", offset: -14400, local: "2026-07-01 20:00:00"),
        // Beyond the file's table, by the rule in its footer
        Edge(utc: "2060-07-01T12:00:00Z", offset: -14400, local: "2060-07-01 08:00:00"),
        Edge(utc: "2060-12-01T12:00:00Z", offset: -18000, local: "2060-12-01 07:00:00"),
        // Before 1883 local mean time, before 1970 negative seconds
        Edge(utc: "1850-01-01T12:00:00Z", offset: -17762, local: "1850-01-01 07:03:58"),
        Edge(utc: "1969-12-31T23:59:59Z", offset: -18000, local: "1969-12-31 18:59:59"),
    ]

    @Test("S22: New York around its changes", arguments: edges)
    func edge(_ row: Edge) throws {
        let zone = try newYork()
        let time = try time(row.utc)
        #expect(zone.utcOffset(at: time) == row.offset)
        #expect(zone.localDate(of: time) == (try date(String(row.local.prefix(10)))))
        #expect(zone.localSecondsOfDay(of: time) == (try seconds(row.local)))
    }

    struct Reading: Sendable, CustomTestStringConvertible {
        let local: String
        let utc: String
        let why: String
        var testDescription: String { "\(local): \(why)" }
    }

    static let readings = [
        Reading(local: "2026-03-08 01:59:59", utc: "2026-03-08T06:59:59Z", why: "before the gap"),
        Reading(local: "2026-03-08 02:00:00", utc: "2026-03-08T07:00:00Z", why: "gap begins"),
        Reading(local: "2026-03-08 02:30:00", utc: "2026-03-08T07:00:00Z", why: "no such time"),
        Reading(local: "2026-03-08 02:59:59", utc: "2026-03-08T07:00:00Z", why: "gap ends"),
        Reading(local: "2026-03-08 03:00:00", utc: "2026-03-08T07:00:00Z", why: "after the gap"),
        Reading(local: "2026-11-01 00:59:59", utc: "2026-11-01T04:59:59Z", why: "before"),
        Reading(local: "2026-11-01 01:00:00", utc: "2026-11-01T05:00:00Z", why: "twice: the first"),
        Reading(local: "2026-11-01 01:30:00", utc: "2026-11-01T05:30:00Z", why: "twice: the first"),
        Reading(local: "2026-11-01 02:00:00", utc: "2026-11-01T07:00:00Z", why: "after"),
        Reading(local: "2060-03-14 02:30:00", utc: "2060-03-14T07:00:00Z", why: "gap, by the rule"),
        Reading(
            local: "2060-11-07 01:30:00", utc: "2060-11-07T05:30:00Z", why: "twice, by the rule"),
    ]

    @Test("S22: from the clock on the wall to UTC", arguments: readings)
    func reading(_ row: Reading) throws {
        let day = try date(String(row.local.prefix(10)))
        let time = try newYork().timestamp(day, secondsOfDay: try seconds(row.local))
        #expect(time == (try self.time(row.utc)))
    }

    private func time(_ text: String) throws -> Timestamp { try CalendarTests.time(text) }

    private func seconds(_ local: String) throws -> Int {
        let time = try self.time("1970-01-01T\(local.suffix(8))Z")
        return Int(time.seconds)
    }

    @Test("S22: dates and seconds beyond all bounds are answered, not trapped")
    func bounds() throws {
        let zone = try newYork()
        #expect(zone.timestamp(try date("0001-01-01"), secondsOfDay: 0) == .distantPast)
        #expect(zone.timestamp(try date("9999-12-31"), secondsOfDay: 86399) == .distantFuture)
        let day = try date("2026-07-01")
        #expect(
            zone.timestamp(day, secondsOfDay: 86400)
                == zone.timestamp(day.adding(days: 1), secondsOfDay: 0))
        #expect(zone.timestamp(day, secondsOfDay: .max) > zone.timestamp(day, secondsOfDay: 0))
        #expect(zone.timestamp(day, secondsOfDay: .min) < zone.timestamp(day, secondsOfDay: 0))
        for time in [Timestamp.distantPast, .distantFuture] {
            #expect((-90_000...0).contains(zone.utcOffset(at: time)))
            #expect((0..<86400).contains(zone.localSecondsOfDay(of: time)))
            #expect((1677...2262).contains(zone.localDate(of: time).year))
        }
    }

    @Test("S22: the footer alone gives what the table gives, 2008 to 2037")
    func footerAgreesWithTable() throws {
        let table = try newYork()
        let footer = try TimeZoneRules(
            tzif: zoneFile(offsets: [-18000], footer: "EST5EDT,M3.2.0,M11.1.0"))
        var time = try self.time("2008-01-01T00:00:00Z")
        let end = try self.time("2037-12-31T00:00:00Z")
        while time < end {
            #expect(table.utcOffset(at: time) == footer.utcOffset(at: time))
            time = time + Span(seconds: 3600)
        }
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        let footer: String
        /// Instant and offset.
        let offsets: [(String, Int)]
        var testDescription: String { footer }

        init(_ footer: String, _ offsets: (String, Int)...) {
            (self.footer, self.offsets) = (footer, offsets)
        }
    }

    static let rules = [
        Rule("UTC0", ("2026-07-01T00:00:00Z", 0)),
        Rule("<+0545>-5:45", ("2026-07-01T00:00:00Z", 20700)),
        Rule("<-03>3", ("2026-07-01T00:00:00Z", -10800)),
        // Southern summer, over the turn of the year
        Rule(
            "AEST-10AEDT,M10.1.0,M4.1.0/3", ("2026-01-01T00:00:00Z", 39600),
            ("2026-04-04T15:59:59Z", 39600), ("2026-04-04T16:00:00Z", 36000),
            ("2026-10-03T15:59:59Z", 36000), ("2026-10-03T16:00:00Z", 39600)),
        // Half an hour of daylight time
        Rule(
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", ("2026-01-01T00:00:00Z", 39600),
            ("2026-07-01T00:00:00Z", 37800)),
        // Ireland: standard time in summer, “daylight” time one hour behind in winter
        Rule(
            "IST-1GMT0,M10.5.0,M3.5.0/1", ("2026-01-01T00:00:00Z", 0),
            ("2026-07-01T00:00:00Z", 3600), ("2026-03-29T00:59:59Z", 0),
            ("2026-03-29T01:00:00Z", 3600)),
        // Hours below zero: Saturday 22:00 before the last Sunday of March
        Rule(
            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", ("2026-03-29T00:59:59Z", -7200),
            ("2026-03-29T01:00:00Z", -3600)),
        // Daylight time all year: it ends as it begins anew
        Rule(
            "XXX3EDT4,0/0,J365/23", ("2026-01-01T04:00:00Z", -14400),
            ("2026-07-01T00:00:00Z", -14400), ("2026-12-31T23:59:59Z", -14400),
            ("2027-01-01T03:30:00Z", -14400)),
        // Day 60 is the first of March in J, the first or the 29th of February without
        Rule(
            "AAA0BBB,J60/0,J300", ("2024-02-29T12:00:00Z", 0), ("2024-03-01T00:00:00Z", 3600),
            ("2025-02-28T23:59:59Z", 0), ("2025-03-01T00:00:00Z", 3600)),
        Rule(
            "AAA0BBB,59/0,J300", ("2024-02-28T23:59:59Z", 0), ("2024-02-29T00:00:00Z", 3600),
            ("2025-03-01T00:00:00Z", 3600)),
    ]

    @Test("S22: rules of POSIX", arguments: rules)
    func rule(_ row: Rule) throws {
        let zone = try TimeZoneRules(tzif: zoneFile(footer: row.footer))
        for (text, offset) in row.offsets {
            #expect(zone.utcOffset(at: try time(text)) == offset, "\(text)")
        }
    }

    static let brokenRules = [
        "", "E", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M3.2.0,", "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.0.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST25",
        "EST5:60", "EST5EDT,J0,J1", "EST5EDT,J366,J1", "EST5EDT,366,1", "<EST5", "<E>5",
        "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0,M11.1.0,", "EST5EDT,M3.2.0,M11.1.0 ",
        "EST99999999999999999999", "EST--5", "5", ",", "EST5EDT,M3.2,M11.1.0", "EST5é",
    ]

    @Test("S22: a rule that is not complete is refused", arguments: brokenRules)
    func brokenRule(_ footer: String) {
        #expect(throws: TimeZoneError.self) {
            _ = try TimeZoneRules(tzif: zoneFile(footer: footer))
        }
    }
}
