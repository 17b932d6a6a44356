import GRDB
import Storage
import Testing

/// A database as a released version wrote it: shape and a few rows. Fixtures are only ever added;
/// each must become the newest shape when it is opened.
struct SchemaFixture: CustomTestStringConvertible, Sendable {
    let file: StoreFile
    let name: String
    let sql: String
    var testDescription: String { name }

    func write(to folder: TemporaryFolder) throws {
        let settings = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"
        try folder.execute("\(settings); BEGIN; \(sql); COMMIT", on: file.rawValue)
    }

    static let all = [ledger1, ledger3, ledger5, history1]

    private static let ledger1 = SchemaFixture(
        file: .ledger, name: "ledger-1",
        sql: """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
            INSERT INTO meta VALUES ('application', 'bellwether');

            -- News taken in: what is here had its effect. Pruned by age.
            CREATE TABLE taken (
                seq INTEGER PRIMARY KEY,
                news_id TEXT NOT NULL UNIQUE,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX taken_at ON taken (at);

            -- With all it was based on: explaining an order needs no other file.
            CREATE TABLE signals (
                seq INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                symbol TEXT NOT NULL,
                at INTEGER NOT NULL,
                reason TEXT NOT NULL,
                side TEXT NOT NULL,
                score REAL NOT NULL,
                strength REAL NOT NULL,
                price INTEGER NOT NULL,
                price_time INTEGER NOT NULL,
                evidence TEXT NOT NULL,
                verdict TEXT NOT NULL,
                code TEXT
            ) STRICT;
            CREATE INDEX signals_refused ON signals (at) WHERE code IS NOT NULL;

            CREATE TABLE orders (
                seq INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                decision_key TEXT NOT NULL UNIQUE,
                signal_id TEXT NOT NULL,
                symbol TEXT NOT NULL,
                side TEXT NOT NULL,
                quantity INTEGER NOT NULL,
                type TEXT NOT NULL,
                price INTEGER,
                time_in_force TEXT NOT NULL,
                role TEXT NOT NULL,
                reason TEXT,
                parent TEXT,
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                reference_price INTEGER NOT NULL,
                reservation INTEGER NOT NULL,
                body_hash TEXT NOT NULL,
                status TEXT NOT NULL,
                broker_order_id TEXT,
                filled INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            CREATE INDEX orders_created ON orders (created_at);
            CREATE INDEX orders_open ON orders (seq)
                WHERE status IN ('INTENT', 'SUBMITTING', 'UNKNOWN', 'ACKED');

            CREATE TABLE order_events (
                seq INTEGER PRIMARY KEY,
                order_id TEXT NOT NULL REFERENCES orders (id),
                from_status TEXT NOT NULL,
                to_status TEXT NOT NULL,
                at INTEGER NOT NULL,
                broker_order_id TEXT,
                reason TEXT
            ) STRICT;
            CREATE INDEX order_events_order ON order_events (order_id);

            CREATE TABLE fills (
                seq INTEGER PRIMARY KEY,
                execution_id TEXT NOT NULL UNIQUE,
                order_id TEXT NOT NULL REFERENCES orders (id),
                symbol TEXT NOT NULL,
                side TEXT NOT NULL,
                quantity INTEGER NOT NULL,
                price INTEGER NOT NULL,
                fee INTEGER NOT NULL,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX fills_order ON fills (order_id);

            CREATE TABLE postings (
                seq INTEGER PRIMARY KEY,
                cause TEXT NOT NULL,
                account TEXT NOT NULL,
                amount INTEGER NOT NULL,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX postings_cause ON postings (cause);

            -- The sum of the postings per account, kept in the same transactions.
            CREATE TABLE balances (
                account TEXT PRIMARY KEY,
                amount INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE lots (
                seq INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                symbol TEXT NOT NULL,
                opened_at INTEGER NOT NULL,
                opened_by TEXT NOT NULL,
                price INTEGER NOT NULL,
                quantity INTEGER NOT NULL,
                cost INTEGER NOT NULL,
                open_fees INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX lots_open ON lots (seq) WHERE quantity <> 0;

            CREATE TABLE closed_trades (
                seq INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                symbol TEXT NOT NULL,
                side TEXT NOT NULL,
                quantity INTEGER NOT NULL,
                entry_order TEXT NOT NULL,
                exit_order TEXT NOT NULL,
                entry_time INTEGER NOT NULL,
                exit_time INTEGER NOT NULL,
                entry_price INTEGER NOT NULL,
                exit_price INTEGER NOT NULL,
                costs INTEGER NOT NULL,
                pnl INTEGER NOT NULL,
                reason TEXT NOT NULL
            ) STRICT;
            CREATE INDEX closed_trades_exit ON closed_trades (symbol, exit_time);
            CREATE INDEX closed_trades_entry_order ON closed_trades (entry_order);
            CREATE INDEX closed_trades_exit_order ON closed_trades (exit_order);

            -- Append only. A version can occur twice: after a row that was found corrupt.
            CREATE TABLE weights (
                seq INTEGER PRIMARY KEY,
                version INTEGER NOT NULL,
                at INTEGER NOT NULL,
                cause TEXT,
                sentiment REAL NOT NULL,
                trend REAL NOT NULL,
                reversion REAL NOT NULL,
                sentiment_credit REAL NOT NULL,
                trend_credit REAL NOT NULL,
                reversion_credit REAL NOT NULL
            ) STRICT;
            CREATE INDEX weights_cause ON weights (cause);

            CREATE TABLE alerts (
                seq INTEGER PRIMARY KEY,
                code TEXT NOT NULL,
                severity TEXT NOT NULL,
                message TEXT NOT NULL,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX alerts_at ON alerts (at);

            CREATE TABLE checkpoint (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                at INTEGER NOT NULL,
                feed_position INTEGER NOT NULL,
                equity_peak INTEGER NOT NULL,
                drawdown_max INTEGER NOT NULL,
                session_date TEXT NOT NULL,
                day_start_equity INTEGER NOT NULL
            ) STRICT;

            CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
            INSERT INTO grdb_migrations VALUES ('ledger-1');
            INSERT INTO postings (cause, account, amount, at) VALUES
                ('opening', 'cash', 1000000000000, 1618925400000000000),
                ('opening', 'capital', -1000000000000, 1618925400000000000);
            INSERT INTO balances VALUES ('cash', 1000000000000), ('capital', -1000000000000)
            """)

    private static let history1 = SchemaFixture(
        file: .history, name: "history-1",
        sql: """
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

            CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
            INSERT INTO grdb_migrations VALUES ('history-1');
            INSERT INTO equity VALUES
                (1618925400000000000, 1, 1000000000000, 1000000000000, 0, 0)
            """)
}
