import Foundation
import GRDB

/// The row of `checkpoint` changes at nearly every commit, so the chain cannot cover it: it carries a
/// digest of its own, renewed in the same transaction, and `meta` says whether there ever was a row.
/// As in the chain, what is hashed was read back.
enum CheckpointSeal {
    private static let table = LedgerChain.Table(name: "checkpoint", rows: "")

    /// After each change of the row.
    static func renew(_ chain: LedgerChain, _ session: StoreSession) throws {
        guard let found = try read(chain, session) else { return }
        try session.run("UPDATE checkpoint SET digest = ?", Data(found.made))
        try session.run("UPDATE meta SET value = '1' WHERE key = 'checkpoint' AND value <> '1'")
    }

    /// Why what a restart goes on from cannot be trusted; nil when it is as it was written.
    static func problem(_ session: StoreSession) throws -> String? {
        var mark: String?
        try session.rows("SELECT value FROM meta WHERE key = 'checkpoint'") { row throws in
            mark = try row.text(0, "meta.value")
        }
        let found = try read(LedgerChain(), session)
        switch (mark, found) {
        case ("0", nil): return nil
        case ("1", let found?):
            return found.kept == found.made
                ? nil : "the checkpoint was changed since it was written"
        case ("1", nil): return "the checkpoint is missing"
        case ("0", _): return "a checkpoint was added by someone else"
        default: return "whether there was a checkpoint is missing in meta"
        }
    }

    /// False for a ledger of an older shape.
    static func isKept(_ session: StoreSession) throws -> Bool {
        try session.db.columns(in: "checkpoint").contains { $0.name == "digest" }
    }

    /// All columns but the digest, so that one that is added later is covered too: its migration has
    /// to renew the seal.
    private static func read(
        _ chain: LedgerChain, _ session: StoreSession
    ) throws -> (kept: [UInt8], made: [UInt8])? {
        var found: (kept: [UInt8], made: [UInt8])?
        try session.rows("SELECT * FROM checkpoint") { row throws in
            guard let digest = Array(row.row.columnNames).firstIndex(of: "digest") else {
                throw row.bad("checkpoint.digest")
            }
            let bytes = chain.canonical(row, without: digest)
            found = (try row.blob(digest, "checkpoint.digest"), chain.hash(table, of: [bytes]))
        }
        return found
    }
}
