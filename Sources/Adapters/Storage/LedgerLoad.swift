import Domain
import Primitives

extension LedgerStore {
    /// Everything the engine goes on with after a restart, in a constant number of statements
    /// whatever the number of positions and orders (S06).
    ///
    /// Weights that do not hold what their type promises, or that the chain does not vouch for, are
    /// stepped over: the last good version is given, and `loadWarnings` says so (S21).
    ///
    /// - Parameter dayStart: midnight in New York at or before an instant.
    /// - Throws: `badRow`, `damaged` or `sqlite`: the ledger cannot be trusted.
    package func loadState(
        dayStart: (Timestamp) -> Timestamp
    ) throws(StorageError) -> LedgerState {
        loadWarnings = []
        let loaded = try connection.access { session in try Self.load(session, dayStart) }
        loadWarnings = loaded.warnings
        return loaded.state
    }

    /// The same of any connection; with the warnings.
    static func load(
        _ session: StoreSession, _ dayStart: (Timestamp) -> Timestamp
    ) throws -> (state: LedgerState, warnings: [String]) {
        var state = LedgerState()
        var warnings: [String] = []
        state.checkpoint = try loadCheckpoint(session)
        try loadWeights(session, &state, &warnings, dayStart)
        try session.rows(
            "SELECT \(LedgerColumns.lot) FROM lots WHERE quantity <> 0 ORDER BY opened_at, seq"
        ) { row throws in state.lots.append(try row.lot()) }
        try loadBalances(session, &state)
        try loadOrders(session, &state)
        try loadTrades(session, &state)
        try loadControl(session, &state)
        return (state, warnings)
    }

    private static func loadCheckpoint(_ session: StoreSession) throws -> Checkpoint? {
        if let broken = try CheckpointSeal.problem(session) {
            let path = session.connection?.path ?? StoreFile.ledger.rawValue
            throw StorageError.damaged(file: .ledger, path: path, detail: broken)
        }
        var checkpoint: Checkpoint?
        try session.rows(
            """
            SELECT at, feed_position, equity_peak, drawdown_max, session_date, day_start_equity,
                loss_base, drawdown_base, losing_streak, order_failures, round_trips,
                lost_stops, exits_wanted, revisions FROM checkpoint
            """
        ) { row throws in
            var point = Checkpoint(
                at: try row.time(0, "checkpoint.at"),
                feedPosition: try row.integer(1, "checkpoint.feed_position"),
                equityPeak: try row.money(2, "checkpoint.equity_peak"),
                drawdownMax: try row.money(3, "checkpoint.drawdown_max"),
                sessionDate: try row.text(4, "checkpoint.session_date"),
                dayStartEquity: try row.money(5, "checkpoint.day_start_equity"),
                lossBase: try row.integerIfAny(6, "checkpoint.loss_base").map(Money.init(units:)),
                drawdownBase: try row.integerIfAny(7, "checkpoint.drawdown_base")
                    .map(Money.init(units:)),
                losingStreak: Int(try row.integer(8, "checkpoint.losing_streak")),
                orderFailures: try row.integer(9, "checkpoint.order_failures"))
            point.roundTrips = try row.units(10, "checkpoint.round_trips")
                .mapValues(Money.init(units:))
            point.lostStops = try row.units(11, "checkpoint.lost_stops")
                .mapValues(Price.init(units:))
            point.exitsWanted = try row.reasons(12, "checkpoint.exits_wanted")
            point.revisions = try row.revisions(13, "checkpoint.revisions")
            checkpoint = point
        }
        return checkpoint
    }

    private static func loadWeights(
        _ session: StoreSession, _ state: inout LedgerState, _ warnings: inout [String],
        _ dayStart: (Timestamp) -> Timestamp
    ) throws {
        var corrupt = 0
        let doubtful = try LedgerChain().doubtfulWeights(session).map(\.seqs)
        let dayStart = state.checkpoint.map { dayStart($0.at) }
        var credited = [0, 0, 0]
        try session.rows(
            "SELECT \(LedgerColumns.weights), seq FROM weights ORDER BY seq"
        ) { row throws in
            let seq = try row.integer(9, "weights.seq")
            guard !doubtful.contains(where: { $0.contains(seq) }), let change = row.weights() else {
                corrupt += 1
                return
            }
            (state.weights, corrupt) = (change, 0)
            if let dayStart, change.at < dayStart { state.weightsAtDayStart = change.weights }
            if change.cause == nil { return }
            for index in 0..<3 where change.credits[index] != 0 { credited[index] += 1 }
        }
        state.creditedTrades = credited
        if corrupt > 0 {
            let found = state.weights.map { "version \($0.weights.version) is used instead" }
            warnings.append(
                "the newest \(corrupt) stored strategy weights are corrupt; "
                    + (found ?? "no valid version is left"))
        }
    }

