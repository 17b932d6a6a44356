import Foundation
import GRDB
import Synchronization

/// What one store did since it was opened (S18). Times are nanoseconds of the monotonic clock.
package struct StoreStatistics: Sendable, Equatable {
    package var statements = 0
    /// Transactions that wrote and were committed.
    package var commits = 0
    /// Spent inside the database, reads and commits.
    package var nanoseconds: Int64 = 0
    /// The longest single access.
    package var nanosecondsMax: Int64 = 0
    /// Spent waiting for the connection.
    package var queueWaitNanoseconds: Int64 = 0
    /// Times SQLite found the file locked by someone else.
    package var busyEvents = 0
    /// Rows given up because the history could not be written.
    package var droppedRows = 0

    package init() {}
}

/// One file, one connection (SQLite before 3.51.3 can lose commits when two connections share a
/// WAL file). Used from one thread at a time; every access is measured.
final class StoreConnection {
    let file: StoreFile
    let path: String
    private(set) var statistics = StoreStatistics()
    /// The migrations that the file had when it was opened; empty for a new one.
    let migrationsBefore: [String]
    private let queue: DatabaseQueue
    private let busy: BusyCounter
    /// Rows changed since the WAL was last copied home.
    private(set) var changesInLog = 0

    /// Opens or creates the file, refuses what a newer version wrote, applies the settings and
    /// migrates.
    ///
    /// - Parameter backUp: called before the first migration of a file that is not new, with the
    ///   migrations that it has.
    init(
        _ file: StoreFile, folder: String, migrator: DatabaseMigrator,
        backUp: ((Database, [String]) throws -> Void)? = nil
    ) throws(StorageError) {
        try StoreFolder.create(folder)
        let path = try StoreFolder.prepare(file, in: folder)
        let busy = BusyCounter()
        var configuration = Configuration()
        configuration.label = file.rawValue
        // At most 100 waits of 20 ms: nothing waits on the store without an end.
        configuration.busyMode = .callback { tries in
            busy.count.add(1, ordering: .relaxed)
            guard tries < 100 else { return false }
            Thread.sleep(forTimeInterval: 0.02)
            return true
        }
        var before: [String] = []
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { db in
                try LibraryCheck.run(db)
                before = try Self.refuseNewer(
                    db, file: file, path: path, known: migrator.migrations)
                try file.apply(to: db)
                if !before.isEmpty, before.count < migrator.migrations.count {
                    try backUp?(db, before)
                }
            }
            try migrator.migrate(queue)
        } catch {
            throw Self.translated(error, file: file, path: path)
        }
        (self.file, self.path, self.busy, migrationsBefore) = (file, path, busy, before)
    }

    /// Opens a copy that nobody else uses, to look at it: nothing is migrated or set.
    init(copy path: String, of file: StoreFile) throws(StorageError) {
        let busy = BusyCounter()
        var before: [String] = []
        do {
            queue = try DatabaseQueue(path: path)
            try queue.writeWithoutTransaction { db in
                try LibraryCheck.run(db)
                try db.execute(sql: "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF")
                if try db.tableExists("grdb_migrations") {
                    before = try String.fetchAll(
                        db, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
                }
            }
        } catch {
            throw Self.translated(error, file: file, path: path)
        }
        (self.file, self.path, self.busy, migrationsBefore) = (file, path, busy, before)
    }

    private static func refuseNewer(
        _ db: Database, file: StoreFile, path: String, known: [String]
    ) throws -> [String] {
        guard try db.tableExists("grdb_migrations") else { return [] }
        let applied = try String.fetchAll(
            db, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
        let unknown = applied.filter { !known.contains($0) }
        if !unknown.isEmpty { throw StorageError.newer(file: file, path: path, unknown: unknown) }
        return applied
    }

    /// One immediate transaction: all of `body` or nothing.
    func write<T>(_ body: (StoreSession) throws -> T) throws(StorageError) -> T {
        try measured { db in
            var result: T?
            let before = db.totalChangesCount
            try db.inTransaction(.immediate) {
                result = try body(StoreSession(db: db, file: file, connection: self))
                return .commit
            }
            statistics.commits += 1
            changesInLog += db.totalChangesCount - before
            guard let result else { throw DatabaseError(resultCode: .SQLITE_INTERNAL) }
            return result
        }
    }

    /// Statements outside of a transaction of ours: reads, checkpoints, vacuum steps.
    func access<T>(_ body: (StoreSession) throws -> T) throws(StorageError) -> T {
        try measured { db in try body(StoreSession(db: db, file: file, connection: self)) }
    }

    private func measured<T>(_ body: (Database) throws -> T) throws(StorageError) -> T {
        let asked = ContinuousClock.now
        defer { statistics.busyEvents = busy.count.load(ordering: .relaxed) }
        do {
            return try queue.writeWithoutTransaction { db in
                let entered = ContinuousClock.now
                defer {
                    let spent = (ContinuousClock.now - entered).nanoseconds
                    statistics.nanoseconds += spent
                    statistics.nanosecondsMax = max(statistics.nanosecondsMax, spent)
                    statistics.queueWaitNanoseconds += (entered - asked).nanoseconds
                }
                return try body(db)
            }
        } catch {
            throw Self.translated(error, file: file, path: path)
        }
    }

    static func translated(_ error: any Error, file: StoreFile, path: String) -> StorageError {
        if let error = error as? StorageError { return error }
        guard let error = error as? DatabaseError else {
            return .sqlite(file: file, code: 1, message: "\(type(of: error))", sql: nil)
        }
        let code = error.extendedResultCode.rawValue
        let message = error.message ?? "no message"
        if code & 0xFF == 11 || code & 0xFF == 26 {
            return .damaged(file: file, path: path, detail: "\(message), code \(code)")
        }
        if code & 0xFF == 13 { return .full(file: file, path: path) }
        return .sqlite(file: file, code: code, message: message, sql: error.sql)
    }

    func countStatement() { statistics.statements += 1 }
    func countDropped(_ rows: Int) { statistics.droppedRows += rows }

    /// Copies the WAL home; `truncate` also empties it, for quiet times and before closing.
    func checkpoint(_ kind: Database.CheckpointMode = .truncate) throws(StorageError) {
        try access { session in
            countStatement()
            _ = try session.db.checkpoint(kind)
            changesInLog = 0
        }
    }

    /// SQLite's structural check: the first few problems, empty when there are none.
    func quickCheck() throws(StorageError) -> [String] {
        try access { session in
            var problems: [String] = []
            try session.rows("PRAGMA quick_check(5)") { row throws in
                problems.append(try row.text(0, "quick_check"))
            }
            return problems == ["ok"] ? [] : problems
        }
    }

    /// Gives at most `pages` free pages back to the file system.
    func vacuum(pages: Int) throws(StorageError) {
        try access { session in
            countStatement()
            try session.db.execute(sql: "PRAGMA incremental_vacuum(\(max(1, pages)))")
        }
    }

    /// Calls `tracer` with the SQL of every statement SQLite runs; nil ends it.
    func trace(_ tracer: (@Sendable (String) -> Void)?) throws(StorageError) {
        try access { session in
            guard let tracer else { return session.db.trace(options: []) }
            session.db.trace(options: .statement) { event in
                if case .statement(let statement) = event { tracer(statement.sql) }
            }
        }
    }

    /// What `PRAGMA name` answers on this very connection; nil for a name that is none.
    func setting(_ name: String) throws(StorageError) -> String? {
        guard name.utf8.allSatisfy({ $0 == 0x5F || (0x61...0x7A).contains($0) }) else { return nil }
        return try access { session in
            countStatement()
            return try String.fetchOne(session.db, sql: "PRAGMA \(name)")
        }
    }

    func close() throws(StorageError) {
        do { try queue.close() } catch {
            throw Self.translated(error, file: file, path: path)
        }
    }
}

private final class BusyCounter: Sendable {
    let count = Atomic<Int>(0)
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000
    }
}

extension StoreConnection {
    /// Of SQLite, as it runs.
    func libraryVersion() throws(StorageError) -> String {
        try access { session in
            var text = ""
            try session.rows("SELECT sqlite_version()") { row throws in
                text = try row.text(0, "version")
            }
            return text
        }
    }
}
