import Calendar
import Domain
import Execution
import Learning
import Portfolio
import Primitives

/// What the broker says of our orders: the order's step, the fill's booking, what is learned.
extension TradingEngine {
    mutating func take(
        _ report: BrokerReport, _ effects: inout [Effect]
    ) throws(EngineError) {
        let isOutside = config.execution.isOutside
        if isOutside { judgeLine(by: report, &effects) }
        try absorb(report, foundBy: nil, &effects)
        if isOutside { try followUp(&effects) }
    }

    /// Takes a report, or what an answer to a question says in its stead.
    ///
    /// - Parameter foundBy: the comparison that found it, or `read`.
    /// - Returns: whether anything was new.
    @discardableResult
    mutating func absorb(
        _ report: BrokerReport, foundBy: String?, _ effects: inout [Effect]
    ) throws(EngineError) -> Bool {
        let wasAlive = execution.order(report.orderID) != nil
        let outcome = execution.apply(report, at: now, foundBy: foundBy, effects: &effects)
        let order = execution.known(report.orderID)
        if let order { execution.touch(order.symbolID, at: now) }
        if case .unrecognised(let word) = report.event {
            counters.count(.invalid)
            raise(
                "order-word", .warning,
                "\(report.orderID): the broker says “\(word)”; the order is read", &effects)
        }
        if let total = report.filledTotal, let order, total > order.filled {
            execution.demandRead(report.orderID, at: now)
        }
        switch outcome {
        case .applied(let order, let fill):
            if let fill {
                if !wasAlive { tellLate(fill, order, &effects) }
                try book([fill], BookedFor(order), &effects)
            }
            tell(report, &effects)
            if wasAlive, order.status.isTerminal { ended(order, &effects) }
            cancelWhereForbidden(report.orderID, &effects)
            return true
        case .revised(let order, let fills):
            tell(report, &effects)
            try book(fills, BookedFor(order), &effects)
            if wasAlive, order.status.isTerminal { ended(order, &effects) }
            // What takes its place may have been told of first, and was not to be understood then.
            if foundBy == nil { compareSoon(&effects) }
            return true
        case .repeated: return false
        case .unknownOrder:
            strange(report, &effects)
            return false
        case .unknownExecution:
            postpone(report, &effects)
            return false
        case .impossible(let status):
            counters.count(.invalid)
            raise(
                "order-step", .critical, "\(report.orderID) is \(status.rawValue): \(report.event)",
                &effects)
            // What an answer brought would only be brought again.
            if config.execution.isOutside, foundBy == nil {
                execution.demandRead(report.orderID, at: now)
                compareSoon(&effects)
            }
            return false
        }
    }

    /// Steps that a person should hear of.
    private mutating func tell(_ report: BrokerReport, _ effects: inout [Effect]) {
        switch report.event {
        case .rejected: counters.count(.refused)
        case .notSent, .ambiguous: counters.count(.transient)
        case .replaced(let successor):
            raise(
                "order-replaced", .critical,
                "\(report.orderID) lives on as \(successor), which is not managed here", &effects)
            if config.execution.isOutside { compareSoon(&effects) }
        case .busted(let execution):
            raise(
                "fill-busted", .critical, "\(report.orderID): \(execution) was taken back",
                &effects)
        case .corrected(let execution, let quantity, let price):
            raise(
                "fill-corrected", .critical,
                "\(report.orderID): \(execution) is now \(quantity) at \(price)", &effects)
        default: break
        }
    }

    private mutating func tellLate(
        _ fill: Fill, _ order: WorkingOrder, _ effects: inout [Effect]
    ) {
        raise(
            "late-fill", .warning,
            "\(order.intent.id) was \(order.status.rawValue) when \(fill.executionID) came: "
                + "\(fill.quantity) at \(fill.price) are booked", &effects)
    }

    /// A report of an order that is neither alive nor recent. One of ours is so only after a
    /// restart: the ledger knows it, and the comparison books what is missing.
    private mutating func strange(_ report: BrokerReport, _ effects: inout [Effect]) {
        let isOurs = config.execution.isOurs(report.orderID.text)
        guard config.execution.isOutside, isOurs else {
            counters.count(.invalid)
            raise(
                "order-unknown", .critical,
                "the broker reports on \(report.orderID), which is not ours", &effects)
            return
        }
        switch report.event {
        case .busted, .corrected: postpone(report, &effects)
        case .fill:
            raise(
                "order-unknown", .warning,
                "the broker reports on \(report.orderID), which is not alive here; "
                    + "the account is read", &effects)
            compareSoon(&effects)
        default: compareSoon(&effects)
        }
    }

    /// An order has ended: what held or gave up the shares of a position leaves them protected,
    /// or a person is told.
    mutating func ended(_ order: WorkingOrder, _ effects: inout [Effect]) {
        switch order.intent.role {
        case .entry:
            // The broker ends its stop with it, and what says so may be lost.
            if order.filled.isZero, let stop = execution.protectiveStop(order.symbolID),
                execution.order(stop)?.intent.role == .protectiveStop(parent: order.intent.id)
            {
                execution.demandRead(stop, at: now)
            }
        case .exit: protect(after: order, &effects)
        case .protectiveStop:
            if execution.protectiveStop(order.symbolID) == nil {
                states[order.symbolID.index].isStopUnfit = false
            }
            switch order.status {
            case .filled: leaveRest(of: order, &effects)
            case .replaced: break
            default: protect(after: order, &effects)
            }
        }
    }

