/// The hash chain over the ledger's precious rows.
///
/// SQLite has no checksums of its pages: most flipped bits change a value and pass every structural
/// check. So each commit that adds to one of `tables` adds a row to `journal`: up to which seq each
/// table has grown, and SHA-256 over the hash before it, these numbers and the rows in a canonical
/// form, where nothing can be moved from one value to the next. `parts` holds the first 8 bytes of
/// each table's own digest, so that a difference is named by its table.
///
/// The rows are read back from SQLite to be hashed: what is vouched for is what is stored. Covered
/// are the columns that never change; what changes or adds up (`orders.status`, balances, lots, holds)
/// follows from covered rows and is compared with them by `checkBooks`. News taken in, signals and
/// alerts are not covered: they are pruned by age; proofs and the outbox neither.
import Domain
import Foundation
import GRDB
import Primitives

/// Where the chain stands.
struct ChainHead: Equatable {
    /// Zero before the first commit.
    var seq: Int64 = 0
    var hash = [UInt8](repeating: 0, count: Digest.size)
    /// The newest seq of each table.
    var upTo = [Int64](repeating: 0, count: LedgerChain.tables.count)
}

final class LedgerChain {
    struct Table {
        let name: String
        let rows: String
    }

    /// In the order of the journal's columns. Append only, as the schema: the hashes depend on it.
    static let tables = [
        table(
            "orders",
            """
            id, decision_key, signal_id, symbol, side, quantity, type, price, time_in_force, role,
            reason, parent, created_at, expires_at, reference_price, reservation, body_hash
            """),
        table("order_events", LedgerColumns.event),
        table("fills", LedgerColumns.fill),
        table("postings", "cause, account, amount, at"),
        table("closed_trades", LedgerColumns.trade),
        table("weights", LedgerColumns.weights),
        table("hold_changes", LedgerColumns.holdChange),
        table("commands", LedgerColumns.command),
        table(
            "reconciliations", LedgerColumns.reconciliation + ", journal_seq, journal_head"),
    ]

    private static func table(_ name: String, _ columns: String) -> Table {
        Table(
            name: name,
            rows: "SELECT seq, \(columns) FROM \(name) WHERE seq > ? AND seq <= ? ORDER BY seq")
    }

    static let names = tables.map(\.name).joined(separator: ", ")
    /// Of a table's digest, kept in `parts`.
    static let partSize = 8

    private let digest = Digest()
    private var buffer: [UInt8] = []

    init() { buffer.reserveCapacity(4096) }

    // MARK: - Hashing

