import Domain
import Engine
import Execution
import Primitives

/// What the books cannot know: rows that a lying disk lost, and executions that were taken back
/// without a report that arrived.
struct Doubt: Equatable {
    let symbol: Symbol
    let order: ClientOrderID
    /// Of the engine; a comparison that was asked for later has looked at it.
    let since: Timestamp
}

/// What the disk lost when the power went.
struct LostRows {
    var orders: Set<ClientOrderID> = []
    var symbols: Set<Symbol> = []
    var transactions: Set<String> = []
}

extension Truth {
    /// How long broker and books may differ before a person hears of it.
    static let patience = Span(seconds: 3_600)

    func doubts(_ symbol: Symbol) -> Bool { doubts.contains { $0.symbol == symbol } }
    func doubts(_ order: ClientOrderID) -> Bool { doubts.contains { $0.order == order } }

    /// The power went and the disk had lied: what is gone from the ledger is in doubt.
    func lose(to real: LedgerModel) -> LostRows {
        var lost = LostRows()
        for id in ledger.orderIDs {
            guard let was = ledger.order(id) else { continue }
            let left = real.order(id)
            if left == nil { lost.orders.insert(id) }
            guard left?.status != was.status || left?.executions != was.executions else { continue }
            lost.symbols.insert(was.intent.symbol)
            doubts.append(Doubt(symbol: was.intent.symbol, order: id, since: stamp))
        }
        let waiting = real.checkpoint?.revisions ?? []
        for report in ledger.checkpoint?.revisions ?? [] where !waiting.contains(report) {
            lose(report)
        }
        let kept = Set(real.commands.map(\.command.transaction))
        lost.transactions = Set(ledger.commands.map(\.command.transaction)).subtracting(kept)
        ledger = real
        lostOrders.formUnion(lost.orders)
        return lost
    }

    /// A bust or a correction that nobody reported.
    func lose(_ report: BrokerReport) {
        switch report.event {
        case .busted, .corrected:
            guard let order = exchange.orders[report.orderID] else { return }
            doubts.append(Doubt(symbol: order.symbol, order: order.id, since: stamp))
        default: break
        }
    }

    /// The broker traded for us under an id that nobody decided.
    func loseForeign(_ id: ClientOrderID) {
        guard let order = exchange.orders[id], order.isForeign, order.filled.isPositive else {
            return
        }
        doubts.append(Doubt(symbol: order.symbol, order: id, since: stamp))
    }

    /// A comparison ends the doubts that it was asked about, if the broker told it the truth.
    func settle(_ run: ReconciliationRun) {
        guard run.verdict == .matches || run.verdict == .repaired, let asked = honestlyAsked,
            asked.run == run.id
        else { return }
        doubts.removeAll { $0.since < asked.at }
    }

    /// Whether a person knows: a hold stands, or the newest comparison said that something differs,
    /// which suspends and alarms.
    var isDoubtTold: Bool {
        ledger.mode(config.mode) > .active
            || ledger.reconciliations.last { $0.verdict != .incomplete }?.verdict == .differs
    }

    /// Whether somebody was alarmed about any of this since then.
    func isAlarmed(of words: [String], since: Timestamp) -> Bool {
        ledger.alerts.reversed().prefix { $0.at >= since }.contains { alert in
            words.contains { alert.message.contains($0) }
        }
    }
}

/// Doubts are borne only as long as a person knows of them.
struct DoubtsAreTold: Invariant {
    let number = 29
    let text = "books that cannot be right are held, suspended or alarmed about"
    let moment = InvariantMoment.day

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .told(.account(let answer)):
            guard case .account = answer.result else { return nil }
            let isHonest = !truth.lies.contains(answer.query.run)
            truth.honestlyAsked = isHonest ? (answer.query.run, answer.asked) : nil
        case .writing(.reconciliation(let run)): truth.settle(run)
        default: break
        }
        return nil
    }

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        guard moment != .step, let up = truth.linkUpSince, truth.stamp - up > Truth.patience,
            let doubt = truth.doubts.first, truth.stamp - doubt.since > Truth.patience,
            !truth.isDoubtTold
        else { return nil }
        let words = [doubt.symbol.name, doubt.order.text]
        return truth.isAlarmed(of: words, since: doubt.since)
            ? nil : "\(doubt.order) (\(doubt.symbol)) is wrong since \(doubt.since), told to nobody"
    }
}
