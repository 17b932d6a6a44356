// News from files.
//
// `.jsonl` (an object a line) and `.csv` (RFC 4180, with a header) -> headlines, each with the
// instant from which it counts as known, sorted by that instant and then by id.
// - A stamp at midnight of its own clock is a date: known at the next open, or dropped, as configured.
//   Such an item counts as created then, so that its age is not that of a midnight nobody meant.
// - Records that cannot be used are set aside with file, line and reason; nothing can trap.
// - A file is read whole, and may hold `bytesMax` bytes and `itemsMax` records.
import Domain
import Primitives

package struct NewsFile: Sendable {
    package static let bytesMax = 512 << 20
    package static let itemsMax = 2_000_000

    /// Sorted by `availableAt`, then id, repeats in the order of the file: to know a repeat is the
    /// news stage's matter, which counts it.
    package let items: [StampedNews]
    package let defects: DefectLog

    /// Reads all files; more news than `itemsMax` is refused.
    /// - Parameters:
    ///   - dateOnly: what happens to news that has no time.
    ///   - nextOpen: the first session open at or after an instant; nil when there is none.
    /// - Throws: `cannotRead` and `badHeader`; `noRows` when nothing at all could be used.
    package init(
        paths: [String], dateOnly: DateOnlyNews = .nextOpen,
        nextOpen: (Timestamp) -> Timestamp?
    ) throws(FeedError) {
        var reader = Reader(dateOnly: dateOnly)
        for path in paths {
            let isTable = path.hasSuffix(".csv")
            guard isTable || path.hasSuffix(".jsonl") else {
                throw .cannotRead(
                    path: path, reason: "news files end in .jsonl (an object a line) or .csv")
            }
            let bytes: [UInt8]
            do throws(FileFault) { bytes = try readFile(path, bytesMax: Self.bytesMax) } catch {
                throw .cannotRead(path: path, reason: error.reason)
            }
            if isTable {
                try reader.readTable(bytes, path, nextOpen)
            } else {
                reader.readLines(bytes, path, nextOpen)
            }
            guard reader.items.count <= Self.itemsMax else {
                throw .cannotRead(
                    path: path, reason: "more than \(Self.itemsMax) headlines: split the period")
            }
        }
        guard !reader.items.isEmpty || reader.dropped > 0 else {
            throw .noRows(path: paths.joined(separator: ", "), defects: reader.defects)
        }
        items = reader.items.sorted {
            ($0.availableAt, $0.item.id) < ($1.availableAt, $1.item.id)
        }
        defects = reader.defects
    }

    private struct Reader {
        let dateOnly: DateOnlyNews
        var items: [StampedNews] = []
        var defects = DefectLog()
        var dropped = 0

        init(dateOnly: DateOnlyNews) { self.dateOnly = dateOnly }

        mutating func readLines(
            _ bytes: [UInt8], _ path: String, _ nextOpen: (Timestamp) -> Timestamp?
        ) {
            forEachLine(bytes) { line, number in
                do throws(NewsProblem) {
                    let value = try jsonValue(line)
                    try admit(NewsRecord(value), nextOpen)
                } catch {
                    note(error, path, number, line)
                }
            }
        }

        mutating func readTable(
            _ bytes: [UInt8], _ path: String, _ nextOpen: (Timestamp) -> Timestamp?
        ) throws(FeedError) {
            var table = CSVTable(bytes)
            guard case .fields(let header, _)? = table.next(), let columns = CSVColumns(header)
            else {
                let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
                throw .badHeader(
                    path: path, expected: CSVColumns.expected,
                    found: FeedDefect.shown(line, max: 200))
            }
            while let row = table.next() {
                do throws(NewsProblem) {
                    switch row {
                    case .fields(let fields, _):
                        try admit(try columns.record(fields), nextOpen)
                    case .problem(let problem, _): throw problem
                    }
                } catch {
                    note(error, path, row.line, table.text)
                }
            }
        }

        private mutating func admit(
            _ record: NewsRecord, _ nextOpen: (Timestamp) -> Timestamp?
        ) throws(NewsProblem) {
            var (item, isDateOnly) = try record.item()
            if isDateOnly {
                guard dateOnly == .nextOpen else {
                    dropped += 1
                    throw .dateOnly(record.createdAt)
                }
                guard let open = nextOpen(item.createdAt) else {
                    throw .noSession(record.createdAt)
                }
                item = item.created(at: open)
            }
            items.append(
                StampedNews(item: item, availableAt: item.createdAt, isDateOnly: isDateOnly))
        }

        private mutating func note(
            _ problem: NewsProblem, _ path: String, _ line: Int, _ row: ArraySlice<UInt8>
        ) {
            defects.add(kind: problem.kind) {
                FeedDefect(
                    file: path, line: line, problem: problem.description,
                    row: FeedDefect.shown(row, max: 200))
            }
        }
    }
}

extension NewsItem {
    fileprivate func created(at time: Timestamp) -> NewsItem {
        NewsItem(
            id: id, headline: headline, summary: summary, symbols: symbols, createdAt: time,
            source: source, url: url)
    }
}

/// Goes through news in the order in which it becomes known.
package struct NewsReplay: Sendable {
    private let items: [StampedNews]
    private var index = 0

    /// `items` must be sorted by `availableAt`, as `NewsFile` leaves them.
    package init(_ items: [StampedNews]) { self.items = items }

    /// When the next headline becomes known; nil when there is none.
    package var next: Timestamp? { index < items.count ? items[index].availableAt : nil }

    /// The headlines known at `instant`, that very instant included, and not taken yet.
    package mutating func take(upTo instant: Timestamp) -> [StampedNews] {
        let start = index
        while index < items.count, items[index].availableAt <= instant { index += 1 }
        return Array(items[start..<index])
    }
}

/// One line of JSON, its bounds checked.
func jsonValue(_ line: ArraySlice<UInt8>) throws(NewsProblem) -> JSONValue {
    guard line.count <= NewsRecord.bytesMax else { throw .lineTooLong }
    do throws(JSONError) { return try JSONReader.read(line) } catch { throw .json(error) }
}

/// Lines that hold anything, with their numbers; a byte order mark and line ends are dropped.
func forEachLine(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>, Int) -> Void) {
    var at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var number = 0
    while at < bytes.count {
        let end = bytes[at...].firstIndex(of: 0x0A) ?? bytes.count
        number += 1
        let line = bytes[at..<end]
        if line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) { body(line, number) }
        at = end + 1
    }
}
