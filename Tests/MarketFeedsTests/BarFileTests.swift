import Domain
import MarketFeeds
import Primitives
import TestSupport
import Testing

private struct DefectCase: CustomTestStringConvertible, Sendable {
    let kind: String
    let rows: String
    /// Part of the complaint.
    let says: String
    var line = 3
    var testDescription: String { "\(kind): \(rows.prefix(80).debugDescription)" }
}

private let good = "A,2021-04-20T13:30:00Z,10,11,9,10.5,100\n"

private let defectCases: [DefectCase] = [
    DefectCase(kind: "columns", rows: "A,2021-04-20T13:31:00Z,10,11,9,10.5", says: "6 columns"),
    DefectCase(kind: "columns", rows: "A,2021-04-20T13:31:00Z,10,11,9,10.5,1,2", says: "8 columns"),
    DefectCase(kind: "columns", rows: "hello", says: "1 column where 7"),
    DefectCase(kind: "columns", rows: ",", says: "2 columns"),
    DefectCase(kind: "symbol", rows: "aapl,2021-04-20T13:31:00Z,10,11,9,10.5,1", says: "capitals"),
    DefectCase(kind: "symbol", rows: ",2021-04-20T13:31:00Z,10,11,9,10.5,1", says: "“”"),
    DefectCase(
        kind: "symbol", rows: "ABCDEFGHIJKLMNOP,2021-04-20T13:31:00Z,10,11,9,10.5,1", says: "15"),
    DefectCase(kind: "symbol", rows: "A B,2021-04-20T13:31:00Z,10,11,9,10.5,1", says: "“A B”"),
    DefectCase(
        kind: "timestamp", rows: "A,2021-02-30T13:31:00Z,10,11,9,10.5,1", says: "RFC 3339 UTC"),
    DefectCase(kind: "timestamp", rows: "A,2021-04-20T13:31:00,10,11,9,10.5,1", says: "with Z"),
    DefectCase(kind: "timestamp", rows: "A,2021-04-20T24:00:00Z,10,11,9,10.5,1", says: "RFC"),
    DefectCase(kind: "timestamp", rows: "A,2021-04-20T13:31:60Z,10,11,9,10.5,1", says: "RFC"),
    DefectCase(kind: "timestamp", rows: "A,1618925460,10,11,9,10.5,1", says: "“1618925460”"),
    DefectCase(kind: "timestamp", rows: "A,9999-04-20T13:31:00Z,10,11,9,10.5,1", says: "RFC"),
    DefectCase(
        kind: "time-zone", rows: "A,2021-04-20T13:31:00-04:00,10,11,9,10.5,1", says: "convert"),
    DefectCase(
        kind: "time-zone", rows: "A,2021-04-20T13:31:00+00:00,10,11,9,10.5,1", says: "Z"),
    DefectCase(
        kind: "out-of-order", rows: "A,2021-04-20T13:29:00Z,10,11,9,10.5,1", says: "sort the file"),
    DefectCase(kind: "duplicate", rows: "A,2021-04-20T13:30:00Z,10,11,9,10.5,100", says: "repeats"),
    DefectCase(
        kind: "off-grid", rows: "A,2021-04-20T13:31:26Z,10,11,9,10.5,1", says: "grid of 1m bars"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,NaN,11,9,10.5,1", says: "open “NaN”"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,10,inf,9,10.5,1", says: "high “inf”"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,10,11,0x9,10.5,1", says: "low “0x9”"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,10,11,9,1e1,1", says: "close “1e1”"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,,11,9,10,1", says: "is empty"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,10.,11,9,10,1", says: "“10.”"),
    DefectCase(kind: "price", rows: "A,2021-04-20T13:31:00Z,+10,11,9,10,1", says: "“+10”"),
    DefectCase(
        kind: "price", rows: "A,2021-04-20T13:31:00Z,99999999999,99999999999,9,10,1",
        says: "outside"),
    DefectCase(
        kind: "price", rows: "A,2021-04-20T13:31:00Z,10.0000000001,11,9,10,1", says: "9 digits"),
    DefectCase(
        kind: "price-not-positive", rows: "A,2021-04-20T13:31:00Z,10,11,0,10,1", says: "zero"),
    DefectCase(
        kind: "price-not-positive", rows: "A,2021-04-20T13:31:00Z,10,11,-9,10,1", says: "negative"),
    DefectCase(kind: "high-below-low", rows: "A,2021-04-20T13:31:00Z,10,9,11,10,1", says: "below"),
    DefectCase(
        kind: "open-outside-range", rows: "A,2021-04-20T13:31:00Z,12,11,9,10,1", says: "open"),
    DefectCase(
        kind: "close-outside-range", rows: "A,2021-04-20T13:31:00Z,10,11,9,8,1", says: "close"),
    DefectCase(kind: "volume", rows: "A,2021-04-20T13:31:00Z,10,11,9,10,-1", says: "“-1”"),
    DefectCase(kind: "volume", rows: "A,2021-04-20T13:31:00Z,10,11,9,10,1.5", says: "whole"),
    DefectCase(kind: "volume", rows: "A,2021-04-20T13:31:00Z,10,11,9,10,", says: "“”"),
    DefectCase(
        kind: "volume", rows: "A,2021-04-20T13:31:00Z,10,11,9,10,9223372036854775808",
        says: "9223372036854775807"),
    DefectCase(kind: "nul-byte", rows: "A,2021-04-20T13:31:00Z,10,11,9,10,\0", says: "NUL"),
    DefectCase(
        kind: "line-too-long", rows: String(repeating: "x", count: 65_537), says: "65536 bytes"),
    DefectCase(
        kind: "line-too-long", rows: String(repeating: "x", count: 200_000), says: "65536 bytes"),
    DefectCase(
        kind: "too-many-symbols", rows: "B,2021-04-20T13:31:00Z,10,11,9,10,1", says: "the 1 that"),
]

