import Storage

extension SchemaFixture {
    /// With a checkpoint that has no seal yet, a remembered message and one that waits.
    static let ledger5 = SchemaFixture(
        file: .ledger, name: "ledger-5",
        sql: """
            CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE taken (
                seq INTEGER PRIMARY KEY,
                news_id TEXT NOT NULL UNIQUE,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX taken_at ON taken (at);
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
            , reverses TEXT REFERENCES fills (execution_id), found_by TEXT) STRICT;
            CREATE INDEX fills_order ON fills (order_id);
            CREATE TABLE postings (
                seq INTEGER PRIMARY KEY,
                cause TEXT NOT NULL,
                account TEXT NOT NULL,
                amount INTEGER NOT NULL,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX postings_cause ON postings (cause);
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
            , loss_base INTEGER, drawdown_base INTEGER, losing_streak INTEGER NOT NULL DEFAULT 0, \
            order_failures INTEGER NOT NULL DEFAULT 0, round_trips TEXT NOT NULL DEFAULT '', \
            lost_stops TEXT NOT NULL DEFAULT '', exits_wanted TEXT NOT NULL DEFAULT '', revisions \
            TEXT NOT NULL DEFAULT '') STRICT;
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
            CREATE INDEX fills_at ON fills (at);
            CREATE UNIQUE INDEX fills_reverses ON fills (reverses) WHERE reverses IS NOT NULL;
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
            CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
            CREATE TABLE proofs (
                jti TEXT PRIMARY KEY,
                kid TEXT NOT NULL,
                until INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX proofs_until ON proofs (until);
            CREATE TABLE outbox (
                seq INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL,
                payload TEXT NOT NULL,
                at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX commands_lasting ON commands (seq) WHERE verb IN ('weights', 'limits');
            INSERT INTO meta VALUES ('application', 'bellwether');
            INSERT INTO meta VALUES ('boot', '0');
            INSERT INTO meta VALUES ('installation', 'kht7sqkz');
            INSERT INTO meta VALUES ('outbox-dropped', '0');
            INSERT INTO postings VALUES (1, 'opening', 'cash', 1000000000000, \
            1618925400000000000);
            INSERT INTO postings VALUES (2, 'opening', 'capital', -1000000000000, \
            1618925400000000000);
            INSERT INTO balances VALUES ('capital', -1000000000000);
            INSERT INTO balances VALUES ('cash', 1000000000000);
            INSERT INTO checkpoint VALUES (1, 1618925430000000000, 42, 1001000000000, 7000000, \
            '2021-04-20', 1000000000000, 1000000000000, NULL, 2, 0, 'AAA=-5000000000', '', '', \
            '');
            INSERT INTO hold_changes VALUES (1, 'h1', 'set', 'operator', 'paused', 'ctl:root', \
            '“why” of h1', 1618925410000000000, NULL);
            INSERT INTO holds VALUES (1, 'h1', 'operator', 'paused', 'ctl:root', '“why” of h1', \
            1618925410000000000, NULL, NULL, NULL, NULL);
            INSERT INTO commands VALUES (1, 't1', 'pause', \
            '{"exits":true,"until":1618926300000000000}', 'ctl:root', 1, 'to see', \
            1618925420000000000, '{"holds":[{"by":"ctl:root","cause":"operator","id":"h1","mode":\
            "paused","since":"2021-04-20T13:30:10Z","until":"2021-04-20T13:45:00Z","why":"“why” \
            of h1"}],"message":"done","mode":"paused","reconciliation":{"at":"2021-04-20T13:30:30\
            Z","cashBooks":"99949.50","cashBroker":"99949.49","fills":2,"id":"rec-in-t1","lines":\
            [{"books":"99949.5","broker":"99949.49","kind":"cash","outcome":"noted","subject":"ca\
            sh"}],"orders":3,"positions":1,"since":"2021-04-20T13:30:00Z","trigger":"reconnect","\
            verdict":"repaired"},"token":"t-1","transaction":"t1","unprotected":["AAA"],"verb":"p\
            ause"}');
            INSERT INTO journal VALUES (1, 1618925400000000000, 0, 0, 0, 2, 0, 0, 0, 0, 0, \
            x'39b48aa8ab64469e', x'853bc3c500844bf4c053de775dcd685f6982c9fd9f95d8ec4ddbf291351d24\
            95');
            INSERT INTO journal VALUES (2, 1618925420000000000, 0, 0, 0, 2, 0, 0, 1, 1, 0, \
            x'2634bb1d4bc0dc74db71c206672252b5', x'7e659db5e4d7f7c582fe458f8ea08c9505f1fb2d7e1024\
            c2a4da0af548bca994');
            INSERT INTO grdb_migrations VALUES ('ledger-1');
            INSERT INTO grdb_migrations VALUES ('ledger-2');
            INSERT INTO grdb_migrations VALUES ('ledger-3');
            INSERT INTO grdb_migrations VALUES ('ledger-4');
            INSERT INTO grdb_migrations VALUES ('ledger-5');
            INSERT INTO proofs VALUES ('j1', 'k1', 1618926000000000000);
            INSERT INTO outbox VALUES (3, 'o3', 'alert', '{}', 1618925430000000000);
            """)
}
