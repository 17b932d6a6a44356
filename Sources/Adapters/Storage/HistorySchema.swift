import GRDB

/// The history of history.db's shape; the rules are those of `LedgerSchema`.
enum HistorySchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("history-1") { db in try db.execute(sql: version1) }
        return migrator
    }

    private static let version1 = """
        CREATE TABLE symbols (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

        -- Clustered by symbol: the newest bars of one symbol are neighbours on few pages.
        CREATE TABLE bars (
            symbol_id INTEGER NOT NULL,
            start INTEGER NOT NULL,
            interval INTEGER NOT NULL,
            open INTEGER NOT NULL,
            high INTEGER NOT NULL,
            low INTEGER NOT NULL,
            close INTEGER NOT NULL,
            volume INTEGER NOT NULL,
            PRIMARY KEY (symbol_id, start)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE news (
            seq INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            headline TEXT NOT NULL,
            summary TEXT NOT NULL,
            symbols TEXT NOT NULL,
            linked TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            source TEXT NOT NULL,
            url TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            duplicate_of TEXT
        ) STRICT;
        CREATE INDEX news_first_seen ON news (first_seen);

        CREATE TABLE readings (
            seq INTEGER PRIMARY KEY,
            news_id TEXT NOT NULL,
            symbol TEXT NOT NULL,
            model TEXT NOT NULL,
            headline TEXT NOT NULL,
            label TEXT NOT NULL,
            score REAL NOT NULL,
            confidence REAL NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (news_id, symbol, model)
        ) STRICT;
        CREATE INDEX readings_at ON readings (at);

        CREATE TABLE equity (
            at INTEGER NOT NULL,
            is_session_close INTEGER NOT NULL,
            equity INTEGER NOT NULL,
            cash INTEGER NOT NULL,
            exposure INTEGER NOT NULL,
            open_positions INTEGER NOT NULL,
            PRIMARY KEY (at, is_session_close)
        ) STRICT, WITHOUT ROWID;
        """
}
