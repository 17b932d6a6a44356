/// Puts a backup in the place of the ledger, so that no order goes out a second time.
///
/// In: a copy made by `backup`, the folder of a store that nobody uses. Out: a ledger that is paused
/// by a hold `restored` and in which nothing waits to be sent; the files it replaces, moved aside. The
/// holds that stand in those stand in it too, and limits that were lowered stay lowered.
/// What was decided or being sent in it is unknown from then on: the time after the copy, of which
/// nothing is left, may have sent it, so that only the broker can say.
///
/// Invariants: the copy is verified before anything is touched, and is not changed itself; whatever
/// instant the process ends at, the folder holds the old ledger as it was, or the new one, or is
/// refused at the next start (`behindMark`, `damaged`), and the same restore once more completes it.
import Domain
import Foundation
import Glibc

package struct LedgerRestore: Sendable, Equatable {
    /// Where the files that were replaced are kept; nil when there were none.
    package let replaced: String?
    /// The hold that stands now.
    package let hold: TradingHold
    /// Decided, perhaps sent: to be asked for at the broker.
    package let unknown: [ClientOrderID]
    /// Commits in the backup, beyond which nothing is known.
    package let commits: Int64
    /// Holds that the copy did not know, or not as strict, taken from the ledger that was replaced.
    package let carried: [TradingHold]
    /// The same of limits.
    package let lowered: [RiskLimit: Double]
    /// Why there may be holds and limits that are not known; nil where all are.
    package let doubt: String?

    static let workFolder = "restore.tmp"

    /// Installs the copy at `path` in `folder`.
    ///
    /// - Parameter at: of the hold and the steps, the wall clock of the caller.
    /// - Throws: `locked`, `badBackup`, `newer`, `folder`, `denied`, `full`.
    package static func run(
        from path: String, into folder: String, at: Timestamp
    ) throws(StorageError) -> LedgerRestore {
        guard StoreFolder.size(path) ?? 0 > 0 else {
            throw .badBackup(path: path, reason: "it is missing or empty")
        }
        let lock = try StoreLock(folder: folder, purpose: "bellwether restore")
        defer { withExtendedLifetime(lock) {} }
        let work = StoreFiles.join(folder, workFolder)
        StoreFiles.remove(work)
        try StoreFolder.create(work)
        do throws(StorageError) {
            let old = ReplacedLedger(folder: folder)
            let prepared = try prepare(path, in: work, replacing: old, at: at)
            let replaced = try install(work, in: folder, at: at)
            StoreFiles.remove(work)
            return LedgerRestore(
                replaced: replaced, hold: prepared.hold, unknown: prepared.unknown,
                commits: prepared.commits, carried: prepared.carried, lowered: prepared.lowered,
                doubt: prepared.doubt)
        } catch {
            StoreFiles.remove(work)
            throw error
        }
    }

    private static func prepare(
        _ path: String, in work: String, replacing old: ReplacedLedger, at: Timestamp
    ) throws(StorageError) -> LedgerRestore {
        let copy = StoreFiles.join(work, StoreFile.ledger.rawValue)
        try StoreFiles.copy(path, copy, isNamed: true)
        // A process that was killed leaves its newest commits there.
        if StoreFolder.size(path + "-wal") ?? 0 > 0 {
            try StoreFiles.copy(path + "-wal", copy + "-wal", isNamed: true)
        }
        do throws(StorageError) {
            try demandLedger(copy, named: path)
            let store = try LedgerStore(folder: work, reserve: 0)
            guard store.chainHead.seq > 0 else {
                throw StorageError.badBackup(
                    path: path,
                    reason: "no commit is in it; those of a ledger that was not closed are in the "
                        + "-wal file that belongs beside it")
            }
            let found = try LedgerExamination(store.connection)
            guard found.problems.isEmpty else {
                throw StorageError.badBackup(
                    path: path, reason: found.problems.joined(separator: "; "))
            }
            let restored = try settle(store, from: path, replacing: old, at: at)
            try store.close()
            try StoreFiles.sync(copy)
            try StoreFiles.sync(StoreFiles.join(work, LedgerMark.name))
            try StoreFiles.sync(work)
            return restored
        } catch {
            switch error {
            case .damaged(_, _, let detail): throw .badBackup(path: path, reason: detail)
            case .badRow: throw .badBackup(path: path, reason: error.description)
            default: throw error
            }
        }
    }

    /// Before anything is migrated: a file of another kind must not become a ledger.
    private static func demandLedger(
        _ copy: String, named path: String
    ) throws(StorageError) {
        let connection = try StoreConnection(copy: copy, of: .ledger)
        let found = connection.migrationsBefore
        try connection.close()
        if found.contains("ledger-1") { return }
        throw .badBackup(
            path: path,
            reason: found.contains("history-1")
                ? "it is no ledger, but the history" : "it is no ledger")
    }

    /// Pauses, and lets nothing of the past go out again: what was decided then is not sent now, but
    /// may have been sent since the copy was made.
    private static func settle(
        _ store: LedgerStore, from path: String, replacing old: ReplacedLedger, at: Timestamp
    ) throws(StorageError) -> LedgerRestore {
        let state = try store.loadState { $0 }
        let name = (path as NSString).lastPathComponent
        let restored = TradingHold(
            id: "", cause: .restored, mode: .paused, by: "machine",
            why: "the ledger was restored from \(name); orders sent after it are not in it",
            since: at, until: nil)
        let holds = RestoredHolds(state.holds, count: state.holdCount, restored: restored, old)
        let hold = holds.changed.last { $0.cause == .restored } ?? restored
        let commits = store.chainHead.seq
        let lowered = old.overrides.limits.filter {
            $0.value < state.overrides.limits[$0.key] ?? .infinity
        }
        var verbs: [Command.Verb] = lowered.isEmpty ? [] : [.limits(lowered)]
        if old.overrides.isFrozen, !state.overrides.isFrozen { verbs.append(.weights(.freeze)) }
        var entries: [LedgerEntry] = holds.changed.map { .hold(.set($0)) }
        entries += verbs.map {
            .command(repeated($0, "restore-\(commits)-\($0.name)", holds.standing, at))
        }
        let doubtful = state.openOrders.filter {
            $0.status == .intent || $0.status == .submitting
        }
        entries += doubtful.map {
            .transition(
                OrderTransition(
                    id: $0.intent.id, from: $0.status, to: .unknown, at: at, reason: "restored"))
        }
        try store.commit(entries)
        let boot = old.boot(after: try store.boot(), of: store.installation)
        try store.setBoot(boot)
        return LedgerRestore(
            replaced: nil, hold: hold, unknown: doubtful.map(\.intent.id), commits: commits,
            carried: holds.carried, lowered: lowered, doubt: old.doubt)
    }

    /// A command that the replaced ledger knows to have been carried out.
    private static func repeated(
        _ verb: Command.Verb, _ transaction: String, _ holds: [TradingHold], _ at: Timestamp
    ) -> CommandRecord {
        CommandRecord(
            command: Command(
                transaction: transaction, by: "machine", isProven: true,
                why: "it stood in the ledger that was replaced", verb: verb),
            at: at,
            answer: CommandAnswer(
                transaction: transaction, verb: verb.name, refusal: nil,
                message: "taken over by a restore", mode: holds.map(\.mode).max() ?? .active,
                holds: holds, unprotected: []))
    }

    /// The mark goes first: from then on only the new ledger is accepted.
    private static func install(
        _ work: String, in folder: String, at: Timestamp
    ) throws(StorageError) -> String? {
        let ledger = StoreFile.ledger.rawValue
        let old = [LedgerMark.name, ledger + "-wal", ledger + "-shm", ledger]
            .filter { StoreFiles.exists(StoreFiles.join(folder, $0)) }
        var aside: String?
        if !old.isEmpty {
            let path = try makeAside(folder, at)
            aside = path
            if old.contains(LedgerMark.name) {
                try StoreFiles.copy(
                    StoreFiles.join(folder, LedgerMark.name),
                    StoreFiles.join(path, LedgerMark.name))
            }
            try StoreFiles.sync(path)
        }
        try move(LedgerMark.name, from: work, to: folder)
        try StoreFiles.sync(folder)
        if let aside {
            for name in old where name != LedgerMark.name {
                try move(name, from: folder, to: aside)
            }
            try StoreFiles.sync(aside)
        }
        try move(ledger, from: work, to: folder)
        try StoreFiles.sync(folder)
        return aside
    }

    private static func move(
        _ name: String, from: String, to: String
    ) throws(StorageError) {
        try StoreFiles.move(StoreFiles.join(from, name), StoreFiles.join(to, name))
    }

    private static func makeAside(_ folder: String, _ at: Timestamp) throws(StorageError) -> String
    {
        let first = StoreFiles.join(folder, "replaced-\(StoreFiles.stamp(at))")
        for number in 1...1_000 {
            let path = number == 1 ? first : "\(first)-\(number)"
            if mkdir(path, 0o750) == 0 {
                StoreFiles.handOver(folder: path)
                return path
            }
            guard errno == EEXIST else {
                throw StoreFolder.failure(path, "cannot be created", errno)
            }
        }
        throw .folder(path: first, reason: "exists a thousand times")
    }
}
