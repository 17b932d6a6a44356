import GRDB

extension LedgerSchema {
    /// The seal of the checkpoint; the row that is there is taken as it is.
    static func migrate6(_ db: Database) throws {
        try db.execute(sql: version6)
        let session = StoreSession(db: db, file: .ledger, connection: nil)
        try CheckpointSeal.renew(LedgerChain(), session)
    }

    private static let version6 = """
        ALTER TABLE checkpoint ADD COLUMN digest BLOB NOT NULL DEFAULT x'';
        -- Whether there ever was a checkpoint: a row that is gone is told apart from none yet.
        INSERT INTO meta VALUES ('checkpoint', '0');
        """
}
