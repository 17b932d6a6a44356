import Domain
import Foundation
import GRDB
import Storage
import TestSupport
import Testing

/// A store folder as a run left it, read back when nobody holds it any more.
///
/// SQLite mends a ledger as it opens and closes it, and so does the ledger with its mark: whoever looks
/// gets a copy, so that the next start of the program meets the files as the last one left them.
struct ProcessStore {
    let path: String
    /// Nobody starts from it: it may be opened as it is.
    private let isCopy: Bool

    init(path: String) { (self.path, isCopy) = (path, false) }

    private init(copy: String) { (path, isCopy) = (copy, true) }

    /// What must not depend on how often the run was interrupted, table by table, row by row.
    struct Contents: Equatable {
        var tables: [String: [String]] = [:]

        /// Where the two differ, in a few lines; empty when they do not.
        func differences(from other: Contents) -> [String] {
            var found: [String] = []
            for name in Set(tables.keys).union(other.tables.keys).sorted() {
                let (mine, theirs) = (tables[name] ?? [], other.tables[name] ?? [])
                guard mine != theirs else { continue }
                let index = zip(mine, theirs).enumerated().first { $1.0 != $1.1 }?.offset
                let place = index ?? min(mine.count, theirs.count)
                func row(_ rows: [String]) -> String {
                    rows.indices.contains(place) ? rows[place] : "none"
                }
                found.append(
                    "\(name): \(mine.count) rows against \(theirs.count); row \(place) is "
                        + "\(row(mine)) against \(row(theirs))")
            }
            return found
        }
    }

    private static let compared = [
        "fills": "execution_id, order_id, symbol, side, quantity, price, fee, at",
        "closed_trades": """
        id, symbol, side, quantity, entry_order, exit_order, entry_time, exit_time,
        entry_price, exit_price, costs, pnl, reason
        """,
        "lots": "id, symbol, opened_at, opened_by, price, quantity, cost, open_fees",
        "balances": "account, amount",
        "orders": """
        id, decision_key, signal_id, symbol, side, quantity, type, price, role, reason, parent,
        created_at, status, filled
        """,
        "weights": "version, at, cause, sentiment, trend, reversion",
        "taken": "news_id, at",
    ]

    /// One copy of the files of the ledger for all that `body` asks; what SQLite makes of them
    /// again, and what is no part of the ledger, stays behind.
    func examined<T>(
        _ file: String = "ledger.db", _ body: (ProcessStore) throws -> T
    ) throws -> T {
        if isCopy { return try body(self) }
        let folder = try ScratchFolder(inMemory: true)
        for (name, data) in left(file) { try folder.write(Array(data), to: "store/" + name) }
        return try body(ProcessStore(copy: folder("store")))
    }

    /// The files that make a ledger, as they lie there.
    func left(_ file: String = "ledger.db") -> [String: Data] {
        var found: [String: Data] = [:]
        for name in [file, file + "-wal", file + "-journal", "ledger.mark", "ledger.trouble"] {
            found[name] = FileManager.default.contents(atPath: path + "/" + name)
        }
        return found
    }

    private func read<T>(
        _ file: String = "ledger.db", _ body: (Database) throws -> T
    ) throws -> T {
        try examined(file) { copy in try copy.open(file, body) }
    }

    private func open<T>(_ file: String, _ body: (Database) throws -> T) throws -> T {
        let queue = try DatabaseQueue(path: path + "/" + file)
        defer { try? queue.close() }
        return try queue.read(body)
    }

    func contents() throws -> Contents {
        try read { db in
            var contents = Contents()
            for (table, columns) in Self.compared {
                let order = table == "balances" ? "account" : "seq"
                contents.tables[table] = try Row.fetchAll(
                    db, sql: "SELECT \(columns) FROM \(table) ORDER BY \(order)"
                ).map { row in
                    row.databaseValues.map { "\($0)" }.joined(separator: " ")
                }
            }
            return contents
        }
    }

    /// Of broker and books: cause and verdict, oldest first.
    func comparisons() throws -> [String] {
        try read { db in
            try String.fetchAll(
                db, sql: "SELECT cause || ' ' || verdict FROM reconciliations ORDER BY seq")
        }
    }

    /// One number that a statement yields.
    func count(_ sql: String, file: String = "ledger.db") throws -> Int {
        try read(file) { db in try Int.fetchOne(db, sql: sql) ?? 0 }
    }

    /// The same of a ledger in which a run is writing, which no copy of files would show whole.
    func countLive(_ sql: String) throws -> Int {
        try open("ledger.db") { db in try Int.fetchOne(db, sql: sql) ?? 0 }
    }

    /// The text in the first column of each row.
    func texts(_ sql: String) throws -> [String] {
        try read { db in try String.fetchAll(db, sql: sql) }
    }

    /// Everything that a kill must not have broken: books, uniqueness, structure.
    func expectSound(_ comment: String, location: SourceLocation = #_sourceLocation) throws {
        try examined { copy in
            let lock = try StoreLock(folder: copy.path, purpose: "test")
            let ledger = try LedgerStore(folder: copy.path, reserve: 0)
            let problems = try ledger.checkBooks()
            try ledger.close()
            #expect(problems.isEmpty, "\(comment): \(problems)", sourceLocation: location)
            for (subject, sql) in Self.duplicates {
                let found = try copy.count("SELECT count(*) FROM (\(sql))")
                #expect(found == 0, "\(comment): \(found) \(subject)", sourceLocation: location)
            }
            withExtendedLifetime(lock) {}
        }
    }

    private static let duplicates = [
        "client ids used twice": "SELECT id FROM orders GROUP BY id HAVING count(*) > 1",
        "decisions made twice":
            "SELECT decision_key FROM orders GROUP BY decision_key HAVING count(*) > 1",
        "executions booked twice":
            "SELECT execution_id FROM fills GROUP BY execution_id HAVING count(*) > 1",
        "signals with two orders of one role":
            "SELECT signal_id FROM orders GROUP BY signal_id, role HAVING count(*) > 1",
        "news taken twice": "SELECT news_id FROM taken GROUP BY news_id HAVING count(*) > 1",
        "trades closed twice": "SELECT id FROM closed_trades GROUP BY id HAVING count(*) > 1",
    ]
}

/// A configuration as options of the command line.
func settings(_ values: [String]) -> [String] { values.flatMap { ["--set", $0] } }
