import Domain
import Primitives

extension ExecutionStage {
    /// Takes a broker's report. Records the transition; the fill's own rows are the portfolio's.
    ///
    /// - Parameters:
    ///   - now: the engine's time; the report's own is the venue's.
    ///   - foundBy: the comparison that found what the broker's own report did not bring.
    package mutating func apply(
        _ report: BrokerReport, at now: Timestamp, foundBy: String? = nil,
        effects: inout [Effect]
    ) -> ReportOutcome {
        let id = report.orderID
        guard let order = orders[id] else {
            return applyLate(report, at: now, foundBy, effects: &effects)
        }
        let moved: Bool
        switch report.event {
        case .accepted(let brokerOrderID):
            if order.status == .acked && order.brokerOrderID == brokerOrderID { return .repeated }
            moved = move(
                id, .accepted, at: report.at, brokerOrderID: brokerOrderID, effects: &effects)
        case .rejected(let reason):
            moved = move(id, .rejected, at: report.at, reason: reason, effects: &effects)
            if moved { endAttached(to: order, .rejected, report, effects: &effects) }
        case .canceled(let reason):
            moved = move(id, .canceled, at: report.at, reason: reason, effects: &effects)
            if moved { endAttached(to: order, .canceled, report, effects: &effects) }
        case .expired:
            moved = move(id, .expired, at: report.at, effects: &effects)
            if moved { endAttached(to: order, .expired, report, effects: &effects) }
        case .replaced(let successor):
            moved = move(
                id, .replaced, at: report.at, reason: "replaced by \(successor)",
                effects: &effects)
        case .fill(let executionID, let quantity, let price, let fee):
            return applyFill(
                order, Execution(executionID, quantity, price, fee), at: report.at, now, foundBy,
                effects: &effects)
        case .notSent(let reason, let attempt):
            guard retryLater(order, reason, attempt, at: now, effects: &effects) else {
                return .repeated
            }
            moved = true
        case .ambiguous(let reason):
            guard order.status == .submitting else { return .repeated }
            let stop = attachedStop(of: order)
            becomeUnknown(id, reason: reason, at: now, effects: &effects)
            if let stop { becomeUnknown(stop.id, reason: reason, at: now, effects: &effects) }
            moved = true
        case .duplicate:
            return adopt(order, at: now, effects: &effects)
        case .busted(let executionID):
            return revise(
                order, executionID, nil, at: report.at, foundBy, effects: &effects)
        case .corrected(let executionID, let quantity, let price):
            return revise(
                order, executionID, (quantity, price), at: report.at, foundBy, effects: &effects)
        case .unrecognised:
            demandRead(id, at: now)
            return .repeated
        }
        guard moved else { return .impossible(order.status) }
        settle(id)
        if orders[id] == nil { releaseExit(after: order, effects: &effects) }
        return .applied(known(id) ?? order, fill: nil)
    }

    /// The broker has an order of this id already: it is ours, and what it is has to be read.
    private mutating func adopt(
        _ order: WorkingOrder, at now: Timestamp, effects: inout [Effect]
    ) -> ReportOutcome {
        let id = order.intent.id
        guard order.status == .submitting || order.status == .unknown else { return .repeated }
        let stop = attachedStop(of: order)
        becomeUnknown(
            id, reason: "the broker has an order of this id", at: now, effects: &effects)
        if let stop {
            becomeUnknown(
                stop.id, reason: "its entry is known to the broker", at: now, effects: &effects)
        }
        inquiries[id]?.exists = true
        inquiries[id]?.due = now
        if canRead(at: now) { ask(id, at: now, effects: &effects) }
        return .applied(known(id) ?? order, fill: nil)
    }

    func applyFillTotals(
        _ order: WorkingOrder, _ execution: Execution
    ) -> WorkingOrder? {
        guard execution.quantity.isPositive, execution.price.isPositive,
            let filled = try? order.filled.adding(execution.quantity),
            filled <= order.intent.quantity
        else { return nil }
        var order = order
        order.executions.append(execution)
        order.filled = filled
        return order
    }

    /// One execution is of one order. The venue inside makes its ids of those of the orders.
    private func isBookedElsewhere(_ execution: Execution, _ order: WorkingOrder) -> Bool {
        guard config.isOutside else { return false }
        func isThere(_ other: WorkingOrder) -> Bool {
            other.intent.id != order.intent.id && other.hasBooked(execution.id)
        }
        return orders.values.contains(where: isThere) || recent.contains(where: isThere)
    }

