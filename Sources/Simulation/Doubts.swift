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

    /// Whether the newest account was the whole one.
    func noteHonesty(of fact: Fact) {
        guard case .told(.account(let answer)) = fact, case .account = answer.result else { return }
        let isHonest = !lies.contains(answer.query.run)
        honestlyAsked = isHonest ? (answer.query.run, answer.asked) : nil
    }

    /// A comparison ends the doubts that it was asked about, if the broker told it the truth, but
    /// for orders that it could not be told of yet.
    func settle(_ run: ReconciliationRun) {
        guard run.verdict == .matches || run.verdict == .repaired, let asked = honestlyAsked,
            asked.run == run.id
        else { return }
        doubts.removeAll { $0.since < asked.at && !isOutstanding($0.order) }
    }

    /// Gone from the ledger, and at the exchange or on the way there.
    private func isOutstanding(_ id: ClientOrderID) -> Bool {
        lostOrders.contains(id) && ledger.order(id) == nil
            && (underWay.contains(id) || exchange.orders[id] != nil)
    }

    /// Whether a person knows: the machine holds, or the newest comparison said that something
    /// differs, which suspends and alarms. A pause of the person's own tells them nothing.
    var isDoubtTold: Bool {
        ledger.holds.contains { $0.mode > .active && !$0.cause.endsWithPlainResume }
            || ledger.reconciliations.last { $0.verdict != .incomplete }?.verdict == .differs
    }

    /// Whether somebody was alarmed about any of this since then.
    func isAlarmed(of words: [String], since: Timestamp) -> Bool {
        ledger.alerts.reversed().prefix { $0.at >= since }.contains { alert in
            words.contains { alert.message.contains($0) }
        }
    }
}

extension Truth {
    /// What a line of a comparison is about; nil: the account, or an order that nobody knows.
    func symbol(of line: ReconciliationLine) -> Symbol? {
        switch line.kind {
        case .position: Symbol(line.subject)
        case .fill: exchange.everFilled[line.subject].flatMap { exchange.orders[$0]?.symbol }
        case .order:
            ClientOrderID(line.subject).flatMap {
                exchange.orders[$0]?.symbol ?? ledger.order($0)?.intent.symbol
            }
        default: nil
        }
    }

    /// Executions of the symbol whose terms at the exchange are others than are booked: what says
    /// so may still be on its way.
    func hasOpenRevision(_ symbol: Symbol) -> Bool {
        let reversed = Set(ledger.fills.compactMap(\.reverses))
        return ledger.fills.contains { fill in
            guard fill.symbol == symbol, fill.reverses == nil, !reversed.contains(fill.executionID)
            else { return false }
            let id = String(Revision.original(fill.executionID))
            guard exchange.everRevised.contains(id) else { return false }
            let real = exchange.fills.first { $0.executionID == id }
            return real?.quantity != fill.quantity || real?.price != fill.price
        }
    }
}

/// What comes late, twice or not at all is found and booked: only what the broker took back, or a
/// disk lost, is left for a person.
struct DifferencesHaveCauses: Invariant {
    let number = 36
    let text = "a true account and the books differ only where rows were lost or taken back"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .writing(.reconciliation(let run)) = fact, run.verdict == .differs,
            truth.honestlyAsked?.run == run.id
        else { return nil }
        // What an order is may be listed late.
        for line in run.lines where line.outcome == .unexplained && line.kind != .order {
            guard let symbol = truth.symbol(of: line), truth.exchange.symbols.contains(symbol)
            else { continue }
            if truth.doubts(symbol) || truth.hasOpenRevision(symbol) { continue }
            return "\(line.subject) (\(symbol)): \(line.books) here, \(line.broker) there, "
                + "for no reason"
        }
        return nil
    }
}

/// A comparison that finds nothing was right, as far as the account is still what was read.
struct MatchesAreTrue: Invariant {
    let number = 37
    let text = "after a comparison that matches the books are the broker's"
    let moment = InvariantMoment.step
    private var newest: (run: String, report: AccountReport)?
    private var matching: ReconciliationRun?

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .told(.account(let answer)):
            newest = nil
            guard case .account(let report) = answer.result, !truth.lies.contains(answer.query.run)
            else { return nil }
            newest = (answer.query.run, report)
        case .writing(.reconciliation(let run)):
            matching = run.verdict == .matches && run.id == newest?.run ? run : nil
        case .written:
            guard let run = matching, let report = newest?.report else { return nil }
            matching = nil
            return difference(run, report, truth)
        case .died: (newest, matching) = (nil, nil)
        default: break
        }
        return nil
    }

    private func difference(
        _ run: ReconciliationRun, _ report: AccountReport, _ truth: Truth
    ) -> String? {
        for (index, symbol) in truth.exchange.symbols.enumerated() {
            let read = report.holdings.first { $0.symbol == symbol }?.quantity ?? .zero
            let broker = truth.exchange.positions[index]
            // Traded since.
            if read != broker { continue }
            let books = Quantity(units: truth.ledger.positions[symbol] ?? 0)
            if books != broker { return "\(run.id) matches, \(symbol): \(books), \(broker) held" }
        }
        guard report.cash == truth.exchange.cash, let books = truth.ledger.balances[.cash],
            let difference = try? books.subtracting(report.cash)
        else { return nil }
        let most = truth.config.execution.reconciliation.cashTolerance
        return difference.magnitude <= most
            ? nil : "\(run.id) matches, cash is \(books) and \(report.cash) at the broker"
    }
}

/// Doubts are borne only as long as a person knows of them.
struct DoubtsAreTold: Invariant {
    let number = 29
    let text = "books that cannot be right are held, suspended or alarmed about"
    let moment = InvariantMoment.day

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        if case .writing(.reconciliation(let run)) = fact { truth.settle(run) }
        return nil
    }

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        // Nobody can know before the next comparison, and none is made without a line.
        let patience = truth.config.execution.reconciliation.every.later(Span(seconds: 1_800))
        guard let up = truth.linkUpSince, truth.stamp - up > Truth.patience,
            !truth.doubts.isEmpty, !truth.isDoubtTold
        else { return nil }
        for doubt in truth.doubts where truth.stamp - max(doubt.since, up) > patience {
            let words = [doubt.symbol.name, doubt.order.text]
            if truth.isAlarmed(of: words, since: doubt.since) { continue }
            return "\(doubt.order) (\(doubt.symbol)) is wrong since \(doubt.since), told to nobody"
        }
        return nil
    }
}
