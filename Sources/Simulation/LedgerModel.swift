import Domain
import Primitives

/// The durable contents of a ledger, as far as anything asks for them. A value: a copy is what a
/// disk holds that has lost the rest.
struct LedgerModel {
    struct Order {
        let intent: OrderIntent
        var status = OrderStatus.intent
        var brokerOrderID: String?
        var filled = Quantity.zero
        var executions: [String] = []
        /// When the status was entered, in the engine's time.
        var since: Timestamp
    }

    private(set) var orders: [ClientOrderID: Order] = [:]
    /// In order of creation.
    private(set) var orderIDs: [ClientOrderID] = []
    private(set) var openIDs: [ClientOrderID] = []
    private(set) var fills: [Fill] = []
    private(set) var fillPlaces: [String: Int] = [:]
    private(set) var reversed: Set<String> = []
    /// Σ signed fills, in units.
    private(set) var positions: [Symbol: Int64] = [:]
    /// -Σ(signed quantity × price) - fees, in units.
    private(set) var paid: Int128 = 0
    private(set) var lots: [Lot] = []
    private(set) var balances: [LedgerAccount: Money] = [:]
    private(set) var decisionKeys: Set<String> = []
    private(set) var trades: [ClosedTrade] = []
    private(set) var weights: [WeightsChange] = []
    /// Of signals that were approved.
    private(set) var signals: [String: Signal] = [:]
    private(set) var alerts: [Alert] = []
    private(set) var checkpoint: Checkpoint?
    private(set) var holds: [TradingHold] = []
    private(set) var holdCount = 0
    private(set) var commands: [CommandRecord] = []
    private var commandPlaces: [String: Int] = [:]
    private(set) var reconciliations: [ReconciliationRun] = []
    private var proofs: Set<String> = []
    private var cancelsWanted: Set<ClientOrderID> = []
    /// Transactions so far: what the high-water mark counts.
    private(set) var commits = 0

    func order(_ id: ClientOrderID) -> Order? { orders[id] }
    var openOrders: [Order] { openIDs.compactMap { orders[$0] } }

    func command(_ transaction: String) -> CommandRecord? {
        commandPlaces[transaction].map { commands[$0] }
    }

    func mode(_ configured: TradingMode) -> TradingMode {
        holds.reduce(configured) { max($0, $1.mode) }
    }

    mutating func endCommit() { commits += 1 }

    /// What the store would refuse is a sentence; nil: stored.
    mutating func take(_ entry: LedgerEntry) -> String? {
        switch entry {
        case .taken: break
        case .signal(let signal, let verdict):
            if case .approved = verdict { signals[signal.id] = signal }
        case .intent(let intent): return take(intent)
        case .transition(let step): return take(step)
        case .fill(let fill): return take(fill)
        case .postings(let lines): return take(lines)
        case .lot(let lot): take(lot)
        case .closedTrade(let trade): trades.append(trade)
        case .weights(let change): weights.append(change)
        case .alert(let alert): alerts.append(alert)
        case .checkpoint(let new): checkpoint = new
        case .hold(let change): return take(change)
        case .command(let record):
            let transaction = record.command.transaction
            if commandPlaces.updateValue(commands.count, forKey: transaction) != nil {
                return "the command \(transaction) is stored twice"
            }
            commands.append(record)
        case .reconciliation(let run): reconciliations.append(run)
        case .proof(let proof):
            guard proofs.insert(proof.jti).inserted else {
                return "the proof \(proof.jti) is stored twice"
            }
        case .outgoing: break
        }
        return nil
    }

    private mutating func take(_ intent: OrderIntent) -> String? {
        if orders[intent.id] != nil { return "order \(intent.id) is stored twice" }
        if !decisionKeys.insert(intent.decisionKey).inserted {
            return "decision \(intent.decisionKey) is stored twice"
        }
        orders[intent.id] = Order(intent: intent, since: intent.createdAt)
        orderIDs.append(intent.id)
        openIDs.append(intent.id)
        return nil
    }

    private mutating func take(_ step: OrderTransition) -> String? {
        guard var order = orders[step.id] else { return "\(step.id) has a step and no intent" }
        if order.status != step.from {
            return "\(step.id) is \(order.status.rawValue), not \(step.from.rawValue)"
        }
        if step.isCancelWanted { cancelsWanted.insert(step.id) }
        if step.from != step.to { order.since = step.at }
        order.status = step.to
        if let id = step.brokerOrderID { order.brokerOrderID = id }
        orders[step.id] = order
        if step.to.isTerminal { openIDs.removeAll { $0 == step.id } }
        return nil
    }

    private mutating func take(_ fill: Fill) -> String? {
        guard var order = orders[fill.orderID] else {
            return "a fill of \(fill.orderID), which has no intent"
        }
        if fillPlaces.updateValue(fills.count, forKey: fill.executionID) != nil {
            return "execution \(fill.executionID) is stored twice"
        }
        if let old = fill.reverses {
            if fillPlaces[old] == nil { return "\(old) is taken back and was never booked" }
            if !reversed.insert(old).inserted { return "\(old) is taken back twice" }
        }
        fills.append(fill)
        let signed = fill.quantity.units &* fill.side.sign
        positions[fill.symbol, default: 0] &+= signed
        if let cost = try? fill.price * fill.quantity {
            paid -= Int128(cost.units) * Int128(fill.side.sign) + Int128(fill.fee.units)
        }
        order.filled = Quantity(units: order.filled.units &+ fill.quantity.units)
        order.executions.append(fill.executionID)
        orders[fill.orderID] = order
        return nil
    }

