import Domain
import Primitives

/// An execution as an order keeps it: to know it again, and to take it back.
struct Execution: Sendable, Equatable {
    let id: String
    /// Zero for one of before a restart: only its id is known then.
    let quantity: Quantity
    let price: Price
    let fee: Money

    init(_ id: String, _ quantity: Quantity, _ price: Price, _ fee: Money) {
        self.id = id
        self.quantity = quantity
        self.price = price
        self.fee = fee
    }

    /// Of before a restart.
    init(_ id: String) { self.init(id, .zero, Price(units: 0), .zero) }

    func fill(
        of order: WorkingOrder, at: Timestamp, reverses: String? = nil, foundBy: String?
    ) -> Fill {
        Fill(
            executionID: id, orderID: order.intent.id, symbol: order.intent.symbol,
            side: order.intent.side, quantity: quantity, price: price, fee: fee, at: at,
            reverses: reverses, foundBy: foundBy)
    }
}

extension WorkingOrder {
    func hasBooked(_ executionID: String) -> Bool {
        executions.contains { $0.id == executionID }
    }
}

/// Executions that the broker takes back or gives other terms: never edited, always by a row that
/// takes back the whole and, for other terms, a row that books them anew.
package enum Revision {
    package static let busted = "-busted"
    package static let corrected = "-corrected"
    /// Corrections of one execution, beyond which something runs in circles.
    static let depthMax = 8

    /// The broker's own id of an execution that was booked here under other terms.
    package static func original(_ id: String) -> Substring {
        var rest = Substring(id)
        while rest.hasSuffix(corrected) { rest = rest.dropLast(corrected.count) }
        return rest
    }
}

extension ExecutionStage {
    /// - Parameter terms: the new ones; nil: there was no such execution.
    mutating func revise(
        _ old: WorkingOrder, _ executionID: String, _ terms: (Quantity, Price)?, at: Timestamp,
        _ foundBy: String?, effects: inout [Effect]
    ) -> ReportOutcome {
        guard let target = newest(of: executionID, in: old) else {
            return .unknownExecution(executionID)
        }
        if target.quantity.isZero { return .unknownExecution(executionID) }
        if old.hasBooked(target.id + Revision.busted) { return .repeated }
        if let terms {
            if terms.0 == target.quantity, terms.1 == target.price { return .repeated }
            // Terms that were overtaken come once more: the account says which are the last.
            if foundBy == nil, hadTerms(terms, executionID, in: old) {
                wantsAccount = config.isOutside
                return .repeated
            }
        }
        guard let back = try? target.quantity.negated(), let fee = try? target.fee.negated(),
            let left = try? old.filled.adding(back), !left.isNegative
        else { return .impossible(old.status) }
        var order = old
        let reversal = Execution(target.id + Revision.busted, back, target.price, fee)
        order.executions.append(reversal)
        order.filled = left
        var fills = [
            reversal.fill(of: old, at: at, reverses: target.id, foundBy: foundBy)
        ]
        if let (quantity, price) = terms {
            let fresh = Execution(
                target.id + Revision.corrected, quantity, price, target.fee)
            guard let corrected = applyFillTotals(order, fresh) else {
                return .impossible(old.status)
            }
            order = corrected
            fills.append(fresh.fill(of: old, at: at, foundBy: foundBy))
        }
        put(order, instead: old)
        let ended = complete(order.intent.id, at: at, effects: &effects)
        return .revised(ended ?? order, fills: fills)
    }

    /// Whether the execution had these terms before its newest correction.
    private func hadTerms(
        _ terms: (Quantity, Price), _ executionID: String, in order: WorkingOrder
    ) -> Bool {
        order.executions.contains {
            Revision.original($0.id) == executionID && $0.quantity == terms.0
                && $0.price == terms.1
        }
    }

    /// The execution as it stands after the corrections so far.
    private func newest(of executionID: String, in order: WorkingOrder) -> Execution? {
        var found = order.executions.first { $0.id == executionID }
        for _ in 0..<Revision.depthMax {
            guard let id = found.map({ $0.id + Revision.corrected }),
                let next = order.executions.first(where: { $0.id == id })
            else { break }
            found = next
        }
        return found
    }

    private mutating func put(_ order: WorkingOrder, instead old: WorkingOrder) {
        let id = order.intent.id
        if orders[id] != nil {
            count(old, order)
            orders[id] = order
        } else if let index = recent.lastIndex(where: { $0.intent.id == id }) {
            recent[index] = order
        }
    }

    /// The terms of executions of before a restart, from the ledger: they can be taken back now.
    package mutating func learn(_ fills: [Fill]) {
        for fill in fills {
            guard var order = known(fill.orderID),
                let index = order.executions.firstIndex(where: { $0.id == fill.executionID }),
                order.executions[index].quantity.isZero
            else { continue }
            order.executions[index] = Execution(
                fill.executionID, fill.quantity, fill.price, fill.fee)
            put(order, instead: order)
        }
    }
}
