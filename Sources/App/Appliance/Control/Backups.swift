import Domain
import Foundation
import Host
import Primitives
import Storage
import Synchronization

/// Where copies of the ledger go and how many stay when nothing else was said.
package enum BackupDefaults {
    package static let keep = 7
    package static func folder(_ configuration: Configuration) -> String {
        configuration.storage.path + "/backups"
    }
}

/// Makes a copy and verifies it, all on this thread.
func backUp(
    _ ledger: LedgerStore, _ configuration: Configuration, to folder: String?, keep: Int?,
    transaction: String?
) -> ControlAnswer {
    do throws(StorageError) {
        let backup = try ledger.backup(
            to: folder ?? BackupDefaults.folder(configuration), at: wallTime(),
            keep: keep ?? BackupDefaults.keep, freeMin: configuration.storage.freeMin)
        return ControlAnswer(backup, transaction)
    } catch { return ControlAnswer(error, transaction) }
}

extension ControlAnswer {
    fileprivate init(_ backup: LedgerBackup, _ transaction: String?) {
        self.init(
            transaction: transaction,
            message: "\(backup.path): \(backup.commits) commits, \(backup.bytes) bytes, verified",
            data: .object([
                ("path", .string(backup.path)), ("bytes", .integer(Int(backup.bytes))),
                ("commits", .integer(Int(backup.commits))), ("head", .string(backup.head)),
                ("removed", .array(backup.removed.map(OrderedJSON.string))),
            ]))
    }

    /// What the store said, and of what kind it is: the exit code of who asked.
    init(_ error: StorageError, _ transaction: String?) {
        self.init(
            transaction: transaction, error: .unavailable, message: "\(error)",
            data: .object([("failure", .string(error.failure.rawValue))]))
    }
}

/// Copies of the ledger for those who ask a daemon: made by the loop between two instants, verified
/// by a thread of their own, which answers. One at a time.
final class CopyDesk: Sendable {
    private let isBusy = Mutex(false)

    /// - Returns: the refusal; nil when the answer will come by itself.
    func backUp(
        _ ledger: LedgerStore, _ configuration: Configuration, to folder: String?, keep: Int?,
        _ message: ControlMessage
    ) -> ControlAnswer? {
        work(
            message,
            copy: { () throws(StorageError) in
                try ledger.copy(
                    to: folder ?? BackupDefaults.folder(configuration), at: wallTime(),
                    keep: keep ?? BackupDefaults.keep, freeMin: configuration.storage.freeMin)
            },
            then: { (copy, transaction) throws(StorageError) in
                ControlAnswer(try copy.finish(), transaction)
            })
    }

    /// What can be found out of a store that is in use.
    /// - Returns: as `backUp`.
    func examine(
        _ ledger: LedgerStore, _ configuration: Configuration, _ message: ControlMessage
    ) -> ControlAnswer? {
        let storage = configuration.storage
        let folder = storage.path + "/examined"
        return work(
            message,
            copy: { () throws(StorageError) in
                try ledger.copy(
                    to: folder, at: wallTime(), keep: 1, freeMin: storage.freeMin)
            },
            then: { (copy, transaction) throws(StorageError) in
                doctorAnswer(
                    copy.examine(store: storage.path, now: wallTime()), transaction: transaction)
            })
    }

    /// - Returns: false when somebody has it.
    func claim() -> Bool {
        isBusy.withLock { busy in
            defer { busy = true }
            return !busy
        }
    }

    func release() { isBusy.withLock { $0 = false } }

    private func work(
        _ message: ControlMessage, copy: () throws(StorageError) -> UnverifiedBackup,
        then finish:
            @escaping @Sendable (UnverifiedBackup, String?) throws(StorageError) -> ControlAnswer
    ) -> ControlAnswer? {
        let transaction = message.request.transaction
        guard claim() else {
            return ControlAnswer(
                transaction: transaction, error: .rateLimited,
                message: "another copy of the ledger is being verified; ask again")
        }
        let made: UnverifiedBackup
        do throws(StorageError) { made = try copy() } catch {
            release()
            return ControlAnswer(error, transaction)
        }
        let thread = Thread { [self] in
            let answer: ControlAnswer
            do throws(StorageError) { answer = try finish(made, transaction) } catch {
                answer = ControlAnswer(error, transaction)
            }
            release()
            message.reply(answer)
        }
        thread.name = "copy"
        thread.start()
        return nil
    }
}

extension DoctorFinding {
    package var json: OrderedJSON {
        .object([
            ("check", .string(check)), ("verdict", .string(verdict.rawValue)),
            ("detail", .string(detail)),
        ])
    }
}

/// What nobody but the daemon may open while it runs; a copy has a structure of its own.
private let closedToOthers = ["the structure of ledger.db itself", "mark", "history"]

private func doctorAnswer(_ findings: [DoctorFinding], transaction: String?) -> ControlAnswer {
    let bad = findings.filter { $0.verdict != .ok }
    let without = closedToOthers.joined(separator: ", ")
    return ControlAnswer(
        transaction: transaction,
        message: (bad.isEmpty ? "nothing bad was found" : bad.map(\.check).joined(separator: ", "))
            + "; not looked at while the daemon runs: \(without)",
        data: doctorData(findings, without: closedToOthers))
}

/// - Parameter without: what was not looked at.
package func doctorData(_ findings: [DoctorFinding], without: [String] = []) -> OrderedJSON {
    .object([
        ("sound", .flag(!findings.contains { $0.verdict == .failed })),
        ("findings", .array(findings.map(\.json))),
        ("not_examined", .array(without.map(OrderedJSON.string))),
    ])
}