    private mutating func applyFill(
        _ old: WorkingOrder, _ execution: Execution, at: Timestamp, _ now: Timestamp,
        _ foundBy: String?, effects: inout [Effect]
    ) -> ReportOutcome {
        let id = old.intent.id
        if old.hasBooked(execution.id) { return .repeated }
        guard nextStatus(old.status, .partialFill) != nil,
            !isBookedElsewhere(execution, old), let order = applyFillTotals(old, execution)
        else { return .impossible(old.status) }
        count(old, order)
        orders[id] = order
        // What was thought to be here still was sent, and the stop that travels with it too.
        if old.status == .intent, let stop = attachedStop(of: old),
            move(
                stop.id, .ambiguous, at: at, reason: "its entry was at the broker",
                effects: &effects)
        {
            watch(stop.id, at: now)
        }
        let isComplete = order.filled >= order.intent.quantity
        move(id, isComplete ? .completeFill : .partialFill, at: at, effects: &effects)
        settle(id)
        // Before another order is retired beside it.
        let moved = known(id) ?? order
        if isComplete { lapseWaitingExit(after: order, at: at, effects: &effects) }
        return .applied(moved, fill: execution.fill(of: order, at: at, foundBy: foundBy))
    }

    /// The shares are free: the exit that waited for its stop to go may leave.
    private func releaseExit(after order: WorkingOrder, effects: inout [Effect]) {
        guard case .protectiveStop = order.intent.role,
            let exit = slots[order.symbolID.index].exit, orders[exit]?.status == .intent
        else { return }
        effects.append(.submit(exit))
    }

    /// Every share of an order that is alive has changed hands, whatever brought that to light: it
    /// ends.
    ///
    /// - Parameter told: what the broker calls all of it: less than was ordered where some of the
    ///   executions were taken back.
    /// - Returns: the order as it ended; nil when it has not.
    package mutating func complete(
        _ id: ClientOrderID, with told: BrokerOrder? = nil, at: Timestamp, effects: inout [Effect]
    ) -> WorkingOrder? {
        guard let order = orders[id] else { return nil }
        let isWhole = order.filled >= order.intent.quantity
        let isWholeThere = told?.status == .filled && told?.filled == order.filled
        guard isWhole || isWholeThere,
            move(id, .completeFill, at: at, effects: &effects)
        else { return nil }
        settle(id)
        let ended = known(id) ?? order
        lapseWaitingExit(after: order, at: at, effects: &effects)
        return ended
    }

    /// The stop was faster: the exit that waited for its cancel is not needed.
    private mutating func lapseWaitingExit(
        after stop: WorkingOrder, at: Timestamp, effects: inout [Effect]
    ) {
        guard case .protectiveStop = stop.intent.role,
            let exit = slots[stop.symbolID.index].exit, orders[exit]?.status == .intent
        else { return }
        move(
            exit, .lapsed, at: at, reason: "the protective stop was filled first",
            effects: &effects)
    }

    /// An entry that ended without a share takes along the stop that nobody acknowledged.
    private mutating func endAttached(
        to entry: WorkingOrder, _ step: OrderStep, _ report: BrokerReport,
        effects: inout [Effect]
    ) {
        guard entry.intent.role.isEntry, entry.filled.isZero,
            let id = slots[entry.symbolID.index].stop, let stop = orders[id],
            stop.intent.role == .protectiveStop(parent: entry.intent.id),
            stop.status == .submitting || stop.status == .unknown
        else { return }
        move(id, step, at: report.at, reason: "its entry ended", effects: &effects)
        settle(id)
    }

    /// A report for an order that was terminal already: fills are booked, the rest is repetition.
    private mutating func applyLate(
        _ report: BrokerReport, at now: Timestamp, _ foundBy: String?, effects: inout [Effect]
    ) -> ReportOutcome {
        guard let index = recent.firstIndex(where: { $0.intent.id == report.orderID }) else {
            return .unknownOrder
        }
        let old = recent[index]
        switch report.event {
        case .fill(let executionID, let quantity, let price, let fee):
            if old.hasBooked(executionID) { return .repeated }
            let execution = Execution(executionID, quantity, price, fee)
            guard nextStatus(old.status, .partialFill) != nil,
                !isBookedElsewhere(execution, old), let order = applyFillTotals(old, execution)
            else { return .impossible(old.status) }
            recent[index] = order
            return .applied(
                order, fill: execution.fill(of: order, at: report.at, foundBy: foundBy))
        case .busted(let executionID):
            return revise(old, executionID, nil, at: report.at, foundBy, effects: &effects)
        case .corrected(let executionID, let quantity, let price):
            return revise(
                old, executionID, (quantity, price), at: report.at, foundBy, effects: &effects)
        case .accepted:
            // The acknowledgement may come after the end, but not for what was never sent.
            let wasNeverThere = old.status == .notPlaced || old.status == .expiredLocal
            return wasNeverThere ? .impossible(old.status) : .repeated
        case .unrecognised:
            demandRead(report.orderID, at: now)
            return .repeated
        case .rejected, .canceled, .expired, .replaced, .notSent, .ambiguous, .duplicate:
            return .repeated
        }
    }
}
