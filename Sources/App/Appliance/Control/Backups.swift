import Domain
import Foundation
import Host
import Primitives
import Storage

/// Where copies of the ledger go and how many stay when nothing else was said.
package enum BackupDefaults {
    package static let keep = 7
    package static func folder(_ configuration: Configuration) -> String {
        configuration.storage.path + "/backups"
    }
}

/// Makes a copy between two instants; trading waits for it.
func backUp(
    _ ledger: LedgerStore, _ configuration: Configuration, to folder: String?, keep: Int?,
    transaction: String?
) -> ControlAnswer {
    do throws(StorageError) {
        let backup = try ledger.backup(
            to: folder ?? BackupDefaults.folder(configuration), at: wallTime(),
            keep: keep ?? BackupDefaults.keep)
        return ControlAnswer(
            transaction: transaction,
            message: "\(backup.path): \(backup.commits) commits, \(backup.bytes) bytes, verified",
            data: .object([
                ("path", .string(backup.path)), ("bytes", .integer(Int(backup.bytes))),
                ("commits", .integer(Int(backup.commits))), ("head", .string(backup.head)),
                ("removed", .array(backup.removed.map(OrderedJSON.string))),
            ]))
    } catch {
        return ControlAnswer(transaction: transaction, error: .unavailable, message: "\(error)")
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

/// What can be found out of a store that is in use, by who uses it.
func examine(
    _ ledger: LedgerStore, folder: String, freeMin: Int64
) throws(StorageError) -> [DoctorFinding] {
    func finding(_ check: String, _ problems: [String], _ ok: String) -> DoctorFinding {
        DoctorFinding(
            check: check, verdict: problems.isEmpty ? .ok : .failed,
            detail: problems.isEmpty ? ok : problems.joined(separator: "; "))
    }
    var findings = [
        finding("structure", try ledger.quickCheck(), "sound"),
        finding(
            "chain", try ledger.verifyChain().map(\.description),
            "\(ledger.chainHead.seq) commits, none was altered"),
        finding("books", try ledger.checkBooks(), "every posting balances"),
    ]
    let troubles = StoreTrouble.recent(folder: folder, now: wallTime())
    findings.append(
        DoctorFinding(
            check: "troubles", verdict: troubles.isEmpty ? .ok : .warning,
            detail: troubles.last?.text ?? "none within the hour"))
    let shortage = DiskWatch.shortage(folder, freeMin: freeMin)
    findings.append(
        DoctorFinding(
            check: "disk", verdict: shortage == nil ? .ok : .warning,
            detail: shortage ?? "\((ledger.freeSpace() ?? 0) >> 20) MB free"))
    return findings
}

func doctorAnswer(_ findings: [DoctorFinding], transaction: String?) -> ControlAnswer {
    let bad = findings.filter { $0.verdict != .ok }
    return ControlAnswer(
        transaction: transaction,
        message: bad.isEmpty ? "all is well" : bad.map(\.check).joined(separator: ", "),
        data: doctorData(findings))
}

package func doctorData(_ findings: [DoctorFinding]) -> OrderedJSON {
    .object([
        ("sound", .flag(!findings.contains { $0.verdict == .failed })),
        ("findings", .array(findings.map(\.json))),
    ])
}
