/// A source of bars in order of their start: a file, a simulated market.
package protocol MarketFeed {
    /// Every symbol met so far; grows while reading, ids never change.
    var symbols: SymbolTable { get }
    /// The length of a bar.
    var interval: Span { get }

    /// Appends the next bars to `bars`, some thousands at most, in order of start.
    /// - Returns: false when there are no more; nothing was appended then.
    mutating func read(into bars: inout [Bar]) throws(FeedError) -> Bool
}

/// A row that was not taken: where, and what is wrong with it.
package struct FeedDefect: Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// 1 is the first line of the file.
    package let line: Int
    package let problem: String
    /// The row as it stood, cut at 200 bytes.
    package let row: String

    package init(file: String, line: Int, problem: String, row: String) {
        self.file = file
        self.line = line
        self.problem = problem
        self.row = row
    }

    package var description: String { "\(file):\(line): \(problem): \(row)" }
}

/// Why a feed cannot be read at all.
package enum FeedError: Error, Sendable, Equatable, CustomStringConvertible {
    case cannotRead(path: String, reason: String)
    case badHeader(path: String, expected: String, found: String)
    /// `defects` says what was wrong with the rows that there were.
    case noRows(path: String, defects: DefectLog = DefectLog())
    case stoppedAtDefect(FeedDefect)

    package var description: String {
        switch self {
        case .cannotRead(let path, let reason): "\(path): cannot be read: \(reason)"
        case .badHeader(let path, let expected, let found):
            "\(path):1: the header must be “\(expected)”, found “\(found)”"
        case .noRows(let path, let defects): "\(path): has no usable row\(Self.reasons(defects))"
        case .stoppedAtDefect(let defect): "\(defect)"
        }
    }

    /// How many rows of which kinds, and the first three word for word; empty for none.
    private static func reasons(_ defects: DefectLog) -> String {
        guard !defects.isEmpty else { return "" }
        let kinds = defects.countsByKind.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
        return ": \(kinds)" + defects.kept.prefix(3).map { "\n  \($0)" }.joined()
    }
}
