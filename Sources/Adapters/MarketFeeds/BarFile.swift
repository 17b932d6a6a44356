// Bars from CSV files.
//
// Files (`symbol,timestamp,open,high,low,close,volume`, each sorted by time) -> bars in order of
// their start, merged over all files. Rows that cannot be used are set aside with a reason, or stop
// the reading, as the policy says.
// - Nothing in a file can trap, and memory does not grow with the size of a file.
// - The result does not depend on how the bytes fall into chunks.
// - At one instant the order is that of the files as given, within a file that of its rows.
// - A row with the start of its symbol's row before and other figures is a correction and passes.
import Domain
import Primitives

/// One or many bar files as a feed.
///
/// A copy shares the reading position with the original: pass it on, do not keep both.
package struct BarFile: MarketFeed {
    package private(set) var symbols: SymbolTable
    /// As given, or found (`BarGrid`): known before the first row is read.
    package let interval: Span
    /// What was set aside so far.
    package private(set) var defects = DefectLog()

    private let paths: [String]
    private let policy: DefectPolicy
    private let grid: BarGrid
    private var parser = FastBarParser()
    private let cursors: [BarFileCursor]
    /// What each cursor has parsed and not yet given out.
    private var lanes: [Lane]
    private var heap = LaneHeap()
    private var started = false
    private var delivered = false
    /// Each symbol's newest bar, by index; the start of `none` is no bar's.
    private var newest: [Bar] = []
    private static let none = Bar(
        symbol: SymbolID(index: 0), start: .distantPast, open: .zero, high: .zero, low: .zero,
        close: .zero, volume: Volume(shares: 0))
    private static let batch = 4096

    /// Opens the files, checks their headers and finds the grid.
    /// - Parameters:
    ///   - paths: files, or folders whose `*.csv` are taken in order of name.
    ///   - interval: the length of a bar; nil finds it as `BarGrid.find` says.
    ///   - symbols: symbols already interned; new ones follow them.
    ///   - bufferBytes: bytes per read when there are few files; many share 64 MiB.
    /// - Throws: `FeedError.cannotRead` and `badHeader`; `read` throws `noRows` and, under `.stop`,
    ///   `stoppedAtDefect`.
    package init(
        paths: [String], interval: Span? = nil, symbols: SymbolTable = SymbolTable(),
        onDefect policy: DefectPolicy = .skip, bufferBytes: Int = 1 << 20
    ) throws(FeedError) {
        if let interval, interval <= .zero {
            throw .cannotRead(
                path: paths.first ?? "", reason: "the interval of its bars must be positive")
        }
        let files = try barFiles(at: paths)
        let share = max(4096, (64 << 20) / files.count)
        var cursors: [BarFileCursor] = []
        for file in files {
            cursors.append(
                try BarFileCursor(path: file, bufferBytes: bufferBytes, bytesMax: share))
        }
        var sample = BarGrid.Sample()
        for file in files { try sample.add(file: file, bytesMax: min(1 << 20, share)) }
        grid = BarGrid.find(in: sample, interval: interval)
        self.interval = grid.interval
        self.symbols = symbols
        self.paths = files
        self.policy = policy
        self.cursors = cursors
        lanes = cursors.map { Lane(rows: UnsafePointer($0.rows)) }
        for (index, symbol) in symbols.symbols.enumerated() {
            parser.learn(symbol, SymbolID(index: index))
        }
        newest = Array(repeating: Self.none, count: symbols.count)
    }

    package mutating func read(into bars: inout [Bar]) throws(FeedError) -> Bool {
        if !started {
            started = true
            for index in cursors.indices { try refill(index) }
        }
        let before = bars.count
        let target = before + Self.batch
        while bars.count < target, let first = heap.first {
            let lane = lanes[first.lane]
            if lane.next < lane.count {
                drain(first.lane, into: &bars, target: target)
            } else if let defect = cursors[first.lane].stoppedAt {
                // The rows before the defect go out first; the next call comes back here.
                if bars.count > before { break }
                throw .stoppedAtDefect(defect)
            } else {
                heap.removeFirst()
                try refill(first.lane)
            }
        }
        if bars.count > before {
            delivered = true
        } else if !delivered {
            throw .noRows(
                path: paths.count == 1 ? paths[0] : "\(paths[0]) and the other files",
                defects: defects)
        }
        return bars.count > before
    }

    /// Parses a lane's next rows and puts it back into the heap; at its end it stays out.
    private mutating func refill(_ index: Int) throws(FeedError) {
        lanes[index].next = 0
        lanes[index].count = try fill(index)
        if lanes[index].count > 0 {
            heap.push(LaneHeap.Entry(start: lanes[index].firstStart, lane: index))
        } else if cursors[index].stoppedAt != nil {
            heap.push(LaneHeap.Entry(start: lanes[index].latest, lane: index))
        }
    }

    /// Moves the rows of the earliest lane while no other lane has an earlier one.
    private mutating func drain(_ index: Int, into bars: inout [Bar], target: Int) {
        var lane = lanes[index]
        let limit = heap.second
        var room = target - bars.count
        while room > 0, lane.next < lane.count {
            let row = lane.rows + lane.next
            let start = row.pointee.bar.start.nanoseconds
            if start > limit.start || (start == limit.start && index > limit.lane) { break }
            lane.next += 1
            let symbol = row.pointee.bar.symbol.index
            if newest[symbol].start.nanoseconds == start, newest[symbol] == row.pointee.bar {
                if setAside(row.pointee, of: cursors[index]) { continue }
                lane.count = lane.next
                break
            }
            newest[symbol] = row.pointee.bar
            bars.append(row.pointee.bar)
            room -= 1
        }
        if lane.next < lane.count {
            heap.replaceFirst(start: lane.firstStart)
        } else {
            lane.latest = lane.rows[lane.next - 1].bar.start.nanoseconds
        }
        lanes[index] = lane
    }

    /// - Returns: false when the policy stops the reading here.
    private mutating func setAside(_ row: BarFileCursor.Row, of cursor: BarFileCursor) -> Bool {
        let symbol = symbols[row.bar.symbol]
        let make = {
            FeedDefect(
                file: cursor.path, line: row.line, problem: BarProblem.duplicate.description,
                row: csvRow(row.bar, symbol))
        }
        if policy == .stop {
            cursor.stop(at: make())
            return false
        }
        defects.add(kind: BarProblem.duplicate.kind, make)
        return true
    }

    /// Parses the next rows of a cursor and counts them.
    private mutating func fill(_ index: Int) throws(FeedError) -> Int {
        var context = BarFileCursor.Context(
            symbols: symbols, parser: parser, grid: grid, policy: policy, defects: defects)
        // Handed over, not shared: a second reference would copy the tables at the first change.
        (symbols, parser, defects) = (SymbolTable(), FastBarParser(), DefectLog())
        defer { (symbols, parser, defects) = (context.symbols, context.parser, context.defects) }
        let found = try cursors[index].fill(&context)
        while newest.count < context.symbols.count { newest.append(Self.none) }
        return found
    }
}

/// A bar as a row of a bar file.
package func csvRow(_ bar: Bar, _ symbol: Symbol) -> String {
    let prices = [bar.open, bar.high, bar.low, bar.close]
        .map { formatFixedDecimal($0.units, minimumFractionDigits: 0) }
        .joined(separator: ",")
    return "\(symbol),\(bar.start),\(prices),\(bar.volume.shares)"
}
