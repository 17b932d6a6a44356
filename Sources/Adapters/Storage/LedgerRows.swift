import Domain
import Foundation
import Primitives

/// Columns and decoding of the ledger's rows: one place for both the load and the reports.
enum LedgerColumns {
    static let order = """
        id, decision_key, signal_id, symbol, side, quantity, type, price, time_in_force, role,
        reason, parent, created_at, expires_at, reference_price, reservation, body_hash, status,
        broker_order_id, filled, (SELECT execution_id FROM fills WHERE order_id = orders.id
            ORDER BY fills.seq DESC LIMIT 1)
        """
    static let lot = "id, symbol, opened_at, opened_by, price, quantity, cost, open_fees"
    static let trade = """
        id, symbol, side, quantity, entry_order, exit_order, entry_time, exit_time, entry_price,
        exit_price, costs, pnl, reason
        """
    static let fill = """
        execution_id, order_id, symbol, side, quantity, price, fee, at, reverses, found_by
        """
    static let weights = """
        version, at, cause, sentiment, trend, reversion, sentiment_credit, trend_credit,
        reversion_credit
        """
    static let signal = """
        id, symbol, at, reason, side, score, strength, price, price_time, evidence, verdict
        """
    /// Numbers by symbol in one column, in order of the symbols: `AAA=5 BBB=-3`.
    static func units(_ units: [Symbol: Int64]) -> String {
        words(units.mapValues { "\($0)" })
    }

    /// Words by symbol, in the same way.
    static func words(_ words: [Symbol: String]) -> String {
        words.sorted { $0.key < $1.key }.map { "\($0.key.name)=\($0.value)" }
            .joined(separator: " ")
    }

    static let event = "order_id, from_status, to_status, at, broker_order_id, reason"
}

extension StoredRow {
    func price(_ index: Int, _ column: String) throws -> Price {
        Price(units: try integer(index, column))
    }

    func quantity(_ index: Int, _ column: String) throws -> Quantity {
        Quantity(units: try integer(index, column))
    }

    func money(_ index: Int, _ column: String) throws -> Money {
        Money(units: try integer(index, column))
    }

