import Domain
import Primitives

/// Why stored books cannot be gone on with. All of them halt: they mean a damaged ledger.
package enum PortfolioError: Error, Equatable, Sendable, CustomStringConvertible {
    case unbalanced(sum: String)
    case lotsDisagree(Symbol, lots: Money, balance: Money)
    case lotInvalid(id: String)
    case symbolRefused(Symbol)
    case overflow

    package var description: String {
        switch self {
        case .unbalanced(let sum): "the ledger's postings sum to \(sum), not to zero"
        case .lotsDisagree(let symbol, let lots, let balance):
            "the open lots of \(symbol) cost \(lots), but its securities account holds \(balance)"
        case .lotInvalid(let id):
            "the open lot \(id) has no quantity, or another sign than the older lots"
        case .symbolRefused(let symbol):
            "\(symbol) is held, but there is no room for another symbol"
        case .overflow: "the ledger's sums are outside ±9,223,372,036.85"
        }
    }
}

extension Portfolio {
    /// The books as they were stored, checked. Positions are worth their cost until marked.
    ///
    /// - Parameter symbolID: gives the id under which a symbol is to be held.
    package init(
        _ config: PortfolioConfig, restoring state: LedgerState,
        symbolID: (Symbol) -> SymbolID?
    ) throws(PortfolioError) {
        self.init(config)
        let sum = state.balances.values.reduce(Int128(0)) { $0 + Int128($1.units) }
        guard sum == 0 else {
            throw .unbalanced(
                sum: Int64(exactly: sum).map { Money(units: $0).description } ?? "\(sum)e-9")
        }
        for lot in state.lots { try restore(lot, symbolID) }
        try checkSecurities(state)
        do throws(DecimalError) { try restoreTotals(state) } catch { throw .overflow }
        isOpened = state.balances[.capital] != nil
    }

    private mutating func restore(
        _ lot: Lot, _ symbolID: (Symbol) -> SymbolID?
    ) throws(PortfolioError) {
        guard let id = symbolID(lot.symbol) else { throw .symbolRefused(lot.symbol) }
        register(lot.symbol, id)
        var slot = slots[id.index]
        guard !lot.quantity.isZero, lot.quantity.units != .min,
            slot.quantity.isZero || slot.quantity.isNegative == lot.quantity.isNegative
        else { throw .lotInvalid(id: lot.id) }
        if slot.quantity.isZero { openPositionCount += 1 }
        do throws(DecimalError) {
            slot.hold(try slot.quantity.adding(lot.quantity))
            slot.cost = try slot.cost.adding(lot.cost)
        } catch { throw .overflow }
        guard slot.quantity.units != .min else { throw .overflow }
        slot.value = slot.cost
        slots[id.index] = slot
        insert(lot, of: id)
    }

    private func checkSecurities(_ state: LedgerState) throws(PortfolioError) {
        var costs: [Symbol: Money] = [:]
        for (index, slot) in slots.enumerated() {
            if let symbol = symbols[index] { costs[symbol] = slot.cost }
        }
        // Into a table that is walked sorted below: in any order.
        for case .securities(let symbol) in state.balances.keys where costs[symbol] == nil {
            costs[symbol] = .zero
        }
        for (symbol, cost) in costs.sorted(by: { $0.key < $1.key }) {
            let balance = state.balances[.securities(symbol)] ?? .zero
            guard cost == balance else {
                throw .lotsDisagree(symbol, lots: cost, balance: balance)
            }
        }
    }

    private mutating func restoreTotals(_ state: LedgerState) throws(DecimalError) {
        var next = Totals()
        next.capital = try (state.balances[.capital] ?? .zero).negated()
        next.cash = state.balances[.cash] ?? .zero
        next.realizedGross = try (state.balances[.realized] ?? .zero).negated()
        next.fees = state.balances[.fees] ?? .zero
        next.realized = state.realizedPnL
        for slot in slots where !slot.quantity.isZero {
            next.cost = try next.cost.adding(slot.cost)
            try next.revalue(from: .zero, to: slot.value)
        }
        try next.settle()
        totals = next
    }
}
