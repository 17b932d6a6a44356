// The comparison of broker and books, line by line. Pure: what is proven comes out as a repair,
// what is not as a line that a person has to look at. Nothing is ever deleted here.

import Domain
import Primitives

package struct ReconciliationInput: Sendable {
    package var report: AccountReport
    package var books: LedgerExtract
    /// Of executions that are booked but perhaps not in `books` yet.
    package var knownExecutions: Set<String> = []
    /// Not zero.
    package var positions: [Symbol: Quantity] = [:]
    package var cash = Money.zero
    /// Before it the report says nothing of orders and executions.
    package var since: Timestamp
    /// What all our ids begin with.
    package var prefix: String
    package var cashTolerance: Money
    /// Symbols whose orders changed while the broker was asked: not judged.
    package var busy: Set<Symbol> = []
    /// Ids of the broker's orders that are not what was made here under them.
    package var strangers: Set<String> = []

    package init(
        report: AccountReport, books: LedgerExtract, since: Timestamp, prefix: String,
        cashTolerance: Money
    ) {
        self.report = report
        self.books = books
        self.since = since
        self.prefix = prefix
        self.cashTolerance = cashTolerance
    }
}

/// A row that the broker's answer proves.
package enum ReconciliationRepair: Sendable, Equatable {
    /// Ours at the broker and unknown here.
    case adopt(BrokerOrder)
    case fill(BrokerFill)
    /// An execution that has other terms than were booked.
    case correct(BrokerFill)
    /// What became of an order that works here.
    case status(BrokerOrder)
    /// Not told by the account: the order itself has to be read.
    case read(ClientOrderID)
}

package struct ReconciliationFindings: Sendable, Equatable {
    package var lines: [ReconciliationLine] = []
    /// In the order in which they are to be done.
    package var repairs: [ReconciliationRepair] = []
    /// Nothing is to leave for these.
    package var suspects: Set<Symbol> = []
    package var cashDiffers = false
    package var positionsDiffer = false
    /// Something differs that may have changed while the broker was asked.
    package var isUndecided = false
    package var foreignOrders = 0

    package var hasUnexplained: Bool { lines.contains { $0.outcome == .unexplained } }
    package var hasRepaired: Bool { lines.contains { $0.outcome == .repaired } }

    package init() {}
}

package enum Reconciliation {
    /// Lines of one record.
    package static let linesMax = 200

    package static func compare(_ input: ReconciliationInput) -> ReconciliationFindings {
        var comparison = Comparison(input)
        comparison.adoptOrders()
        comparison.matchFills()
        comparison.findLostFills()
        comparison.matchOrders()
        comparison.findLostOrders()
        comparison.matchPositions()
        comparison.matchCash()
        return comparison.findings
    }

    /// At most `linesMax`; what weighs most stays, and the last one says how much is left out.
    package static func shortened(_ lines: [ReconciliationLine]) -> [ReconciliationLine] {
        guard lines.count > linesMax else { return lines }
        let weighty =
            lines.filter { $0.outcome == .unexplained }
            + lines.filter { $0.outcome == .repaired }
            + lines.filter { $0.outcome == .noted }
        let kept = weighty.prefix(linesMax - 1)
        return kept + [
            ReconciliationLine(
                kind: .order, subject: "more", books: "", broker: "\(lines.count - kept.count)",
                outcome: weighty[linesMax - 1].outcome)
        ]
    }
}

private struct Comparison {
    let input: ReconciliationInput
    var findings = ReconciliationFindings()
    private var local: [String: LedgerExtract.Order] = [:]
    private var adopted: Set<String> = []
    /// Fills that stand, by the broker's own id.
    private var standing: [String: Fill] = [:]
    private var booked: Set<String>
    private var positions: [Symbol: Quantity]
    private var cash: Money
    private var filled: [String: Quantity] = [:]

    init(_ input: ReconciliationInput) {
        self.input = input
        positions = input.positions
        cash = input.cash
        booked = input.knownExecutions
        for order in input.books.orders {
            local[order.id.text] = order
            filled[order.id.text] = order.filled
        }
        let reversed = Set(input.books.fills.compactMap(\.reverses))
        for fill in input.books.fills {
            let original = String(Revision.original(fill.executionID))
            booked.insert(fill.executionID)
            booked.insert(original)
            if fill.reverses == nil, !reversed.contains(fill.executionID) {
                standing[original] = fill
            }
        }
    }

