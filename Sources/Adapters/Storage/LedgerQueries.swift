import Domain
import Primitives

/// One line of the list of orders.
package struct OrderSummary: Sendable, Equatable {
    package let id: ClientOrderID
    package let symbol: Symbol
    package let side: OrderSide
    package let quantity: Quantity
    package let filledQuantity: Quantity
    package let role: OrderRole
    package let status: OrderStatus
    package let createdAt: Timestamp
}

extension LedgerStore {
    func collect<Value>(
        _ sql: String, limit: Int = .max, _ read: (StoredRow) throws -> Value?
    ) throws(StorageError) -> [Value] {
        try connection.access { session in
            var values: [Value] = []
            try session.rows(sql + " LIMIT ?", max(0, limit)) { row throws in
                if let value = try read(row) { values.append(value) }
            }
            return values
        }
    }

    /// All closed trades in the order they were closed.
    package func closedTrades() throws(StorageError) -> [ClosedTrade] {
        try collect("SELECT \(LedgerColumns.trade) FROM closed_trades ORDER BY seq") {
            row throws in try row.trade()
        }
    }

    /// All fills in the order they were booked.
    package func fills() throws(StorageError) -> [Fill] {
        try collect("SELECT \(LedgerColumns.fill) FROM fills ORDER BY seq") { row throws in
            try row.fill()
        }
    }

    /// How many trades were closed, and how long they were held together, in whole seconds.
    package func tradeTally() throws(StorageError) -> (trades: Int, heldSeconds: Int64) {
        let sums = try collect(
            "SELECT count(*), sum((exit_time - entry_time) / 1000000000) FROM closed_trades"
        ) { row throws in
            (
                Int(try row.integer(0, "closed_trades.count")),
                try row.integerIfAny(1, "closed_trades.held") ?? 0
            )
        }
        return sums.first.map { (trades: $0.0, heldSeconds: $0.1) } ?? (0, 0)
    }

    /// The fill that was booked last.
    package func lastFill() throws(StorageError) -> Fill? {
        try collect("SELECT \(LedgerColumns.fill) FROM fills ORDER BY seq DESC", limit: 1) {
            row throws in try row.fill()
        }.first
    }

    /// The newest `limit` orders, newest first.
    package func orders(limit: Int) throws(StorageError) -> [OrderSummary] {
        try collect("SELECT \(LedgerColumns.order) FROM orders ORDER BY seq DESC", limit: limit) {
            row throws in
            let order = try row.order()
            return OrderSummary(
                id: order.intent.id, symbol: order.intent.symbol, side: order.intent.side,
                quantity: order.intent.quantity, filledQuantity: order.filledQuantity,
                role: order.intent.role, status: order.status, createdAt: order.intent.createdAt)
        }
    }

    /// How many stored signals the risk gate refused, by code in alphabetical order. Refused
    /// signals are pruned by age: this is the count of what is kept.
    package func refusalCounts() throws(StorageError) -> [(code: String, count: Int)] {
        try collect(
            """
            SELECT code, count(*) FROM signals WHERE code IS NOT NULL GROUP BY code ORDER BY code
            """
        ) { row throws in
            (try row.text(0, "signals.code"), Int(try row.integer(1, "signals.count")))
        }
    }

    /// All valid versions of the weights, oldest first.
    package func weightsHistory() throws(StorageError) -> [WeightsChange] {
        try collect("SELECT \(LedgerColumns.weights) FROM weights ORDER BY seq") { row in
            row.weights()
        }
    }

    /// The newest valid weights of that version that the chain vouches for; nil: there are none.
    package func weights(version: Int) throws(StorageError) -> StrategyWeights? {
        try connection.access { session in
            let doubtful = try LedgerChain().doubtfulWeights(session).map(\.seqs)
            var found: StrategyWeights?
            try session.rows(
                "SELECT \(LedgerColumns.weights), seq FROM weights WHERE version = ? ORDER BY seq",
                version
            ) { row throws in
                let seq = try row.integer(9, "weights.seq")
                if !doubtful.contains(where: { $0.contains(seq) }), let change = row.weights() {
                    found = change.weights
                }
            }
            return found
        }
    }

    /// The newest `limit` alerts, newest first.
    package func alerts(limit: Int) throws(StorageError) -> [Alert] {
        try collect(
            "SELECT code, severity, message, at FROM alerts ORDER BY seq DESC", limit: limit
        ) { row throws in
            Alert(
                code: try row.text(0, "alerts.code"), severity: try row.word(1, "alerts.severity"),
                message: try row.text(2, "alerts.message"), at: try row.time(3, "alerts.at"))
        }
    }
}
