import Domain
import GRDB
import Glibc

/// A verified copy of the ledger.
package struct LedgerBackup: Sendable, Equatable {
    package let path: String
    package let bytes: Int64
    /// Commits in its hash chain, and the head of it.
    package let commits: Int64
    package let head: String
    /// Older copies that made room for it.
    package let removed: [String]
    /// Weights that the chain does not vouch for: in the copy as in the ledger, and not used.
    package let warnings: [String]
}

extension LedgerBackup {
    static func name(_ at: Timestamp) -> String { "ledger-\(StoreFiles.stamp(at)).db" }

    /// The copies in `folder`, oldest first: what has exactly the form of their names.
    package static func all(in folder: String) -> [String] {
        StoreFiles.names(folder).filter(isName)
    }

    static func isName(_ name: String) -> Bool {
        name.utf8.count == 26 && name.hasPrefix("ledger-") && name.hasSuffix("Z.db")
            && name.utf8.dropFirst(7).prefix(15).enumerated().allSatisfy { place, byte in
                place == 8 ? byte == 0x54 : (0x30...0x39).contains(byte)
            }
    }
}

extension LedgerStore {
    fileprivate static let unfinished = ".part"

    /// Writes a copy of the ledger into `folder` that holds everything committed so far, verifies it
    /// (structure, foreign keys, hash chain up to the same head, books) and only then gives it its
    /// name, `ledger-YYYYMMDDTHHMMSSZ.db`. On the disk when this returns; what was left by one that
    /// was interrupted is removed first. The ledger can be used all the while, by this thread.
    ///
    /// - Parameters:
    ///   - at: for the name, the wall clock of the caller.
    ///   - keep: how many copies stay, this one included; at least one.
    /// - Throws: `badBackup` when the copy does not verify, `folder`, `denied`, `full`, `sqlite`.
    package func backup(
        to folder: String, at: Timestamp, keep: Int
    ) throws(StorageError) -> LedgerBackup {
        try copy(to: folder, at: at, keep: keep).finish()
    }

    /// The part of `backup` that needs this ledger; the rest needs only the copy and may be done by
    /// another thread. One at a time in a folder.
    package func copy(
        to folder: String, at: Timestamp, keep: Int
    ) throws(StorageError) -> UnverifiedBackup {
        try StoreFolder.create(folder)
        for name in StoreFiles.names(folder)
        where LedgerBackup.isName(String(name.prefix(26)))
            && name.dropFirst(26).hasPrefix(Self.unfinished)
        {
            StoreFiles.remove(StoreFiles.join(folder, name))
        }
        let name = LedgerBackup.name(at)
        let part = StoreFiles.join(folder, name) + Self.unfinished
        do throws(StorageError) { try copyAll(to: part) } catch {
            UnverifiedBackup.remove(part)
            throw error
        }
        return UnverifiedBackup(
            folder: folder, name: name, part: part, keep: keep, head: head, hash: chainHead.hash)
    }

