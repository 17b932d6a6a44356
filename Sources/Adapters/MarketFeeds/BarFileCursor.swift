import Domain
import Glibc

/// The reading position in one bar file: a chunk of bytes, and some rows parsed from it.
///
/// The file is opened for each chunk and closed again, so that thousands of files can be merged
/// without thousands of descriptors; one that was replaced meanwhile is noticed.
final class BarFileCursor {
    struct Row {
        let bar: Bar
        let line: Int
    }

    /// What all cursors of a feed share while one of them parses.
    struct Context {
        var symbols: SymbolTable
        var parser: FastBarParser
        let grid: BarGrid
        let policy: DefectPolicy
        var defects: DefectLog
    }

    let path: String
    /// Room for `rowsMax` rows; `fill` says how many hold.
    let rows: UnsafeMutablePointer<Row>
    private var count = 0
    /// Set under the policy `.stop`; nothing more is read then.
    private(set) var stoppedAt: FeedDefect?

    /// Where the file's next chunk begins, and its size.

    private let source: ChunkedFile
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var position = 0
    /// Bytes of the buffer that are filled, and how far they are whole lines.
    private var filled = 0
    private var wholeEnd = 0
    private var atEnd = false
    /// Inside a line that was refused for its length.
    private var skipping = false
    private var line = 1
    private var previousStart = Timestamp.distantPast
    private let rowsMax: Int

    /// - Parameter bytesMax: bounds the buffer and, at a quarter more, the rows.
    init(path: String, bufferBytes: Int, bytesMax: Int) throws(FeedError) {
        self.path = path
        let bufferBytes = max(1, min(bufferBytes, bytesMax))
        rowsMax = max(16, min(1024, bytesMax / 4 / MemoryLayout<Row>.stride))
        source = try ChunkedFile(path: path)
        capacity = bufferBytes
        buffer = .allocate(capacity: bufferBytes + FastBarParser.overread)
        buffer.initialize(repeating: 0, count: bufferBytes + FastBarParser.overread)
        rows = .allocate(capacity: rowsMax)
        try skipHeader()
    }

    deinit {
        buffer.deallocate()
        rows.deallocate()
    }

    /// Nothing more is read after `defect`.
    func stop(at defect: FeedDefect) { stoppedAt = defect }

    /// Replaces the rows, all taken, by the next ones.
    /// - Returns: how many there are; 0 at the end of the file or where a defect stopped it.
    func fill(_ context: inout Context) throws(FeedError) -> Int {
        count = 0
        while count < rowsMax, stoppedAt == nil {
            if position == wholeEnd {
                guard try refill(&context) else { break }
                continue
            }
            parseLines(&context)
        }
        return count
    }

    /// The loop works on locals: what lies in a class is checked and counted at each touch.
    private func parseLines(_ context: inout Context) {
        let (grid, rows, end) = (context.grid, self.rows, wholeEnd)
        let begin = UnsafePointer(buffer)
        while position < end, count < rowsMax, stoppedAt == nil {
            var (at, filledRows, row) = (position, count, line)
            var newest = previousStart.nanoseconds
            while at < end, filledRows < rowsMax {
                var isUsable = false
                let length = context.parser.parse(begin + at) { bar in
                    // Out of order or off the grid: the careful way says so.
                    let start = bar.start.nanoseconds
                    isUsable = start == newest || (start > newest && grid.holds(bar.start))
                    if isUsable {
                        newest = start
                        (rows + filledRows).initialize(to: Row(bar: bar, line: row))
                    }
                }
                if !isUsable { break }
                at += length
                filledRows += 1
                row += 1
            }
            (position, count, line) = (at, filledRows, row)
            previousStart = Timestamp(nanoseconds: newest)
            if position < end, count < rowsMax { parseCarefully(&context) }
        }
    }

