import Domain
import Primitives

/// The books: fills in, double-entry postings, first-in-first-out lots and closed trades out, and
/// the account's figures at the last known prices.
///
/// Invariants, after every call:
/// - the postings of one execution sum to zero, and no call leaves a part of them;
/// - Σ signed fills of a symbol = its position = Σ of its lots;
/// - Σ of a symbol's lot costs = the balance of its securities account;
/// - equity = capital + realized gains + unrealized gains - fees, exactly;
/// - an amount that cannot be represented throws before anything has changed.
package struct Portfolio: Sendable, Equatable {
    /// What `mark` touches: two words of the symbol, nothing else when nothing is held.
    struct Slot: Sendable, Equatable {
        var mark: Price?
        var quantity = Quantity.zero
        /// `quantity` as a count of whole shares; zero when it has a fraction.
        var wholeShares: Int64 = 0
        var cost = Money.zero
        /// quantity × mark; the cost until there is a mark.
        var value = Money.zero

        mutating func hold(_ quantity: Quantity) {
            self.quantity = quantity
            let (whole, rest) = quantity.units.quotientAndRemainder(dividingBy: Quantity.scale)
            wholeShares = rest == 0 ? whole : 0
        }

        func worth(at price: Price) throws(DecimalError) -> Money {
            guard wholeShares != 0 else { return try price * quantity }
            let (units, overflow) = price.units.multipliedReportingOverflow(by: wholeShares)
            if overflow { throw .overflow }
            return Money(units: units)
        }
    }

    package let config: PortfolioConfig
    /// By `SymbolID.index`, all three.
    var slots: [Slot] = []
    var lots: [[Lot]] = []
    var symbols: [Symbol?] = []
    var totals = Totals()
    package internal(set) var isOpened = false
    package internal(set) var openPositionCount = 0
    /// How often a position came back to zero or went through it, since this value was made.
    package private(set) var roundTrips = 0

    /// Empty books: nothing is in them until `open`.
    package init(_ config: PortfolioConfig) { self.config = config }

    // MARK: Booking

    /// Books the opening capital: once; empty when it was booked already or is zero.
    ///
    /// - Parameter account: what is really there, where a broker says so; nil: as configured.
    package mutating func open(at: Timestamp, with account: Money? = nil) -> [LedgerEntry] {
        let capital = account ?? config.capital
        var next = totals
        guard !isOpened, !capital.isZero, let credit = try? capital.negated(),
            let cash = try? totals.cash.adding(capital)
        else { return [] }
        (next.capital, next.cash) = (capital, cash)
        guard (try? next.settle()) != nil else { return [] }
        totals = next
        isOpened = true
        return [
            .postings([
                Posting(cause: "opening", account: .cash, amount: capital, at: at),
                Posting(cause: "opening", account: .capital, amount: credit, at: at),
            ])
        ]
    }

    /// Makes room for a symbol. Must come before its first `mark`; may come again.
    package mutating func register(_ symbol: Symbol, _ id: SymbolID) {
        while slots.count <= id.index {
            slots.append(Slot())
            lots.append([])
            symbols.append(nil)
        }
        symbols[id.index] = symbol
    }

    /// Books an execution, each of them once: that is the caller's promise.
    ///
    /// - Parameters:
    ///   - fill: quantity and price positive; a quantity of zero books its fee alone. One that
    ///     `reverses` another has its quantity and fee negated: position and cash are then as if
    ///     that had never been, and shares it opened leave the lot they opened.
    ///   - reason: of the order that this fill belongs to; kept with the trades it closes.
    ///   - entries: gets the postings, the lots that changed and the closed trades, in this order.
    /// - Returns: the trades that were closed, oldest lot first.
    /// - Throws: `overflow`; then neither the books nor `entries` have changed.
    package mutating func apply(
        _ fill: Fill, symbol id: SymbolID, reason: TradeReason, entries: inout [LedgerEntry]
    ) throws(DecimalError) -> [ClosedTrade] {
        let isKnown = id.index < slots.count
        let old = isKnown ? slots[id.index] : Slot()
        let booking = try Booking(of: fill, onto: isKnown ? lots[id.index] : [], reason: reason)
        let postings = try booking.postings(of: fill)

        var slot = old
        let quantity = try old.quantity.adding(booking.quantity)
        guard quantity.units != .min else { throw .overflow }
        slot.hold(quantity)
        slot.cost = try old.cost.adding(booking.costDelta)
        slot.value = if let mark = slot.mark { try slot.worth(at: mark) } else { slot.cost }

        var next = totals
        next.cash = try next.cash.subtracting(booking.amount).subtracting(fill.fee)
        next.cost = try next.cost.adding(booking.costDelta)
        next.realizedGross = try next.realizedGross.adding(booking.gain)
        next.realized = try next.realized.adding(booking.pnl)
        next.fees = try next.fees.adding(fill.fee)
        try next.revalue(from: old.value, to: slot.value)
        try next.settle()

        // From here on nothing can fail.
        if !isKnown || symbols[id.index] == nil { register(fill.symbol, id) }
        totals = next
        slots[id.index] = slot
        if fill.reverses == nil {
            replaceLots(of: id, by: booking)
        } else {
            replaceAnyLots(of: id, by: booking)
        }
        count(from: old.quantity, to: quantity)
        if !postings.isEmpty { entries.append(.postings(postings)) }
        for lot in booking.changedLots { entries.append(.lot(lot)) }
        for trade in booking.trades { entries.append(.closedTrade(trade)) }
        return booking.trades
    }

    private mutating func replaceLots(of id: SymbolID, by booking: Booking) {
        lots[id.index].removeFirst(booking.closedLots)
        if let reduced = booking.reducedLot { lots[id.index][0] = reduced }
        if let opened = booking.openedLot { insert(opened, of: id) }
    }

    /// As above, where the lots that were closed need not be the oldest.
    private mutating func replaceAnyLots(of id: SymbolID, by booking: Booking) {
        for lot in booking.changedLots where lot.id != booking.openedLot?.id {
            guard let index = lots[id.index].firstIndex(where: { $0.id == lot.id }) else {
                continue
            }
            if lot.quantity.isZero {
                lots[id.index].remove(at: index)
            } else {
                lots[id.index][index] = lot
            }
        }
        if let opened = booking.openedLot { insert(opened, of: id) }
    }

    /// By time of opening, as a ledger gives them back: a report that came late is not younger for
    /// that.
    mutating func insert(_ lot: Lot, of id: SymbolID) {
        let older = lots[id.index].lastIndex { $0.openedAt <= lot.openedAt }
        lots[id.index].insert(lot, at: older.map { $0 + 1 } ?? 0)
    }

    private mutating func count(from old: Quantity, to new: Quantity) {
        if old.isZero != new.isZero { openPositionCount += new.isZero ? -1 : 1 }
        if !old.isZero, new.units.signum() != old.units.signum() { roundTrips += 1 }
    }

    // MARK: Marking

    /// The symbol's last price. One that is not positive is no price and changes nothing.
    ///
    /// - Throws: `overflow` when the account's worth cannot be represented; nothing has changed.
    package mutating func mark(_ id: SymbolID, _ price: Price) throws(DecimalError) {
        if slots[id.index].quantity.isZero {
            if price.isPositive { slots[id.index].mark = price }
            return
        }
        try markHeld(id, price)
    }

    private mutating func markHeld(_ id: SymbolID, _ price: Price) throws(DecimalError) {
        guard price.isPositive else { return }
        let old = slots[id.index].value
        let new = try slots[id.index].worth(at: price)
        try totals.mark(from: old, to: new)
        slots[id.index].mark = price
        slots[id.index].value = new
    }
}