    /// An entry that turns up at the broker while none may work.
    mutating func cancelWhereForbidden(_ id: ClientOrderID, _ effects: inout [Effect]) {
        guard config.execution.isOutside, mode != .active, let order = execution.order(id),
            order.intent.role.isEntry, order.status == .acked, !execution.wantsCancel(id)
        else { return }
        effects.append(.cancel(id))
    }

    // MARK: - Booking

    /// What a fill belongs to.
    struct BookedFor {
        let id: SymbolID
        let order: ClientOrderID
        let reason: TradeReason
        let role: OrderRole?

        init(_ order: WorkingOrder) {
            id = order.symbolID
            self.order = order.intent.id
            reason = order.closingReason
            role = order.intent.role
        }

        /// Of an order that only the ledger still knows.
        init(_ id: SymbolID, _ order: ClientOrderID) {
            self.id = id
            self.order = order
            reason = .external
            role = nil
        }
    }

    mutating func book(
        _ fills: [Fill], _ order: BookedFor, _ effects: inout [Effect]
    ) throws(EngineError) {
        let id = order.id
        let before = portfolio.quantity(id)
        let wasFlat = before.isZero
        for fill in fills { try book(fill, order, &effects) }
        setExits(id)
        if let role = order.role, !role.isEntry, fills.allSatisfy({ $0.reverses == nil }) {
            leaveReversed(id, from: before, order, &effects)
        }
        if wasFlat, !portfolio.quantity(id).isZero, hasLostStop(order) {
            raise(
                "unprotected", .critical,
                "\(symbols[id]): the stop of \(order.order) ended before its entry was filled",
                &effects)
        }
        if case .protectiveStop = order.role, let entry = execution.entry(id) {
            // Stopped out while still buying: the rest is not wanted any more.
            effects.append(.cancel(entry.intent.id))
        }
        if portfolio.quantity(id).isZero {
            // Shares that came late for an exit leave a stop without anything to protect.
            if let stop = execution.protectiveStop(id), !execution.hasEntry(id) {
                if stop != order.order { effects.append(.cancel(stop)) }
            }
        }
        if order.role?.isEntry != false || fills.contains(where: { $0.reverses != nil }) {
            fitStop(id, &effects)
        }
        if isUnmarked || portfolio.mark(of: id) == nil { isUnmarked = !isMarked }
    }

    /// Shares that came late for an order that only closes have opened the other side: nobody
    /// decided that, and it is left.
    private mutating func leaveReversed(
        _ id: SymbolID, from before: Quantity, _ order: BookedFor, _ effects: inout [Effect]
    ) {
        let held = portfolio.quantity(id)
        guard !held.isZero, before.isZero || held.isNegative != before.isNegative else { return }
        wantExit(.external, id)
        raise(
            "position-reversed", .critical,
            "\(symbols[id]): \(held) held since \(order.order), which was to close; it is left",
            &effects)
    }

    /// An entry whose stop is gone. Of one that only the ledger knows, the stop is no more alive than
    /// the order.
    private func hasLostStop(_ order: BookedFor) -> Bool {
        if let role = order.role { return role.isEntry && execution.lostStop(order.id) != nil }
        return config.execution.isOutside && config.execution.protectiveStops
            && execution.protectiveStop(order.id) == nil && !execution.hasExit(order.id)
    }

    private mutating func book(
        _ fill: Fill, _ order: BookedFor, _ effects: inout [Effect]
    ) throws(EngineError) {
        let id = order.id
        counters.fills += 1
        effects.append(.record(.fill(fill)))
        effects.append(.notice(.fill(fill)))
        var entries: [LedgerEntry] = []
        let trades: [ClosedTrade]
        do {
            trades = try portfolio.apply(
                notAfterNow(fill), symbol: id, reason: order.reason, entries: &entries)
        } catch { throw .overflow(during: "booking \(fill.executionID)") }
        for entry in entries { effects.append(.record(entry)) }
        for trade in trades {
            // What was taken back teaches nothing.
            if fill.reverses == nil { learn(from: trade, id, &effects) }
            let end = trade.exitTime
            states[id.index].lastExit = max(states[id.index].lastExit ?? end, end)
        }
    }

    /// Lots and trades begin and end by our time where the broker's is ahead: it would hold them up
    /// for as long, and after a restart for another span.
    private func notAfterNow(_ fill: Fill) -> Fill {
        let at = notAfterNow(fill.at)
        if at == fill.at { return fill }
        return Fill(
            executionID: fill.executionID, orderID: fill.orderID, symbol: fill.symbol,
            side: fill.side, quantity: fill.quantity, price: fill.price, fee: fill.fee, at: at,
            reverses: fill.reverses, foundBy: fill.foundBy)
    }

    private mutating func learn(
        from trade: ClosedTrade, _ id: SymbolID, _ effects: inout [Effect]
    ) {
        effects.append(.notice(.closed(trade)))
        let votes = states[id.index].entryVotes.last { $0.order == trade.entryOrder }?.votes ?? []
        if overrides.isFrozen { return }
        if let change = learner.credit(trade, votes: votes, at: now, day: learningDay) {
            effects.append(.record(.weights(change)))
            effects.append(.notice(.weights(change)))
        }
    }

    /// The New York day whose step limits the weights.
    var learningDay: String {
        session?.contains(now) ?? false
            ? sessionDate : config.calendar.zone.localDate(of: now).description
    }
}