    func decoded<Value: Decodable>(
        _ index: Int, _ column: String, _: Value.Type = Value.self
    ) throws -> Value {
        let text = try text(index, column)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw bad(column)
        }
    }

    /// From `LedgerColumns.units`.
    func units(_ index: Int, _ column: String) throws -> [Symbol: Int64] {
        try pairs(index, column) { Int64($0) }
    }

    /// From `LedgerColumns.words`.
    func reasons(_ index: Int, _ column: String) throws -> [Symbol: TradeReason] {
        try pairs(index, column) { TradeReason(rawValue: String($0)) }
    }

    private func pairs<Value>(
        _ index: Int, _ column: String, _ read: (Substring) -> Value?
    ) throws -> [Symbol: Value] {
        var values: [Symbol: Value] = [:]
        for pair in try text(index, column).split(separator: " ") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let symbol = Symbol(parts[0]), let value = read(parts[1])
            else { throw bad(column) }
            values[symbol] = value
        }
        return values
    }

    /// From `StoredRevision`.
    func revisions(_ index: Int, _ column: String) throws -> [BrokerReport] {
        guard try !text(index, column).isEmpty else { return [] }
        return try decoded(index, column, [StoredRevision].self).map { stored throws in
            guard let report = stored.report else { throw bad(column) }
            return report
        }
    }

    private func orderType(_ name: Int, _ price: Int) throws -> OrderType {
        switch try text(name, "orders.type") {
        case "market": return .market
        case "limit": return .limit(try self.price(price, "orders.price"))
        case "stop": return .stop(try self.price(price, "orders.price"))
        default: throw bad("orders.type")
        }
    }

    /// From `LedgerColumns.order`.
    func order() throws -> LedgerState.OpenOrder {
        let role = StoredRole.role(
            name: try text(9, "orders.role"), reason: try textIfAny(10, "orders.reason"),
            parent: try textIfAny(11, "orders.parent"))
        guard let role else { throw bad("orders.role") }
        let intent = OrderIntent(
            id: try orderID(0, "orders.id"), decisionKey: try text(1, "orders.decision_key"),
            signalID: try text(2, "orders.signal_id"), symbol: try symbol(3, "orders.symbol"),
            side: try word(4, "orders.side"), quantity: try quantity(5, "orders.quantity"),
            type: try orderType(6, 7), timeInForce: try word(8, "orders.time_in_force"),
            role: role, createdAt: try time(12, "orders.created_at"),
            expiresAt: try time(13, "orders.expires_at"),
            referencePrice: try price(14, "orders.reference_price"),
            reservation: try money(15, "orders.reservation"),
            bodyHash: try text(16, "orders.body_hash"))
        return LedgerState.OpenOrder(
            intent: intent, status: try word(17, "orders.status"),
            brokerOrderID: try textIfAny(18, "orders.broker_order_id"),
            filledQuantity: try quantity(19, "orders.filled"),
            lastExecutionID: try textIfAny(20, "fills.execution_id"))
    }

    /// From `LedgerColumns.lot`.
    func lot() throws -> Lot {
        Lot(
            id: try text(0, "lots.id"), symbol: try symbol(1, "lots.symbol"),
            openedAt: try time(2, "lots.opened_at"), openedBy: try orderID(3, "lots.opened_by"),
            price: try price(4, "lots.price"), quantity: try quantity(5, "lots.quantity"),
            cost: try money(6, "lots.cost"), openFees: try money(7, "lots.open_fees"))
    }

    /// From `LedgerColumns.trade`.
    func trade() throws -> ClosedTrade {
        ClosedTrade(
            id: try text(0, "closed_trades.id"), symbol: try symbol(1, "closed_trades.symbol"),
            side: try word(2, "closed_trades.side"),
            quantity: try quantity(3, "closed_trades.quantity"),
            entryOrder: try orderID(4, "closed_trades.entry_order"),
            exitOrder: try orderID(5, "closed_trades.exit_order"),
            entryTime: try time(6, "closed_trades.entry_time"),
            exitTime: try time(7, "closed_trades.exit_time"),
            entryPrice: try price(8, "closed_trades.entry_price"),
            exitPrice: try price(9, "closed_trades.exit_price"),
            costs: try money(10, "closed_trades.costs"), pnl: try money(11, "closed_trades.pnl"),
            reason: try word(12, "closed_trades.reason"))
    }

    /// From `LedgerColumns.fill`.
    func fill() throws -> Fill {
        Fill(
            executionID: try text(0, "fills.execution_id"),
            orderID: try orderID(1, "fills.order_id"), symbol: try symbol(2, "fills.symbol"),
            side: try word(3, "fills.side"), quantity: try quantity(4, "fills.quantity"),
            price: try price(5, "fills.price"), fee: try money(6, "fills.fee"),
            at: try time(7, "fills.at"), reverses: try textIfAny(8, "fills.reverses"),
            foundBy: try textIfAny(9, "fills.found_by"))
    }

    /// From `LedgerColumns.event`.
    func event() throws -> OrderTransition {
        OrderTransition(
            id: try orderID(0, "order_events.order_id"),
            from: try word(1, "order_events.from_status"),
            to: try word(2, "order_events.to_status"), at: try time(3, "order_events.at"),
            brokerOrderID: try textIfAny(4, "order_events.broker_order_id"),
            reason: try textIfAny(5, "order_events.reason"))
    }

    /// From `LedgerColumns.weights`; nil when the row does not hold valid weights (S21).
    func weights() -> WeightsChange? {
        guard let version = try? integer(0, "weights.version"),
            let at = try? time(1, "weights.at"),
            let sentiment = realIfAny(3), let trend = realIfAny(4), let reversion = realIfAny(5),
            let small = Int(exactly: version),
            let weights = StrategyWeights(version: small, values: [sentiment, trend, reversion])
        else { return nil }
        let cause = try? textIfAny(2, "weights.cause")
        return WeightsChange(
            weights: weights, at: at, cause: cause ?? nil,
            credits: (6...8).map { realIfAny($0) ?? 0 })
    }

    /// From `LedgerColumns.signal`.
    func signal() throws -> (Signal, Verdict) {
        let evidence: SignalEvidence = try decoded(9, "signals.evidence")
        let signal = Signal(
            id: try text(0, "signals.id"), symbol: try symbol(1, "signals.symbol"),
            at: try time(2, "signals.at"), reason: try word(3, "signals.reason"),
            side: try word(4, "signals.side"), score: try real(5, "signals.score"),
            strength: try real(6, "signals.strength"), price: try price(7, "signals.price"),
            priceTime: try time(8, "signals.price_time"), votes: evidence.votes,
            indicators: evidence.indicators, headlines: evidence.headlines,
            weightsVersion: evidence.weightsVersion)
        return (signal, try decoded(10, "signals.verdict"))
    }
}

/// An execution that the broker takes back, or gives other terms; nil for any other report.
struct StoredRevision: Codable {
    let order: String
    let at: Int64
    let execution: String
    /// The new terms; nil: there was no such execution.
    var quantity: Int64?
    var price: Int64?
    /// What the order has in all.
    let total: Int64?

    init?(_ report: BrokerReport) {
        switch report.event {
        case .busted(let id): execution = id
        case .corrected(let id, let quantity, let price):
            execution = id
            (self.quantity, self.price) = (quantity.units, price.units)
        default: return nil
        }
        order = report.orderID.text
        at = report.at.nanoseconds
        total = report.filledTotal?.units
    }

    var report: BrokerReport? {
        guard let id = ClientOrderID(order) else { return nil }
        var event = BrokerReport.Event.busted(executionID: execution)
        if let quantity, let price {
            event = .corrected(
                executionID: execution, quantity: Quantity(units: quantity),
                price: Price(units: price))
        }
        return BrokerReport(
            orderID: id, at: Timestamp(nanoseconds: at), event: event,
            filledTotal: total.map { Quantity(units: $0) })
    }
}
