/// ledger.db: what must never be lost.
///
/// In: the `LedgerEntry`s of one engine event, committed in one transaction that is on the disk
/// when `commit` returns (one fdatasync). Out: `LedgerState` after a restart, and the rows that
/// `explain` and `report` show.
///
/// Invariants: a decision and an execution are stored once; a commit is whole or absent; no order
/// leaves while a stored hold forbids it; covered rows are chained by hashes (LedgerChain); a failed
/// write or sync ends all further commits of this store, because nothing after it can be trusted.
/// The caller holds the `StoreLock`; one thread uses the store.
import Domain
import GRDB
import Primitives

package final class LedgerStore {
    /// Beside `ledger.db`, and of no use without it.
    package static let companions = [LedgerMark.name, StoreTrouble.name, StoreReserve.name]
    /// How many of the newest commits are compared with the chain at each start; `verifyChain` does
    /// all.
    private static let verifiedAtStart = 1_000

    let connection: StoreConnection
    let folder: String
    private let writer = LedgerWriter()
    private let chain = LedgerChain()
    private let mark: LedgerMark
    private(set) var head: ChainHead
    private var failure: StorageError?
    private let reserveBytes: Int64
    /// What `loadState` found and stepped over; each deserves an alert (code `weights-corrupt`).
    package internal(set) var loadWarnings: [String] = []
    /// What was found at opening and is no reason to stop; each deserves an alert.
    package private(set) var openWarnings: [String] = []
    /// Eight characters, made with the ledger and kept for ever: part of what makes ids unique.
    package let installation: String

    /// Opens or creates `ledger.db` in `folder`: library, version, settings, migrations, quick check,
    /// the newest part of the hash chain, the high-water mark.
    ///
    /// - Parameter reserve: bytes of the file that keeps room on the disk, made where there is room.
    /// - Throws: everything of `StorageError`; any error means that trading must not start (S04).
    package init(
        folder: String, reserve: Int64 = StoreReserve.bytes
    ) throws(StorageError) {
        let place = LedgerMark.read(folder: folder)
        let path = folder + "/" + StoreFile.ledger.rawValue
        if let place, StoreFolder.size(path) ?? 0 == 0, StoreFolder.size(path + "-wal") ?? 0 == 0 {
            throw .behindMark(path: path, mark: place.seq, head: 0)
        }
        connection = try Self.noting(folder) { () throws(StorageError) in
            try StoreConnection(.ledger, folder: folder, migrator: LedgerSchema.migrator)
        }
        (self.folder, reserveBytes) = (folder, reserve)
        let problems = try connection.quickCheck()
        if !problems.isEmpty {
            throw .damaged(
                file: .ledger, path: connection.path, detail: problems.joined(separator: "; "))
        }
        let chain = chain
        let (head, breaks, weights, marked, installation) = try connection.access { session in
            (
                try LedgerChain.head(session),
                try chain.verify(newest: Self.verifiedAtStart, session),
                try chain.doubtfulWeights(session),
                try place.flatMap { try LedgerChain.hash(at: $0.seq, session) },
                try Self.installation(session)
            )
        }
        (self.head, self.installation) = (head, installation)
        if let place {
            try LedgerMark.check(place, head: head.seq, hash: marked, path: connection.path)
        }
        // Weights have a fallback: `loadState` gives the newest that the chain vouches for.
        let fatal = breaks.filter { !$0.isOfWeights }
        if !fatal.isEmpty {
            throw .damaged(
                file: .ledger, path: connection.path,
                detail: fatal.map(\.description).joined(separator: "; "))
        }
        mark = try LedgerMark(folder: folder)
        openWarnings = weights.prefix(20).map(\.description)
        if place == nil, head.seq > 0, connection.migrationsBefore.contains("ledger-2") {
            openWarnings.append(
                "\(LedgerMark.name) was missing and is made anew: a loss of the newest commits "
                    + "before this start would not have been noticed")
        }
        if head.seq > 0 { mark.write(head) }
        if reserve > 0, !StoreReserve.make(folder: folder, bytes: reserve) {
            openWarnings.append("there is no room for the reserve of \(reserve) bytes")
        }
    }

    static func installation(_ session: StoreSession) throws -> String {
        var text = ""
        try session.rows("SELECT value FROM meta WHERE key = 'installation'") { row throws in
            text = try row.text(0, "meta.value")
        }
        guard text.utf8.count == 8,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        else {
            throw StorageError.badRow(file: .ledger, table: "meta", column: "installation")
        }
        return text
    }

    /// Makes `entries` durable: all of them or none. Nothing is written for none (S17).
    ///
    /// - Throws: `duplicateDecision`, `duplicateExecution`, `duplicateCommand`, `knownProof`,
    ///   `proofsFull`, `unknownOrder`,
    ///   `wrongStatus`, `gateClosed`, `notStanding`, `unstorable`, `sqlite`; `full`, after which the
    ///   same may work once there is room; `stopped` once an earlier commit failed at the disk.
    package func commit(_ entries: [LedgerEntry]) throws(StorageError) {
        try guarded { () throws(StorageError) in
            if entries.isEmpty { return }
            let next = try connection.write { session in
                try writer.write(entries, head: head, session)
                return try extendChain(entries, session)
            }
            if next.seq > head.seq {
                head = next
                mark.write(next)
            }
        }
    }

    /// A change outside of any event, in a transaction of its own.
    func change<Result>(
        _ body: (StoreSession) throws -> Result
    ) throws(StorageError) -> Result {
        try guarded { () throws(StorageError) in try connection.write(body) }
    }

    /// Around all that writes: nothing after an earlier failure at the disk, and such a failure ends
    /// all later writes and is remembered beside the ledger.
    private func guarded<T>(
        _ body: () throws(StorageError) -> T
    ) throws(StorageError) -> T {
        if let failure { throw .stopped(earlier: failure.description) }
        do { return try body() } catch {
            if error.isDiskFailure {
                failure = error
                StoreTrouble.note(
                    error.description, folder: folder, at: StoreTrouble.wallClock)
            }
            throw error
        }
    }

    /// At opening and closing too, a disk that failed is remembered: not one that cannot be written
    /// to, which is a matter of permission.
    private static func noting<Result>(
        _ folder: String, _ work: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        do { return try work() } catch {
            if case .sqlite(_, let code, _, _) = error, code & 0xFF == 10 {
                StoreTrouble.note(error.description, folder: folder, at: StoreTrouble.wallClock)
            }
            throw error
        }
    }

    private func extendChain(
        _ entries: [LedgerEntry], _ session: StoreSession
    ) throws -> ChainHead {
        var rows = [Int64](repeating: 0, count: LedgerChain.tables.count)
        var at = Int64.min
        for entry in entries {
            at = max(at, entry.at?.nanoseconds ?? .min)
            if let table = entry.chained { rows[table] += entry.chainedRows }
        }
        let grown = rows.indices.filter { rows[$0] > 0 }.map { (index: $0, rows: rows[$0]) }
        if grown.isEmpty { return head }
        return try chain.extend(head, with: grown, at: at, session)
    }

    /// Compares every covered row with the hash chain (S18): each break, at most 20, none when all is
    /// as it was written. Reads the whole ledger, so daily, not per event.
    package func verifyChain() throws(StorageError) -> [ChainBreak] {
        try connection.access { session in try chain.verify(newest: nil, session) }
    }

    /// Commits in the chain, and its hash in 64 hexadecimal digits.
    package var chainHead: (seq: Int64, hash: String) {
        (head.seq, Digest.hexadecimal(head.hash))
    }

    /// Makes the high-water mark durable; at the end of a session.
    package func sealMark() { mark.seal() }

    // MARK: - Room

    /// Bytes free on the disk of the ledger; nil when it cannot be asked.
    package func freeSpace() -> Int64? { StoreReserve.freeSpace(folder: folder) }

    /// Gives the reserve up, so that commits go on for a while on a full disk.
    package func releaseReserve() { StoreReserve.release(folder: folder) }

    /// Makes the reserve again where there is room; whether it is there now.
    @discardableResult
    package func restoreReserve() -> Bool {
        StoreReserve.make(folder: folder, bytes: reserveBytes)
    }

    /// When the ledger failed at its disk within the hour before `now`. Two or more mean that a
    /// restart alone does not help: hold `storage`.
    package func recentTroubles(now: Timestamp) -> [StoreTrouble.Record] {
        StoreTrouble.recent(folder: folder, now: now)
    }

    package var statistics: StoreStatistics { connection.statistics }
    /// Of SQLite, as it runs.
    package func libraryVersion() throws(StorageError) -> String {
        try connection.libraryVersion()
    }
    package var path: String { connection.path }

    /// SQLite's structural check; empty when all is well.
    package func quickCheck() throws(StorageError) -> [String] { try connection.quickCheck() }

    /// Copies the WAL into the database; for quiet times.
    ///
    /// - Throws: `full`, which costs nothing: the WAL stays; `sqlite` and `stopped` as `commit`.
    package func checkpoint() throws(StorageError) {
        try guarded { () throws(StorageError) in try connection.checkpoint() }
        mark.seal()
    }

    /// Proves that a commit could be made, without leaving anything: the lock of the writer, a
    /// change of a row that is taken back, and a sync, which the disk answers also where there is
    /// nothing to write. Costs no flash.
    ///
    /// - Throws: as `commit`.
    package func probe() throws(StorageError) {
        try guarded { () throws(StorageError) in
            try connection.access { session in
                try session.db.inTransaction(.immediate) {
                    try session.db.execute(
                        sql: "UPDATE meta SET value = value WHERE key = 'installation'")
                    return .rollback
                }
            }
        }
        mark.seal()
    }

    /// Checkpoints and closes; the store cannot be used afterwards.
    package func close() throws(StorageError) {
        try Self.noting(folder) { () throws(StorageError) in try connection.close() }
        mark.seal()
    }

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
    /// - Parameter onStep: called before each of its short steps; false: not this one.
    /// - Returns: the rows removed.
    /// - Throws: `full`, which costs nothing: the caller goes on, and a later call does the rest;
    ///   `sqlite` and `stopped` as `commit`.
    @discardableResult
    package func prune(
        before: Timestamp, onStep: () -> Bool = { true }
    ) throws(StorageError) -> Int {
        try guarded { () throws(StorageError) in try removeOld(before: before, onStep) }
    }

    private func removeOld(
        before: Timestamp, _ onStep: () -> Bool
    ) throws(StorageError) -> Int {
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
            for _ in 0..<10 where onStep() {
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
