import GRDB

/// A verified copy of a ledger in the shape that it has, before it gets another one: a migration that
/// does harm can be undone. Without it nothing is migrated.
enum MigrationBackup {
    /// Where copies go that nobody gave a folder for.
    static let folder = "backups"

    /// - Parameter applied: the migrations that the ledger has.
    static func make(
        _ db: Database, applied: [String], in folder: String
    ) throws(StorageError) {
        let place = StoreFiles.join(folder, Self.folder)
        do throws(StorageError) {
            try StoreFolder.create(place)
            let name = LedgerBackup.name(StoreTrouble.wallClock)
            let part = StoreFiles.join(place, name) + ".part"
            // Made here, so that it is never open to others.
            try StoreFiles.write("", to: part)
            let (head, installation): (ChainHead, String)
            do {
                try db.execute(sql: "VACUUM INTO ?", arguments: [part])
                let session = StoreSession(db: db, file: .ledger, connection: nil)
                // Before that shape it had no name.
                let isNamed = applied.contains("ledger-2")
                installation = isNamed ? try LedgerStore.installation(session) : ""
                head = isNamed ? try LedgerChain.head(session) : ChainHead()
            } catch {
                StoreFiles.remove(part)
                throw StoreConnection.translated(error, file: .ledger, path: part)
            }
            // None of the older ones is removed for it.
            _ = try UnverifiedBackup(
                folder: place, name: name, part: part, keep: .max, head: head,
                hash: Digest.hexadecimal(head.hash), installation: installation
            ).finish()
        } catch {
            if case .full = error { throw error }
            throw .badBackup(
                path: place,
                reason: "the ledger is of an older shape and is not changed without a copy: "
                    + error.description)
        }
    }
}
