extension LedgerSchema {
    /// Proofs of signed commands, what waits for the MQTT broker, and the number of this start.
    static let version5 = """
        -- Signed messages that had their effect, until their signatures have long ended. Full is
        -- full: a row is never given up for a new one.
        CREATE TABLE proofs (
            jti TEXT PRIMARY KEY,
            kid TEXT NOT NULL,
            until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX proofs_until ON proofs (until);

        -- Told outside and not yet confirmed. A seq is never used again: a reader that goes on after
        -- one must not pass over a newer row.
        CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            payload TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;

        -- Commands whose effect lasts: frozen weights, lowered limits.
        CREATE INDEX commands_lasting ON commands (seq) WHERE verb IN ('weights', 'limits');

        INSERT INTO meta VALUES ('boot', '0');
        INSERT INTO meta VALUES ('outbox-dropped', '0');
        """
}
