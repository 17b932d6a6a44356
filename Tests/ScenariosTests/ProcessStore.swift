import Domain
import Foundation
import GRDB
import Storage
import TestSupport
import Testing

/// A store folder as a run left it, read back when nobody holds it any more.
struct ProcessStore {
    let path: String

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

    func contents() throws -> Contents {
        let queue = try DatabaseQueue(path: path + "/ledger.db")
        defer { try? queue.close() }
        return try queue.read { db in
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
        let queue = try DatabaseQueue(path: path + "/ledger.db")
        defer { try? queue.close() }
        return try queue.read { db in
            try String.fetchAll(
                db, sql: "SELECT cause || ' ' || verdict FROM reconciliations ORDER BY seq")
        }
    }

    /// One number that a statement yields.
    func count(_ sql: String, file: String = "ledger.db") throws -> Int {
        let queue = try DatabaseQueue(path: path + "/" + file)
        defer { try? queue.close() }
        return try queue.read { db in try Int.fetchOne(db, sql: sql) ?? 0 }
    }

    /// The text in the first column of each row.
    func texts(_ sql: String) throws -> [String] {
        let queue = try DatabaseQueue(path: path + "/ledger.db")
        defer { try? queue.close() }
        return try queue.read { db in try String.fetchAll(db, sql: sql) }
    }

    /// Everything that a kill must not have broken: books, uniqueness, structure.
    func expectSound(_ comment: String, location: SourceLocation = #_sourceLocation) throws {
        let lock = try StoreLock(folder: path, purpose: "test")
        let ledger = try LedgerStore(folder: path)
        let problems = try ledger.checkBooks()
        try ledger.close()
        #expect(problems.isEmpty, "\(comment): \(problems)", sourceLocation: location)
        for (subject, sql) in Self.duplicates {
            let found = try count("SELECT count(*) FROM (\(sql))")
            #expect(found == 0, "\(comment): \(found) \(subject)", sourceLocation: location)
        }
        withExtendedLifetime(lock) {}
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
