import Calendar
import Domain
import Execution
import Portfolio
import Primitives

/// Rows that the broker's account proves: booked like any other, with the run that found them.
extension TradingEngine {
    /// A repair that cannot be made is a difference that nobody can explain.
    mutating func repair(
        _ findings: inout ReconciliationFindings, _ books: LedgerExtract,
        _ run: ReconciliationDesk.Run, _ effects: inout [Effect]
    ) throws(EngineError) {
        for order in findingsStrangers(findings) {
            if execution.noteStranger(order, at: now) {
                hold(
                    .identity, .halted, "\(order) at the broker is not what was decided here",
                    &effects)
            }
        }
        for repair in Self.inOrder(findings.repairs) {
            let (kind, subject, symbol) = repair.subject
            switch try make(repair, books, run, &effects) {
            case .done: continue
            case .pending:
                // Nothing moved yet: what is not made is not told of as made.
                findings.lines = findings.lines.map {
                    $0.outcome == .repaired && $0.kind == kind && $0.subject == subject
                        ? ReconciliationLine(
                            kind: kind, subject: subject, books: $0.books, broker: $0.broker,
                            outcome: .noted) : $0
                }
                continue
            case .impossible: break
            }
            findings.lines.removeAll {
                $0.outcome == .repaired && $0.kind == kind && $0.subject == subject
            }
            findings.lines.append(
                ReconciliationLine(
                    kind: kind, subject: subject, books: "cannot be taken in", broker: "there",
                    outcome: .unexplained))
            if let symbol { findings.suspects.insert(symbol) }
        }
        for case .adopt(let order) in findings.repairs {
            if let id = ClientOrderID(order.clientOrderID) { adopted(id, &effects) }
        }
    }

    /// As it happened: what opens a position and its shares come before what reduces it. A stop
    /// comes after the entry that it was sent with, and a fill after its order.
    static func inOrder(_ repairs: [ReconciliationRepair]) -> [ReconciliationRepair] {
        var born: [String: Timestamp] = [:]
        for case .adopt(let order) in repairs { born[order.clientOrderID] = order.submittedAt }
        if born.isEmpty { return repairs }
        let placed = repairs.enumerated().map { offset, repair in
            let (at, rank): (Timestamp, Int) =
                switch repair {
                case .adopt(let order): (order.submittedAt, order.isStop ? 1 : 0)
                case .fill(let fill), .correct(let fill):
                    (max(fill.at, born[fill.clientOrderID] ?? fill.at), 2)
                case .status, .read: (.distantFuture, 3)
                }
            return (at: at, rank: rank, offset: offset, repair: repair)
        }
        return placed.sorted { ($0.at, $0.rank, $0.offset) < ($1.at, $1.rank, $1.offset) }
            .map(\.repair)
    }

    /// Once all is booked: an entry that may not work now, and a stop with nothing to protect, end.
    private mutating func adopted(_ id: ClientOrderID, _ effects: inout [Effect]) {
        guard let order = execution.order(id) else { return }
        cancelWhereForbidden(id, &effects)
        if case .protectiveStop = order.intent.role, portfolio.quantity(order.symbolID).isZero,
            !execution.hasEntry(order.symbolID)
        {
            effects.append(.cancel(id))
        }
    }

    private enum Made {
        case done
        /// The order is read first.
        case pending
        case impossible

        init(_ isDone: Bool) { self = isDone ? .done : .impossible }
    }

    private func findingsStrangers(_ findings: ReconciliationFindings) -> [ClientOrderID] {
        findings.lines.filter { $0.kind == .order && $0.books == "another order" }
            .compactMap { ClientOrderID($0.subject) }
    }

    private mutating func make(
        _ repair: ReconciliationRepair, _ books: LedgerExtract, _ run: ReconciliationDesk.Run,
        _ effects: inout [Effect]
    ) throws(EngineError) -> Made {
        switch repair {
        case .adopt(let order):
            guard let id = register(order.symbol) else { return .impossible }
            let isTaken = execution.adopt(
                order, symbolID: id, held: portfolio.quantity(id),
                opener: portfolio.openLots(id).first?.openedBy,
                dayStart: (session ?? sessionsBegun(days: 8).last)?.open ?? .distantPast, at: now,
                effects: &effects)
            if isTaken, order.status != .open { _ = try follow(order, run, &effects) }
            return Made(isTaken)
        case .fill(let fill):
            guard let order = ClientOrderID(fill.clientOrderID) else { return .impossible }
            if execution.known(order) != nil {
                return Made(try absorb(fill.report(order), foundBy: run.id, &effects))
            }
            guard let id = symbols.id(of: fill.symbol) else { return .impossible }
            let row = Fill(
                executionID: fill.executionID, orderID: order, symbol: fill.symbol,
                side: fill.side, quantity: fill.quantity, price: fill.price, fee: fill.fee,
                at: fill.at, foundBy: run.id)
            try book([row], BookedFor(id, order), &effects)
            return .done
        case .correct(let fill): return Made(try correct(fill, books, run, &effects))
        case .status(let order): return try follow(order, run, &effects)
        case .read(let id):
            execution.demandRead(id, at: now)
            return .done
        }
    }