    private func isOurs(_ id: String) -> Bool { OrderIdentity.isOurs(id, start: input.prefix) }

    private mutating func line(
        _ kind: ReconciliationLine.Kind, _ subject: String, _ books: String, _ broker: String,
        _ outcome: ReconciliationLine.Outcome
    ) {
        findings.lines.append(
            ReconciliationLine(
                kind: kind, subject: subject, books: books, broker: broker, outcome: outcome))
    }

    /// A difference that the time of asking may explain.
    private mutating func isBusy(_ symbol: Symbol) -> Bool {
        guard input.busy.contains(symbol) else { return false }
        findings.isUndecided = true
        return true
    }

    // MARK: - Orders

    mutating func adoptOrders() {
        for order in sortedOrders where local[order.clientOrderID] == nil {
            guard isOurs(order.clientOrderID) else {
                findings.foreignOrders += 1
                line(.order, order.clientOrderID, "not ours", order.status.word, .noted)
                continue
            }
            guard ClientOrderID(order.clientOrderID) != nil, order.quantity.isPositive else {
                line(.order, order.clientOrderID, "unknown", order.status.word, .unexplained)
                findings.suspects.insert(order.symbol)
                continue
            }
            adopted.insert(order.clientOrderID)
            filled[order.clientOrderID] = .zero
            findings.repairs.append(.adopt(order))
            line(.order, order.clientOrderID, "unknown", order.status.word, .repaired)
        }
    }

    private var sortedOrders: [BrokerOrder] {
        input.report.orders.sorted {
            ($0.clientOrderID, $0.brokerOrderID) < ($1.clientOrderID, $1.brokerOrderID)
        }
    }

    mutating func matchOrders() {
        for order in sortedOrders {
            guard let own = local[order.clientOrderID] else { continue }
            if input.strangers.contains(order.clientOrderID) {
                line(.order, order.clientOrderID, "another order", order.status.word, .unexplained)
                findings.suspects.insert(order.symbol)
            } else if own.status.isTerminal || own.status == .intent {
                matchEnded(own, order)
            } else {
                matchWorking(own, order)
            }
        }
    }

    private mutating func matchEnded(_ own: LedgerExtract.Order, _ order: BrokerOrder) {
        let isFilled = own.status == .filled && order.filled >= order.quantity
        switch order.status {
        case .open where !isFilled, .unrecognised:
            if isBusy(own.symbol) { return }
            line(.order, own.id.text, own.status.rawValue, order.status.word, .unexplained)
            findings.suspects.insert(own.symbol)
        default: break
        }
    }

    private mutating func matchWorking(_ own: LedgerExtract.Order, _ order: BrokerOrder) {
        switch order.status {
        case .open:
            guard own.status == .unknown else { return }
            findings.repairs.append(.status(order))
            line(.order, own.id.text, own.status.rawValue, order.status.word, .repaired)
        case .unrecognised:
            findings.repairs.append(.read(own.id))
            line(.order, own.id.text, own.status.rawValue, order.status.word, .noted)
        case .filled, .canceled, .expired, .rejected, .replaced:
            findings.repairs.append(.status(order))
            line(.order, own.id.text, own.status.rawValue, order.status.word, .repaired)
        }
    }

    /// What works here and the broker does not list; of what is unknown that proves nothing yet.
    mutating func findLostOrders() {
        let listed = Set(input.report.orders.map(\.clientOrderID))
        let lost = input.books.orders.filter {
            $0.status == .acked && !listed.contains($0.id.text)
        }
        for order in lost.sorted(by: { $0.id < $1.id }) {
            if isBusy(order.symbol) { continue }
            line(.order, order.id.text, order.status.rawValue, "not listed", .unexplained)
            findings.suspects.insert(order.symbol)
            findings.repairs.append(.read(order.id))
        }
    }

    // MARK: - Fills

    mutating func matchFills() {
        let fills = input.report.fills.sorted {
            ($0.at, $0.executionID) < ($1.at, $1.executionID)
        }
        for fill in fills where isOurs(fill.clientOrderID) {
            if let own = standing[fill.executionID] {
                if own.quantity == fill.quantity, own.price == fill.price { continue }
                // The account may be older than what was corrected here meanwhile.
                if !isBusy(own.symbol) { correct(own, fill) }
            } else if booked.insert(fill.executionID).inserted {
                book(fill)
            }
        }
    }

