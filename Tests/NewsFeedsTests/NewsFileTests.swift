import Domain
import Foundation
import NewsFeeds
import Primitives
import TestSupport
import Testing

struct RecordCase: CustomTestStringConvertible, Sendable {
    let kind: String
    let line: String
    /// Part of the complaint.
    let says: String
    var testDescription: String { "\(kind): \(line.prefix(100).debugDescription)" }
}

let badRecords: [RecordCase] = [
    RecordCase(kind: "json", line: "hello", says: "no value at byte 1"),
    RecordCase(kind: "json", line: "{", says: "no key in quotes"),
    RecordCase(kind: "json", line: #"{"id": 1"#, says: "no comma"),
    RecordCase(kind: "json", line: #"{"id": 01}"#, says: "no value"),
    RecordCase(kind: "json", line: #"{"id": NaN}"#, says: "no value"),
    RecordCase(kind: "json", line: #"{"id": "a", "id": "b"}"#, says: "“id” twice"),
    RecordCase(kind: "json", line: #"{"id": "\ud800"}"#, says: "surrogate"),
    RecordCase(kind: "json", line: #"{"id": "\x41"}"#, says: "escape"),
    RecordCase(kind: "json", line: #"{"id": "a"} {}"#, says: "more text"),
    RecordCase(kind: "json", line: "{\"id\": \"a\u{1}\"}", says: "control character"),
    RecordCase(
        kind: "json", line: String(repeating: "[", count: 100_000), says: "deeper than 16"),
    RecordCase(kind: "not-an-object", line: "[]", says: "is a list"),
    RecordCase(kind: "not-an-object", line: "12", says: "is a number"),
    RecordCase(kind: "missing", line: "{}", says: "no headline"),
    RecordCase(kind: "missing", line: jsonLine(headline: "null"), says: "no headline"),
    RecordCase(kind: "missing", line: jsonLine(headline: #"" ""#), says: "no headline"),
    RecordCase(kind: "missing", line: jsonLine(createdAt: "null"), says: "no created_at"),
    RecordCase(kind: "wrong-type", line: jsonLine(headline: "5"), says: "headline is a number"),
    RecordCase(kind: "wrong-type", line: jsonLine(id: "[]"), says: "id is a list"),
    RecordCase(kind: "wrong-type", line: jsonLine(createdAt: "1618925460"), says: "created_at"),
    RecordCase(kind: "wrong-type", line: jsonLine(symbols: "{}"), says: "symbols is an object"),
    RecordCase(kind: "wrong-type", line: jsonLine(symbols: "[1]"), says: "a list with a number"),
    RecordCase(kind: "symbol", line: jsonLine(symbols: #"["alfa"]"#), says: "capitals"),
    RecordCase(kind: "symbol", line: jsonLine(symbols: #"["A\u001bB"]"#), says: "“A\u{FFFD}B”"),
    RecordCase(kind: "symbol", line: jsonLine(symbols: #"[""]"#), says: "“”"),
    RecordCase(
        kind: "too-many-symbols",
        line: jsonLine(symbols: "\"\((0..<300).map { "S\($0)" }.joined(separator: " "))\""),
        says: "256"),
    RecordCase(kind: "time", line: jsonLine(createdAt: #""yesterday""#), says: "“yesterday”"),
    RecordCase(kind: "time", line: jsonLine(createdAt: #""2021-02-30""#), says: "not a time"),
    RecordCase(kind: "time", line: jsonLine(createdAt: #""0000-01-01""#), says: "not a time"),
    RecordCase(kind: "time-zone", line: jsonLine(createdAt: #""2021-04-20 09:31:00""#), says: "Z"),
    RecordCase(
        kind: "too-long", line: jsonLine(headline: "\"\(String(repeating: "x", count: 4097))\""),
        says: "headline is longer than 4096"),
    RecordCase(
        kind: "too-long", line: jsonLine(id: "\"\(String(repeating: "x", count: 2049))\""),
        says: "id is longer"),
    RecordCase(
        kind: "line-too-long", line: "\"\(String(repeating: "x", count: 1 << 20))\"",
        says: "1048576"),
]

@Suite struct NewsFileTests {
    private let folder = ScratchFolder()

    private func read(
        _ text: String, as name: String = "n.jsonl", dateOnly: DateOnlyNews = .nextOpen
    ) throws -> NewsFile {
        try NewsFile(
            paths: [try folder.write(text, to: name)], dateOnly: dateOnly, nextOpen: nextOpen)
    }

    @Test(
        "S39: a line that is no headline is named with file, line and reason",
        arguments: badRecords)
    func defects(_ row: RecordCase) throws {
        let file = try read(jsonLine() + "\n\n" + row.line + "\n" + jsonLine(id: "\"n2\""))
        #expect(file.items.map(\.item.id) == ["n1", "n2"])
        #expect(file.defects.total == 1)
        let defect = try #require(file.defects.kept.first)
        #expect(file.defects.count(of: row.kind) == 1, "\(defect.problem)")
        #expect(defect.line == 3)
        #expect(defect.file.hasSuffix("/n.jsonl"))
        #expect(defect.problem.contains(row.says), "\(defect.problem)")
        #expect(defect.row.utf8.count <= 210)
    }

    @Test("All fields are read, unknown ones ignored, escapes undone")
    func fields() throws {
        let line =
            #"{"id": 77, "title": "A\u00e9 \ud83d\ude00 \"q\"", "summary": "s", "x": [1, {"y": null}], "#
            + #""tickers": 1, "ticker": "MSFT|AAPL; BRK.B MSFT", "published": "2021-04-20 10:00:00-04:00", "#
            + #""publisher": "P", "url": "https://x/\/"}"#
        let item = try #require(try read("\u{FEFF}" + line + "\r\n").items.first)
        #expect(item.item.id == "77")
        #expect(item.item.headline == "Aé 😀 \"q\"")
        #expect(item.item.symbols.map(\.name) == ["MSFT", "AAPL", "BRK.B"])
        #expect(item.item.createdAt.description == "2021-04-20T14:00:00Z")
        #expect(item.availableAt == item.item.createdAt)
        #expect((item.item.source, item.item.summary, item.item.url) == ("P", "s", "https://x//"))
    }

    struct DateCase: Sendable, CustomTestStringConvertible {
        let stamp: String
        /// Nil: a date.
        var isDate = true
        let known: String
        var testDescription: String { stamp }
    }

    @Test(
        "A stamp at midnight of its own clock is a date, known at the next open",
        arguments: [
            DateCase(stamp: "2021-04-20", known: "2021-04-20T13:30:00Z"),
            DateCase(stamp: "2021-04-20 00:00:00", known: "2021-04-20T13:30:00Z"),
            DateCase(stamp: "2021-04-20T00:00:00Z", known: "2021-04-20T13:30:00Z"),
            DateCase(stamp: "2021-04-20T00:00:00.000-04:00", known: "2021-04-20T13:30:00Z"),
            DateCase(stamp: "2021-04-24 00:00:00-04:00", known: "2021-04-26T13:30:00Z"),
            DateCase(
                stamp: "2021-04-20T00:00:00.5Z", isDate: false, known: "2021-04-20T00:00:00.5Z"),
            DateCase(
                stamp: "2021-04-20T20:00:00-04:00", isDate: false, known: "2021-04-21T00:00:00Z"),
            DateCase(
                stamp: "2021-04-20T00:00:01-04:00", isDate: false, known: "2021-04-20T04:00:01Z"),
        ])
    func dates(_ row: DateCase) throws {
        let line = jsonLine(createdAt: "\"\(row.stamp)\"")
        let item = try #require(try read(line).items.first)
        #expect(item.isDateOnly == row.isDate)
        #expect(item.availableAt.description == row.known)
        #expect(item.item.createdAt == item.availableAt, "its age counts from then")
        let dropping = try read(line, dateOnly: .drop)
        #expect(dropping.items.isEmpty == row.isDate)
        #expect(dropping.defects.count(of: "date-only") == (row.isDate ? 1 : 0))
    }

    @Test(
        "News is sorted by when it is known, then by id; repeats stay for the news stage to count")
    func order() throws {
        let lines = [
            jsonLine(id: "\"b\""), jsonLine(id: "\"a\""),
            jsonLine(id: "\"c\"", createdAt: "\"2021-04-20\""),
            jsonLine(id: "\"a\"", headline: "\"Later words\""),
        ]
        let file = try read(lines.joined(separator: "\n"))
        #expect(file.items.map(\.item.id) == ["c", "a", "a", "b"])
        #expect(file.items[1].item.headline == "Alfa beats")

        var replay = NewsReplay(file.items)
        let open = try #require(replay.next)
        #expect(open.description == "2021-04-20T13:30:00Z")
        #expect(replay.take(upTo: open - Span(nanoseconds: 1)).isEmpty)
        #expect(replay.take(upTo: open).map(\.item.id) == ["c"])
        #expect(replay.take(upTo: .distantFuture).map(\.item.id) == ["a", "a", "b"])
        #expect(replay.next == nil)
        #expect(replay.take(upTo: .distantFuture).isEmpty)
    }

    @Test("A missing id is made from the content, the same each time")
    func contentID() throws {
        let line = jsonLine(id: "null")
        let id = try #require(try read(line).items.first?.item.id)
        #expect(try read(line).items.first?.item.id == id)
        #expect(id.hasPrefix("n-"))
        let other = jsonLine(id: "null", symbols: "[]")
        #expect(try read(other).items.first?.item.id != id)
    }

    @Test("Tables: quotes, commas and line ends in fields, aliases in the header")
    func table() throws {
        let text =
            "\u{FEFF}Title,Date,Stock,extra\r\n"
            + "\"One, \"\"two\"\"\nthree\",2021-04-20T14:00:00Z,\"A, B\",\r\n\r\n"
            + "Plain,2021-04-20T15:00:00Z,,x"
        let file = try read(text, as: "n.csv")
        #expect(file.items.map(\.item.headline) == ["One, \"two\"\nthree", "Plain"])
        #expect(file.items[0].item.symbols.map(\.name) == ["A", "B"])
        #expect(file.defects.isEmpty)
    }

    @Test(
        "S39: bad rows of a table are named by the line they begin on",
        arguments: [
            RecordCase(kind: "columns", line: "a,b", says: "2 columns, the header 3"),
            RecordCase(kind: "columns", line: "a,b,c,d,e", says: "5 columns"),
            RecordCase(kind: "columns", line: String(repeating: ",", count: 9999), says: "65"),
            RecordCase(kind: "quotes", line: "\"a\"b,2021-04-20,A", says: "pair"),
            RecordCase(kind: "quotes", line: "\"a,2021-04-20,A", says: "pair"),
            RecordCase(kind: "missing", line: ",2021-04-20,A", says: "headline"),
            RecordCase(kind: "time", line: "x,20.4.2021,A", says: "20.4.2021"),
            RecordCase(kind: "symbol", line: "x,2021-04-20,a", says: "“a”"),
        ])
    func tableDefects(_ row: RecordCase) throws {
        let good = "h,2021-04-20T14:00:00Z,A"
        let text = "headline,date,symbol\n\"multi\nline\",2021-04-20,A\n\(row.line)\n\(good)\n"
        let file = try read(text, as: "n.csv")
        #expect(file.items.count == 2)
        #expect(file.defects.total == 1)
        let defect = try #require(file.defects.kept.first)
        #expect(defect.line == 4)
        #expect(file.defects.count(of: row.kind) == 1, "\(defect)")
        #expect(defect.problem.contains(row.says), "\(defect)")
    }

    @Test("S39: what is no news file is refused with the reason")
    func refusals() throws {
        func reason(_ path: String) throws -> String {
            let error = #expect(throws: FeedError.self) {
                _ = try NewsFile(paths: [path], nextOpen: nextOpen)
            }
            return try #require(error).description
        }
        #expect(try reason("\(folder.path)/none.jsonl").contains("No such file"))
        #expect(try reason(folder.write("x", to: "n.txt")).contains(".jsonl"))
        #expect(try reason(folder.write("", to: "n.jsonl")).contains("no usable row"))
        let why = try reason(folder.write("{}\n[]\n{}\n", to: "n.jsonl"))
        #expect(why.contains("no usable row: 2 missing, 1 not-an-object\n"), "\(why)")
        #expect(why.contains("n.jsonl:3: "), "\(why)")
        #expect(try reason(folder.write("", to: "n.csv")).contains("header"))
        #expect(try reason(folder.write("a,b\n", to: "n.csv")).contains("found “a,b”"))
        #expect(try reason("/dev/null").contains(".jsonl"))
        #expect(try reason(folder.path).contains(".jsonl"))
    }

    @Test("S39: random bytes never trap", arguments: 1...40)
    func randomBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "{\"", "\":", "\"", "[", "]", "}", ",", "\n", "\\u", "d83d", "\\", "1e", "true", "null",
            "headline", "created_at", "2021-04-20", "é", "\0", jsonLine(), "-", "\r\n",
        ]
        for name in ["n.jsonl", "n.csv"] {
            var bytes = Data(name == "n.csv" ? "headline,date\n".utf8 : "".utf8)
            for _ in 0..<random.below(2000) {
                if random.below(9) == 0 {
                    bytes.append(UInt8(random.below(256)))
                } else {
                    bytes.append(contentsOf: Array(pieces[random.below(pieces.count)].utf8))
                }
            }
            let path = try folder.write(bytes, to: name)
            let file = try? NewsFile(paths: [path], nextOpen: nextOpen)
            let again = try? NewsFile(paths: [path], nextOpen: nextOpen)
            #expect(file?.items == again?.items, "seed \(seed)")
            #expect(file?.defects == again?.defects, "seed \(seed)")
        }
    }
}

@Suite(.enabled(if: !SharedData.isAbsent, "the real data is not here"))
struct RealNewsTests {
    @Test("The headlines beside the minute bars are read whole")
    func jsonLines() throws {
        let url = try #require(SharedData.file("data/news/headlines-2021-04.jsonl"))
        let file = try NewsFile(paths: [url.path], nextOpen: nextOpen)
        #expect(file.items.count == 1265)
        #expect(file.defects.isEmpty)
        #expect(file.items.allSatisfy { !$0.isDateOnly && !$0.item.symbols.isEmpty })
    }

    @Test("A table with a row number before its columns, and mostly dates")
    func table() throws {
        let url = try #require(SharedData.file("data/news/headlines-A-2020.csv"))
        let file = try NewsFile(paths: [url.path], nextOpen: nextOpen)
        #expect(file.items.count == 100)
        #expect(file.items.filter(\.isDateOnly).count == 90)
        #expect(file.items.allSatisfy { $0.item.symbols.map(\.name) == ["A"] })
        #expect(
            file.items.filter(\.isDateOnly).allSatisfy {
                $0.availableAt.description.hasSuffix("T13:30:00Z")
            })
        #expect(file.items.last?.item.createdAt.description == "2020-06-05T14:30:54Z")
    }
}
