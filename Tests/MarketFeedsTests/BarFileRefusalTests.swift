import Domain
import Foundation
import Glibc
import MarketFeeds
import Primitives
import TestSupport
import Testing

@Suite struct BarFileRefusalTests {
    @Test("S39: what is no bar file is refused with the reason")
    func refusals() throws {
        let folder = ScratchFolder()
        func reason(_ path: String) throws -> String {
            let error = #expect(throws: FeedError.self) { _ = try Reading(path) }
            return try #require(error).description
        }
        #expect(try reason("\(folder.path)/none.csv").contains("No such file"))
        #expect(try reason(folder.path).contains("no .csv file"))
        #expect(try reason("/dev/null").contains("regular file"))
        #expect(try reason(folder.write("", to: "a.csv")).contains("the header must be"))
        #expect(try reason(folder.write("a,b\n1,2\n", to: "a.csv")).contains("found “a,b”"))
        #expect(try reason(folder.write(header, to: "a.csv")).contains("no usable row"))
        #expect(try reason(folder.write(header + "x\n", to: "a.csv")).contains("no usable row"))
        let bad = (1...4).map { "x\($0)\n" }.joined() + "A,then,1,1,1,1,1\n"
        let why = try reason(folder.write(header + bad, to: "a.csv"))
        #expect(why.contains("no usable row: 4 "), "\(why)")
        #expect(why.contains("a.csv:2: ") && why.contains(": x3"), "\(why)")
        #expect(!why.contains(": x4"), "\(why)")
        #expect(try reason(folder.write(header, to: "x.csv.gz")).contains("gunzip"))
        #expect(try reason(folder.write([0x1F, 0x8B, 8, 0], to: "a.csv")).contains("gunzip"))
        unlink("\(folder.path)/a.csv")
        #expect(try reason(folder.path).contains("1 end in .csv.gz"))
        let fifo = "\(folder.path)/a.csv"
        #expect(mkfifo(fifo, 0o600) == 0)
        #expect(try reason(fifo).contains("regular file"))
        #expect(throws: FeedError.self) { _ = try BarFile(paths: []) }
        #expect(throws: FeedError.self) { _ = try BarFile(paths: ["x"], interval: .zero) }
    }

    @Test("S39: random bytes never trap, and chunks make no difference", arguments: 1...30)
    func randomBytes(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = ScratchFolder()
        let alphabet = Array("A,2021-04-20T13:30:00Z,1.5,9\n\r\0Z:-T.\"é".utf8)
        var bytes = Array(header.utf8)
        for _ in 0..<random.below(6000) {
            switch random.below(20) {
            case 0: bytes.append(UInt8(random.below(256)))
            case 1: bytes += Array("A,2021-04-20T13:30:00Z,10,11,9,10.5,100".utf8)
            case 2: bytes += Array("\nA,2021-04-2\(random.below(10))T13:30:00Z,".utf8)
            default: bytes.append(alphabet[random.below(alphabet.count)])
            }
        }
        let file = folder.write(bytes)
        func result(_ bufferBytes: Int) -> Result<Reading, FeedError> {
            do throws(FeedError) {
                return .success(try Reading(file, bufferBytes: bufferBytes))
            } catch { return .failure(error) }
        }
        let whole = result(1 << 20)
        for _ in 0..<5 {
            let bufferBytes = 1 + random.below(500)
            #expect(result(bufferBytes) == whole, "seed \(seed), buffer \(bufferBytes)")
        }
    }