    private mutating func book(_ fill: BrokerFill) {
        let id = fill.clientOrderID
        let isKnown = adopted.contains(id) || local[id]?.symbol == fill.symbol
        let most =
            local[id]?.quantity
            ?? input.report.orders.first { $0.clientOrderID == id }?.quantity
        guard isKnown, fill.quantity.isPositive, fill.price.isPositive,
            let sum = try? (filled[id] ?? .zero).adding(fill.quantity), sum <= most ?? sum,
            align(fill.symbol, fill.side, fill.quantity, fill.price, fill.fee)
        else {
            line(.fill, fill.executionID, "missing", "\(fill.quantity)", .unexplained)
            findings.suspects.insert(fill.symbol)
            return
        }
        filled[id] = sum
        findings.repairs.append(.fill(fill))
        line(.fill, fill.executionID, "missing", "\(fill.quantity) at \(fill.price)", .repaired)
    }

    private mutating func correct(_ own: Fill, _ fill: BrokerFill) {
        let before = "\(own.quantity) at \(own.price)"
        let after = "\(fill.quantity) at \(fill.price)"
        guard fill.quantity.isPositive, fill.price.isPositive,
            let back = try? own.quantity.negated(), let fee = try? own.fee.negated(),
            align(own.symbol, own.side, back, own.price, fee),
            align(own.symbol, own.side, fill.quantity, fill.price, own.fee)
        else {
            line(.fill, fill.executionID, before, after, .unexplained)
            findings.suspects.insert(own.symbol)
            return
        }
        findings.repairs.append(.correct(fill))
        line(.fill, fill.executionID, before, after, .repaired)
    }

    /// Positions and cash as they are once the fill is booked.
    private mutating func align(
        _ symbol: Symbol, _ side: OrderSide, _ quantity: Quantity, _ price: Price, _ fee: Money
    ) -> Bool {
        let signed = Quantity(units: quantity.units &* side.sign)
        guard let position = try? (positions[symbol] ?? .zero).adding(signed),
            let paid = try? price * signed,
            let left = try? cash.subtracting(paid).subtracting(fee)
        else { return false }
        positions[symbol] = position
        cash = left
        return true
    }

    mutating func findLostFills() {
        let listed = Set(input.report.fills.map(\.executionID))
        let lost = standing.filter { $0.value.at > input.since && !listed.contains($0.key) }
        for (_, fill) in lost.sorted(by: { $0.key < $1.key }) {
            if isBusy(fill.symbol) { continue }
            line(.fill, fill.executionID, "\(fill.quantity)", "missing", .unexplained)
        }
    }

    // MARK: - Sums

    mutating func matchPositions() {
        var broker: [Symbol: Quantity] = [:]
        for holding in input.report.holdings where !holding.quantity.isZero {
            broker[holding.symbol] = holding.quantity
        }
        for symbol in Set(positions.keys).union(broker.keys).sorted() {
            let own = positions[symbol] ?? .zero
            let theirs = broker[symbol] ?? .zero
            if own == theirs || isBusy(symbol) { continue }
            line(.position, symbol.name, "\(own)", "\(theirs)", .unexplained)
            findings.positionsDiffer = true
            findings.suspects.insert(symbol)
        }
    }

    mutating func matchCash() {
        guard cash != input.report.cash else { return }
        let difference = (try? cash.subtracting(input.report.cash).magnitude) ?? Money(units: .max)
        let isSmall = difference <= input.cashTolerance
        if !isSmall, !input.busy.isEmpty {
            findings.isUndecided = true
            return
        }
        line(
            .cash, "cash", "\(cash)", "\(input.report.cash)", isSmall ? .noted : .unexplained)
        findings.cashDiffers = !isSmall
    }
}

extension BrokerOrder.Status {
    /// For the record of a comparison.
    package var word: String {
        switch self {
        case .open: "open"
        case .filled: "filled"
        case .canceled: "canceled"
        case .expired: "expired"
        case .rejected: "rejected"
        case .replaced: "replaced"
        case .unrecognised(let word): word
        }
    }
}