    private mutating func take(_ lines: [Posting]) -> String? {
        if lines.reduce(Int128(0), { $0 + Int128($1.amount.units) }) != 0 {
            return "the postings of \(lines.first?.cause ?? "nothing") do not balance"
        }
        for line in lines {
            guard let sum = try? (balances[line.account] ?? .zero).adding(line.amount) else {
                return "the balance of \(line.account.name) overflows"
            }
            balances[line.account] = sum
        }
        return nil
    }

    private mutating func take(_ lot: Lot) {
        if let index = lots.firstIndex(where: { $0.id == lot.id }) {
            if lot.quantity.isZero { lots.remove(at: index) } else { lots[index] = lot }
        } else if !lot.quantity.isZero {
            lots.append(lot)
        }
    }

    private mutating func take(_ change: HoldChange) -> String? {
        switch change {
        case .set(let hold):
            if let index = holds.firstIndex(where: { $0.id == hold.id }) {
                holds[index] = hold
            } else {
                holdCount += 1
                if hold.id != "h\(holdCount)" {
                    return "the hold \(hold.id) is not number \(holdCount)"
                }
                holds.append(hold)
            }
        case .lifted(let id, _, _, _):
            guard let index = holds.firstIndex(where: { $0.id == id }) else {
                return "the hold \(id) is lifted and does not stand"
            }
            holds.remove(at: index)
        }
        return nil
    }

    /// A backup is put back: paused, and nothing of the past goes out again; the life after the
    /// backup may have sent what had not left in it.
    mutating func restore(at: Timestamp) {
        holdCount += 1
        holds.append(
            TradingHold(
                id: "h\(holdCount)", cause: .restored, mode: .paused, by: "machine",
                why: "the ledger was restored; orders sent after it are not in it", since: at,
                until: nil))
        for order in openOrders where order.status == .intent || order.status == .submitting {
            _ = take(
                .transition(
                    OrderTransition(
                        id: order.intent.id, from: order.status,
                        to: .unknown, at: at, reason: "restored")))
        }
    }
}

// MARK: - What a restart reads

extension LedgerModel {
    /// What the real store gives back.
    /// - Parameter dayStart: midnight in New York at or before an instant.
    func state(dayStart: (Timestamp) -> Timestamp) -> LedgerState {
        var state = LedgerState()
        state.checkpoint = checkpoint
        state.weights = weights.last
        if let at = checkpoint?.at {
            let midnight = dayStart(at)
            state.weightsAtDayStart = weights.last { $0.at < midnight }?.weights
            let since = at - Span(seconds: 48 * 3_600)
            state.recentIntents = orderIDs.compactMap { orders[$0]?.intent }
                .filter { $0.createdAt >= since }
                .map { intent in
                    let notional = try? intent.referencePrice * intent.quantity
                    return LedgerState.IntentMark(
                        at: intent.createdAt, role: intent.role, notional: notional ?? .zero)
                }
        }
        state.lots = lots.enumerated()
            .sorted { ($0.element.openedAt, $0.offset) < ($1.element.openedAt, $1.offset) }
            .map(\.element)
        state.balances = balances
        for order in openOrders {
            state.openOrders.append(
                LedgerState.OpenOrder(
                    intent: order.intent, status: order.status,
                    brokerOrderID: order.brokerOrderID, filledQuantity: order.filled,
                    lastExecutionID: order.executions.last, executionIDs: order.executions))
            state.roles[order.intent.id] = order.intent.role
        }
        state.cancelsWanted = cancelsWanted.intersection(openIDs)
        for trade in trades {
            let last = state.lastExits[trade.symbol] ?? .distantPast
            state.lastExits[trade.symbol] = max(last, trade.exitTime)
            state.realizedPnL = (try? state.realizedPnL.adding(trade.pnl)) ?? state.realizedPnL
        }
        state.closedTradeCount = trades.count
        let entries = state.lots.map(\.openedBy) + state.openOrders.map(\.intent.id)
        for id in entries {
            guard let order = orders[id], order.intent.role.isEntry else { continue }
            if let cause = signals[order.intent.signalID] { state.entryVotes[id] = cause.votes }
        }
        for change in weights where change.cause != nil {
            for index in change.credits.indices where change.credits[index] != 0 {
                state.creditedTrades[index] += 1
            }
        }
        state.holds = holds
        for record in commands { state.overrides.take(record) }
        state.holdCount = holdCount
        state.commands = commands.suffix(256)
        state.reconciliationCount = reconciliations.count
        state.reconciledAt =
            reconciliations.last { $0.verdict == .matches || $0.verdict == .repaired }?.at
        state.comparedDailyAt =
            reconciliations.last { $0.trigger == .daily && $0.verdict != .incomplete }?.at
            ?? reconciliations.first?.at
        return state
    }

    /// What broker and books are compared over.
    func extract(since: Timestamp, naming ids: Set<String>) -> LedgerExtract {
        var extract = LedgerExtract()
        var listed: Set<ClientOrderID> = []
        for id in orderIDs {
            guard let order = orders[id],
                order.intent.createdAt >= since || !order.status.isTerminal
                    || ids.contains(id.text)
            else { continue }
            listed.insert(id)
            extract.orders.append(
                LedgerExtract.Order(
                    id: id, symbol: order.intent.symbol, status: order.status,
                    filled: order.filled))
        }
        extract.fills = fills.filter {
            $0.at >= since || listed.contains($0.orderID)
        }
        return extract
    }
}