    /// Rows of every valid shape: many go the fast way, some the careful one. `BarRow` alone is the
    /// measure.
    @Test("The fast way and the careful way agree on valid rows", arguments: 1...20)
    func waysAgree(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let folder = ScratchFolder()
        let symbols = ["A", "BRK.B", "ABCDEFGH", "ABCDEFGHI", "ABCDEFGHIJKLMNO", "0", "X/Y-Z"]
        func digits(_ count: Int) -> String {
            (0..<count).map { _ in String(random.below(10)) }.joined()
        }
        var text = header
        var rows: [BarRow.Fields] = []
        var start = Timestamp(seconds: Int64(random.below(4_000_000)) * 1000)
        for _ in 0..<500 {
            start = start + Span(seconds: Int64(random.below(200_000)))
            let low = "\(1 + random.below(9))\(digits(random.below(8)))"
            let fraction = digits(random.below(10))
            let price = fraction.isEmpty ? low : "\(low).\(fraction)"
            let high = random.below(2) == 0 ? "9\(low).\(digits(1 + random.below(9)))" : price
            let volume = "\(random.below(10))\(digits(random.below(18)))"
            let row =
                "\(symbols[random.below(symbols.count)]),\(start),\(price),\(high),\(price),"
                + "\(random.below(2) == 0 ? high : price),\(volume)"
            var copy = row
            let fields = copy.withUTF8 { bytes in try? BarRow.parse(bytes) }
            // The largest prices overflow; both ways must then refuse them.
            if let fields { rows.append(fields) }
            text += row + (random.below(9) == 0 ? "\r\n" : "\n")
        }
        var feed = try BarFile(paths: [folder.write(text)], interval: Span(seconds: 86400))
        var bars: [Bar] = []
        while try feed.read(into: &bars) {}
        #expect(bars.count + feed.defects.total == 500, "seed \(seed)")
        try #require(bars.count == rows.count, "seed \(seed): \(feed.defects)")
        for (bar, fields) in zip(bars, rows) {
            let read = csvRow(bar, feed.symbols[bar.symbol])
            let meant = Bar(
                symbol: bar.symbol, start: fields.start, open: fields.open, high: fields.high,
                low: fields.low, close: fields.close, volume: fields.volume)
            #expect(read == csvRow(meant, fields.symbol), "seed \(seed)")
        }
    }

    @Test("Only the first hundred defects are kept, all are counted")
    func boundedLog() throws {
        let folder = ScratchFolder()
        let row = "A,2021-04-20T13:30:00Z,10,11,9,10.5,100\n"
        let file = folder.write(header + String(repeating: "x\n", count: 5000) + row)
        let reading = try Reading(file)
        #expect(reading.defects.total == 5000)
        #expect(reading.defects.kept.count == DefectLog.keptMax)
        #expect(reading.defects.kept.last?.line == 101)
        #expect(reading.rows.count == 1)
    }
}

private struct RealFile: CustomTestStringConvertible, Sendable {
    let name: String
    let bars: Int
    let symbols: Int
    let interval: Int64
    let offGrid: Int
    var testDescription: String { name }
}

private let realFiles = [
    RealFile(name: "minute-2021-04.csv", bars: 14346, symbols: 6, interval: 60, offGrid: 6),
    RealFile(name: "minute-2013-10.csv", bars: 13429, symbols: 4, interval: 60, offGrid: 0),
    RealFile(name: "hour-2010-2021.csv", bars: 39476, symbols: 2, interval: 3600, offGrid: 0),
]

@Suite(.enabled(if: !SharedData.isAbsent, "the real data is not here"))
struct RealBarFileTests {
    @Test("Real files are read whole but for half-built last bars", arguments: realFiles)
    fileprivate func realFile(_ row: RealFile) throws {
        let url = try #require(SharedData.file("data/bars/\(row.name)"))
        var feed = try BarFile(paths: [url.path])
        var bars: [Bar] = []
        while try feed.read(into: &bars) {}
        #expect(bars.count == row.bars)
        #expect(feed.symbols.count == row.symbols)
        #expect(feed.interval == Span(seconds: row.interval))
        #expect(feed.defects.total == row.offGrid)
        #expect(feed.defects.count(of: "off-grid") == row.offGrid)
        #expect(zip(bars, bars.dropFirst()).allSatisfy { $0.start <= $1.start })
    }
}
