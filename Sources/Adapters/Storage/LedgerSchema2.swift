import GRDB

extension LedgerSchema {
    /// Holds, commands, reconciliations, executions taken back, and the hash chain.
    static func migrate2(_ db: Database) throws {
        try db.execute(sql: version2)
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let installation = String((0..<8).map { _ in letters[Int.random(in: 0..<letters.count)] })
        try db.execute(
            sql: "INSERT INTO meta VALUES ('installation', ?)", arguments: [installation])
        try LedgerChain.begin(db)
    }

    private static let version2 = """
        -- Every step in the history of the holds, append only.
        CREATE TABLE hold_changes (
            seq INTEGER PRIMARY KEY,
            hold_id TEXT NOT NULL,
            change TEXT NOT NULL,
            cause TEXT,
            mode TEXT,
            said_by TEXT NOT NULL,
            why TEXT NOT NULL,
            at INTEGER NOT NULL,
            until INTEGER
        ) STRICT;

        -- What the changes add up to, kept in the same transactions. A lifted hold stays.
        CREATE TABLE holds (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            cause TEXT NOT NULL,
            mode TEXT NOT NULL,
            set_by TEXT NOT NULL,
            why TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            lifted_at INTEGER,
            lifted_by TEXT,
            lifted_why TEXT
        ) STRICT;
        CREATE INDEX holds_standing ON holds (seq) WHERE lifted_at IS NULL;

        CREATE TABLE commands (
            seq INTEGER PRIMARY KEY,
            transaction_id TEXT NOT NULL UNIQUE,
            verb TEXT NOT NULL,
            arguments TEXT NOT NULL,
            sent_by TEXT NOT NULL,
            proven INTEGER NOT NULL,
            why TEXT NOT NULL,
            at INTEGER NOT NULL,
            answer TEXT NOT NULL
        ) STRICT;

        -- journal_seq and journal_head: the chain as it stood before the run's own rows.
        CREATE TABLE reconciliations (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            cause TEXT NOT NULL,
            since INTEGER NOT NULL,
            at INTEGER NOT NULL,
            verdict TEXT NOT NULL,
            orders INTEGER NOT NULL,
            fills INTEGER NOT NULL,
            positions INTEGER NOT NULL,
            cash_books INTEGER NOT NULL,
            cash_broker INTEGER,
            lines TEXT NOT NULL,
            journal_seq INTEGER NOT NULL,
            journal_head BLOB NOT NULL
        ) STRICT;
        CREATE INDEX reconciliations_id ON reconciliations (id);

        ALTER TABLE fills ADD COLUMN reverses TEXT REFERENCES fills (execution_id);
        ALTER TABLE fills ADD COLUMN found_by TEXT;
        CREATE INDEX fills_at ON fills (at);
        -- An execution is taken back once.
        CREATE UNIQUE INDEX fills_reverses ON fills (reverses) WHERE reverses IS NOT NULL;

        ALTER TABLE checkpoint ADD COLUMN loss_base INTEGER;
        ALTER TABLE checkpoint ADD COLUMN drawdown_base INTEGER;
        ALTER TABLE checkpoint ADD COLUMN losing_streak INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE checkpoint ADD COLUMN order_failures INTEGER NOT NULL DEFAULT 0;

        -- The hash chain: one row per commit that added to the tables named here, with the newest
        -- seq of each. See LedgerChain.
        CREATE TABLE journal (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            orders INTEGER NOT NULL,
            order_events INTEGER NOT NULL,
            fills INTEGER NOT NULL,
            postings INTEGER NOT NULL,
            closed_trades INTEGER NOT NULL,
            weights INTEGER NOT NULL,
            hold_changes INTEGER NOT NULL,
            commands INTEGER NOT NULL,
            reconciliations INTEGER NOT NULL,
            parts BLOB NOT NULL,
            hash BLOB NOT NULL
        ) STRICT;
        """

    /// What a restart goes on from where trades are booked late or taken back. Each is a list of
    /// `SYMBOL=units`. Stops that rest no more and whose position may still want them back are
    /// taken over.
    static let version3 = """
        ALTER TABLE checkpoint ADD COLUMN round_trips TEXT NOT NULL DEFAULT '';
        ALTER TABLE checkpoint ADD COLUMN lost_stops TEXT NOT NULL DEFAULT '';

        UPDATE checkpoint SET round_trips = coalesce((
            SELECT group_concat(symbol || '=' || pnl, ' ') FROM (
                SELECT symbol, sum(pnl) AS pnl FROM closed_trades WHERE entry_order IN (
                    SELECT opened_by FROM lots WHERE quantity <> 0)
                GROUP BY symbol)), '');
        UPDATE checkpoint SET lost_stops = coalesce((
            SELECT group_concat(symbol || '=' || price, ' ') FROM orders WHERE seq IN (
                SELECT max(seq) FROM orders WHERE role = 'protective-stop'
                    AND parent IN (SELECT opened_by FROM lots WHERE quantity <> 0)
                GROUP BY symbol)
                AND status NOT IN ('INTENT', 'SUBMITTING', 'UNKNOWN', 'ACKED')), '');
        """

    /// Why positions are to be left, as a list of `SYMBOL=reason`, and executions that wait to be
    /// taken back. Positions whose exit failed or whose entry was to be canceled for it are left
    /// still; a flatten says so by its hold.
    static let version4 = """
        ALTER TABLE checkpoint ADD COLUMN exits_wanted TEXT NOT NULL DEFAULT '';
        ALTER TABLE checkpoint ADD COLUMN revisions TEXT NOT NULL DEFAULT '';

        UPDATE checkpoint SET exits_wanted = coalesce((
            SELECT group_concat(symbol || '=' || reason, ' ') FROM (
                SELECT symbol, reason, max(rank) FROM (
                    SELECT o.symbol, o.reason, o.seq + 1000000000 AS rank FROM orders o JOIN (
                        SELECT symbol, min(opened_at) AS since FROM lots WHERE quantity <> 0
                        GROUP BY symbol) held ON held.symbol = o.symbol
                    WHERE o.role = 'exit' AND o.created_at >= held.since
                    UNION ALL
                    SELECT o.symbol, substr(e.reason, 8), o.seq
                    FROM orders o JOIN order_events e ON e.order_id = o.id
                    WHERE o.id IN (SELECT opened_by FROM lots WHERE quantity <> 0)
                        AND e.from_status = e.to_status AND e.reason LIKE 'leave: %')
                WHERE reason <> 'flatten' GROUP BY symbol)), '');
        """
}
