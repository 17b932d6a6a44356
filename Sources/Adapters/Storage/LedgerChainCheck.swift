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

    /// Reads the covered rows again and compares them with the chain; at most 20 breaks.
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
        var breaks: [ChainBreak] = []
        try session.firstRow("\(Self.row) WHERE seq > ? ORDER BY seq", head.seq) { row throws in
            try compare(JournalRow(row), &head, &breaks, session)
            return breaks.count >= 20
        }
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
        var found: [ChainBreak] = []
        var part = row.parts[...]
        for (index, table) in Self.tables.enumerated()
        where head.upTo[index] < row.head.upTo[index] {
            let (after, upTo) = (head.upTo[index], row.head.upTo[index])
            let rows = try hash(table, after: after, upTo: upTo, session)
            digests[index] = rows.digest
            let expected = Array(part.prefix(Self.partSize))
            part = part.dropFirst(Self.partSize)
            if rows.count < upTo - after {
                found.append(ChainBreak(table: table.name, seqs: after + 1...upTo, kind: .missing))
            } else if Array(rows.digest.prefix(Self.partSize)) != expected {
                found.append(ChainBreak(table: table.name, seqs: after + 1...upTo, kind: .changed))
            }
        }
        let hash = hash(after: head, at: row.at, upTo: row.head.upTo, digests: digests)
        if hash == row.head.hash, found.isEmpty { return }
        // Rows that give the right hash are the right rows: then it was `parts` that changed.
        breaks += hash == row.head.hash || found.isEmpty ? [own(.changed)] : found
    }
}
