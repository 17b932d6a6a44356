import Domain
import Primitives

extension ExecutionStage {
    /// Takes a broker's report. Records the transition; the fill's own rows are the portfolio's.
    package mutating func apply(
        _ report: BrokerReport, effects: inout [Effect]
    ) -> ReportOutcome {
        let id = report.orderID
        guard let order = orders[id] else { return applyLate(report) }
        let moved: Bool
        switch report.event {
        case .accepted(let brokerOrderID):
            if order.status == .acked && order.brokerOrderID == brokerOrderID { return .repeated }
            moved = move(
                id, .accepted, at: report.at, brokerOrderID: brokerOrderID, effects: &effects)
        case .rejected(let reason):
            moved = move(id, .rejected, at: report.at, reason: reason, effects: &effects)
        case .canceled(let reason):
            moved = move(id, .canceled, at: report.at, reason: reason, effects: &effects)
            if moved { releaseExit(after: order, effects: &effects) }
        case .expired:
            moved = move(id, .expired, at: report.at, effects: &effects)
            if moved { releaseExit(after: order, effects: &effects) }
        case .fill(let executionID, let quantity, let price, let fee):
            return applyFill(
                order, executionID, quantity, price, fee, at: report.at, effects: &effects)
        case .replaced, .notSent, .ambiguous, .duplicate, .busted, .corrected, .unrecognised:
            return .repeated
        }
        guard moved else { return .impossible(order.status) }
        return .applied(orders[id] ?? recent.last ?? order, fill: nil)
    }

    private mutating func applyFill(
        _ order: WorkingOrder, _ executionID: String, _ quantity: Quantity, _ price: Price,
        _ fee: Money, at: Timestamp, effects: inout [Effect]
    ) -> ReportOutcome {
        let id = order.intent.id
        if order.executions.contains(executionID) { return .repeated }
        guard quantity.isPositive, price.isPositive,
            let filled = try? order.filled.adding(quantity)
        else { return .impossible(order.status) }
        let old = order
        var order = order
        order.executions.append(executionID)
        order.filled = filled
        count(old, order)
        orders[id] = order
        let isComplete = filled >= order.intent.quantity
        move(id, isComplete ? .completeFill : .partialFill, at: at, effects: &effects)
        // Before another order is retired beside it.
        let moved = orders[id] ?? recent.last ?? order
        if isComplete, case .protectiveStop = order.intent.role {
            lapseWaitingExit(order.symbolID, at: at, effects: &effects)
        }
        let fill = Fill(
            executionID: executionID, orderID: id, symbol: order.intent.symbol,
            side: order.intent.side, quantity: quantity, price: price, fee: fee, at: at)
        return .applied(moved, fill: fill)
    }

    /// The shares are free: the exit that waited for its stop to go may leave.
    private func releaseExit(after order: WorkingOrder, effects: inout [Effect]) {
        guard case .protectiveStop = order.intent.role,
            let exit = slots[order.symbolID.index].exit, orders[exit]?.status == .intent
        else { return }
        effects.append(.submit(exit))
    }

    /// The stop was faster: the exit that waited for its cancel is not needed.
    private mutating func lapseWaitingExit(
        _ symbolID: SymbolID, at: Timestamp, effects: inout [Effect]
    ) {
        guard let exit = slots[symbolID.index].exit, orders[exit]?.status == .intent else {
            return
        }
        move(
            exit, .lapsed, at: at, reason: "the protective stop was filled first",
            effects: &effects)
    }

    /// A report for an order that was terminal already: fills are booked, the rest is repetition.
    private mutating func applyLate(_ report: BrokerReport) -> ReportOutcome {
        guard let index = recent.firstIndex(where: { $0.intent.id == report.orderID }) else {
            return .unknownOrder
        }
        var order = recent[index]
        guard case .fill(let executionID, let quantity, let price, let fee) = report.event else {
            return .repeated
        }
        if order.executions.contains(executionID) { return .repeated }
        guard nextStatus(order.status, .partialFill) != nil, quantity.isPositive,
            price.isPositive, let filled = try? order.filled.adding(quantity)
        else { return .impossible(order.status) }
        order.executions.append(executionID)
        order.filled = filled
        recent[index] = order
        let fill = Fill(
            executionID: executionID, orderID: report.orderID, symbol: order.intent.symbol,
            side: order.intent.side, quantity: quantity, price: price, fee: fee, at: report.at)
        return .applied(order, fill: fill)
    }

    // MARK: - Restart

    /// Takes back the orders that were alive when the ledger was last written.
    package mutating func restore(_ state: LedgerState, symbolID: (Symbol) -> SymbolID?) {
        for symbol in state.stopPrices.keys.sorted() {
            if let id = symbolID(symbol) { slots[id.index].stopPrice = state.stopPrices[symbol] }
        }
        for open in state.openOrders {
            guard let id = symbolID(open.intent.symbol) else { continue }
            var order = WorkingOrder(intent: open.intent, symbolID: id, status: open.status)
            order.brokerOrderID = open.brokerOrderID
            order.filled = open.filledQuantity
            if let last = open.lastExecutionID { order.executions = [last] }
            add(order)
        }
        for mark in state.recentIntents where mark.countsAsOrder { intentTimes.append(mark.at) }
    }

    /// How many orders were made since `start`, for the limit per day after a restart.
    package mutating func restoreDay(_ state: LedgerState, from start: Timestamp) {
        ordersToday = state.recentIntents.count { $0.countsAsOrder && $0.at >= start }
    }

    /// What to ask for again after a restart at a venue whose memory is our own ledger: an order
    /// without an acknowledgement was never taken, so it goes out once more under its own id; an
    /// exit waits for its stop to be canceled first, and one that may not leave lapses before
    /// its stop is touched.
    package mutating func recover(
        exitsAllowed: Bool, at now: Timestamp, effects: inout [Effect]
    ) {
        for order in openOrders where order.status == .intent && !exitsAllowed {
            guard case .exit = order.intent.role, slots[order.symbolID.index].stop != nil else {
                continue
            }
            move(
                order.intent.id, .lapsed, at: now, reason: "not allowed after the restart",
                effects: &effects)
        }
        for order in openOrders where order.status == .intent || order.status == .submitting {
            switch order.intent.role {
            case .protectiveStop(let entry):
                // With its entry alive it travels with that.
                if orders[entry] == nil { effects.append(.submit(order.intent.id)) }
            case .entry: effects.append(.submit(order.intent.id))
            case .exit:
                if let stop = slots[order.symbolID.index].stop {
                    effects.append(.cancel(stop))
                } else {
                    effects.append(.submit(order.intent.id))
                }
            }
        }
    }
}

extension LedgerState.IntentMark {
    /// A protective stop travels with its entry and is no order of its own to the limits.
    fileprivate var countsAsOrder: Bool {
        if case .protectiveStop = role { return false }
        return true
    }
}
