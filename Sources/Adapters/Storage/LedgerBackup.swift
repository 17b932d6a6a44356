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

    /// The names for copies of one second, whose ledgers may share a folder.
    static func names(_ name: String) -> [String] {
        [name] + (2...9).map { "\(name.dropLast(3))-\($0).db" }
    }

    /// The copies in `folder`, oldest first: what has exactly the form of their names.
    package static func all(in folder: String) -> [String] {
        StoreFiles.names(folder).filter(isName).sorted { $0.dropLast(3) < $1.dropLast(3) }
    }

    static func isName(_ name: String) -> Bool {
        let stamp = Array(name.utf8.dropFirst(7).prefix(16))
        let end = name.utf8.dropFirst(23)
        return name.hasPrefix("ledger-") && stamp.count == 16
            && stamp.enumerated().allSatisfy { place, byte in
                switch place {
                case 8: byte == UInt8(ascii: "T")
                case 15: byte == UInt8(ascii: "Z")
                default: (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                }
            }
            && (end.elementsEqual(".db".utf8)
                || (2...9).contains { end.elementsEqual("-\($0).db".utf8) })
    }
}

extension LedgerStore {
    /// Writes a copy of the ledger into `folder` that holds everything committed so far, verifies it
    /// (structure, foreign keys, hash chain up to the same head, books) and only then gives it its
    /// name, `ledger-YYYYMMDDTHHMMSSZ.db`, with `-2` to `-9` before the end where there are some of
    /// that second. On the disk when this returns; what was left by one of this ledger that was
    /// interrupted is removed first. The ledger can be used all the while, by this thread.
    ///
    /// - Parameters:
    ///   - at: for the name, the wall clock of the caller.
    ///   - keep: how many copies of this ledger stay, this one included; at least one. Those of
    ///     another, and what cannot be read, are not counted and stay.
    ///   - freeMin: bytes that stay free where the copy is on the disk of the ledger.
    /// - Throws: `badBackup` when the copy does not verify, `folder`, also where there is too little
    ///   room, `denied`, `full`, `sqlite`.
    package func backup(
        to folder: String, at: Timestamp, keep: Int, freeMin: Int64 = 0
    ) throws(StorageError) -> LedgerBackup {
        try copy(to: folder, at: at, keep: keep, freeMin: freeMin).finish()
    }

    /// The part of `backup` that needs this ledger; the rest needs only the copy and may be done by
    /// another thread. One at a time in a folder.
    package func copy(
        to folder: String, at: Timestamp, keep: Int, freeMin: Int64 = 0
    ) throws(StorageError) -> UnverifiedBackup {
        try StoreFolder.create(folder)
        // Of this ledger: another may be writing its own here.
        let unfinished = ".\(installation).part"
        for name in StoreFiles.names(folder)
        where name.hasPrefix("ledger-") && name.contains(unfinished) {
            StoreFiles.remove(StoreFiles.join(folder, name))
        }
        try demandRoom(in: folder, freeMin: freeMin)
        let name = LedgerBackup.name(at)
        let part = StoreFiles.join(folder, name) + unfinished
        do throws(StorageError) { try copyAll(to: part) } catch {
            UnverifiedBackup.remove(part)
            throw error
        }
        return UnverifiedBackup(
            folder: folder, name: name, part: part, keep: keep, head: head, hash: chainHead.hash,
            installation: installation)
    }

    /// Before anything is written: a copy must not take the room that the ledger itself needs.
    private func demandRoom(in folder: String, freeMin: Int64) throws(StorageError) {
        let size = try connection.access { session in
            try session.integer(
                """
                SELECT (page_count - freelist_count) * page_size
                FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                """) ?? 0
        }
        var (target, own) = (stat(), stat())
        let isShared =
            stat(folder, &target) == 0 && stat(self.folder, &own) == 0
            && target.st_dev == own.st_dev
        let kept = isShared ? max(0, freeMin) : 0
        guard let free = StoreReserve.freeSpace(folder: folder), free - kept < size else { return }
        throw .folder(
            path: folder,
            reason: "the copy needs \(Self.room(size))"
                + (kept > 0 ? " beside \(Self.room(kept)) that stay free" : "")
                + ", \(Self.room(free)) are free; make room or name a folder on another disk")
    }

    private static func room(_ bytes: Int64) -> String {
        bytes >= 10 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
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
            // The copy failed, not the ledger, and so did its disk.
            if case .full = error { throw .full(file: .ledger, path: path) }
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
    let installation: String

    /// Verifies it and gives it its name; see `LedgerStore.backup`.
    package func finish() throws(StorageError) -> LedgerBackup {
        let made: String
        let warnings: [String]
        do throws(StorageError) {
            try StoreFiles.sync(part)
            let found = try LedgerExamination(copy: part)
            let problems = found.problems + (found.head == head ? [] : ["its chain ends elsewhere"])
            warnings = found.doubtful.map(\.description)
            guard problems.isEmpty else {
                throw StorageError.badBackup(path: part, reason: problems.joined(separator: "; "))
            }
            made = try settle()
        } catch {
            Self.remove(part)
            throw error
        }
        let path = StoreFiles.join(folder, made)
        let removed = outdated(besides: made)
        for old in removed { StoreFiles.remove(StoreFiles.join(folder, old)) }
        try StoreFiles.sync(folder)
        return LedgerBackup(
            path: path, bytes: StoreFolder.size(path) ?? 0, commits: head.seq,
            head: hash, removed: removed, warnings: warnings)
    }

    /// Gives it the first free one of its names: there may be copies of that second, which stay.
    private func settle() throws(StorageError) -> String {
        for made in LedgerBackup.names(name) {
            if try StoreFiles.moveIfFree(part, StoreFiles.join(folder, made)) { return made }
        }
        throw .folder(
            path: StoreFiles.join(folder, name),
            reason: "there are nine copies of that second; try again")
    }

    /// The copies of this ledger that know least: by the commits in them, not by the times in their
    /// names, which a wrong clock gave. What left the way of this ledger because a copy was restored
    /// counts as older than all others.
    private func outdated(besides made: String) -> [String] {
        let others = LedgerBackup.all(in: folder).filter { $0 != made }
        let surplus = others.count - (max(1, keep) - 1)
        if surplus <= 0 { return [] }
        let newest = StoreFiles.join(folder, made)
        let own = others.enumerated().compactMap { place, name in
            commits(inCopy: StoreFiles.join(folder, name), of: newest).map { (name, place, $0) }
        }
        let oldestFirst = own.sorted { ($0.2, $0.1) < ($1.2, $1.1) }
        return oldestFirst.prefix(max(0, own.count - (max(1, keep) - 1))).map(\.0)
    }

    /// How far along the chain of the newest copy this one is; -1 when it is not on it, nil when it is
    /// none of this ledger, or nobody can tell.
    private func commits(inCopy path: String, of newest: String) -> Int64? {
        guard (try? StoreFiles.demandOwn(path)) != nil else { return nil }
        do throws(StorageError) {
            let copy = try StoreConnection(copy: path, of: .ledger)
            guard copy.migrationsBefore.contains("ledger-2") else { return nil }
            let (head, installation) = try copy.access { session in
                (try LedgerChain.head(session), try LedgerStore.installation(session))
            }
            try copy.close()
            guard installation == self.installation else { return nil }
            let whole = try StoreConnection(copy: newest, of: .ledger)
            let own = try whole.access { session in try LedgerChain.hash(at: head.seq, session) }
            try whole.close()
            return own == head.hash ? head.seq : -1
        } catch {
            return nil
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
