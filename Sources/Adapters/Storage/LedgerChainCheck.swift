import GRDB

/// A place where the rows are not those that the chain was made of.
package struct ChainBreak: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// Other content than when it was written.
        case changed = "changed since they were written"
        case missing = "missing"
        /// No commit of this program wrote them.
        case added = "added by someone else"
    }

    /// `journal` where the chain itself was altered.
    package let table: String
    /// One of these rows, or more.
    package let seqs: ClosedRange<Int64>
    package let kind: Kind

    /// These have a fallback; all others end trading.
    var isOfWeights: Bool { table == LedgerChain.tables[LedgerChain.weightsIndex].name }

    package var description: String {
        let rows =
            seqs.count == 1
            ? "row \(seqs.lowerBound)" : "rows \(seqs.lowerBound) to \(seqs.upperBound)"
        return "\(table): \(kind.rawValue): \(rows)"
    }
}

extension LedgerChain {
    private static let row =
        "SELECT seq, at, \(names), parts, hash FROM journal"

    private struct JournalRow {
        let head: ChainHead
        let at: Int64
        let parts: [UInt8]

        init(_ row: StoredRow) throws {
            let count = LedgerChain.tables.count
            at = try row.integer(1, "journal.at")
            parts = try row.blob(count + 2, "journal.parts")
            head = ChainHead(
                seq: try row.integer(0, "journal.seq"),
                hash: try row.blob(count + 3, "journal.hash"),
                upTo: try (2..<count + 2).map { try row.integer($0, "journal.seqs") })
        }
    }

    static func head(_ session: StoreSession) throws -> ChainHead {
        var head = ChainHead()
        try session.rows("\(row) ORDER BY seq DESC LIMIT 1") { row throws in
            head = try JournalRow(row).head
        }
        return head
    }

    static func hash(at seq: Int64, _ session: StoreSession) throws -> [UInt8]? {
        var hash: [UInt8]?
        try session.rows("SELECT hash FROM journal WHERE seq = ?", seq) { row throws in
            hash = try row.blob(0, "journal.hash")
        }
        return hash
    }

    /// Reads the covered rows again and compares them with the chain; some 20 breaks at most, and as
    /// many of weights.
    ///
    /// - Parameter newest: how many of the newest commits; nil for all. The commit before them is
    ///   taken as it is.
    func verify(newest: Int?, _ session: StoreSession) throws -> [ChainBreak] {
        var head = ChainHead()
        if let newest {
            let first = try Self.head(session).seq - Int64(newest)
            try session.rows("\(Self.row) WHERE seq = ?", first) { row throws in
                head = try JournalRow(row).head
            }
        }
        // Counted apart: no number of altered weights hides what is worse.
        var (breaks, weights) = ([ChainBreak](), [ChainBreak]())
        try session.firstRow("\(Self.row) WHERE seq > ? ORDER BY seq", head.seq) { row throws in
            var found: [ChainBreak] = []
            try compare(JournalRow(row), &head, &found, session)
            breaks += found.filter { !$0.isOfWeights }
            if weights.count < 20 { weights += found.filter(\.isOfWeights) }
            return breaks.count >= 20
        }
        breaks += weights
        if breaks.count >= 20 { return breaks }
        for (index, table) in Self.tables.enumerated() {
            let last = try session.integer("SELECT max(seq) FROM \(table.name)") ?? 0
            if last > head.upTo[index] {
                breaks.append(
                    ChainBreak(
                        table: table.name, seqs: head.upTo[index] + 1...last, kind: .added))
            }
        }
        return breaks
    }

