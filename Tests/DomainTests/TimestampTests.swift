import Domain
import Foundation
import TestSupport
import Testing

@Suite struct TimestampTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        let canonical: String
        init(_ text: String, _ canonical: String? = nil) {
            self.text = text
            self.canonical = canonical ?? text
        }
        var testDescription: String { text }
    }

    @Test(
        "A time is read with its offset and written in UTC",
        arguments: [
            Row("1970-01-01T00:00:00Z"), Row("2021-04-20T13:30:00Z"),
            Row("2021-04-20T09:30:00-04:00", "2021-04-20T13:30:00Z"),
            Row("2021-04-20 13:30:00Z", "2021-04-20T13:30:00Z"),
            Row("2021-04-20t13:30:00z", "2021-04-20T13:30:00Z"),
            Row("2021-04-20T13:30:00.120Z", "2021-04-20T13:30:00.12Z"),
            Row("2021-04-20T13:30:00.000000001Z"), Row("2021-04-20T13:30:00.999999999Z"),
            Row("2020-12-31T23:59:59+00:01", "2020-12-31T23:58:59Z"),
            Row("2021-01-01T00:00:00+05:30", "2020-12-31T18:30:00Z"),
            Row("2020-02-29T12:00:00Z"), Row("1969-12-31T23:59:59.5Z"),
            Row("1678-01-01T00:00:00Z"), Row("2261-12-31T23:59:59.999999999Z"),
        ])
    func reads(row: Row) throws {
        let time = try #require(Timestamp(rfc3339: row.text))
        #expect(time.description == row.canonical)
        #expect(Timestamp(rfc3339: row.canonical) == time)
    }

    @Test(
        "S39: a time that is not one is refused",
        arguments: [
            "", "2021", "2021-04-20", "2021-04-20T13:30:00", "2021-04-20T13:30Z",
            "2021-04-20T24:00:00Z", "2021-04-20T13:60:00Z", "2021-04-20T13:30:60Z",
            "2021-13-01T00:00:00Z", "2021-00-01T00:00:00Z", "2021-04-31T00:00:00Z",
            "2021-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2021-04-20T13:30:00.Z",
            "2021-04-20T13:30:00.1234567890Z", "2021-04-20T13:30:00ZZ", "2021-04-20T13:30:00Z ",
            " 2021-04-20T13:30:00Z", "2021-04-20T13:30:00+0400", "2021-04-20T13:30:00+24:00",
            "2021-04-20T13:30:00+04:60", "2021-04-20T13:30:00+04", "2021-04-20T13:30:00,5Z",
            "2021/04/20T13:30:00Z", "20210420T133000Z", "2021-04-20T13:30:00.5", "1618925400",
            "1677-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "2021-04-20T1a:30:00Z",
            "2021-04-20T13:30:00é", "+2021-04-20T13:30:0Z",
        ])
    func refuses(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test("Property: what is written is read back to the nanosecond")
    func roundTrip() {
        let first = Timestamp(rfc3339: "1678-01-01T00:00:00Z") ?? .distantPast
        let last = Timestamp(rfc3339: "2261-12-31T23:59:59.999999999Z") ?? .distantFuture
        forAll(10_000) { draw in
            let time = Timestamp(nanoseconds: draw.int64())
            let back = Timestamp(rfc3339: time.description)
            if time >= first && time <= last {
                #expect(back == time, "\(time), \(draw)")
            } else {
                #expect(back == nil, "\(time), \(draw)")
            }
        }
    }

    @Test("Property: seconds and dates agree with Foundation's calendar")
    func agreesWithFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        forAll(500) { draw in
            let seconds = Int64(draw.int(in: -2_000_000_000...7_000_000_000))
            let date = Date(timeIntervalSince1970: Double(seconds))
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
            let ours = Timestamp(seconds: seconds).utcDate
            #expect(ours.year == parts.year && ours.month == parts.month, "\(seconds), \(draw)")
            #expect(ours.day == parts.day, "\(seconds), \(draw)")
            #expect(ours.weekday + 1 == parts.weekday, "\(seconds), \(draw)")
        }
    }

    @Test("Arithmetic saturates at the ends of the range")
    func saturates() {
        let hour = Span(seconds: 3_600)
        let epoch = Timestamp(seconds: 0)
        #expect(Timestamp.distantFuture + hour == .distantFuture)
        #expect(Timestamp.distantPast - hour == .distantPast)
        #expect(Timestamp.distantFuture - .distantPast == Span(nanoseconds: .max))
        #expect(Timestamp.distantPast - .distantFuture == Span(nanoseconds: .min))
        #expect(Span(seconds: .max) == Span(nanoseconds: .max))
        #expect(Span(seconds: .min) == Span(nanoseconds: .min))
        #expect(epoch + hour - hour == epoch)
        #expect((epoch + hour) - epoch == hour)
        #expect(Timestamp(nanoseconds: -1).seconds == -1)
        #expect(Timestamp.distantPast.description == "1677-09-21T00:12:43.145224192Z")
        #expect(Timestamp.distantFuture.description == "2262-04-11T23:47:16.854775807Z")
    }
}

@Suite struct CivilDateTests {
    @Test("Day by day from 1900 to 2200, the date moves on as a calendar on the wall")
    func everyDay() throws {
        var (year, month, day, weekday) = (1900, 1, 1, 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let first = try #require(CivilDate(year: 1900, month: 1, day: 1)).daysSinceEpoch
        #expect(first == -25_567)
        var number = first
        while year <= 2200 {
            let date = CivilDate(daysSinceEpoch: number)
            guard (date.year, date.month, date.day) == (year, month, day),
                date.daysSinceEpoch == number, date.weekday == weekday
            else {
                Issue.record("day \(number) is \(date), expected \(year)-\(month)-\(day)")
                return
            }
            let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            day += 1
            if day > lengths[month - 1] + (leap && month == 2 ? 1 : 0) {
                (day, month) = (1, month + 1)
            }
            if month > 12 { (month, year) = (1, year + 1) }
            weekday = (weekday + 1) % 7
            number += 1
        }
        #expect(number - first == 109_938)
    }

    @Test(
        "A date is written YYYY-MM-DD, and only that is read",
        arguments: [
            ("2021-04-20", true), ("2024-02-29", true), ("0001-01-01", true), ("2023-02-29", false),
            ("2021-4-20", false), ("2021-04-20 ", false), ("20210420", false), ("", false),
            ("2021-04-00", false), ("2021-00-10", false), ("0000-01-01", false),
            ("-021-04-20", false), ("2021-04-3é", false),
        ])
    func text(text: String, valid: Bool) {
        #expect(CivilDate(text)?.description == (valid ? text : nil))
    }

    @Test("Days are added across months, years and the epoch")
    func adding() throws {
        let date = try #require(CivilDate("2024-02-28"))
        #expect(date.adding(days: 2).description == "2024-03-01")
        #expect(date.adding(days: 366).description == "2025-02-28")
        #expect(date.adding(days: -19_782).description == "1969-12-31")
    }
}