    /// The line at `position`, by way of `BarRow`.
    private func parseCarefully(_ context: inout Context) {
        let begin = buffer + position
        var length = 0
        while begin[length] != 0x0A { length += 1 }
        let bytes = UnsafeBufferPointer(start: begin, count: length)
        do throws(BarProblem) {
            if let fields = try BarRow.parse(bytes) {
                let bar = try admitted(fields, &context)
                previousStart = bar.start
                (rows + count).initialize(to: Row(bar: bar, line: line))
                count += 1
            }
        } catch {
            note(error, bytes, &context)
        }
        position += length + 1
        line += 1
    }

    private func admitted(
        _ fields: BarRow.Fields, _ context: inout Context
    ) throws(BarProblem) -> Bar {
        if fields.start < previousStart {
            throw .outOfOrder(start: fields.start, before: previousStart)
        }
        guard context.grid.holds(fields.start) else {
            throw .offGrid(start: fields.start, interval: context.grid.interval)
        }
        guard let id = context.symbols.intern(fields.symbol) else {
            throw .tooManySymbols(capacity: context.symbols.capacity)
        }
        context.parser.learn(fields.symbol, id)
        return Bar(
            symbol: id, start: fields.start, open: fields.open, high: fields.high,
            low: fields.low, close: fields.close, volume: fields.volume)
    }

    private func note(
        _ problem: BarProblem, _ row: UnsafeBufferPointer<UInt8>, _ context: inout Context
    ) {
        let make = { [path, line] in
            FeedDefect(
                file: path, line: line, problem: problem.description,
                row: FeedDefect.shown(row, max: 200))
        }
        if context.policy == .stop {
            stoppedAt = make()
        } else {
            context.defects.add(kind: problem.kind, make)
        }
    }

    // MARK: Bytes

    /// Brings more bytes, so that at least one whole line lies at `position`.
    /// - Returns: false at the end of the file.
    private func refill(_ context: inout Context) throws(FeedError) -> Bool {
        while true {
            if atEnd { return false }
            let rest = filled - position
            if position > 0 {
                memmove(buffer, buffer + position, rest)
                (position, filled, wholeEnd) = (0, rest, 0)
            }
            if filled == capacity, !makeRoom(&context) { continue }
            let got = try source.read(into: buffer + filled, count: capacity - filled)
            filled += got
            if got == 0 {
                atEnd = true
                if skipping || filled == 0 { return false }
                // The last line may lack its line feed; the padding has room for one.
                buffer[filled] = 0x0A
                wholeEnd = filled + 1
                return true
            }
            if skipping, !endSkipping() { continue }
            var end = filled
            while end > position, buffer[end - 1] != 0x0A { end -= 1 }
            wholeEnd = end
            if end > position { return true }
        }
    }

    /// Room for more of a line that fills the buffer: a larger buffer, or, when the line is too
    /// long for any, none; its bytes are dropped then.
    /// - Returns: false when the caller has to look again.
    private func makeRoom(_ context: inout Context) -> Bool {
        let enough = BarRow.lineBytesMax + 2
        if capacity < enough, !skipping {
            let larger = min(enough, capacity * 2)
            let size = larger + FastBarParser.overread
            let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
            grown.initialize(repeating: 0, count: size)
            grown.update(from: buffer, count: filled)
            buffer.deallocate()
            (buffer, capacity) = (grown, larger)
            return true
        }
        if !skipping {
            skipping = true
            note(.lineTooLong, UnsafeBufferPointer(start: buffer, count: filled), &context)
            if stoppedAt != nil { atEnd = true }
        }
        (position, filled, wholeEnd) = (0, 0, 0)
        return false
    }

    /// Drops the bytes of a refused line; true once its end was found.
    private func endSkipping() -> Bool {
        guard let feed = memchr(buffer, 0x0A, filled) else {
            (position, filled, wholeEnd) = (0, 0, 0)
            return false
        }
        position = UnsafeRawPointer(feed) - UnsafeRawPointer(buffer) + 1
        wholeEnd = position
        skipping = false
        line += 1
        return true
    }

    private func skipHeader() throws(FeedError) {
        let header = try source.readHeader()
        guard header.text == BarRow.header else {
            throw .badHeader(
                path: path, expected: BarRow.header,
                found: FeedDefect.shown(header.text.utf8, max: 200))
        }
        source.offset = header.bytes
        line = 2
    }
}
