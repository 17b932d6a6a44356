import Domain
import Primitives

/// The whole story of one order (A12), from ledger.db alone.
package struct OrderExplanation: Sendable, Equatable {
    package var intent: OrderIntent
    package var status: OrderStatus
    package var brokerOrderID: String?
    package var filledQuantity: Quantity
    /// Nil for an order that no signal caused, as a protective stop.
    package var signal: Signal?
    package var verdict: Verdict?
    package var transitions: [OrderTransition]
    package var fills: [Fill]
    /// Closed trades that this order opened or closed.
    package var trades: [ClosedTrade]
    /// What those trades taught.
    package var weightChanges: [WeightsChange]
    /// For an exit or a protective stop: the entry it belongs to.
    package var entryOrder: ClientOrderID?
}

extension LedgerStore {
    /// The story of the order `text`, or of the only order whose id starts with it; nil when there
    /// is none.
    ///
    /// - Throws: `ambiguousOrder`, `badRow`, `sqlite`.
    package func explanation(of text: String) throws(StorageError) -> OrderExplanation? {
        guard ClientOrderID(text) != nil else { return nil }
        return try connection.access { session in
            guard let order = try find(text, session) else { return nil }
            var story = OrderExplanation(
                intent: order.intent, status: order.status, brokerOrderID: order.brokerOrderID,
                filledQuantity: order.filledQuantity, transitions: [], fills: [], trades: [],
                weightChanges: [])
            let id = order.intent.id.text
            try session.rows(
                "SELECT \(LedgerColumns.signal) FROM signals WHERE id = ?", order.intent.signalID
            ) { row throws in
                let (signal, verdict) = try row.signal()
                (story.signal, story.verdict) = (signal, verdict)
            }
            try session.rows(
                "SELECT \(LedgerColumns.event) FROM order_events WHERE order_id = ? ORDER BY seq",
                id
            ) { row throws in story.transitions.append(try row.event()) }
            try session.rows(
                "SELECT \(LedgerColumns.fill) FROM fills WHERE order_id = ? ORDER BY seq", id
            ) { row throws in story.fills.append(try row.fill()) }
            try session.rows(
                """
                SELECT \(LedgerColumns.trade) FROM closed_trades
                WHERE entry_order = ? OR exit_order = ? ORDER BY seq
                """, id, id
            ) { row throws in story.trades.append(try row.trade()) }
            try session.rows(
                """
                SELECT \(LedgerColumns.weights) FROM weights WHERE cause IN
                    (SELECT id FROM closed_trades WHERE entry_order = ? OR exit_order = ?)
                ORDER BY seq
                """, id, id
            ) { row in
                if let change = row.weights() { story.weightChanges.append(change) }
            }
            story.entryOrder = try entry(of: story, session)
            return story
        }
    }

    /// The order with this id, else the one that starts like it.
    private func find(
        _ text: String, _ session: StoreSession
    ) throws -> LedgerState.OpenOrder? {
        var found: [LedgerState.OpenOrder] = []
        // `~` follows every character an id can have.
        try session.rows(
            """
            SELECT \(LedgerColumns.order) FROM orders WHERE id >= ? AND id < ? ORDER BY id LIMIT 2
            """, text, text + "~"
        ) { row throws in found.append(try row.order()) }
        guard let first = found.first else { return nil }
        if found.count == 1 || first.intent.id.text == text { return first }
        throw StorageError.ambiguousOrder(prefix: text)
    }

    private func entry(
        of story: OrderExplanation, _ session: StoreSession
    ) throws -> ClientOrderID? {
        switch story.intent.role {
        case .entry: return nil
        case .protectiveStop(let parent): return parent
        case .exit:
            if let trade = story.trades.first(where: { $0.exitOrder == story.intent.id }) {
                return trade.entryOrder
            }
            // Not filled yet: the oldest lot it would close.
            var entry: ClientOrderID?
            try session.firstRow(
                """
                SELECT opened_by FROM lots WHERE symbol = ? AND quantity <> 0
                ORDER BY opened_at, seq
                """, story.intent.symbol.name
            ) { row throws in
                entry = try row.orderID(0, "lots.opened_by")
                return true
            }
            return entry
        }
    }
}