    private static func loadBalances(_ session: StoreSession, _ state: inout LedgerState) throws {
        try session.rows("SELECT account, amount FROM balances") { row throws in
            guard let account = LedgerAccount(name: try row.text(0, "balances.account")) else {
                throw row.bad("balances.account")
            }
            state.balances[account] = try row.money(1, "balances.amount")
        }
    }

    private static func loadOrders(_ session: StoreSession, _ state: inout LedgerState) throws {
        try session.rows(
            """
            SELECT \(LedgerColumns.order) FROM orders
            WHERE status IN ('INTENT', 'SUBMITTING', 'UNKNOWN', 'ACKED') ORDER BY seq
            """
        ) { row throws in
            let order = try row.order()
            state.openOrders.append(order)
            state.roles[order.intent.id] = order.intent.role
        }
        try session.rows(
            """
            SELECT o.id FROM orders o JOIN order_events e ON e.order_id = o.id
            WHERE o.status IN ('SUBMITTING', 'UNKNOWN', 'ACKED')
                AND e.from_status = e.to_status AND e.reason = ?
            """, OrderTransition.cancelWanted
        ) { row throws in
            state.cancelsWanted.insert(try row.orderID(0, "orders.id"))
        }
        if let at = state.checkpoint?.at {
            let since = at - Span(seconds: 48 * 3600)
            try session.rows(
                """
                SELECT created_at, role, reason, parent, quantity, reference_price FROM orders
                WHERE created_at >= ? ORDER BY created_at, seq
                """, since.nanoseconds
            ) { row throws in
                let role = StoredRole.role(
                    name: try row.text(1, "orders.role"),
                    reason: try row.textIfAny(2, "orders.reason"),
                    parent: try row.textIfAny(3, "orders.parent"))
                guard let role else { throw row.bad("orders.role") }
                let quantity = try row.quantity(4, "orders.quantity")
                guard let notional = try? row.price(5, "orders.reference_price") * quantity else {
                    throw row.bad("orders.reference_price")
                }
                state.recentIntents.append(
                    LedgerState.IntentMark(
                        at: try row.time(0, "orders.created_at"), role: role, notional: notional))
            }
        }
        try session.rows(
            """
            SELECT o.id, s.evidence FROM orders o JOIN signals s ON s.id = o.signal_id
            WHERE o.role = 'entry' AND o.id IN (
                SELECT opened_by FROM lots WHERE quantity <> 0
                UNION SELECT id FROM orders
                    WHERE status IN ('INTENT', 'SUBMITTING', 'UNKNOWN', 'ACKED'))
            """
        ) { row throws in
            let evidence: SignalEvidence = try row.decoded(1, "signals.evidence")
            state.entryVotes[try row.orderID(0, "orders.id")] = evidence.votes
        }
    }

    private static func loadTrades(_ session: StoreSession, _ state: inout LedgerState) throws {
        try session.rows(
            "SELECT symbol, max(exit_time) FROM closed_trades GROUP BY symbol"
        ) { row throws in
            state.lastExits[try row.symbol(0, "closed_trades.symbol")] = try row.time(
                1, "closed_trades.exit_time")
        }
        try session.rows("SELECT count(*), coalesce(sum(pnl), 0) FROM closed_trades") {
            row throws in
            state.closedTradeCount = Int(try row.integer(0, "closed_trades.count"))
            state.realizedPnL = try row.money(1, "closed_trades.pnl")
        }
    }

    /// Whether this item had its effect already (S25).
    package func wasTaken(newsID: String) throws(StorageError) -> Bool {
        try connection.access { session in
            try session.integer("SELECT 1 FROM taken WHERE news_id = ?", newsID) != nil
        }
    }
}
