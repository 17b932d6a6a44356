package import Domain
import Primitives

/// A ledger in memory: takes what the engine records, gives back what a restart starts from, and
/// says what a ledger could not have stored.
package struct MemoryLedger {
    package struct Order {
        package let intent: OrderIntent
        package var status = OrderStatus.intent
        package var brokerOrderID: String?
        package var filled = Quantity.zero
        package var lastExecutionID: String?
        package var executionIDs: [String] = []
    }

    package private(set) var orders: [ClientOrderID: Order] = [:]
    /// In order of creation.
    package private(set) var orderIDs: [ClientOrderID] = []
    package private(set) var fills: [Fill] = []
    package private(set) var trades: [ClosedTrade] = []
    package private(set) var weights: [WeightsChange] = []
    package private(set) var signals: [(signal: Signal, verdict: Verdict)] = []
    package private(set) var alerts: [Alert] = []
    package private(set) var taken: [String] = []
    package private(set) var transitions: [OrderTransition] = []
    package private(set) var balances: [LedgerAccount: Money] = [:]
    package private(set) var checkpoint: Checkpoint?
    package private(set) var holdChanges: [HoldChange] = []
    package private(set) var commands: [CommandRecord] = []
    package private(set) var reconciliations: [ReconciliationRun] = []
    package private(set) var proofs: [CommandProof] = []
    package private(set) var outbox: [OutboxRow] = []
    private var lots: [String: Lot] = [:]
    private var lotIDs: [String] = []
    private var decisionKeys: Set<String> = []
    private var executions: Set<String> = []
    /// What could not be stored or broke an invariant, in the order found.
    package private(set) var problems: [String] = []

    package init() {}

    package mutating func commit(_ effects: [Effect]) {
        for case .record(let entry) in effects { take(entry) }
    }

    private mutating func take(_ entry: LedgerEntry) {
        switch entry {
        case .taken(let id, _): if !taken.contains(id) { taken.append(id) }
        case .signal(let signal, let verdict):
            if signals.contains(where: { $0.signal.id == signal.id }) {
                problems.append("signal \(signal.id) twice")
            }
            signals.append((signal, verdict))
        case .intent(let intent): take(intent)
        case .transition(let step): take(step)
        case .fill(let fill): take(fill)
        case .postings(let lines): take(lines)
        case .lot(let lot):
            if lots.updateValue(lot, forKey: lot.id) == nil { lotIDs.append(lot.id) }
        case .closedTrade(let trade):
            if trades.contains(where: { $0.id == trade.id }) {
                problems.append("trade \(trade.id) twice")
            }
            trades.append(trade)
        case .weights(let change):
            if let last = weights.last, change.weights.version != last.weights.version + 1 {
                problems.append("weights \(change.weights.version) after \(last.weights.version)")
            }
            weights.append(change)
        case .alert(let alert): alerts.append(alert)
        case .checkpoint(let checkpoint):
            if let old = self.checkpoint, checkpoint.at < old.at {
                problems.append("the checkpoint goes back to \(checkpoint.at)")
            }
            self.checkpoint = checkpoint
        case .hold(let change): holdChanges.append(change)
        case .command(let record):
            if commands.contains(where: {
                $0.command.transaction == record.command.transaction
                    && $0.command.by == record.command.by
            }) {
                problems.append("command \(record.command.transaction) twice")
            }
            commands.append(record)
        case .reconciliation(let run):
            if reconciliations.contains(where: { $0.id == run.id }) {
                problems.append("reconciliation \(run.id) twice")
            }
            reconciliations.append(run)
        case .proof(let proof):
            if proofs.contains(where: { $0.jti == proof.jti }) {
                problems.append("proof \(proof.jti) twice")
            }
            proofs.append(proof)
        case .outgoing(let row): outbox.append(row)
        }
    }

    private mutating func take(_ intent: OrderIntent) {
        if orders[intent.id] != nil { problems.append("order \(intent.id) twice") }
        if !decisionKeys.insert(intent.decisionKey).inserted {
            problems.append("decision \(intent.decisionKey) twice")
        }
        if case .protectiveStop(let parent) = intent.role, orders[parent] == nil {
            problems.append("the stop \(intent.id) precedes its entry")
        }
        orders[intent.id] = Order(intent: intent)
        orderIDs.append(intent.id)
    }

    private mutating func take(_ step: OrderTransition) {
        transitions.append(step)
        guard let order = orders[step.id] else {
            problems.append("a step of \(step.id), which has no intent")
            return
        }
        if order.status != step.from || order.status.isTerminal {
            problems.append("\(step.id) is \(order.status), not \(step.from)")
        }
        orders[step.id]?.status = step.to
        if let id = step.brokerOrderID { orders[step.id]?.brokerOrderID = id }
    }

    private mutating func take(_ fill: Fill) {
        if !executions.insert(fill.executionID).inserted {
            problems.append("execution \(fill.executionID) twice")
        }
        fills.append(fill)
        guard let order = orders[fill.orderID] else {
            problems.append("a fill of \(fill.orderID), which has no intent")
            return
        }
        checkReversal(fill)
        guard let filled = try? order.filled.adding(fill.quantity),
            filled <= order.intent.quantity, !filled.isNegative
        else {
            problems.append("\(fill.orderID) filled beyond \(order.intent.quantity)")
            return
        }
        orders[fill.orderID]?.filled = filled
        orders[fill.orderID]?.executionIDs.append(fill.executionID)
        orders[fill.orderID]?.lastExecutionID = fill.executionID
    }

    /// Only a fill that takes back another, once and whole, has a negative quantity.
    private mutating func checkReversal(_ fill: Fill) {
        guard let reversed = fill.reverses else {
            if !fill.quantity.isPositive { problems.append("\(fill.executionID) of nothing") }
            return
        }
        let original = fills.first { $0.executionID == reversed }
        let isWhole =
            original.map { $0.quantity.units == -fill.quantity.units && $0.price == fill.price }
            ?? false
        if !isWhole { problems.append("\(fill.executionID) takes back what was not there") }
        if fills.count(where: { $0.reverses == reversed }) > 1 {
            problems.append("\(reversed) taken back twice")
        }
    }

    private mutating func take(_ lines: [Posting]) {
        if lines.reduce(Int128(0), { $0 + Int128($1.amount.units) }) != 0 {
            problems.append("postings of \(lines.first?.cause ?? "nothing") do not balance")
        }
        for line in lines {
            guard let sum = try? (balances[line.account] ?? .zero).adding(line.amount) else {
                problems.append("the balance of \(line.account.name) overflows")
                continue
            }
            balances[line.account] = sum
        }
    }

    // MARK: - Restart

    /// What a store would give back; `dayStart` is midnight in New York before an instant.
    package func state(dayStart: (Timestamp) -> Timestamp) -> LedgerState {
        var state = LedgerState()
        state.checkpoint = checkpoint
        state.weights = weights.last
        if let at = checkpoint?.at {
            let midnight = dayStart(at)
            state.weightsAtDayStart = weights.last { $0.at < midnight }?.weights
            let since = at - Span(seconds: 48 * 3_600)
            state.recentIntents = orderIDs.compactMap { orders[$0]?.intent }
                .filter { $0.createdAt >= since }
                .map {
                    LedgerState.IntentMark(
                        at: $0.createdAt, role: $0.role,
                        notional: (try? $0.referencePrice * $0.quantity) ?? .zero)
                }
        }
        state.lots = openLots
        state.balances = balances
        for order in orderIDs.compactMap({ orders[$0] }) where !order.status.isTerminal {
            state.openOrders.append(
                LedgerState.OpenOrder(
                    intent: order.intent, status: order.status,
                    brokerOrderID: order.brokerOrderID, filledQuantity: order.filled,
                    lastExecutionID: order.lastExecutionID, executionIDs: order.executionIDs))
            state.roles[order.intent.id] = order.intent.role
        }
        for step in transitions where step.isCancelWanted {
            if orders[step.id]?.status.isTerminal == false { state.cancelsWanted.insert(step.id) }
        }
        for trade in trades {
            let last = state.lastExits[trade.symbol] ?? .distantPast
            state.lastExits[trade.symbol] = max(last, trade.exitTime)
        }
        let entries = Set(state.lots.map(\.openedBy) + state.openOrders.map(\.intent.id))
        for id in entries {
            guard let order = orders[id], order.intent.role.isEntry else { continue }
            let cause = signals.first { $0.signal.id == order.intent.signalID }
            if let cause { state.entryVotes[id] = cause.signal.votes }
        }
        for change in weights where change.cause != nil {
            for index in change.credits.indices where change.credits[index] != 0 {
                state.creditedTrades[index] += 1
            }
        }
        restoreHolds(&state)
        state.commands = commands.suffix(256)
        for record in commands { state.overrides.take(record) }
        state.reconciliationCount = reconciliations.count
        state.reconciledAt =
            reconciliations.last { $0.verdict == .matches || $0.verdict == .repaired }?.at
        state.comparedDailyAt =
            reconciliations.last { $0.trigger == .daily && $0.verdict != .incomplete }?.at
            ?? reconciliations.first?.at
        state.closedTradeCount = trades.count
        for trade in trades {
            state.realizedPnL = (try? state.realizedPnL.adding(trade.pnl)) ?? state.realizedPnL
        }
        return state
    }

    private func restoreHolds(_ state: inout LedgerState) {
        var standing: [String: TradingHold] = [:]
        var ids: Set<String> = []
        for change in holdChanges {
            switch change {
            case .set(let hold):
                standing[hold.id] = hold
                ids.insert(hold.id)
            case .lifted(let id, _, _, _): standing[id] = nil
            }
        }
        state.holds = standing.values.sorted { $0.id < $1.id }
        state.holdCount = ids.count
    }

    /// What a store would give beside a broker's account: orders made since then or alive, with
    /// all their fills, and every fill since then; those taken back and what takes them back too.
    package func extract(since: Timestamp, naming ids: Set<String> = []) -> LedgerExtract {
        var extract = LedgerExtract()
        var listed: Set<ClientOrderID> = []
        for order in orderIDs.compactMap({ orders[$0] })
        where order.intent.createdAt >= since || !order.status.isTerminal
            || ids.contains(order.intent.id.text)
        {
            listed.insert(order.intent.id)
            extract.orders.append(
                LedgerExtract.Order(
                    id: order.intent.id, symbol: order.intent.symbol, status: order.status,
                    filled: order.filled))
        }
        extract.fills = fills.filter { $0.at >= since || listed.contains($0.orderID) }
        return extract
    }

    /// The sums that a store checks: each problem as a sentence.
    package var bookProblems: [String] {
        var found: [String] = []
        func check(_ name: String, _ a: Int128, _ b: Int128) {
            if a != b { found.append("\(name): \(a) against \(b)") }
        }
        for symbol in Set(fills.map(\.symbol)).sorted() {
            let held = lotIDs.compactMap { lots[$0] }.filter { $0.symbol == symbol }
            check(
                "shares of \(symbol)", Int128(position(symbol).units),
                held.reduce(0) { $0 + Int128($1.quantity.units) })
            check(
                "cost of \(symbol)", Int128(balances[.securities(symbol)]?.units ?? 0),
                held.reduce(0) { $0 + Int128($1.cost.units) })
        }
        for id in orderIDs {
            let sum = fills.filter { $0.orderID == id }
                .reduce(Int128(0)) { $0 + Int128($1.quantity.units) }
            check("filled of \(id)", Int128(orders[id]?.filled.units ?? 0), sum)
        }
        check(
            "gains", trades.reduce(0) { $0 + Int128($1.pnl.units) + Int128($1.costs.units) },
            -Int128(balances[.realized]?.units ?? 0))
        let open = lotIDs.compactMap { lots[$0] }.reduce(Int128(0)) {
            $0 + Int128($1.openFees.units)
        }
        check(
            "fees", trades.reduce(open) { $0 + Int128($1.costs.units) },
            Int128(balances[.fees]?.units ?? 0))
        return found
    }

    /// Lots with a quantity, by time of opening, then of booking.
    package var openLots: [Lot] {
        lotIDs.compactMap { lots[$0] }.filter { !$0.quantity.isZero }
            .enumerated().sorted {
                ($0.element.openedAt, $0.offset) < ($1.element.openedAt, $1.offset)
            }
            .map(\.element)
    }

    // MARK: - Sums

    /// Σ signed fills of a symbol.
    package func position(_ symbol: Symbol) -> Quantity {
        var sum: Int64 = 0
        for fill in fills where fill.symbol == symbol {
            sum &+= fill.quantity.units &* fill.side.sign
        }
        return Quantity(units: sum)
    }

    /// Capital less everything paid: what the cash must be, from the fills alone.
    package func cash(capital: Money) -> Money? {
        var sum = capital
        for fill in fills {
            guard let paid = try? fill.price * fill.quantity,
                let next = try? fill.side == .buy ? sum.subtracting(paid) : sum.adding(paid),
                let left = try? next.subtracting(fill.fee)
            else { return nil }
            sum = left
        }
        return sum
    }
}