    /// The digest of a table's rows in `after + 1 ... upTo`, how many there are and the last one.
    func hash(
        _ table: Table, after: Int64, upTo: Int64, _ session: StoreSession
    ) throws -> (digest: [UInt8], count: Int64, last: Int64) {
        var (count, last) = (Int64(0), after)
        buffer.removeAll(keepingCapacity: true)
        append(text: table.name)
        try session.rows(table.rows, after, upTo) { row throws in
            last = try row.integer(0, "\(table.name).seq")
            count += 1
            for column in 0..<row.row.count { append(row.value(column)) }
            if buffer.count > 32_768 {
                digest.update(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
        digest.update(buffer)
        return (digest.finish(), count, last)
    }

    /// The digest that `hash` gives for these rows.
    func hash(_ table: Table, of rows: ArraySlice<[UInt8]>) -> [UInt8] {
        buffer.removeAll(keepingCapacity: true)
        append(text: table.name)
        for row in rows { buffer += row }
        digest.update(buffer)
        return digest.finish()
    }

    /// A row of `Table.rows` as it is hashed.
    /// - Parameter excluded: the place of a column that is not; nil for none.
    func canonical(_ row: StoredRow, without excluded: Int? = nil) -> [UInt8] {
        buffer.removeAll(keepingCapacity: true)
        for column in 0..<row.row.count where column != excluded { append(row.value(column)) }
        return buffer
    }

    private func append(_ value: DatabaseValue.Storage) {
        switch value {
        case .null: buffer.append(0)
        case .int64(let integer):
            buffer.append(1)
            append(integer)
        case .double(let real):
            buffer.append(2)
            append(Int64(bitPattern: real.bitPattern))
        case .string(let text):
            buffer.append(3)
            append(text: text)
        case .blob(let data):
            buffer.append(4)
            append(Int64(data.count))
            buffer.append(contentsOf: data)
        }
    }

    private func append(text: String) {
        append(Int64(text.utf8.count))
        buffer.append(contentsOf: text.utf8)
    }

    private func append(_ integer: Int64) {
        withUnsafeBytes(of: integer.littleEndian) { buffer.append(contentsOf: $0) }
    }

    /// The hash that makes `head`'s successor with these digests of the tables that grew.
    func hash(
        after head: ChainHead, at: Int64, upTo: [Int64], digests: [Int: [UInt8]]
    ) -> [UInt8] {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: head.hash)
        append(head.seq + 1)
        append(at)
        for index in upTo.indices {
            append(upTo[index])
            if let digest = digests[index] { buffer.append(contentsOf: digest) }
        }
        digest.update(buffer)
        return digest.finish()
    }

    // MARK: - Growing

    /// Adds the row for what was written to `grown`, by their places in `tables`, since `head`.
    ///
    /// - Parameter grown: how many rows were written, nil for all there are. They are the newest: what
    ///   lies between them and `head` was added by someone else and is not vouched for.
    func extend(
        _ head: ChainHead, with grown: [(index: Int, rows: Int64?)], at: Int64,
        _ session: StoreSession
    ) throws -> ChainHead {
        var next = ChainHead(seq: head.seq + 1, hash: [], upTo: head.upTo)
        var parts: [UInt8] = []
        var digests: [Int: [UInt8]] = [:]
        for (index, written) in grown {
            let table = Self.tables[index]
            var rows = try hash(table, after: head.upTo[index], upTo: .max, session)
            if let written, rows.count > written {
                rows = try hash(table, after: rows.last - written, upTo: .max, session)
            }
            if rows.count == 0 { continue }
            next.upTo[index] = rows.last
            digests[index] = rows.digest
            parts += rows.digest.prefix(Self.partSize)
        }
        if digests.isEmpty { return head }
        next.hash = hash(after: head, at: at, upTo: next.upTo, digests: digests)
        let u = next.upTo
        try session.run(
            """
            INSERT INTO journal (seq, at, \(Self.names), parts, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            next.seq, at, u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], Data(parts),
            Data(next.hash))
        return next
    }

    /// Starts the chain of a ledger that has rows already.
    static func begin(_ db: Database) throws {
        let session = StoreSession(db: db, file: .ledger, connection: nil)
        let at = try session.integer("SELECT max(at) FROM checkpoint") ?? 0
        _ = try LedgerChain().extend(
            ChainHead(), with: tables.indices.map { ($0, nil) }, at: at, session)
    }
}

extension LedgerEntry {
    /// The covered table that it adds to, by its place in `LedgerChain.tables`.
    var chained: Int? {
        switch self {
        case .intent: 0
        case .transition: 1
        case .fill: 2
        case .postings: 3
        case .closedTrade: 4
        case .weights: 5
        case .hold: 6
        case .command: 7
        case .reconciliation: 8
        case .taken, .signal, .lot, .alert, .checkpoint, .proof, .outgoing: nil
        }
    }

    /// How many rows it adds there.
    var chainedRows: Int64 {
        if case .postings(let lines) = self { return Int64(lines.count) }
        return chained == nil ? 0 : 1
    }

    /// When it happened.
    var at: Timestamp? {
        switch self {
        case .taken(_, let at): at
        case .signal(let signal, _): signal.at
        case .intent(let intent): intent.createdAt
        case .transition(let step): step.at
        case .fill(let fill): fill.at
        case .postings(let lines): lines.first?.at
        case .lot: nil
        case .closedTrade(let trade): trade.exitTime
        case .weights(let change): change.at
        case .alert(let alert): alert.at
        case .checkpoint(let checkpoint): checkpoint.at
        case .hold(.set(let hold)): hold.since
        case .hold(.lifted(_, _, _, let at)): at
        case .command(let record): record.at
        case .reconciliation(let run): run.at
        case .outgoing(let row): row.at
        case .proof: nil
        }
    }
}
