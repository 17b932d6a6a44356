import Domain
import Execution
import Primitives

/// The market inside: takes orders, fills them from bars, and answers with broker reports. The
/// paper broker of `run` and the venue of `backtest` are this same value.
///
/// Assumptions, all of them on the cautious side:
/// - An order is live for bars that start at or after its submission, never for the bar it was
///   decided on.
/// - Market orders fill at the open, moved against the taker by the slippage. A limit must be
///   penetrated, a touch is no fill; it fills at its price, or at the open when that is better.
///   A stop fills at its price, or at the open when the market gapped through it, with slippage.
/// - At most `participation` of a bar's volume fills, stops first; the rest waits for the next
///   bar. A stop reached by a bar that leaves nothing to fill is looked at again at the next.
/// - A bar fills only if it is newer than those before: what is corrected or comes late is past.
/// - A protective stop is live from its entry's first share, in the same bar, for the shares held.
/// - A day order ends at the close of the first session in which it was live.
package struct SimulatedVenue: Broker, Sendable {
    struct Order: Sendable {
        let ticket: OrderTicket
        let id: ClientOrderID
        let side: OrderSide
        let type: OrderType
        var remaining: Quantity
        var filled = Quantity.zero
        /// Bars that start earlier are not for this order.
        var activeFrom: Timestamp
        let submittedAt: Timestamp
        var hasSeenBar = false
        /// A stop that was reached fills like a market order from then on.
        var isTriggered = false
        /// For a protective stop: its entry, while that is alive.
        var parent: ClientOrderID?
        var isDay: Bool { ticket.timeInForce == .day && !isProtective }
        let isProtective: Bool
    }

    package let config: VenueConfig
    var books: [[Order]] = []
    /// By `SymbolID.index`: start of the newest bar that met an order.
    private var newest: [Timestamp] = []
    private var symbolOf: [ClientOrderID: SymbolID] = [:]
    /// Answers not yet taken, oldest first.
    package var reports: [BrokerReport] = []
    /// Answers to questions; taken after the reports.
    var answers: [InputEvent] = []
    /// What came of the fills, kept apart from the books of the engine.
    var account = VenueAccount()

    package init(_ config: VenueConfig) { self.config = config }

    package mutating func register(count: Int) {
        while books.count < count {
            books.append([])
            newest.append(.distantPast)
        }
    }

    package mutating func takeAnswers() -> [InputEvent] {
        if reports.isEmpty && answers.isEmpty { return [] }
        defer {
            reports.removeAll(keepingCapacity: true)
            answers.removeAll(keepingCapacity: true)
        }
        return reports.map { .broker($0) } + answers
    }

    package var openOrderCount: Int { symbolOf.count }

    // MARK: - Broker

    package mutating func submit(_ ticket: OrderTicket, at now: Timestamp) {
        if symbolOf[ticket.id] != nil || account.hasEnded(ticket.id.text) {
            reports.append(BrokerReport(orderID: ticket.id, at: now, event: .duplicate))
            return
        }
        let index = ticket.symbolID.index
        books[index].append(
            Order(
                ticket: ticket, id: ticket.id, side: ticket.side, type: ticket.type,
                remaining: ticket.quantity, activeFrom: now, submittedAt: now,
                isProtective: false))
        accept(ticket.id, ticket.symbolID, at: now)
        if let stop = ticket.protectiveStop {
            books[index].append(
                Order(
                    ticket: ticket, id: stop.id, side: ticket.side.opposite,
                    type: .stop(stop.price), remaining: .zero, activeFrom: now, submittedAt: now,
                    parent: ticket.id, isProtective: true))
            accept(stop.id, ticket.symbolID, at: now)
        }
    }

    private mutating func accept(_ id: ClientOrderID, _ symbol: SymbolID, at now: Timestamp) {
        symbolOf[id] = symbol
        reports.append(
            BrokerReport(orderID: id, at: now, event: .accepted(brokerOrderID: "paper-" + id.text)))
    }

    package mutating func cancel(_ id: ClientOrderID, at now: Timestamp) {
        guard let symbol = symbolOf[id],
            let slot = books[symbol.index].firstIndex(where: { $0.id == id })
        else { return }
        end(slot, symbol, .canceled(reason: "requested"), at: now)
    }

    // MARK: - Market

    /// Fills what the bar fills. Reports wait in `reports`.
    /// - Parameter now: when the bar is known.
    package mutating func take(_ bar: Bar, at now: Timestamp) {
        if books[bar.symbol.index].isEmpty { return }
        match(bar, at: now)
    }

    private mutating func match(_ bar: Bar, at now: Timestamp) {
        guard bar.start > newest[bar.symbol.index] else { return }
        newest[bar.symbol.index] = bar.start
        var available = volumeLimit(bar)
        offer(bar, at: now, toStops: true, &available)
        // Once more for the shares that were bought in this very bar.
        if offer(bar, at: now, toStops: false, &available) {
            offer(bar, at: now, toStops: true, &available)
        }
    }

    /// Fills the symbol's protective stops, or its other orders, in the order of their submission.
    /// - Returns: whether any was filled.
    @discardableResult
    private mutating func offer(
        _ bar: Bar, at now: Timestamp, toStops: Bool, _ available: inout Quantity
    ) -> Bool {
        let index = bar.symbol.index
        var hasFilled = false
        var slot = 0
        while slot < books[index].count {
            let order = books[index][slot]
            guard order.isProtective == toStops, order.activeFrom <= bar.start,
                order.remaining.isPositive
            else {
                slot += 1
                continue
            }
            books[index][slot].hasSeenBar = true
            guard let terms = terms(order, bar, at: now), !available.isZero else {
                slot += 1
                continue
            }
            if case .stop = order.type { books[index][slot].isTriggered = true }
            let quantity = min(order.remaining, available)
            available = (try? available.subtracting(quantity)) ?? .zero
            fill(slot, quantity, terms, bar)
            hasFilled = true
            let isDone = books[index][slot].remaining.isZero
            if isDone && !hasLivingParent(order, index) {
                finish(slot, bar.symbol, at: terms.at)
            } else {
                slot += 1
            }
        }
        return hasFilled
    }

    private func hasLivingParent(_ order: Order, _ index: Int) -> Bool {
        guard let parent = order.parent else { return false }
        return books[index].contains { $0.id == parent }
    }

    private func volumeLimit(_ bar: Bar) -> Quantity {
        guard let share = config.participation else { return Quantity(units: .max) }
        let shares = (Double(bar.volume.shares) * share).rounded(.down)
        return shares < 9e9 ? Quantity(whole: Int64(shares)) : Quantity(units: .max)
    }

    private struct Terms {
        var price: Price
        var at: Timestamp
    }

    /// At what price and when the bar fills the order; nil when it does not.
    private func terms(_ order: Order, _ bar: Bar, at now: Timestamp) -> Terms? {
        let isBuy = order.side == .buy
        switch order.type {
        case .market:
            return Terms(price: slipped(bar.open, isBuy), at: bar.start)
        case .stop(let stop):
            // Also for an entry that filled at this very open: it has gapped through its stop.
            let opened = isBuy ? bar.open >= stop : bar.open <= stop
            if order.isTriggered || opened {
                return Terms(price: slipped(bar.open, isBuy), at: bar.start)
            }
            let reached = isBuy ? bar.high >= stop : bar.low <= stop
            return reached ? Terms(price: slipped(stop, isBuy), at: now) : nil
        case .limit(let limit):
            if isBuy ? bar.open < limit : bar.open > limit {
                return Terms(price: bar.open, at: bar.start)
            }
            let penetrated = isBuy ? bar.low < limit : bar.high > limit
            return penetrated ? Terms(price: limit, at: now) : nil
        }
    }

    private func slipped(_ price: Price, _ isBuy: Bool) -> Price {
        let points = isBuy ? config.slippageBasisPoints : -config.slippageBasisPoints
        guard let moved = try? price.moved(basisPoints: points), moved.isPositive else {
            return price
        }
        return moved
    }

    private mutating func fill(_ slot: Int, _ quantity: Quantity, _ terms: Terms, _ bar: Bar) {
        let index = bar.symbol.index
        var order = books[index][slot]
        let isFirst = order.filled.isZero
        order.remaining = (try? order.remaining.subtracting(quantity)) ?? .zero
        order.filled = (try? order.filled.adding(quantity)) ?? order.filled
        order.activeFrom = bar.start + Span(nanoseconds: 1)
        books[index][slot] = order
        let execution = BrokerFill(
            // One fill per order and bar, so the bar's start makes the id unique, and the same
            // market gives the same id after a restart.
            executionID: order.id.text + "-" + String(bar.start.nanoseconds),
            clientOrderID: order.id.text, symbol: order.ticket.symbol, side: order.side,
            quantity: quantity, price: terms.price, fee: fee(terms.price, quantity, isFirst),
            at: terms.at)
        account.take(execution, index)
        reports.append(execution.report(order.id))
        if !order.isProtective { growStop(of: order.id, index, by: quantity) }
    }

    private func fee(_ price: Price, _ quantity: Quantity, _ isFirst: Bool) -> Money {
        var fee = isFirst ? config.feePerOrder : .zero
        if config.feeBasisPoints > 0, let notional = try? price * quantity,
            let share = try? multiplyDivide(notional.units, config.feeBasisPoints, 10_000)
        {
            fee = (try? fee.adding(Money(units: share))) ?? fee
        }
        return fee
    }

    private mutating func growStop(
        of entry: ClientOrderID, _ index: Int, by quantity: Quantity
    ) {
        guard let slot = books[index].firstIndex(where: { $0.parent == entry }) else { return }
        let grown = try? books[index][slot].remaining.adding(quantity)
        books[index][slot].remaining = grown ?? books[index][slot].remaining
    }

    /// The session is over: day orders that were live in it expire.
    ///
    /// - Parameter expiresUnseen: also those that met no bar (a calendar that knows its closes).
    package mutating func closeSession(at close: Timestamp, expiresUnseen: Bool) {
        for index in books.indices where !books[index].isEmpty {
            let symbol = SymbolID(index: index)
            var slot = 0
            while slot < books[index].count {
                let order = books[index][slot]
                let wasLive = order.hasSeenBar || (expiresUnseen && order.submittedAt < close)
                if order.isDay && wasLive {
                    end(slot, symbol, .expired, at: close)
                    slot = 0
                } else {
                    slot += 1
                }
            }
        }
    }

    // MARK: - Ends

    /// A filled order needs no further report; its stop may now end when nothing is left.
    private mutating func finish(_ slot: Int, _ symbol: SymbolID, at now: Timestamp) {
        let order = books[symbol.index].remove(at: slot)
        symbolOf[order.id] = nil
        let isWhole = order.filled >= order.ticket.quantity
        account.end(
            order.shown(isWhole ? .filled : .canceled), at: now)
        endOrphan(of: order, symbol, at: now)
        if order.isProtective, !isWhole {
            reports.append(
                BrokerReport(
                    orderID: order.id, at: now,
                    event: .canceled(reason: "every share held was sold")))
        }
    }

    private mutating func end(
        _ slot: Int, _ symbol: SymbolID, _ event: BrokerReport.Event, at now: Timestamp
    ) {
        let order = books[symbol.index].remove(at: slot)
        symbolOf[order.id] = nil
        account.end(order.shown(event == .expired ? .expired : .canceled), at: now)
        reports.append(BrokerReport(orderID: order.id, at: now, event: event))
        endOrphan(of: order, symbol, at: now)
    }

    /// The stop of an entry that ended with no share left to protect goes with it.
    private mutating func endOrphan(of entry: Order, _ symbol: SymbolID, at now: Timestamp) {
        guard !entry.isProtective,
            let slot = books[symbol.index].firstIndex(where: { $0.parent == entry.id })
        else { return }
        if books[symbol.index][slot].remaining.isZero {
            end(slot, symbol, .canceled(reason: "nothing to protect"), at: now)
        } else {
            books[symbol.index][slot].parent = nil
        }
    }

    // MARK: - Restart

    /// Takes back an order that this venue had acknowledged: its memory is the ledger.
    ///
    /// - Parameters:
    ///   - held: for a protective stop, the shares it protects now.
    ///   - parent: for a protective stop, its entry, where that is still alive.
    ///   - newestBar: start of the newest bar of the symbol taken before the restart.
    package mutating func restore(
        _ ticket: OrderTicket, from open: LedgerState.OpenOrder, protecting held: Quantity?,
        parent: ClientOrderID?, newestBar: Timestamp?, at now: Timestamp
    ) {
        if let held, held.isZero, parent == nil {
            reports.append(
                BrokerReport(
                    orderID: ticket.id, at: now, event: .canceled(reason: "nothing to protect")))
            return
        }
        let rest = (try? ticket.quantity.subtracting(open.filledQuantity)) ?? .zero
        var order = Order(
            ticket: ticket, id: ticket.id, side: ticket.side, type: ticket.type,
            remaining: held ?? rest, activeFrom: open.intent.createdAt,
            submittedAt: open.intent.createdAt, parent: parent, isProtective: held != nil)
        order.filled = open.filledQuantity
        if let newestBar {
            order.hasSeenBar = newestBar >= order.activeFrom && order.remaining.isPositive
            newest[ticket.symbolID.index] = newestBar
        }
        // The execution id ends in the start of the bar that it came from.
        if let digits = open.lastExecutionID?.split(separator: "-").last,
            let start = Int64(digits), start < .max
        {
            order.activeFrom = Timestamp(nanoseconds: start) + Span(nanoseconds: 1)
            order.hasSeenBar = true
            if case .stop = ticket.type { order.isTriggered = true }
        }
        books[ticket.symbolID.index].append(order)
        symbolOf[ticket.id] = ticket.symbolID
    }
}