    private func compare(
        _ row: JournalRow, _ head: inout ChainHead, _ breaks: inout [ChainBreak],
        _ session: StoreSession
    ) throws {
        defer { head = row.head }
        let own = { (kind: ChainBreak.Kind) in
            ChainBreak(table: "journal", seqs: row.head.seq...row.head.seq, kind: kind)
        }
        guard row.head.seq == head.seq + 1 else {
            // The rows that the missing ones vouched for cannot be told apart from these.
            let seqs = min(head.seq + 1, row.head.seq - 1)...max(head.seq, row.head.seq - 1)
            breaks.append(ChainBreak(table: "journal", seqs: seqs, kind: .missing))
            return
        }
        guard zip(head.upTo, row.head.upTo).allSatisfy({ $0 <= $1 }) else {
            breaks.append(own(.changed))
            return
        }
        var digests: [Int: [UInt8]] = [:]
        var (found, strangers) = ([ChainBreak](), [ChainBreak]())
        var part = row.parts[...]
        for (index, table) in Self.tables.enumerated()
        where head.upTo[index] < row.head.upTo[index] {
            let (after, upTo) = (head.upTo[index], row.head.upTo[index])
            let rows = try hash(table, after: after, upTo: upTo, session)
            digests[index] = rows.digest
            let expected = Array(part.prefix(Self.partSize))
            part = part.dropFirst(Self.partSize)
            if Array(rows.digest.prefix(Self.partSize)) == expected { continue }
            if let own = try newest(table, after: after, upTo: upTo, expected, session) {
                digests[index] = own.digest
                if rows.count > own.count {
                    strangers.append(
                        ChainBreak(
                            table: table.name, seqs: after + 1...upTo - own.count, kind: .added))
                }
            } else if rows.count < upTo - after {
                found.append(ChainBreak(table: table.name, seqs: after + 1...upTo, kind: .missing))
            } else {
                found.append(ChainBreak(table: table.name, seqs: after + 1...upTo, kind: .changed))
            }
        }
        let hash = hash(after: head, at: row.at, upTo: row.head.upTo, digests: digests)
        breaks += strangers
        if hash == row.head.hash, found.isEmpty { return }
        // Rows that give the right hash are the right rows: then it was `parts` that changed.
        breaks += hash == row.head.hash || found.isEmpty ? [own(.changed)] : found
    }

    /// The newest rows of the range that alone make up what the commit wrote, where the ones before
    /// them were added by someone else in the meantime; nil when there are none such. Of at most 64
    /// rows: a commit is small.
    private func newest(
        _ table: Table, after: Int64, upTo: Int64, _ expected: [UInt8], _ session: StoreSession
    ) throws -> (digest: [UInt8], count: Int64)? {
        for count in 1..<max(1, min(65, upTo - after)) {
            let rows = try hash(table, after: upTo - count, upTo: upTo, session)
            if Array(rows.digest.prefix(Self.partSize)) == expected { return (rows.digest, count) }
        }
        return nil
    }

    // MARK: - Weights

    static let weightsIndex = 5

    /// The weights rows that the chain does not vouch for, of the whole ledger, in two statements.
    func doubtfulWeights(_ session: StoreSession) throws -> [ChainBreak] {
        let table = Self.tables[Self.weightsIndex]
        var rows: [(seq: Int64, bytes: [UInt8])] = []
        try session.rows(table.rows, Int64(0), Int64.max) { row throws in
            rows.append((try row.integer(0, "weights.seq"), canonical(row)))
        }
        // Where the part of the weights lies follows from which tables before it grew.
        let place = Self.tables.prefix(Self.weightsIndex)
            .map { "(\($0.name) > lag(\($0.name), 1, 0) OVER grown)" }.joined(separator: " + ")
        var breaks: [ChainBreak] = []
        var next = 0
        try session.rows(
            """
            SELECT before, weights, substr(parts, 1 + \(Self.partSize) * place, \(Self.partSize)) FROM (
                SELECT seq, weights, parts, lag(weights, 1, 0) OVER grown AS before,
                    \(place) AS place
                FROM journal WINDOW grown AS (ORDER BY seq)) WHERE weights > before ORDER BY seq
            """
        ) { row throws in
            let after = try row.integer(0, "journal.weights")
            let upTo = try row.integer(1, "journal.weights")
            let expected = try row.blob(2, "journal.parts")
            let first = next
            while next < rows.count, rows[next].seq <= upTo { next += 1 }
            let group = rows[first..<next]
            let isWritten = { (rows: ArraySlice<(seq: Int64, bytes: [UInt8])>) in
                Array(self.hash(table, of: rows.map(\.bytes)[...]).prefix(Self.partSize))
                    == expected
            }
            if isWritten(group) { return }
            for count in 1..<max(1, min(65, group.count)) where isWritten(group.suffix(count)) {
                let last = group[group.endIndex - count - 1].seq
                breaks.append(
                    ChainBreak(
                        table: table.name, seqs: group[first].seq...last, kind: .added))
                return
            }
            let isMissing = Int64(group.count) < upTo - after
            breaks.append(
                ChainBreak(
                    table: table.name, seqs: after + 1...upTo,
                    kind: isMissing ? .missing : .changed))
        }
        if next < rows.count, let last = rows.last {
            breaks.append(
                ChainBreak(table: table.name, seqs: rows[next].seq...last.seq, kind: .added))
        }
        return breaks
    }
}