    private func copyAll(to path: String) throws(StorageError) {
        // Made here, so that it is never open to others.
        try StoreFiles.write("", to: path)
        do {
            try connection.access { session in
                connection.countStatement()
                try session.db.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
        } catch {
            // The copy failed, not the ledger.
            throw error.isDiskFailure ? .badBackup(path: path, reason: error.description) : error
        }
    }
}

/// A copy of the ledger of which nobody knows yet whether it is good.
package struct UnverifiedBackup: Sendable {
    let folder: String
    let name: String
    let part: String
    let keep: Int
    let head: ChainHead
    let hash: String

    /// Verifies it and gives it its name; see `LedgerStore.backup`.
    package func finish() throws(StorageError) -> LedgerBackup {
        let path = StoreFiles.join(folder, name)
        let warnings: [String]
        do throws(StorageError) {
            try StoreFiles.sync(part)
            let found = try LedgerExamination(copy: part)
            let problems = found.problems + (found.head == head ? [] : ["its chain ends elsewhere"])
            warnings = found.doubtful.map(\.description)
            guard problems.isEmpty else {
                throw StorageError.badBackup(path: part, reason: problems.joined(separator: "; "))
            }
            try StoreFiles.move(part, path)
        } catch {
            Self.remove(part)
            throw error
        }
        let removed = Self.outdated(in: folder, besides: name, keep: keep)
        for old in removed { StoreFiles.remove(StoreFiles.join(folder, old)) }
        try StoreFiles.sync(folder)
        return LedgerBackup(
            path: path, bytes: StoreFolder.size(path) ?? 0, commits: head.seq,
            head: hash, removed: removed, warnings: warnings)
    }

    /// The copies that know least: by the commits in them, not by the times in their names, which a
    /// wrong clock gave. What cannot be read, and what left the way of this ledger because a copy was
    /// restored, counts as older than all others.
    private static func outdated(
        in folder: String, besides made: String, keep: Int
    ) -> [String] {
        let names = LedgerBackup.all(in: folder)
        let others = names.filter { $0 != made }
        let surplus = others.count - (max(1, keep) - 1)
        if surplus <= 0 { return [] }
        let newest = StoreFiles.join(folder, made)
        let aged = others.map { name in
            (name: name, commits: commits(inCopy: StoreFiles.join(folder, name), of: newest))
        }
        let oldestFirst = aged.sorted { ($0.commits, $0.name) < ($1.commits, $1.name) }
        return oldestFirst.prefix(surplus).map(\.name)
    }

    /// How far along the chain of the newest copy this one is; -1 when it is not on it.
    private static func commits(inCopy path: String, of newest: String) -> Int64 {
        do throws(StorageError) {
            let copy = try StoreConnection(copy: path, of: .ledger)
            guard copy.migrationsBefore.contains("ledger-2") else { return -1 }
            let head = try copy.access { session in try LedgerChain.head(session) }
            try copy.close()
            let whole = try StoreConnection(copy: newest, of: .ledger)
            let own = try whole.access { session in try LedgerChain.hash(at: head.seq, session) }
            try whole.close()
            return own == head.hash ? head.seq : -1
        } catch {
            return -1
        }
    }

    /// All checks of `Doctor` that the copy, which goes then, and the folder of the store in use
    /// admit: not the structure of the file itself, its mark and the history.
    package func examine(store: String, now: Timestamp) -> [DoctorFinding] {
        defer {
            Self.remove(part)
            // Stays where something else is in it.
            rmdir(folder)
        }
        return Doctor.examine(copy: part, head: head, folder: store, now: now)
    }

    fileprivate static func remove(_ part: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { StoreFiles.remove(part + suffix) }
    }
}

/// What is in a ledger's file that nobody uses: all that can be checked without changing it.
struct LedgerExamination {
    let migrations: [String]
    let structure: [String]
    let foreignKeys: [String]
    let head: ChainHead
    let breaks: [ChainBreak]
    let books: [String]

    var isNewest: Bool { migrations == LedgerSchema.migrator.migrations }

    /// Everything that keeps it from being used as a ledger.
    var problems: [String] {
        structure + foreignKeys + fatal.map(\.description) + books
    }

    var fatal: [ChainBreak] { breaks.filter { !$0.isOfWeights } }
    /// Weights, for which there is a fallback.
    var doubtful: [ChainBreak] { breaks.filter(\.isOfWeights) }

    /// - Parameter path: of a file whose folder can be written to.
    init(copy path: String) throws(StorageError) {
        let connection = try StoreConnection(copy: path, of: .ledger)
        self = try Self(connection)
        try connection.close()
    }

    init(_ connection: StoreConnection) throws(StorageError) {
        migrations = connection.migrationsBefore
        let known = LedgerSchema.migrator.migrations
        let unknown = migrations.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            throw .newer(file: .ledger, path: connection.path, unknown: unknown)
        }
        let hasChain = migrations.contains("ledger-2")
        (structure, foreignKeys, head, breaks, books) = try connection.access { session in
            var structure: [String] = []
            for check in ["quick_check(5)", "integrity_check(5)"] {
                try session.rows("PRAGMA \(check)") { row throws in
                    let text = try row.text(0, "integrity_check")
                    if text != "ok", !structure.contains(text) { structure.append(text) }
                }
            }
            if !structure.isEmpty { return (structure, [], ChainHead(), [], []) }
            var keys: [String] = []
            try session.rows("SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 5") {
                row throws in
                let seq = try row.integerIfAny(1, "foreign_key_check").map { " \($0)" } ?? ""
                keys.append("\(try row.text(0, "foreign_key_check")): row\(seq) refers to nothing")
            }
            guard hasChain else { return (structure, keys, ChainHead(), [], []) }
            return (
                structure, keys, try LedgerChain.head(session),
                try LedgerChain().verify(newest: nil, session), try LedgerBooks.problems(session)
            )
        }
    }
}