    /// What became of an order, after its fills.
    private mutating func follow(
        _ order: BrokerOrder, _ run: ReconciliationDesk.Run, _ effects: inout [Effect]
    ) throws(EngineError) -> Made {
        guard let id = ClientOrderID(order.clientOrderID), let own = execution.known(id) else {
            return .impossible
        }
        // Its fills have ended it.
        if own.status.isTerminal { return .done }
        // Shares are missing yet: the order is read until they are found.
        if order.filled > own.filled {
            execution.demandRead(id, at: now)
            return .pending
        }
        guard let event = order.event else {
            let completed = execution.complete(id, with: order, at: now, effects: &effects)
            if let completed { ended(completed, &effects) }
            return Made(completed != nil)
        }
        return Made(
            try absorb(
                BrokerReport(orderID: id, at: now, event: event), foundBy: run.id, &effects))
    }

    private mutating func correct(
        _ fill: BrokerFill, _ books: LedgerExtract, _ run: ReconciliationDesk.Run,
        _ effects: inout [Effect]
    ) throws(EngineError) -> Bool {
        guard let order = ClientOrderID(fill.clientOrderID) else { return false }
        if execution.known(order) != nil {
            let event = BrokerReport.Event.corrected(
                executionID: fill.executionID, quantity: fill.quantity, price: fill.price)
            return try absorb(
                BrokerReport(orderID: order, at: fill.at, event: event), foundBy: run.id, &effects)
        }
        return try revise(
            fill.executionID, of: order, (fill.quantity, fill.price), at: fill.at, books, run.id,
            &effects) != nil
    }

    /// An execution of an order that only the ledger knows is taken back, or booked anew.
    private mutating func revise(
        _ executionID: String, of order: ClientOrderID,
        _ terms: (quantity: Quantity, price: Price)?, at: Timestamp, _ books: LedgerExtract,
        _ run: String, _ effects: inout [Effect]
    ) throws(EngineError) -> [Fill]? {
        let reversed = Set(books.fills.compactMap(\.reverses))
        let standing = books.fills.last {
            $0.orderID == order && $0.reverses == nil && !reversed.contains($0.executionID)
                && Revision.original($0.executionID) == executionID
        }
        guard let standing, let id = symbols.id(of: standing.symbol),
            let rows = standing.revised(terms, at: at, foundBy: run)
        else { return nil }
        try book(rows, BookedFor(id, order), &effects)
        return rows
    }

    // MARK: - Executions taken back late

    /// An execution is taken back that is known here by its id alone, or not at all: its terms are
    /// in the ledger, which comes with the account.
    mutating func postpone(_ report: BrokerReport, _ effects: inout [Effect]) {
        raise(
            "fill-revised", .critical,
            "\(report.orderID): \(report.event); its terms are looked up in the ledger", &effects)
        guard execution.desk.isOn,
            execution.desk.revisions.count < ReconciliationDesk.revisionsMax
        else { return }
        if !execution.desk.revisions.contains(report) { execution.desk.revisions.append(report) }
        compareSoon(&effects)
    }

    /// Takes back what waited for the ledger's terms, so that the comparison sees it done.
    mutating func takeBack(
        _ books: inout LedgerExtract, _ run: String, _ effects: inout [Effect]
    ) throws(EngineError) {
        execution.learn(books.fills)
        let waiting = execution.desk.revisions
        execution.desk.revisions = []
        for report in waiting {
            let executionID: String
            var terms: (quantity: Quantity, price: Price)?
            switch report.event {
            case .busted(let id): executionID = id
            case .corrected(let id, let quantity, let price):
                executionID = id
                terms = (quantity, price)
            default: continue
            }
            if execution.known(report.orderID) != nil {
                let found = books.fills.first { $0.executionID == executionID }
                guard let found else {
                    missing(report, executionID, &effects)
                    continue
                }
                try absorb(report, foundBy: run, &effects)
                if let rows = found.revised(terms, at: report.at, foundBy: run) {
                    books.take(rows)
                }
                continue
            }
            let rows = try revise(
                executionID, of: report.orderID, terms, at: report.at, books, run, &effects)
            if let rows {
                books.take(rows)
            } else {
                missing(report, executionID, &effects)
            }
        }
    }

    private mutating func missing(
        _ report: BrokerReport, _ executionID: String, _ effects: inout [Effect]
    ) {
        raise(
            "fill-revised", .critical,
            "\(report.orderID): \(executionID) is not in the ledger either", &effects)
    }

    /// Orders whose executions wait to be taken back: the ledger is to give their terms.
    package var revisedOrders: Set<String> {
        Set(execution.desk.revisions.map(\.orderID.text))
    }
}

extension BrokerOrder {
    fileprivate var isStop: Bool { if case .stop = type { true } else { false } }
}

extension ReconciliationRepair {
    fileprivate var subject: (ReconciliationLine.Kind, String, Symbol?) {
        switch self {
        case .adopt(let order), .status(let order): (.order, order.clientOrderID, order.symbol)
        case .fill(let fill), .correct(let fill): (.fill, fill.executionID, fill.symbol)
        case .read(let id): (.order, id.text, nil)
        }
    }
}
