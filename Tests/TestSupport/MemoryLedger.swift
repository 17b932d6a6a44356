package import Domain
import Primitives
package import Simulation

/// The model of a ledger with a log of what it was given, and with what no engine should have
/// recorded: more than a store would refuse.
package struct MemoryLedger {
    private var model = LedgerModel()
    package private(set) var signals: [(signal: Signal, verdict: Verdict)] = []
    package private(set) var taken: [String] = []
    package private(set) var transitions: [OrderTransition] = []
    package private(set) var holdChanges: [HoldChange] = []
    package private(set) var proofs: [CommandProof] = []
    /// What could not be stored or broke an invariant, in the order found.
    package private(set) var problems: [String] = []

    package init() {}

    package mutating func commit(_ effects: [Effect]) {
        for case .record(let entry) in effects {
            if let problem = check(entry) { problems.append(problem) }
            if let refusal = model.take(entry) { problems.append(refusal) }
            log(entry)
        }
    }

    private mutating func log(_ entry: LedgerEntry) {
        switch entry {
        case .taken(let id, _): if !taken.contains(id) { taken.append(id) }
        case .signal(let signal, let verdict): signals.append((signal, verdict))
        case .transition(let step): transitions.append(step)
        case .hold(let change): holdChanges.append(change)
        case .proof(let proof): proofs.append(proof)
        default: break
        }
    }

    /// What a store would take, and an engine must not record.
    private func check(_ entry: LedgerEntry) -> String? {
        switch entry {
        case .signal(let signal, _) where signals.contains { $0.signal.id == signal.id }:
            return "signal \(signal.id) twice"
        case .intent(let intent):
            if case .protectiveStop(let parent) = intent.role, orders[parent] == nil {
                return "the stop \(intent.id) precedes its entry"
            }
        case .transition(let step) where step.from.isTerminal:
            return "\(step.id) has ended as \(step.from)"
        case .fill(let fill): return check(fill)
        case .weights(let change):
            if let last = weights.last?.weights.version, change.weights.version != last + 1 {
                return "weights \(change.weights.version) after \(last)"
            }
        case .checkpoint(let new):
            if let old = checkpoint, new.at < old.at {
                return "the checkpoint goes back to \(new.at)"
            }
        case .hold(.set(let hold)) where holds.contains { $0.id == hold.id && $0.mode > hold.mode }:
            return "\(hold.id) became looser"
        case .reconciliation(let run) where reconciliations.contains { $0.id == run.id }:
            return "reconciliation \(run.id) twice"
        default: break
        }
        return nil
    }

    /// Only a fill that takes back another, once and whole, has a negative quantity.
    private func check(_ fill: Fill) -> String? {
        if let order = orders[fill.orderID] {
            guard let filled = try? order.filled.adding(fill.quantity),
                filled <= order.intent.quantity, !filled.isNegative
            else { return "\(fill.orderID) filled beyond \(order.intent.quantity)" }
        }
        guard let reversed = fill.reverses else {
            return fill.quantity.isPositive ? nil : "\(fill.executionID) of nothing"
        }
        let isWhole = fills.contains {
            $0.executionID == reversed && $0.quantity.units == -fill.quantity.units
                && $0.price == fill.price
        }
        return isWhole ? nil : "\(fill.executionID) takes back what was not there"
    }

    /// The sums that a store checks: each problem as a sentence.
    package var bookProblems: [String] {
        var found: [String] = []
        func check(_ name: String, _ a: Int128, _ b: Int128) {
            if a != b { found.append("\(name): \(a) against \(b)") }
        }
        for symbol in Set(fills.map(\.symbol)).sorted() {
            let held = model.lots.filter { $0.symbol == symbol }
            check(
                "shares of \(symbol)", Int128(position(symbol).units),
                held.reduce(0) { $0 + Int128($1.quantity.units) })
            check(
                "cost of \(symbol)", Int128(balances[.securities(symbol)]?.units ?? 0),
                held.reduce(0) { $0 + Int128($1.cost.units) })
        }
        check(
            "gains", trades.reduce(0) { $0 + Int128($1.pnl.units) + Int128($1.costs.units) },
            -Int128(balances[.realized]?.units ?? 0))
        let open = model.lots.reduce(Int128(0)) { $0 + Int128($1.openFees.units) }
        check(
            "fees", trades.reduce(open) { $0 + Int128($1.costs.units) },
            Int128(balances[.fees]?.units ?? 0))
        return found
    }
}

// MARK: - What the model has

extension MemoryLedger {
    package var orders: [ClientOrderID: LedgerModel.Order] { model.orders }
    package var orderIDs: [ClientOrderID] { model.orderIDs }
    package var fills: [Fill] { model.fills }
    package var trades: [ClosedTrade] { model.trades }
    package var weights: [WeightsChange] { model.weights }
    package var alerts: [Alert] { model.alerts }
    package var balances: [LedgerAccount: Money] { model.balances }
    package var checkpoint: Checkpoint? { model.checkpoint }
    package var holds: [TradingHold] { model.holds }
    package var holdCount: Int { model.holdCount }
    package var commands: [CommandRecord] { model.commands }
    package var reconciliations: [ReconciliationRun] { model.reconciliations }

    package func state(dayStart: (Timestamp) -> Timestamp) -> LedgerState {
        model.state(dayStart: dayStart)
    }

    package func extract(since: Timestamp, naming ids: Set<String> = []) -> LedgerExtract {
        model.extract(since: since, naming: ids)
    }

    package func command(transaction: String) -> CommandRecord? { model.command(transaction) }

    /// Σ signed fills of a symbol.
    package func position(_ symbol: Symbol) -> Quantity {
        Quantity(units: model.positions[symbol] ?? 0)
    }

    /// Capital less everything paid: what the cash must be, from the fills alone.
    package func cash(capital: Money) -> Money? {
        Int64(exactly: Int128(capital.units) + model.paid).map(Money.init(units:))
    }
}
