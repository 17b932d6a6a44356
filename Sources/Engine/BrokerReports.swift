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
        let wasAlive = execution.order(report.orderID) != nil
        switch execution.apply(report, effects: &effects) {
        case .applied(let order, let fill):
            if let fill { try book(fill, of: order, &effects) }
            if wasAlive, order.status.isTerminal, case .exit = order.intent.role {
                protect(after: order, &effects)
            }
        case .repeated: break
        case .unknownOrder:
            alert("order-unknown", "the broker reports on \(report.orderID), which is not ours")
        case .impossible(let status):
            alert("order-step", "\(report.orderID) is \(status.rawValue): \(report.event)")
        }
        func alert(_ code: String, _ message: String) {
            raise(code, .critical, message, &effects)
        }
    }

    mutating func book(
        _ fill: Fill, of order: WorkingOrder, _ effects: inout [Effect]
    ) throws(EngineError) {
        let id = order.symbolID
        counters.fills += 1
        effects.append(.record(.fill(fill)))
        effects.append(.notice(.fill(fill)))
        var entries: [LedgerEntry] = []
        let trades: [ClosedTrade]
        do {
            trades = try portfolio.apply(
                fill, symbol: id, reason: order.closingReason, entries: &entries)
        } catch { throw .overflow(during: "booking \(fill.executionID)") }
        for entry in entries { effects.append(.record(entry)) }
        for trade in trades {
            learn(from: trade, id, &effects)
            // As the ledger gives it back: a rest after an exit ends at the same time.
            states[id.index].lastExit = max(
                states[id.index].lastExit ?? trade.exitTime, trade.exitTime)
        }
        setExits(id)
        if case .protectiveStop = order.intent.role, let entry = execution.entry(id) {
            // Stopped out while still buying: the rest is not wanted any more.
            effects.append(.cancel(entry.intent.id))
        }
        if portfolio.quantity(id).isZero {
            // Shares that came late for an exit leave a stop without anything to protect.
            if let stop = execution.protectiveStop(id), !execution.hasEntry(id) {
                if stop != order.intent.id { effects.append(.cancel(stop)) }
            }
        }
    }

    private mutating func learn(
        from trade: ClosedTrade, _ id: SymbolID, _ effects: inout [Effect]
    ) {
        effects.append(.notice(.closed(trade)))
        let votes = states[id.index].entryVotes.last { $0.order == trade.entryOrder }?.votes ?? []
        let isInSession = session?.contains(now) ?? false
        let day =
            isInSession ? sessionDate : config.calendar.zone.localDate(of: now).description
        let change = learner.credit(trade, votes: votes, at: now, day: day)
        if let change {
            effects.append(.record(.weights(change)))
            effects.append(.notice(.weights(change)))
        }
    }
}
