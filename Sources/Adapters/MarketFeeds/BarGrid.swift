import Domain
import Glibc

/// The length of a bar and the instants at which bars may start.
package struct BarGrid: Sendable, Equatable {
    package let interval: Span
    /// Bars start at `anchor` plus multiples of `step`; nil admits every start.
    let step: Int64?
    let anchor: Int64

    @inline(__always)
    func holds(_ start: Timestamp) -> Bool {
        guard let step else { return true }
        return (start.nanoseconds &- anchor) % step == 0
    }

    /// The interval is the one given; else the smallest gap between neighbouring bars of one symbol
    /// that makes up at least one gap in a hundred, so that a half-built last bar does not set it;
    /// else, with no gap at all, a minute.
    ///
    /// The step is the interval, but never more than it shares with an hour: sessions move by an hour
    /// in UTC when the clocks change, and start on it or on a half of it. From a day on nothing is
    /// checked, for daily bars are stamped in many ways. The anchor is the phase most starts have.
    static func find(in sample: Sample, interval given: Span?) -> BarGrid {
        let interval = given ?? sample.commonSmallestGap ?? Span(seconds: 60)
        let hour = Span(seconds: 3600).nanoseconds
        guard interval < Span(seconds: 86400) else {
            return BarGrid(interval: interval, step: nil, anchor: 0)
        }
        let step = greatestCommonDivisor(interval.nanoseconds, hour)
        var phases: [Int64: Int] = [:]
        for start in sample.starts {
            let phase = start.nanoseconds % step
            phases[phase < 0 ? phase + step : phase, default: 0] += 1
        }
        // The commonest phase, the smallest of equals: no order of hashing shows.
        let anchor = phases.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? 0
        return BarGrid(interval: interval, step: step, anchor: anchor)
    }

    /// The starts of the first rows of the files.
    struct Sample {
        static let rowsMax = 200_000
        fileprivate(set) var starts: [Timestamp] = []
        private var gaps: [Int64: Int] = [:]
        private var gapCount = 0

        /// Looks at the first `bytesMax` bytes of a file; rows that cannot be read are passed over.
        mutating func add(file path: String, bytesMax: Int) throws(FeedError) {
            let source = try ChunkedFile(path: path)
            var bytes = [UInt8](repeating: 0, count: bytesMax + FastBarParser.overread)
            source.offset = try source.readHeader().bytes
            let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(FeedError) in
                try source.read(into: UnsafeMutableBufferPointer(rebasing: buffer[..<bytesMax]))
            }
            if count < bytesMax { bytes[count] = 0x0A }
            var table = SymbolTable()
            var parser = FastBarParser()
            var newest: [Timestamp] = []
            bytes.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                var at = 0
                let limit = min(count + 1, bytesMax)
                while starts.count < Self.rowsMax, at < limit,
                    let feed = memchr(base + at, 0x0A, limit - at)
                {
                    let end = UnsafeRawPointer(feed) - UnsafeRawPointer(base)
                    var found: (SymbolID, Timestamp)?
                    if parser.parse(base + at, { found = ($0.symbol, $0.start) }) == 0 {
                        let line = UnsafeBufferPointer(rebasing: buffer[at..<end])
                        found = Self.careful(line, &table, &parser)
                    }
                    if let (id, start) = found { note(id, start, &newest) }
                    at = end + 1
                }
            }
        }

        private static func careful(
            _ line: UnsafeBufferPointer<UInt8>, _ table: inout SymbolTable,
            _ parser: inout FastBarParser
        ) -> (SymbolID, Timestamp)? {
            guard let fields = try? BarRow.parse(line), let id = table.intern(fields.symbol) else {
                return nil
            }
            parser.learn(fields.symbol, id)
            return (id, fields.start)
        }

        private mutating func note(
            _ id: SymbolID, _ start: Timestamp, _ newest: inout [Timestamp]
        ) {
            starts.append(start)
            while newest.count <= id.index { newest.append(.distantPast) }
            let before = newest[id.index]
            newest[id.index] = start
            guard before != .distantPast, start > before else { return }
            gaps[(start - before).nanoseconds, default: 0] += 1
            gapCount += 1
        }

        var commonSmallestGap: Span? {
            let common = gaps.filter { $0.value * 100 >= gapCount }
            return (common.keys.min() ?? gaps.keys.min()).map { Span(nanoseconds: $0) }
        }
    }
}

private func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
