import Domain
import Primitives
import TestSupport
import Testing

@testable import Appliance

@Suite struct ReportingFormatTests {
    @Test("A number in JSON has the shortest digits and no exponent")
    func numbers() {
        let rows: [(Double, String)] = [
            (0, "0.0"), (60, "60.0"), (0.1, "0.1"),
            (-0.0032226078334159644, "-0.0032226078334159644"),
            (0.00001, "0.00001"), (-2.5e-7, "-0.00000025"), (1e16, "10000000000000000.0"),
            (1.25e17, "125000000000000000.0"), (.nan, "null"), (.infinity, "null"),
        ]
        for (value, text) in rows { #expect(OrderedJSON.number(value).compact == text) }
    }

    @Test("Every finite number reads back as itself")
    func roundTrip() {
        forAll { draw in
            let value = draw.double()
            let text = OrderedJSON.number(value).compact
            #expect(Double(text) == value, "\(draw)")
            #expect(!text.contains("e"), "\(draw)")
        }
    }

    @Test("Text in JSON is escaped where JSON asks for it, and nowhere else")
    func strings() {
        let text = "a\"b\\c/d\u{1B}\n\u{2028}é“<"
        let expected = #""a\"b\\c/d\u001b\n\u2028é“<""#
        #expect(OrderedJSON.string(text).compact == expected)
    }

    @Test("Amounts are rounded half-even and grouped")
    func amounts() throws {
        let rows = [
            ("0", "0.00"), ("1234567.891", "1,234,567.89"), ("-0.004", "0.00"),
            ("-999.995", "-1,000.00"), ("0.125", "0.12"),
            ("9223372036.854775807", "9,223,372,036.85"),
        ]
        for (amount, text) in rows {
            #expect(Humane.amount(try Money(parsing: amount)) == text)
        }
        #expect(Humane.amount(try Money(parsing: "5"), signed: true) == "+5.00")
        #expect(Humane.price(try Price(parsing: "101.234567")) == "101.2346")
        #expect(Humane.percent(0.01234) == "1.23 %")
        #expect(Humane.number(-0.001) == "0.00")
    }

    @Test("Durations have at most two units")
    func durations() {
        let rows: [(Double, String)] = [
            (0, "0 s"), (0.25, "0.2 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"),
            (5400, "1 h 30 min"), (86_400, "1 d"), (273_600, "3 d 4 h"), (-90, "-1 min 30 s"),
        ]
        for (seconds, text) in rows { #expect(Humane.duration(seconds: seconds) == text) }
    }

    @Test("What controls a terminal or turns text around is taken out")
    func plain() {
        let text = Humane.plain("a\u{1B}[31mb\u{202E}c\nd\u{9B}e")
        #expect(text == "a\u{FFFD}[31mb\u{FFFD}c d\u{FFFD}e")
    }

    @Test("A curve drawn with fewer points keeps every column's peak and trough")
    func downsampling() {
        forAll(50) { draw in
            let values = (0..<draw.int(in: 1...5_000)).map { _ in draw.random.unit() }
            let columns = draw.int(in: 1...430)
            let kept = envelope(values, columns: columns)
            let increasing = zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 }
            #expect(increasing, "\(draw)")
            #expect(kept.count <= max(4 * columns, 1), "\(draw)")
            #expect(kept.first == 0 && kept.last == values.count - 1, "\(draw)")
            #expect(kept.map { values[$0] }.min() == values.min(), "\(draw)")
            #expect(kept.map { values[$0] }.max() == values.max(), "\(draw)")
        }
    }

    @Test("Every trade is counted once, and zero is an edge between gains and losses")
    func histogram() {
        forAll(100) { draw in
            let values = (0..<draw.int(in: 1...2_000)).map { _ in (draw.random.unit() - 0.4) * 500 }
            let histogram = Histogram(values)
            #expect(histogram.counts.reduce(0, +) == values.count, "\(draw)")
            #expect(histogram.edges.count == histogram.counts.count + 1, "\(draw)")
            let losses = zip(histogram.counts, histogram.edges.dropFirst())
                .filter { $0.1 <= 0 }.reduce(0) { $0 + $1.0 }
            #expect(losses == values.count { $0 < 0 }, "\(draw)")
        }
        #expect(Histogram([]).counts.isEmpty)
        #expect(Histogram([0]).counts.reduce(0, +) == 1)
        #expect(Histogram([7, 7, 7]).counts.max() == 3)
    }

    @Test("A scale holds its values, whatever they are")
    func scale() {
        forAll(300) { draw in
            let (a, b) = (draw.double(), draw.double())
            let (low, high) = (min(a, b), max(a, b))
            guard high.magnitude < 1e15, low.magnitude < 1e15 else { return }
            let frame = PlotFrame(height: 200, low: low, high: high)
            #expect(frame.low <= low && frame.high >= high, "\(draw)")
            #expect((2...51).contains(frame.ticks.count), "\(draw)")
        }
    }

    @Test("Times between two snapshots lie between their places")
    func axis() throws {
        let times = try ["2024-01-02T21:00:00Z", "2024-01-03T21:00:00Z", "2024-01-08T21:00:00Z"]
            .map(ReportingFixture.time)
        let axis = TimeAxis(times)
        #expect(axis.part(of: times[1]) == 0.5)
        #expect(axis.part(of: times[0] + Span(seconds: 43_200)) == 0.25)
        #expect(axis.part(of: .distantPast) == 0)
        #expect(axis.part(of: .distantFuture) == 1)
        #expect(axis.ticks().map(\.label) == ["01-02 21:00", "01-03 21:00", "01-08 21:00"])
        #expect(TimeAxis([]).part(of: times[0]) == 0.5)
        #expect(TimeAxis([]).ticks().isEmpty)
    }

    @Test("Equity changes are told by day, by month when there are many days, else by year")
    func periods() throws {
        let start = try ReportingFixture.time("2020-01-02T21:00:00Z")
        func equity(_ days: Int) -> [EquitySnapshot] {
            (0..<days).map { day in
                let money = Money(whole: Int64(1000 + day))
                return EquitySnapshot(
                    at: start + Span(seconds: Int64(day) * 86_400), equity: money, cash: money,
                    exposure: .zero, openPositions: 0, isSessionClose: true)
            }
        }
        for (days, length) in [(70, PeriodResult.Length.day), (71, .month), (2_300, .year)] {
            let periods = PeriodResult.results(equity(days), start: Money(whole: 1000))
            #expect(periods.length == length)
            #expect(periods.results.reduce(0) { $0 + $1.pnl } == Double(days - 1))
        }
        #expect(PeriodResult.results([], start: nil).results.isEmpty)
    }
}
