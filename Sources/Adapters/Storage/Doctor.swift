/// Looks at a folder of stores that nobody uses and says what is well and what to do about the rest.
///
/// In: the folder. Out: one finding a check, the bad ones with what helps.
///
/// Invariants: nothing in the folder is changed or made, but for the name in a lock file that is there:
/// SQLite, even when it only reads, makes files beside a WAL, so a copy in a temporary folder is
/// examined.
import Domain
import Foundation
import Glibc
import Primitives

package struct DoctorFinding: Sendable, Equatable {
    package enum Verdict: String, Sendable, Codable, Comparable {
        case ok, warning, failed

        private var rank: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .failed: 2
            }
        }

        package static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
    }

    /// Stable, e.g. `chain`.
    package let check: String
    package let verdict: Verdict
    package let detail: String

    package init(check: String, verdict: Verdict, detail: String) {
        (self.check, self.verdict, self.detail) = (check, verdict, detail)
    }
}

package struct Doctor {
    private let folder: String
    private let now: Timestamp
    private let temporary: String
    private var findings: [DoctorFinding] = []

    /// All checks, in a fixed order; those that need an earlier one that failed are left out.
    ///
    /// - Parameters:
    ///   - now: for the age of troubles; nil for the wall clock.
    ///   - temporary: for copies, where there is room.
    package static func examine(
        folder: String, now: Timestamp? = nil, temporary: String = NSTemporaryDirectory()
    ) -> [DoctorFinding] {
        var doctor = Doctor(
            folder: folder, now: now ?? StoreTrouble.wallClock, temporary: temporary)
        doctor.examine()
        return doctor.findings
    }

    private init(folder: String, now: Timestamp, temporary: String) {
        (self.folder, self.now, self.temporary) = (folder, now, temporary)
    }

    private mutating func add(
        _ check: String, _ verdict: DoctorFinding.Verdict, _ detail: String
    ) {
        findings.append(DoctorFinding(check: check, verdict: verdict, detail: detail))
    }

    /// Ok without problems, else failed with all of them.
    private mutating func add(_ check: String, problems: [String], ok: String) {
        add(
            check, problems.isEmpty ? .ok : .failed,
            problems.isEmpty ? ok : problems.joined(separator: "; "))
    }

    private func path(_ name: String) -> String { StoreFiles.join(folder, name) }

    // MARK: - The folder

    private mutating func examine() {
        var information = stat()
        guard stat(folder, &information) == 0, information.st_mode & S_IFMT == S_IFDIR else {
            return add("folder", .failed, "\(folder) is no folder")
        }
        let kept = Set(StoreFile.allCases.map(\.rawValue) + LedgerStore.companions + ["lock"])
        guard StoreFiles.names(folder).contains(where: kept.contains) else {
            return add("folder", .failed, "\(folder) holds no ledger and nothing else of a store")
        }
        let lock: StoreLock?
        do {
            lock = try StoreLock.ifPresent(folder: folder, purpose: "bellwether doctor")
        } catch {
            return add("lock", .failed, "\(error)")
        }
        defer { withExtendedLifetime(lock) {} }
        checkFolder(information)
        checkFiles()
        checkRoom()
        checkTroubles()
        examineLedger()
        examineHistory()
    }

    /// What can be found out of a store that is in use: its folder, and a copy of its ledger.
    static func examine(
        copy path: String, head: ChainHead, folder: String, now: Timestamp
    ) -> [DoctorFinding] {
        var doctor = Doctor(folder: folder, now: now, temporary: "")
        doctor.examine(copy: path, head)
        return doctor.findings
    }

    private mutating func examine(copy path: String, _ head: ChainHead) {
        var information = stat()
        if stat(folder, &information) == 0 { checkFolder(information) }
        checkFiles()
        checkRoom()
        checkTroubles()
        do throws(StorageError) {
            let connection = try StoreConnection(copy: path, of: .ledger)
            checkLibrary(try connection.setting("auto_vacuum"), try connection.libraryVersion())
            let found = try LedgerExamination(connection)
            checkStructure(found, nil)
            add(
                "copy", problems: found.head == head ? [] : ["its chain ends elsewhere"],
                ok: "it holds every commit of the ledger")
            try checkWeights(connection)
            try checkContents(connection)
            if found.isNewest { checkState(connection) }
            try connection.close()
        } catch {
            add("ledger", .failed, "\(error)")
        }
    }

    private mutating func checkFolder(_ information: stat) {
        let isOpen = information.st_mode & 0o027 != 0
        add(
            "folder", isOpen ? .warning : .ok,
            isOpen ? "\(folder) is open to others: chmod 0750" : folder)
    }

    private mutating func checkFiles() {
        var loose: [String] = []
        var listed: [String] = []
        for name in StoreFiles.names(folder) {
            var information = stat()
            guard stat(path(name), &information) == 0, information.st_mode & S_IFMT == S_IFREG
            else { continue }
            listed.append("\(name) \(information.st_size)")
            if information.st_mode & 0o137 != 0 { loose.append(name) }
        }
        add(
            "files", loose.isEmpty ? .ok : .warning,
            loose.isEmpty
                ? listed.joined(separator: ", ")
                : "open to others: \(loose.joined(separator: ", ")); chmod 0640")
        if StoreFiles.exists(path(LedgerRestore.workFolder)) {
            add(
                "restore", .warning,
                "a restore did not come to its end; run bellwether restore again if the ledger is "
                    + "refused, else remove \(path(LedgerRestore.workFolder))")
        }
    }

    private mutating func checkRoom() {
        let size = StoreReserve.size(folder: folder)
        add(
            "reserve", size > 0 ? .ok : .warning,
            size > 0
                ? "\(size) bytes"
                : "missing: the disk is or was nearly full; it is made again when there is room")
        let free = StoreReserve.freeSpace(folder: folder) ?? 0
        add("disk", free < 64 << 20 ? .warning : .ok, "\(free >> 20) MiB free")
    }

    private mutating func checkTroubles() {
        let all = StoreTrouble.all(folder: folder)
        let recent = StoreTrouble.recent(folder: folder, now: now).count
        guard let last = all.last else { return add("troubles", .ok, "none") }
        let text = "\(all.count), \(recent) within an hour, the last at \(last.at): \(last.text)"
        add(
            "troubles", recent > 1 ? .failed : .warning,
            text + (recent > 1 ? "; replace the disk before trading" : ""))
    }

    // MARK: - The ledger

    private mutating func examineLedger() {
        let ledger = StoreFile.ledger.rawValue
        var place: LedgerMark.Place?
        var badMark: StorageError?
        do throws(StorageError) { place = try LedgerMark.read(folder: folder) } catch {
            badMark = error
            add("mark", .failed, "\(error)")
        }
        guard StoreFolder.size(path(ledger)) ?? 0 > 0 else {
            let isLost =
                place != nil || badMark != nil || StoreFolder.size(path(ledger + "-wal")) ?? 0 > 0
            return add(
                "ledger", isLost ? .failed : .warning,
                isLost
                    ? "\(ledger) is missing, but there was one: restore a backup"
                    : "there is no \(ledger) yet")
        }
        guard let copy = copied(.ledger) else { return }
        do throws(StorageError) {
            defer { withExtendedLifetime(copy) {} }
            let connection = try StoreConnection(copy: copy.path(.ledger), of: .ledger)
            checkLibrary(try connection.setting("auto_vacuum"), try connection.libraryVersion())
            let found = try LedgerExamination(connection)
            checkStructure(found, place)
            if connection.migrationsBefore.contains("ledger-2") {
                if badMark == nil { try checkMark(place, connection) }
                try checkWeights(connection)
                // A row of an older shape is read only once a start has brought it to the newest.
                if found.isNewest { checkState(connection) }
                try checkContents(connection)
            } else if let place {
                let lost = StorageError.behindMark(path: path(ledger), mark: place.seq, head: 0)
                add("mark", .failed, lost.description)
            }
            try connection.close()
        } catch {
            add("ledger", .failed, "\(error)")
        }
    }

    /// Nil when there is no room for it, which says nothing against the file.
    private mutating func copied(_ file: StoreFile) -> TemporaryCopy? {
        do throws(StorageError) {
            return try TemporaryCopy(of: file, in: folder, temporary: temporary)
        } catch {
            add(
                file == .ledger ? "ledger" : "history", .warning,
                "not examined: no copy of \(file.rawValue) can be made: \(error)")
            return nil
        }
    }

    private mutating func checkLibrary(_ vacuum: String?, _ version: String) {
        add("library", .ok, "SQLite \(version)")
        add(
            "settings", vacuum == "2" ? .ok : .warning,
            vacuum == "2"
                ? "auto_vacuum is incremental"
                : "auto_vacuum is \(vacuum ?? "unknown"): the file will not shrink")
    }

    private mutating func checkStructure(
        _ found: LedgerExamination, _ place: LedgerMark.Place?
    ) {
        add(
            "migrations", found.isNewest ? .ok : .warning,
            (found.migrations.isEmpty ? "none yet" : found.migrations.joined(separator: ", "))
                + (found.isNewest ? "" : "; the next start brings it to the newest shape"))
        add("structure", problems: found.structure, ok: "quick_check and integrity_check are ok")
        if !found.structure.isEmpty { return }
        add("references", problems: found.foreignKeys, ok: "every row refers to one that exists")
        guard found.migrations.contains("ledger-2") else { return }
        let hash = Digest.hexadecimal(found.head.hash)
        add(
            "chain", problems: found.fatal.map(\.description),
            ok: "\(found.head.seq) commits, head \(hash)")
        add("books", problems: found.books, ok: "balanced")
    }

    private mutating func checkMark(
        _ place: LedgerMark.Place?, _ connection: StoreConnection
    ) throws(StorageError) {
        let (head, hash) = try connection.access { session in
            (
                try LedgerChain.head(session).seq,
                try place.flatMap { try LedgerChain.hash(at: $0.seq, session) }
            )
        }
        guard let place else {
            return add(
                "mark", head == 0 ? .ok : .warning,
                head == 0
                    ? "nothing was committed yet"
                    : "\(LedgerMark.name) is missing: a loss of the newest commits would not show")
        }
        do throws(StorageError) {
            try LedgerMark.check(
                place, head: head, hash: hash, path: path(StoreFile.ledger.rawValue))
            add("mark", .ok, "commit \(place.seq)")
        } catch {
            add("mark", .failed, "\(error)")
        }
    }

    private mutating func checkWeights(_ connection: StoreConnection) throws(StorageError) {
        var corrupt = 0
        let doubtful = try connection.access { session in
            try session.rows("SELECT \(LedgerColumns.weights) FROM weights ORDER BY seq") { row in
                if row.weights() == nil { corrupt += 1 }
            }
            return try LedgerChain().doubtfulWeights(session).prefix(20).map(\.description)
        }
        let problems = (corrupt > 0 ? ["\(corrupt) corrupt versions"] : []) + doubtful
        add(
            "weights", problems.isEmpty ? .ok : .warning,
            problems.isEmpty
                ? "valid" : problems.joined(separator: "; ") + "; the newest good one is used")
    }

    /// Whatever a start or `status` reads and would refuse.
    private mutating func checkState(_ connection: StoreConnection) {
        do throws(StorageError) {
            let state = try connection.access { session in
                _ = try LedgerStore.installation(session)
                return try LedgerStore.load(session) { $0 }.state
            }
            add(
                "state", .ok,
                state.checkpoint.map { "a restart goes on at \($0.at)" } ?? "no checkpoint yet")
        } catch {
            // Not the place of the copy.
            if case .damaged(_, _, let detail) = error {
                add("state", .failed, "\(detail); restore a backup before starting again")
            } else {
                add("state", .failed, "\(error)")
            }
        }
    }

    private mutating func checkContents(_ connection: StoreConnection) throws(StorageError) {
        var open: [String] = []
        var holds: [String] = []
        var run: SignedReconciliation?
        try connection.access { session in
            try session.rows(
                """
                SELECT id || ' ' || status FROM orders
                WHERE status IN ('INTENT', 'SUBMITTING', 'UNKNOWN') ORDER BY seq
                """
            ) { row throws in open.append(try row.text(0, "orders.id")) }
            try session.rows(
                "SELECT \(LedgerColumns.hold) FROM holds WHERE lifted_at IS NULL ORDER BY seq"
            ) { row throws in
                let hold = try row.hold()
                holds.append("\(hold.id) \(hold.cause.rawValue) \(hold.mode.rawValue)")
            }
            try session.rows(
                """
                SELECT \(LedgerColumns.reconciliation), journal_seq, journal_head
                FROM reconciliations ORDER BY seq DESC LIMIT 1
                """
            ) { row throws in run = try row.signedReconciliation() }
        }
        add(
            "orders", open.isEmpty ? .ok : .warning,
            open.isEmpty
                ? "none is unresolved"
                : "unresolved, to be settled with the broker at the next start: "
                    + open.prefix(10).joined(separator: ", ")
                    + (open.count > 10 ? " and \(open.count - 10) more" : ""))
        add("holds", .ok, holds.isEmpty ? "none stands" : holds.joined(separator: ", "))
        guard let run else { return add("reconciliation", .ok, "there was none yet") }
        let isGood = run.run.verdict == .matches || run.run.verdict == .repaired
        add(
            "reconciliation", isGood ? .ok : .warning,
            "\(run.run.id) at \(run.run.at): \(run.run.verdict.rawValue)")
    }

    // MARK: - The history

    private mutating func examineHistory() {
        let name = StoreFile.history.rawValue
        guard StoreFolder.size(path(name)) ?? 0 > 0 else {
            return add("history", .ok, "there is no \(name); it is made when needed")
        }
        guard let copy = copied(.history) else { return }
        do throws(StorageError) {
            defer { withExtendedLifetime(copy) {} }
            let connection = try StoreConnection(copy: copy.path(.history), of: .history)
            let problems = try connection.quickCheck()
            try connection.close()
            let advice = "; it can be deleted"
            add(
                "history", problems.isEmpty ? .ok : .warning,
                problems.isEmpty ? "readable" : problems.joined(separator: "; ") + advice)
        } catch {
            add("history", .warning, "\(error)")
        }
    }
}
