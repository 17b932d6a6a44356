import Domain
import Primitives

/// What the books say. Reading costs a few additions at most; only `positions` walks the symbols.
extension Portfolio {
    /// The capital as it was booked; zero before that.
    package var capital: Money { totals.capital }
    package var cash: Money { totals.cash }
    /// cash + Σ quantity × mark
    package var equity: Money { totals.equity }
    /// Σ |quantity × mark|
    package var exposure: Money { totals.exposure }
    /// Σ of the closed trades' P&L, after both sides' fees.
    package var realizedPnL: Money { totals.realized }
    /// Σ of the gains of closed lots before fees: the realized account with the sign turned.
    package var realizedGross: Money { totals.realizedGross }
    /// All fees booked, also those of lots still open.
    package var fees: Money { totals.fees }

    /// Signed; zero for a symbol that is not held or not known.
    package func quantity(_ id: SymbolID) -> Quantity {
        id.index < slots.count ? slots[id.index].quantity : .zero
    }

    /// The last price given to `mark`.
    package func mark(of id: SymbolID) -> Price? {
        id.index < slots.count ? slots[id.index].mark : nil
    }

    /// The open lots of a symbol, oldest first.
    package func openLots(_ id: SymbolID) -> [Lot] {
        id.index < lots.count ? lots[id.index] : []
    }

    /// Nil when nothing is held.
    package func position(_ id: SymbolID) -> Position? {
        guard id.index < slots.count, let symbol = symbols[id.index],
            let oldest = lots[id.index].first
        else { return nil }
        let slot = slots[id.index]
        let average = slot.cost.price(per: slot.quantity).flatMap { $0.isPositive ? $0 : nil }
        let unrealized = slot.mark == nil ? nil : try? slot.value.subtracting(slot.cost)
        return Position(
            symbol: symbol, quantity: slot.quantity, cost: slot.cost, averagePrice: average,
            openedAt: oldest.openedAt, entryOrder: oldest.openedBy, mark: slot.mark,
            marketValue: slot.value, unrealized: unrealized)
    }

    /// All open positions, by symbol.
    package var positions: [Position] {
        slots.indices.compactMap { position(SymbolID(index: $0)) }
            .sorted { $0.symbol < $1.symbol }
    }

    package func snapshot(at: Timestamp, isSessionClose: Bool) -> EquitySnapshot {
        EquitySnapshot(
            at: at, equity: equity, cash: cash, exposure: exposure,
            openPositions: openPositionCount, isSessionClose: isSessionClose)
    }
}
