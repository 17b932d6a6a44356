import Domain
import Primitives

/// The durable contents of a ledger, as far as anything asks for them: rows in, what a restart
/// reads out, equal to what the real store gives. A value: a copy is what a disk holds that has lost
/// the rest.
package struct LedgerModel {
    package struct Order {
        package let intent: OrderIntent
        package var status = OrderStatus.intent
        package var brokerOrderID: String?
        package var filled = Quantity.zero
        package var executions: [String] = []
        /// When the status was entered, in the engine's time.
        package var since: Timestamp
    }

    package private(set) var orders: [ClientOrderID: Order] = [:]
    /// In order of creation.
    package private(set) var orderIDs: [ClientOrderID] = []
    private(set) var openIDs: [ClientOrderID] = []
    package private(set) var fills: [Fill] = []
    private var executions: Set<String> = []
    private var reversed: Set<String> = []
    /// Σ signed fills, in units.
    package private(set) var positions: [Symbol: Int64] = [:]
    /// -Σ(signed quantity × price) - fees, in units.
    package private(set) var paid: Int128 = 0
    /// Those with a quantity, in order of booking.
    package private(set) var lots: [Lot] = []
    private var lotRows: [String: (place: Int, lot: Lot)] = [:]
    package private(set) var balances: [LedgerAccount: Money] = [:]
    private var decisionKeys: Set<String> = []
    package private(set) var trades: [ClosedTrade] = []
    private var tradeIDs: Set<String> = []
    package private(set) var weights: [WeightsChange] = []
    /// Of signals that were approved.
    private(set) var signals: [String: Signal] = [:]
    /// Of every signal, as it came first.
    private var votes: [String: [Vote]] = [:]
    package private(set) var alerts: [Alert] = []
    package private(set) var checkpoint: Checkpoint?
    package private(set) var holds: [TradingHold] = []
    package private(set) var holdCount = 0
    package private(set) var commands: [CommandRecord] = []
    private var commandPlaces: [String: Int] = [:]
    package private(set) var reconciliations: [ReconciliationRun] = []
    /// Until when each signature holds.
    private var proofs: [String: Timestamp] = [:]
    private var cancelsWanted: Set<ClientOrderID> = []
    /// Transactions so far: what the high-water mark counts.
    private(set) var commits = 0

    package init() {}

    package func order(_ id: ClientOrderID) -> Order? { orders[id] }
    var openOrders: [Order] { openIDs.compactMap { orders[$0] } }

    package func command(_ transaction: String) -> CommandRecord? {
        commandPlaces[transaction].map { commands[$0] }
    }

    func mode(_ configured: TradingMode) -> TradingMode {
        holds.reduce(configured) { max($0, $1.mode) }
    }

    mutating func endCommit() { commits += 1 }

    /// What the store would refuse is a sentence; nil: stored.
    package mutating func take(_ entry: LedgerEntry) -> String? {
        switch entry {
        case .taken: break
        case .signal(let signal, let verdict):
            if case .approved = verdict { signals[signal.id] = signal }
            if votes[signal.id] == nil { votes[signal.id] = signal.votes }
        case .intent(let intent): return take(intent)
        case .transition(let step): return take(step)
        case .fill(let fill): return take(fill)
        case .postings(let lines): return take(lines)
        case .lot(let lot): take(lot)
        case .closedTrade(let trade):
            guard tradeIDs.insert(trade.id).inserted else {
                return "the trade \(trade.id) is stored twice"
            }
            trades.append(trade)
        case .weights(let change): weights.append(change)
        case .alert(let alert): alerts.append(alert)
        case .checkpoint(let new): checkpoint = new
        case .hold(let change): return take(change)
        case .command(let record):
            let transaction = record.command.transaction
            guard commandPlaces[transaction] == nil else {
                return "the command \(transaction) is stored twice"
            }
            commandPlaces[transaction] = commands.count
            commands.append(record)
        case .reconciliation(let run): reconciliations.append(run)
        case .proof(let proof):
            proofs = proofs.filter { $0.value >= proof.until - CommandProof.margin }
            guard proofs[proof.jti] == nil else {
                return "the proof \(proof.jti) is stored twice"
            }
            proofs[proof.jti] = proof.until
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
        if executions.contains(fill.executionID) {
            return "execution \(fill.executionID) is stored twice"
        }
        if let old = fill.reverses {
            if !executions.contains(old) { return "\(old) is taken back and was never booked" }
            if !reversed.insert(old).inserted { return "\(old) is taken back twice" }
        }
        executions.insert(fill.executionID)
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

    /// The row keeps its place and what it was opened with, even where it is opened anew.
    private mutating func take(_ lot: Lot) {
        var row = lotRows[lot.id] ?? (lotRows.count, lot)
        (row.lot.quantity, row.lot.cost, row.lot.openFees) = (lot.quantity, lot.cost, lot.openFees)
        lotRows[lot.id] = row
        lots.removeAll { $0.id == lot.id }
        if lot.quantity.isZero { return }
        let place = lots.lastIndex { lotRows[$0.id].map { $0.place < row.place } ?? true }
        lots.insert(row.lot, at: place.map { $0 + 1 } ?? 0)
    }

    private mutating func take(_ change: HoldChange) -> String? {
        switch change {
        case .set(let hold):
            if let index = holds.firstIndex(where: { $0.id == hold.id }) {
                // Who set it, when and for what stays.
                holds[index].mode = hold.mode
                holds[index].why = hold.why
                holds[index].until = hold.until
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
    package func state(dayStart: (Timestamp) -> Timestamp) -> LedgerState {
        var state = LedgerState()
        state.checkpoint = checkpoint
        state.weights = weights.last
        if let at = checkpoint?.at {
            let midnight = dayStart(at)
            state.weightsAtDayStart = weights.last { $0.at < midnight }?.weights
            let since = at - Span(seconds: 48 * 3_600)
            state.recentIntents = orderIDs.compactMap { orders[$0]?.intent }
                .filter { $0.createdAt >= since }.byTime(\.createdAt)
                .map { intent in
                    let notional = try? intent.referencePrice * intent.quantity
                    return LedgerState.IntentMark(
                        at: intent.createdAt, role: intent.role, notional: notional ?? .zero)
                }
        }
        state.lots = lots.byTime(\.openedAt)
        state.balances = balances
        for order in openOrders {
            state.openOrders.append(
                LedgerState.OpenOrder(
                    intent: order.intent, status: order.status,
                    brokerOrderID: order.brokerOrderID, filledQuantity: order.filled,
                    lastExecutionID: order.executions.last, executionIDs: order.executions))
            state.roles[order.intent.id] = order.intent.role
        }
        state.cancelsWanted = cancelsWanted.filter {
            orders[$0].map { $0.status != .intent && !$0.status.isTerminal } ?? false
        }
        for trade in trades {
            let last = state.lastExits[trade.symbol] ?? .distantPast
            state.lastExits[trade.symbol] = max(last, trade.exitTime)
            state.realizedPnL = (try? state.realizedPnL.adding(trade.pnl)) ?? state.realizedPnL
        }
        state.closedTradeCount = trades.count
        let entries = state.lots.map(\.openedBy) + state.openOrders.map(\.intent.id)
        for id in entries {
            guard let order = orders[id], order.intent.role.isEntry else { continue }
            state.entryVotes[id] = votes[order.intent.signalID]
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
    package func extract(since: Timestamp, naming ids: Set<String> = []) -> LedgerExtract {
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
                    quantity: order.intent.quantity, filled: order.filled))
        }
        extract.fills = fills.filter {
            $0.at >= since || listed.contains($0.orderID)
        }
        return extract
    }
}

extension Array {
    /// By time, then as they are.
    fileprivate func byTime(_ at: (Element) -> Timestamp) -> [Element] {
        enumerated().sorted { (at($0.element), $0.offset) < (at($1.element), $1.offset) }
            .map(\.element)
    }
}