@Suite struct BarFileTests {
    @Test(
        "S39: a bar row that cannot be used is named with file, line and reason",
        arguments: defectCases)
    private func defects(_ row: DefectCase) throws {
        let folder = ScratchFolder()
        let next = "A,2021-04-20T13:32:00Z,10,11,9,10.5,100"
        let file = folder.write(header + good + row.rows + "\n" + next)
        for bufferBytes in [100, 1000, 1 << 20] {
            let minute = Span(seconds: 60)
            let reading = try Reading(
                file, interval: minute, bufferBytes: bufferBytes, capacity: 1)
            #expect(reading.rows == [String(good.dropLast()), next])
            #expect(reading.defects.total == 1)
            #expect(reading.defects.count(of: row.kind) == 1, "\(reading.defects)")
            let defect = try #require(reading.defects.kept.first)
            #expect(defect.file == file)
            #expect(defect.line == row.line)
            #expect(defect.problem.contains(row.says), "\(defect.problem)")
            #expect(defect.row.utf8.count <= 210)

            let error = #expect(throws: FeedError.self) {
                _ = try Reading(
                    file, interval: minute, onDefect: .stop, bufferBytes: bufferBytes, capacity: 1)
            }
            #expect(error == .stoppedAtDefect(defect))
        }
    }

    @Test("Rows before the one that stops the reading are delivered first")
    func stopDelivers() throws {
        let folder = ScratchFolder()
        let file = folder.write(header + good + "nonsense\n" + good)
        var feed = try BarFile(paths: [file], onDefect: .stop)
        var bars: [Bar] = []
        #expect(try feed.read(into: &bars))
        #expect(bars.count == 1)
        for _ in 0..<2 {
            #expect(throws: FeedError.self) { try feed.read(into: &bars) }
        }
    }

    @Test("BOM, CRLF, empty lines and a missing last line feed are accepted")
    func tolerated() throws {
        let folder = ScratchFolder()
        let plain = header + good + "B,2021-04-20T13:30:00Z,1.5,1.5,1.5,1.5,0"
        let expected = try Reading(folder.write(plain))
        #expect(expected.rows.count == 2)
        let dressed =
            "\u{FEFF}" + header.dropLast() + "\r\n\r\n" + good.dropLast() + "\r\n\n"
            + "B,2021-04-20T13:30:00.000Z,1.50,1.5,1.5000000000000,1.5,0.0\r"
        #expect(try Reading(folder.write(dressed)) == expected)
    }

    @Test("S40: a row with the same start and other figures is a correction and passes")
    func correction() throws {
        let folder = ScratchFolder()
        let corrected = "A,2021-04-20T13:30:00Z,10,11,9,10.6,101"
        let reading = try Reading(folder.write(header + good + corrected + "\n" + corrected))
        #expect(reading.rows == [String(good.dropLast()), corrected])
        #expect(reading.defects.count(of: "duplicate") == 1)
    }

    private static let chunked: String = {
        var text = "\u{FEFF}" + header
        for minute in 0..<6 {
            for symbol in ["A", "BRK.B", "LONGSYMBOL-1234", "b"] {
                text +=
                    "\(symbol),2021-04-20T13:3\(minute):00Z,10.\(minute),11,9.25,10,\(minute)00\r\n"
            }
            text += minute == 2 ? "\nshort,row\n" : ""
        }
        return String(text.dropLast(2))
    }()

    @Test("The result does not depend on where chunks end")
    func chunkBoundaries() throws {
        let folder = ScratchFolder()
        let file = folder.write(Self.chunked)
        let whole = try Reading(file)
        #expect(whole.rows.count == 18)
        #expect(whole.defects.total == 7)
        for bufferBytes in 1...Self.chunked.utf8.count + 2 {
            #expect(try Reading(file, bufferBytes: bufferBytes) == whole, "buffer \(bufferBytes)")
        }
    }

    @Test("Several files are merged by start, in the order given at one instant")
    func merge() throws {
        let folder = ScratchFolder()
        func rows(_ symbol: String, _ minutes: [Int]) -> String {
            minutes.map { "\(symbol),2021-04-20T13:\($0):00Z,1,1,1,1,\($0)" }
                .joined(separator: "\n")
        }
        let a = folder.write(header + rows("A", [30, 31, 35]), to: "a.csv")
        let b = folder.write(header + rows("B", [30, 31, 32, 33, 36]), to: "b.csv")
        let c = folder.write(header + rows("A", [31, 34]), to: "c.csv")
        folder.write("not bars", to: "notes.txt")
        let reading = try Reading(b, a, c)
        let order = reading.rows.map { "\($0.prefix(1))\($0.suffix(2))" }
        #expect(order == ["B30", "A30", "B31", "A31", "B32", "B33", "A34", "A35", "B36"])
        #expect(reading.defects.count(of: "duplicate") == 1)
        #expect(reading.defects.kept.first?.file == c)
        #expect(reading.defects.kept.first?.line == 2)
        #expect(try Reading(folder.path) == Reading(a, b, c))
    }

    @Test("The interval is the smallest usual gap; a half-built bar does not set it")
    func interval() throws {
        let folder = ScratchFolder()
        func file(_ stamps: [String]) -> String {
            folder.write(header + stamps.map { "A,\($0),1,1,1,1,1\n" }.joined())
        }
        let hours = (10...20).map { "2021-04-20T\($0):00:00Z" }
        #expect(try Reading(file(hours)).interval == Span(seconds: 3600))
        let summer = ["2021-11-05T13:30:00Z", "2021-11-05T14:30:00Z", "2021-11-08T14:30:00Z"]
        #expect(try Reading(file(summer)).defects.isEmpty)
        #expect(try Reading(file(["2021-11-05T13:30:00Z"])).interval == Span(seconds: 60))
        let daily = ["2021-11-04T04:00:00Z", "2021-11-05T04:00:00Z", "2021-11-08T05:00:00Z"]
        let days = try Reading(file(daily))
        #expect(days.interval == Span(seconds: 86400))
        #expect(days.defects.isEmpty)
        let minutes = (0..<300).map { "2021-04-20T\(13 + $0 / 60):\(10 + $0 % 60 / 2 * 1):00Z" }
        let unique = minutes.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        let half = try Reading(file(unique + ["2021-04-20T17:39:26Z"]))
        #expect(half.interval == Span(seconds: 60))
        #expect(half.defects.count(of: "off-grid") == 1)
    }
}
