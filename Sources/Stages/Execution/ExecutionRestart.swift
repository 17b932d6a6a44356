import Domain
import Primitives

extension ExecutionStage {
    /// Takes back the orders that were alive when the ledger was last written.
    package mutating func restore(_ state: LedgerState, symbolID: (Symbol) -> SymbolID?) {
        for open in state.openOrders {
            guard let id = symbolID(open.intent.symbol) else { continue }
            var order = WorkingOrder(intent: open.intent, symbolID: id, status: open.status)
            order.brokerOrderID = open.brokerOrderID
            order.filled = open.filledQuantity
            order.executions = open.executionIDs.map { Execution($0) }
            if let last = open.lastExecutionID, !order.hasBooked(last) {
                order.executions.append(Execution(last))
            }
            add(order)
            if config.isOutside, state.cancelsWanted.contains(open.intent.id) {
                var inquiry = Inquiry(at: state.checkpoint?.at ?? .distantPast)
                inquiry.wantsCancel = true
                inquiry.isCancelRecorded = true
                inquiries[open.intent.id] = inquiry
                giveUp(order)
            }
        }
        lostStops = state.checkpoint?.lostStops ?? [:]
        for symbol in lostStops.keys.sorted() {
            if let id = symbolID(symbol) { slots[id.index].stopPrice = lostStops[symbol] }
        }
        for mark in state.recentIntents where mark.countsAsOrder { intentTimes.append(mark.at) }
        let revisions = state.checkpoint?.revisions ?? []
        desk.revisions = Array(revisions.prefix(ReconciliationDesk.revisionsMax))
        desk.reconciledAt = state.reconciledAt
        desk.count = Int64(state.reconciliationCount)
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
        // The venue says at once that it has never heard of them.
        for id in unknownOrders { effects.append(.ask(.order(id))) }
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

    /// After a restart with a broker outside nothing is sent: whether a request left before the
    /// process ended nobody knows, and what had not left waits for line and comparison.
    package mutating func recoverOutside(at now: Timestamp, effects: inout [Effect]) {
        for order in openOrders {
            switch order.status {
            case .submitting:
                becomeUnknown(
                    order.intent.id, reason: "the process ended while it was sent", at: now,
                    effects: &effects)
            case .unknown: watch(order.intent.id, at: now)
            default: break
            }
        }
    }

    /// What has not left yet and is to leave when it can, exits before entries: what is held
    /// weighs more than what could be.
    package var waitingOrders: [WorkingOrder] {
        let waiting = openOrders.filter { order in
            if order.status == .submitting {
                return inquiries[order.intent.id]?.sending == .waiting && !isAttached(order)
            }
            return order.status == .intent && !isAttached(order)
        }
        return waiting.filter { !$0.intent.role.isEntry }
            + waiting.filter { $0.intent.role.isEntry }
    }

    private func isAttached(_ order: WorkingOrder) -> Bool {
        guard case .protectiveStop(let entry) = order.intent.role, let parent = orders[entry]
        else { return false }
        return parent.status == order.status
    }

    /// Drops what has waited too long.
    package mutating func lapseExpired(
        at now: Timestamp, effects: inout [Effect]
    ) -> [WorkingOrder] {
        var ended: [WorkingOrder] = []
        for order in waitingOrders where now > order.intent.expiresAt {
            lapse(order, reason: "expired before it was sent", at: now, effects: &effects)
            ended.append(known(order.intent.id) ?? order)
        }
        return ended
    }

    // MARK: - When

    package mutating func touch(_ id: SymbolID, at now: Timestamp) {
        if config.isOutside { slots[id.index].touched = now }
    }

    package func touched(_ id: SymbolID) -> Timestamp { slots[id.index].touched }

    /// Sets `due`, after anything that may have changed it.
    package mutating func schedule(at now: Timestamp) {
        guard config.isOutside || desk.config.isEnabled else { return }
        var next = desk.due(canRead: canRead(at: now))
        if config.isOutside {
            next = min(next, inquiriesDue(at: now))
            if isLinked { next = min(next, breaker.due) }
            let isOpen = canSend(at: now)
            for order in orders.values where order.status == .intent && !isAttached(order) {
                next = min(next, order.intent.expiresAt + Span(nanoseconds: 1))
                if isOpen { next = min(next, now + Self.waitingPause) }
            }
        }
        due = next
    }
}

extension LedgerState.IntentMark {
    fileprivate var countsAsOrder: Bool { role.countsAsOrder }
}

extension OrderRole {
    /// A protective stop travels with its entry and is no order of its own to the limits.
    var countsAsOrder: Bool {
        if case .protectiveStop = self { return false }
        return true
    }
}
