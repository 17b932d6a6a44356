/// ledger.db: what must never be lost.
///
/// In: the `LedgerEntry`s of one engine event, committed in one transaction that is on the disk
/// when `commit` returns (one fdatasync). Out: `LedgerState` after a restart, and the rows that
/// `explain` and `report` show.
///
/// Invariants: a decision and an execution are stored once; a commit is whole or absent; a failed
/// write or sync ends all further commits of this store, because nothing after it can be trusted.
/// The caller holds the `StoreLock`; one thread uses the store.
import Domain
import GRDB
import Primitives

package final class LedgerStore {
    let connection: StoreConnection
    private let writer = LedgerWriter()
    private var failure: StorageError?
    /// What `loadState` found and stepped over; each deserves an alert (code `weights-corrupt`).
    package internal(set) var loadWarnings: [String] = []

    /// Opens or creates `ledger.db` in `folder`: library, version, settings, migrations, quick check.
    ///
    /// - Throws: everything of `StorageError`; any error means that trading must not start (S04).
    package init(folder: String) throws(StorageError) {
        connection = try StoreConnection(
            .ledger, folder: folder, migrator: LedgerSchema.migrator)
        let problems = try connection.quickCheck()
        if !problems.isEmpty {
            throw .damaged(
                file: .ledger, path: connection.path, detail: problems.joined(separator: "; "))
        }
    }

    /// Makes `entries` durable: all of them or none. Nothing is written for none (S17).
    ///
    /// - Throws: `duplicateDecision`, `duplicateExecution`, `unknownOrder`, `unstorable`, `sqlite`;
    ///   `stopped` once an earlier commit failed at the disk.
    package func commit(_ entries: [LedgerEntry]) throws(StorageError) {
        if let failure { throw .stopped(earlier: failure.description) }
        if entries.isEmpty { return }
        do {
            try connection.write { session in
                for entry in entries { try writer.write(entry, session) }
            }
        } catch {
            if error.isDiskFailure { failure = error }
            throw error
        }
    }

    package var statistics: StoreStatistics { connection.statistics }
    package var path: String { connection.path }

    /// SQLite's structural check; empty when all is well.
    package func quickCheck() throws(StorageError) -> [String] { try connection.quickCheck() }

    /// Copies the WAL into the database; for quiet times.
    package func checkpoint() throws(StorageError) { try connection.checkpoint() }

    /// Checkpoints and closes; the store cannot be used afterwards.
    package func close() throws(StorageError) { try connection.close() }

    /// What `PRAGMA name` answers on the store's own connection.
    package func setting(_ name: String) throws(StorageError) -> String? {
        try connection.setting(name)
    }

    /// For tests and diagnosis: the SQL of every statement SQLite runs.
    package func trace(_ tracer: (@Sendable (String) -> Void)?) throws(StorageError) {
        try connection.trace(tracer)
    }

    /// Forgets what is older than `before` and no longer needed: taken news, refused signals and
    /// alerts. Orders, books, approved signals and weights stay for good. At most 20,000 rows of each
    /// a call, in steps of 2,000, so that no commit waits long behind it.
    ///
    /// - Returns: the rows removed.
    @discardableResult
    package func prune(before: Timestamp) throws(StorageError) -> Int {
        let statements = [
            """
            DELETE FROM taken WHERE seq IN
                (SELECT seq FROM taken WHERE at < ? ORDER BY at LIMIT 2000)
            """,
            """
            DELETE FROM signals WHERE seq IN (SELECT seq FROM signals
                WHERE code IS NOT NULL AND at < ? ORDER BY at LIMIT 2000)
            """,
            """
            DELETE FROM alerts WHERE seq IN
                (SELECT seq FROM alerts WHERE at < ? ORDER BY at LIMIT 2000)
            """,
        ]
        var removed = 0
        for statement in statements {
            for _ in 0..<10 {
                let rows = try connection.write { session in
                    try session.run(statement, before.nanoseconds)
                }
                removed += rows
                if rows < 2000 { break }
            }
        }
        if removed > 0 { try connection.vacuum(pages: 256) }
        return removed
    }
}
