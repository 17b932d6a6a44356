import Domain
import GRDB
import Primitives

/// How long the history is kept; a session's close in the equity curve stays for good.
package struct Retention: Sendable, Equatable {
    package var bars = Span(seconds: 400 * 86_400)
    package var news = Span(seconds: 90 * 86_400)
    package var readings = Span(seconds: 90 * 86_400)
    /// Of snapshots inside a session.
    package var equity = Span(seconds: 30 * 86_400)
    /// Above this the oldest bars go early.
    package var bytesMax: Int64 = 1 << 30

    package init() {}
}

/// How many short steps a long piece of work may still take.
private struct Steps {
    private var count: Int
    private let onStep: () -> Bool

    init(_ count: Int, _ onStep: @escaping () -> Bool) {
        (self.count, self.onStep) = (count, onStep)
    }

    var areLeft: Bool { count > 0 }
    mutating func took() { count = onStep() ? count - 1 : 0 }
}

extension HistoryStore {
    /// Rows of one transaction, and pages given back in one step: each a few milliseconds.
    private static let stepRows = 5_000
    private static let stepPages = 512

    /// Removes what `retention` no longer keeps and gives the space back, in steps that are each
    /// short; at most `steps` of them.
    ///
    /// - Parameter onStep: called before the first and after each of them; false: no more.
    /// - Returns: false when there is more to do: call again at the next quiet moment.
    @discardableResult
    package func prune(
        retention: Retention, now: Timestamp, steps: Int = 64,
        onStep: @escaping () -> Bool = { true }
    ) throws(StorageError) -> Bool {
        try flush()
        guard onStep() else { return false }
        return try mended { () throws(StorageError) in
            var left = Steps(max(1, steps), onStep)
            let young = try pruneByAge(retention, now, &left)
            let small = try pruneBySize(retention, &left)
            let given = try giveBack(&left)
            return young && small && given
        }
    }

    private func pruneByAge(
        _ retention: Retention, _ now: Timestamp, _ left: inout Steps
    ) throws(StorageError) -> Bool {
        guard try pruneBars(before: now - retention.bars, &left),
            try remove("news", "first_seen < ?", now - retention.news, &left),
            try remove("readings", "at < ?", now - retention.readings, &left)
        else { return false }
        return try remove(
            "equity", "at < ? AND is_session_close = 0", now - retention.equity, &left,
            key: "at, is_session_close")
    }

    private func remove(
        _ table: String, _ condition: String, _ before: Timestamp, _ left: inout Steps,
        key: String = "seq"
    ) throws(StorageError) -> Bool {
        while left.areLeft {
            let removed = try connection.write { session in
                try session.run(
                    """
                    DELETE FROM \(table) WHERE (\(key)) IN
                        (SELECT \(key) FROM \(table) WHERE \(condition) LIMIT \(Self.stepRows))
                    """, before.nanoseconds)
            }
            left.took()
            if removed < Self.stepRows { return true }
        }
        return false
    }

    private func pruneBars(before: Timestamp, _ left: inout Steps) throws(StorageError) -> Bool {
        for id in try symbolNumbers() {
            while true {
                guard left.areLeft else { return false }
                let removed = try connection.write { session in
                    try session.run(
                        """
                        DELETE FROM bars WHERE symbol_id = ? AND start IN (SELECT start FROM bars
                            WHERE symbol_id = ? AND start < ? ORDER BY start
                            LIMIT \(Self.stepRows))
                        """, id, id, before.nanoseconds)
                }
                // A symbol with nothing to remove is one seek and costs no step.
                if removed > 0 { left.took() }
                if removed < Self.stepRows { break }
            }
        }
        return true
    }

    /// While the rows take more than they may, the oldest tenth of the bars' time goes.
    private func pruneBySize(_ retention: Retention, _ left: inout Steps) throws(StorageError)
        -> Bool
    {
        while try usedBytes() > retention.bytesMax {
            guard left.areLeft else { return false }
            guard let (oldest, newest) = try barRange(), oldest < newest else { return true }
            let step = max(1, (newest - oldest).nanoseconds / 10)
            guard try pruneBars(before: oldest + Span(nanoseconds: step), &left) else {
                return false
            }
        }
        return true
    }

    private func giveBack(_ left: inout Steps) throws(StorageError) -> Bool {
        var shrunk = false
        while try pragma("freelist_count") > 0 {
            guard left.areLeft else { return false }
            try connection.vacuum(pages: Self.stepPages)
            left.took()
            shrunk = true
        }
        // The file itself gets shorter at a checkpoint.
        if shrunk { try connection.checkpoint() }
        return true
    }

    /// Bytes of pages that hold rows.
    package func usedBytes() throws(StorageError) -> Int64 {
        let pages = try pragma("page_count") - pragma("freelist_count")
        return pages * (try pragma("page_size"))
    }

    private func pragma(_ name: String) throws(StorageError) -> Int64 {
        try connection.access { try $0.integer("PRAGMA \(name)") ?? 0 }
    }

    private func symbolNumbers() throws(StorageError) -> [Int64] {
        try connection.access { session in
            var ids: [Int64] = []
            try session.rows("SELECT id FROM symbols ORDER BY id") { row throws in
                ids.append(try row.integer(0, "symbols.id"))
            }
            return ids
        }
    }

    private func barRange() throws(StorageError) -> (Timestamp, Timestamp)? {
        var range: (Timestamp, Timestamp)?
        for id in try symbolNumbers() {
            try connection.access { session in
                try session.rows(
                    """
                    SELECT (SELECT min(start) FROM bars WHERE symbol_id = ?),
                        (SELECT max(start) FROM bars WHERE symbol_id = ?)
                    """, id, id
                ) { row throws in
                    guard let low = try row.integerIfAny(0, "bars.start"),
                        let high = try row.integerIfAny(1, "bars.start")
                    else { return }
                    let first = Timestamp(nanoseconds: low)
                    let last = Timestamp(nanoseconds: high)
                    range = (min(range?.0 ?? first, first), max(range?.1 ?? last, last))
                }
            }
        }
        return range
    }
}
