import Domain
import Primitives

/// What an order as the broker shows it brings that is not known here.
package struct OrderNews: Sendable, Equatable {
    /// Fills first, oldest first, then what became of the order.
    package var reports: [BrokerReport] = []
    /// Nothing of the order is missing here after that.
    package var isComplete = true
}

extension BrokerOrder {
    /// The report that would have told the same; nil where the fills tell it.
    package var event: BrokerReport.Event? {
        switch status {
        case .open: .accepted(brokerOrderID: brokerOrderID)
        case .filled: nil
        case .canceled: .canceled(reason: "as the broker shows it")
        case .expired: .expired
        case .rejected(let reason): .rejected(reason: reason)
        case .replaced(let successor): .replaced(by: successor)
        case .unrecognised(let word): .unrecognised(word)
        }
    }
}

extension BrokerFill {
    package func report(_ id: ClientOrderID) -> BrokerReport {
        BrokerReport(
            orderID: id, at: at,
            event: .fill(executionID: executionID, quantity: quantity, price: price, fee: fee))
    }
}

extension ExecutionStage {
    /// Whether the broker's order is the one that was made here under its id. Of what is not known
    /// here nothing can be said.
    package func matches(_ order: BrokerOrder) -> Bool {
        guard let id = ClientOrderID(order.clientOrderID), let own = known(id)?.intent else {
            return true
        }
        return own.symbol == order.symbol && own.side == order.side
            && own.quantity == order.quantity && own.type == order.type
            && own.timeInForce == order.timeInForce
    }

    /// Less than is known here is no news: the answer is older than that.
    package func news(_ order: BrokerOrder, fills: [BrokerFill], at now: Timestamp) -> OrderNews {
        var news = OrderNews()
        guard let id = ClientOrderID(order.clientOrderID), let own = known(id) else { return news }
        var filled = own.filled
        for fill in fills.sorted(by: { ($0.at, $0.executionID) < ($1.at, $1.executionID) })
        where fill.clientOrderID == order.clientOrderID && !own.hasBooked(fill.executionID) {
            filled = (try? filled.adding(fill.quantity)) ?? filled
            news.reports.append(fill.report(id))
        }
        news.isComplete = filled >= order.filled
        switch order.status {
        case .unrecognised: news.isComplete = false
        case .filled: break
        case .open:
            if own.status.isTerminal || own.status == .acked && own.brokerOrderID != nil { break }
            report()
        case .canceled, .expired, .rejected, .replaced:
            // First every share, then the end.
            if news.isComplete && !own.status.isTerminal { report() }
        }
        func report() {
            guard let event = order.event else { return }
            news.reports.append(BrokerReport(orderID: id, at: now, event: event))
        }
        return news
    }

    /// An order of ours that only the broker knows: the ledger was restored from a backup, or
    /// lost rows. It is taken in as it is, and from then on is an order like any other.
    ///
    /// - Parameters:
    ///   - held: of the symbol, signed.
    ///   - opener: the order that opened what is held.
    ///   - dayStart: since when orders count towards the limit of the day.
    package mutating func adopt(
        _ order: BrokerOrder, symbolID: SymbolID, held: Quantity, opener: ClientOrderID?,
        dayStart: Timestamp, at now: Timestamp, effects: inout [Effect]
    ) -> Bool {
        guard let id = ClientOrderID(order.clientOrderID), known(id) == nil,
            config.isOurs(id.text), order.quantity.isPositive
        else { return false }
        let isReducing = !held.isZero && held.isNegative == (order.side == .buy)
        var role = isReducing ? OrderRole.exit(.external) : .entry
        // No other stops are made here, whatever is held by now.
        if case .stop = order.type {
            role = .protectiveStop(parent: opener ?? slots[symbolID.index].entry ?? id)
        }
        let type = order.type ?? .market
        let intent = OrderIntent(
            id: id, decisionKey: String(id.text.dropFirst(config.idStart.utf8.count)),
            signalID: "found-" + id.text, symbol: order.symbol, side: order.side,
            quantity: order.quantity, type: type, timeInForce: order.timeInForce ?? .day,
            role: role, createdAt: min(order.submittedAt, now),
            expiresAt: min(order.submittedAt, now), referencePrice: type.price ?? Price(units: 0),
            reservation: .zero,
            bodyHash: OrderIdentity.bodyHash(
                symbol: order.symbol, side: order.side, quantity: order.quantity, type: type,
                timeInForce: order.timeInForce ?? .day, stop: nil))
        insert(intent, symbolID: symbolID, effects: &effects)
        // Made in another life, and one of the day's orders all the same.
        if intent.role.countsAsOrder {
            intentTimes.append(now)
            if intent.createdAt >= dayStart { ordersToday += 1 }
        }
        // It is at the broker, and nothing leaves from here: no step of the last gate, which may be
        // closed.
        move(id, .ambiguous, at: now, reason: "found at the broker", effects: &effects)
        move(
            id, .accepted, at: now, brokerOrderID: order.brokerOrderID,
            reason: "found at the broker", effects: &effects)
        return true
    }

    // MARK: - For the comparison

    /// The ledger's rows as they are once what is in memory is written too.
    package func merged(_ books: LedgerExtract) -> LedgerExtract {
        var merged = books
        var listed: Set<ClientOrderID> = []
        for (index, row) in books.orders.enumerated() {
            listed.insert(row.id)
            guard let order = known(row.id) else { continue }
            merged.orders[index] = order.row
        }
        for order in openOrders where !listed.contains(order.intent.id) {
            merged.orders.append(order.row)
        }
        for order in recent where !listed.contains(order.intent.id) {
            merged.orders.append(order.row)
        }
        return merged
    }

    package var knownExecutions: Set<String> {
        var ids: Set<String> = []
        for order in orders.values { ids.formUnion(order.executions.map(\.id)) }
        for order in recent { ids.formUnion(order.executions.map(\.id)) }
        return ids
    }
}

extension WorkingOrder {
    fileprivate var row: LedgerExtract.Order {
        LedgerExtract.Order(
            id: intent.id, symbol: intent.symbol, status: status, quantity: intent.quantity,
            filled: filled)
    }
}

extension Fill {
    /// The rows that take this execution back and, for other terms, book it anew: for an order
    /// that only the ledger still knows. Nil when they cannot be represented.
    package func revised(
        _ terms: (quantity: Quantity, price: Price)?, at: Timestamp, foundBy: String?
    ) -> [Fill]? {
        guard let back = try? quantity.negated(), let returned = try? fee.negated() else {
            return nil
        }
        func row(
            _ suffix: String, _ quantity: Quantity, _ price: Price, _ fee: Money,
            _ reverses: String?
        ) -> Fill {
            Fill(
                executionID: executionID + suffix, orderID: orderID, symbol: symbol, side: side,
                quantity: quantity, price: price, fee: fee, at: at, reverses: reverses,
                foundBy: foundBy)
        }
        var rows = [row(Revision.busted, back, price, returned, executionID)]
        if let terms {
            rows.append(row(Revision.corrected, terms.quantity, terms.price, fee, nil))
        }
        return rows
    }
}
