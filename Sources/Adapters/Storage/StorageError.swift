/// The two files of `storage.path`.
package enum StoreFile: String, Sendable, CaseIterable {
    /// Small and precious: orders, fills, books. Durable at commit.
    case ledger = "ledger.db"
    /// Bars, news, readings, equity. May be deleted at any time.
    case history = "history.db"
}

/// What the daemon does about an error.
package enum StorageReaction: String, Sendable {
    /// The same call may work in a moment.
    case retry
    /// Go on without what failed: no new entries, or no history.
    case degrade
    /// Stop; a person or a restart through recovery has to look at it.
    case halt
}

/// Why the store did not do what it was asked. Values that were bound to a statement never appear
/// here: they may be headlines, and an error is logged.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The SQLite library lacks something the store is built on (S32).
    case library(found: String, missing: String)
    /// Another process holds the folder.
    case locked(path: String, holder: String)
    case folder(path: String, reason: String)
    /// This user may not write there, or nobody may.
    case denied(path: String, reason: String)
    /// Written by a newer version of this program.
    case newer(file: StoreFile, path: String, unknown: [String])
    /// A setting did not take; going on would risk money.
    case setting(file: StoreFile, name: String, wanted: String, found: String)
    /// Not a database, truncated, or its structure is broken.
    case damaged(file: StoreFile, path: String, detail: String)
    /// A row that cannot be read back as what it should be.
    case badRow(file: StoreFile, table: String, column: String)
    /// There is an order for this decision already.
    case duplicateDecision(String)
    /// This execution is booked already.
    case duplicateExecution(String)
    /// A transition or a fill names an order that is not stored.
    case unknownOrder(String)
    /// An order is not where a transition takes it from.
    case wrongStatus(order: String, expected: String, found: String, to: String)
    /// A stored hold forbids that this order leaves.
    case gateClosed(order: String, hold: String)
    /// A change of a hold that does not stand.
    case notStanding(hold: String)
    /// There is an answer to this command already.
    case duplicateCommand(String)
    /// This signed message had its effect already.
    case knownProof(String)
    /// So many signed messages are remembered that no other can be.
    case proofsFull
    /// The ledger ends before the last commit that is known: its end was lost, or it is a copy.
    case behindMark(path: String, mark: Int64, head: Int64)
    /// What remembers how far the ledger had come holds something else.
    case badMark(path: String)
    /// It cannot be read or written: the disk fails.
    case markFailed(path: String, reason: String)
    /// The disk is full. What was committed before is intact, and the same commit may work later.
    case full(file: StoreFile, path: String)
    /// A backup that is not what it should be.
    case badBackup(path: String, reason: String)
    /// More than one order starts like this.
    case ambiguousOrder(prefix: String)
    /// A value that cannot be stored, e.g. a number that is not finite.
    case unstorable(file: StoreFile, table: String, detail: String)
    /// The ledger failed before in a way after which no later success can be trusted.
    case stopped(earlier: String)
    /// Anything else SQLite said; `code` is the extended result code.
    case sqlite(file: StoreFile, code: Int32, message: String, sql: String?)

    package var description: String {
        switch self {
        case .library(let found, let missing):
            "SQLite \(found) cannot be used: \(missing); install libsqlite3 3.37 or newer"
        case .locked(let path, let holder):
            "\(path) is in use by \(holder); stop that first"
        case .folder(let path, let reason), .denied(let path, let reason):
            "\(path): \(reason)"
        case .newer(_, let path, let unknown):
            "\(path) was written by a newer version (\(unknown.joined(separator: ", "))); "
                + "install that version again, or restore a backup made before it"
        case .setting(let file, let name, let wanted, let found):
            "\(file.rawValue): \(name) is \(found) after it was set to \(wanted); "
                + "the file system may not support it"
        case .damaged(let file, let path, let detail):
            "\(path) is damaged (\(detail)); "
                + (file == .ledger ? "restore a backup before starting again" : "it can be deleted")
        case .badRow(let file, let table, let column):
            "\(file.rawValue): a row of \(table) holds no valid \(column)"
        case .duplicateDecision(let key):
            "there is an order for the decision \(key) already"
        case .duplicateExecution(let id):
            "the execution \(id) is booked already"
        case .unknownOrder(let id):
            "no order \(id) is stored"
        case .wrongStatus(let order, let expected, let found, let to):
            "the order \(order) is \(found): it cannot go from \(expected) to \(to)"
        case .gateClosed(let order, let hold):
            "the order \(order) may not leave: the hold \(hold) stands"
        case .notStanding(let hold):
            "the hold \(hold) does not stand"
        case .duplicateCommand(let transaction):
            "the command \(transaction) was answered already"
        case .knownProof(let jti):
            "the signed message \(jti) had its effect already"
        case .proofsFull:
            "too many signed messages are remembered: wait some minutes"
        case .behindMark(let path, let mark, let head):
            "\(path) ends at commit \(head), but commit \(mark) is known to have been made; "
                + "run bellwether doctor, then restore a backup"
        case .badMark(let path):
            "\(path) does not say how far the ledger had come; run bellwether doctor, and move the "
                + "file away only if nothing else is wrong"
        case .markFailed(let path, let reason):
            "\(path): \(reason); check the disk, then run bellwether doctor"
        case .full(_, let path):
            "\(path): no space is left on the disk; make room"
        case .badBackup(let path, let reason):
            "\(path) is no good backup: \(reason)"
        case .ambiguousOrder(let prefix):
            "more than one order starts with \(prefix)"
        case .unstorable(let file, let table, let detail):
            "\(file.rawValue): a value for \(table) cannot be stored: \(detail)"
        case .stopped(let earlier):
            "the ledger takes no more commits after: \(earlier)"
        case .sqlite(let file, let code, let message, let sql):
            "\(file.rawValue): SQLite error \(code), \(message)"
                + (sql.map { ", while executing \($0)" } ?? "")
                // IOERR
                + (code & 0xFF == 10 ? "; check the disk, then run bellwether doctor" : "")
        }
    }

    /// A failed write or sync of the ledger halts: the kernel may mark pages clean after a failed
    /// fsync, so that a later success proves nothing ("Can Applications Recover from fsync
    /// Failures?", USENIX ATC 2020). The same on the history only costs history.
    package var reaction: StorageReaction {
        switch self {
        case .library, .newer, .setting, .locked, .folder, .denied, .stopped: .halt
        case .damaged(let file, _, _), .badRow(let file, _, _): file == .ledger ? .halt : .degrade
        case .unstorable(let file, _, _): file == .ledger ? .halt : .degrade
        case .duplicateDecision, .duplicateExecution, .unknownOrder, .wrongStatus: .halt
        case .gateClosed, .notStanding, .duplicateCommand, .knownProof, .behindMark: .halt
        case .badMark, .markFailed: .halt
        case .full, .badBackup, .proofsFull: .degrade
        case .ambiguousOrder: .degrade
        case .sqlite(let file, let code, _, _):
            switch code & 0xFF {
            case 5, 6, 9: .retry  // BUSY, LOCKED, INTERRUPT
            case 7, 13: .degrade  // NOMEM, FULL: what was committed is intact
            default: file == .ledger ? .halt : .degrade
            }
        }
    }

    /// True where the disk failed or the file is broken: nothing after it can be trusted.
    package var isDiskFailure: Bool {
        if case .markFailed = self { return true }
        if case .sqlite(_, let code, _, _) = self {
            return [8, 10, 14].contains(code & 0xFF)  // READONLY, IOERR, CANTOPEN
        }
        return isDamage
    }

    /// True where the store was asked for what it must never do: neither its disk nor its files are
    /// at fault, and the same start would come to the same end.
    package var isBrokenRule: Bool {
        switch self {
        case .stopped, .library, .newer, .setting, .locked, .folder, .denied, .behindMark: false
        case .badMark: false
        default: reaction == .halt && !isDiskFailure
        }
    }

    /// True where the file itself is broken: CORRUPT or NOTADB.
    package var isDamage: Bool {
        switch self {
        case .damaged, .badRow: true
        case .sqlite(_, let code, _, _): code & 0xFF == 11 || code & 0xFF == 26
        default: false
        }
    }
}
