import Backtest
import Calendar
import Domain
import Engine
import Primitives
import TestSupport
import Testing

/// Bars, news and the session clock merged into instants.
@Suite struct TimelineTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        var bars: [String]
        var seconds: Int64 = 60
        var news: [String] = []
        var calendar = xnys
        let instants: [String]
        var testDescription: String { name }

        func check() throws {
            let found = try lines(
                ListFeed(starts: bars, seconds: seconds), news: ListNews(news), calendar: calendar)
            #expect(found == instants, "\(name)")
        }
    }

    @Test("Bars of one instant come by symbol, corrections of a symbol in their order")
    func byName() throws {
        let symbols = symbolTable(["MSFT", "AAPL", "ZION", "BRK.B"])
        func bar(_ index: Int, _ minute: String, _ price: Int64) -> Bar {
            flat(SymbolID(index: index), at("2025-06-10T\(minute):00Z"), price)
        }
        let bars = [
            bar(2, "13:30", 1), bar(0, "13:30", 2), bar(1, "13:30", 3), bar(0, "13:30", 4),
            bar(3, "13:30", 5), bar(0, "13:30", 6), bar(1, "13:31", 7), bar(3, "13:31", 8),
            bar(0, "13:32", 9), bar(0, "13:32", 10),
        ]
        for chunk in 1...bars.count {
            var timeline = Timeline(
                feed: ListFeed(bars, symbols: symbols, chunk: chunk), news: ListNews([NewsItem]()),
                calendar: xnys)
            var instant = Instant()
            var prices: [Int64] = []
            while try timeline.next(&instant) {
                prices += instant.bars.map { $0.close.units / Price(whole: 1).units }
            }
            #expect(prices == [3, 5, 2, 4, 6, 1, 7, 8, 9, 10], "chunk \(chunk)")
        }
    }

    static let sessionRows = [
        Row(
            name: "a bar is known at its end; the session opens before it and closes after it",
            bars: ["2025-06-10T13:30:00Z", "2025-06-10T19:59:00Z"],
            instants: [
                "2025-06-10T13:30:00Z, session-open", "2025-06-10T13:31:00Z, bar TEST 13:30",
                "2025-06-10T20:00:00Z, bar TEST 19:59, session-close",
            ]),
        Row(
            name: "the last bar is clipped to the close", bars: ["2025-06-10T19:30:00Z"],
            seconds: 3_600,
            instants: [
                "2025-06-10T13:30:00Z, session-open",
                "2025-06-10T20:00:00Z, bar TEST 19:30, session-close",
            ]),
        Row(
            name: "also to an early one", bars: ["2025-07-03T16:30:00Z", "2025-07-03T17:30:00Z"],
            seconds: 3_600,
            instants: [
                "2025-07-03T13:30:00Z, session-open",
                "2025-07-03T17:00:00Z, bar TEST 16:30, session-close",
                "2025-07-03T18:30:00Z, outside TEST 17:30",
            ]),
        Row(
            name: "hours from 14:00Z: in summer all of them are inside",
            bars: ["2025-06-10T13:00:00Z", "2025-06-10T14:00:00Z", "2025-06-10T19:00:00Z"],
            seconds: 3_600,
            instants: [
                "2025-06-10T13:30:00Z, session-open", "2025-06-10T14:00:00Z, outside TEST 13:00",
                "2025-06-10T15:00:00Z, bar TEST 14:00",
                "2025-06-10T20:00:00Z, bar TEST 19:00, session-close",
            ]),
        Row(
            name: "and in winter the one at 14:00Z begins too early",
            bars: ["2025-01-14T14:00:00Z", "2025-01-14T15:00:00Z", "2025-01-14T20:00:00Z"],
            seconds: 3_600,
            instants: [
                "2025-01-14T14:30:00Z, session-open", "2025-01-14T15:00:00Z, outside TEST 14:00",
                "2025-01-14T16:00:00Z, bar TEST 15:00",
                "2025-01-14T21:00:00Z, bar TEST 20:00, session-close",
            ]),
        Row(
            name: "bars before the opening and after the close",
            bars: ["2025-06-10T12:00:00Z", "2025-06-10T14:00:00Z", "2025-06-10T21:00:00Z"],
            instants: [
                "2025-06-10T12:01:00Z, outside TEST 12:00", "2025-06-10T13:30:00Z, session-open",
                "2025-06-10T14:01:00Z, bar TEST 14:00", "2025-06-10T20:00:00Z, session-close",
                "2025-06-10T21:01:00Z, outside TEST 21:00",
            ]),
        Row(
            name: "over the spring change of clocks the session moves by an hour in UTC",
            bars: ["2025-03-07T20:59:00Z", "2025-03-10T13:30:00Z", "2025-03-10T19:59:00Z"],
            instants: [
                "2025-03-07T14:30:00Z, session-open",
                "2025-03-07T21:00:00Z, bar TEST 20:59, session-close",
                "2025-03-10T13:30:00Z, session-open", "2025-03-10T13:31:00Z, bar TEST 13:30",
                "2025-03-10T20:00:00Z, bar TEST 19:59, session-close",
            ]),
        Row(
            name: "over the autumn change as well",
            bars: ["2025-10-31T19:59:00Z", "2025-11-03T14:29:00Z", "2025-11-03T14:30:00Z"],
            instants: [
                "2025-10-31T13:30:00Z, session-open",
                "2025-10-31T20:00:00Z, bar TEST 19:59, session-close",
                "2025-11-03T14:30:00Z, outside TEST 14:29, session-open",
                "2025-11-03T14:31:00Z, bar TEST 14:30",
            ]),
        Row(
            name: "a holiday opens nothing, whatever trades",
            bars: ["2025-07-03T16:59:00Z", "2025-07-04T14:00:00Z", "2025-07-07T13:30:00Z"],
            instants: [
                "2025-07-03T13:30:00Z, session-open",
                "2025-07-03T17:00:00Z, bar TEST 16:59, session-close",
                "2025-07-04T14:01:00Z, outside TEST 14:00",
                "2025-07-07T13:30:00Z, session-open", "2025-07-07T13:31:00Z, bar TEST 13:30",
            ]),
        Row(
            name: "a session without a bar opens and closes all the same",
            bars: ["2025-06-10T19:59:00Z", "2025-06-12T13:30:00Z"],
            instants: [
                "2025-06-10T13:30:00Z, session-open",
                "2025-06-10T20:00:00Z, bar TEST 19:59, session-close",
                "2025-06-11T13:30:00Z, session-open", "2025-06-11T20:00:00Z, session-close",
                "2025-06-12T13:30:00Z, session-open", "2025-06-12T13:31:00Z, bar TEST 13:30",
            ]),
        Row(
            name: "where the bars say what a session is, midnight in New York parts the days",
            bars: ["2025-03-09T04:59:00Z", "2025-03-09T05:00:00Z", "2025-03-10T04:00:00Z"],
            calendar: dataCalendar,
            instants: [
                "2025-03-08T05:00:00Z, session-open",
                "2025-03-09T05:00:00Z, bar TEST 04:59, session-close, session-open",
                "2025-03-09T05:01:00Z, bar TEST 05:00",
                "2025-03-10T04:00:00Z, session-close, session-open",
                "2025-03-10T04:01:00Z, bar TEST 04:00",
            ]),
        Row(
            name: "bars before the calendar's first year do not close it for good",
            bars: ["1997-12-31T15:00:00Z", "1998-01-02T14:30:00Z", "1998-01-02T14:31:00Z"],
            instants: [
                "1997-12-31T15:01:00Z, outside TEST 15:00", "1998-01-02T14:30:00Z, session-open",
                "1998-01-02T14:31:00Z, bar TEST 14:30", "1998-01-02T14:32:00Z, bar TEST 14:31",
            ]),
        Row(
            name: "after its last year there is no session",
            bars: ["2030-12-31T20:59:00Z", "2031-01-02T15:00:00Z"],
            instants: [
                "2030-12-31T14:30:00Z, session-open",
                "2030-12-31T21:00:00Z, bar TEST 20:59, session-close",
                "2031-01-02T15:01:00Z, outside TEST 15:00",
            ]),
    ]

    @Test("S22: sessions open and close on time on every kind of day", arguments: sessionRows)
    func sessions(_ row: Row) throws { try row.check() }

    static let arrivalRows = [
        Row(
            name: "a corrected and a late bar are known when they arrive",
            bars: [
                "2025-06-10T14:00:00Z", "2025-06-10T14:01:00Z", "2025-06-10T14:00:00Z",
                "2025-06-10T13:50:00Z", "2025-06-10T14:02:00Z",
            ],
            instants: [
                "2025-06-10T13:30:00Z, session-open", "2025-06-10T14:01:00Z, bar TEST 14:00",
                "2025-06-10T14:02:00Z, bar TEST 14:01", "2025-06-10T14:02:00Z, bar TEST 14:00",
                "2025-06-10T14:02:00Z, bar TEST 13:50", "2025-06-10T14:03:00Z, bar TEST 14:02",
            ]),
        Row(
            name: "missing bars leave no instant",
            bars: ["2025-06-10T14:00:00Z", "2025-06-10T15:00:00Z"],
            instants: [
                "2025-06-10T13:30:00Z, session-open", "2025-06-10T14:01:00Z, bar TEST 14:00",
                "2025-06-10T15:01:00Z, bar TEST 15:00",
            ]),
        Row(
            name: "an empty feed is over at once", bars: [], news: ["2025-06-10T14:00:00Z"],
            instants: []),
    ]

    @Test("S40: late, corrected and missing bars on the line of time", arguments: arrivalRows)
    func arrivals(_ row: Row) throws { try row.check() }

    static let newsRows = [
        Row(
            name: "news before the first bar is taken at its own time",
            bars: ["2025-06-10T14:00:00Z"], news: ["2025-06-09T22:00:00Z"],
            instants: [
                "2025-06-09T22:00:00Z, news n0", "2025-06-10T13:30:00Z, session-open",
                "2025-06-10T14:01:00Z, bar TEST 14:00",
            ]),
        Row(
            name: "news after the last bar is not waited for", bars: ["2025-06-10T14:00:00Z"],
            news: ["2025-06-10T14:01:01Z"],
            instants: [
                "2025-06-10T13:30:00Z, session-open", "2025-06-10T14:01:00Z, bar TEST 14:00",
            ]),
        Row(
            name: "news of a weekend is taken on it",
            bars: ["2025-06-13T19:59:00Z", "2025-06-16T13:30:00Z"], news: ["2025-06-14T10:00:00Z"],
            instants: [
                "2025-06-13T13:30:00Z, session-open",
                "2025-06-13T20:00:00Z, bar TEST 19:59, session-close",
                "2025-06-14T10:00:00Z, news n0", "2025-06-16T13:30:00Z, session-open",
                "2025-06-16T13:31:00Z, bar TEST 13:30",
            ]),
        Row(
            name: "at one instant: bars, then news by id, then timers",
            bars: ["2025-06-10T19:59:00Z"],
            news: ["2025-06-10T20:00:00Z", "2025-06-10T20:00:00Z"],
            instants: [
                "2025-06-10T13:30:00Z, session-open",
                "2025-06-10T20:00:00Z, bar TEST 19:59, news n0, news n1, session-close",
            ]),
    ]

    @Test("News has its place on the line of time", arguments: newsRows)
    func news(_ row: Row) throws { try row.check() }

    @Test("Bars of one start come together in the feed's order, across its reads")
    func oneInstant() throws {
        let table = symbolTable(["AA", "BB", "CC", "DD", "EE"])
        let start = at("2025-06-10T14:00:00Z")
        let bars = table.symbols.indices.map { flat(SymbolID(index: $0), start, 100) }
        #expect(
            try lines(ListFeed(bars, symbols: table, chunk: 2)) == [
                "2025-06-10T13:30:00Z, session-open",
                "2025-06-10T14:01:00Z, bar AA 14:00, bar BB 14:00, bar CC 14:00, bar DD 14:00, "
                    + "bar EE 14:00",
            ])
    }

    @Test("Bars of symbols outside the universe are passed over, however many")
    func universe() throws {
        let table = symbolTable(["AA", "BB"])
        let start = at("2025-06-10T14:00:00Z")
        let bars = (0..<20).map { index in
            flat(SymbolID(index: index < 18 ? 0 : 1), start + Span(seconds: Int64(index) * 60), 100)
        }
        #expect(
            try lines(ListFeed(bars, symbols: table), universe: [Symbol("BB")!]) == [
                "2025-06-10T13:30:00Z, session-open", "2025-06-10T14:19:00Z, bar BB 14:18",
                "2025-06-10T14:20:00Z, bar BB 14:19",
            ])
        #expect(try lines(ListFeed(bars, symbols: table), universe: [Symbol("CC")!]).isEmpty)
    }

    @Test("S40: time never goes back and nothing is lost, whatever order the bars come in")
    func monotonic() throws {
        try forAll(300) { draw in
            let first = at("2025-11-01T00:00:00Z").seconds
            var start = first + Int64(draw.int(in: 0...200_000))
            var bars: [Bar] = []
            for _ in 0..<draw.int(in: 0...60) {
                start += Int64(draw.element(of: [0, 60, 60, 60, 600, 40_000]))
                let late = draw.chance(0.1) ? Int64(draw.int(in: 0...50)) * 60 : 0
                bars.append(
                    flat(SymbolID(index: draw.random.below(2)), Timestamp(seconds: start - late), 9)
                )
            }
            let items = (0..<draw.int(in: 0...20)).map { index in
                story(
                    "n\(index)", Timestamp(seconds: first + Int64(draw.int(in: 0...500_000))))
            }
            let calendar = draw.chance(0.5) ? xnys : dataCalendar
            var timeline = Timeline(
                feed: ListFeed(
                    bars, symbols: symbolTable(["AA", "BB"]),
                    interval: Span(seconds: draw.chance(0.5) ? 60 : 3_600),
                    chunk: draw.int(in: 1...9)),
                news: ListNews(items), calendar: calendar)
            var instant = Instant()
            var last = Timestamp.distantPast
            var taken: [Bar] = []
            var isOpen = false
            while try timeline.next(&instant) {
                #expect(instant.at >= last, "\(draw)")
                last = instant.at
                taken += instant.bars
                #expect(instant.news.allSatisfy { $0.createdAt <= last }, "\(draw)")
                #expect(instant.bars.allSatisfy { $0.start < last }, "\(draw)")
                for timer in instant.timers {
                    #expect((timer == .sessionOpen) != isOpen, "\(draw)")
                    isOpen = timer == .sessionOpen
                }
                #expect(
                    !instant.bars.isEmpty || !instant.news.isEmpty || !instant.timers.isEmpty,
                    "\(draw)")
            }
            // The symbols' ids are in the order of their names here.
            var expected: [Bar] = []
            for run in bars.chunked(where: { $0.start == $1.start }) {
                expected += run.filter { $0.symbol.index == 0 }
                expected += run.filter { $0.symbol.index == 1 }
            }
            #expect(taken == expected, "\(draw)")
        }
    }
}

extension Array {
    /// The longest runs of neighbours that belong together.
    fileprivate func chunked(where belongs: (Element, Element) -> Bool) -> [[Element]] {
        var runs: [[Element]] = []
        for element in self {
            if let last = runs.last?.last, belongs(last, element) {
                runs[runs.count - 1].append(element)
            } else {
                runs.append([element])
            }
        }
        return runs
    }
}
