// Execution: approvals become intents, intents become tickets, reports move orders.
//
// ApprovedOrder, BrokerReport -> effects (records first, then submit or cancel), fills
//
// Invariants: one decision makes at most one order, under an id that is a function of its cause;
// an intent is recorded before it is submitted; per symbol at most one entry, one exit and one
// protective stop are alive; an exit leaves only after the stop that holds its shares is gone;
// a reservation is held until its order is terminal; unknown is never terminal.

import Domain
import Primitives
import Risk

/// An order as this process knows it.
package struct WorkingOrder: Sendable, Equatable {
    /// Why what it closes is closed: booked with the trade.
    package var closingReason: TradeReason {
        switch intent.role {
        case .entry: .external
        case .exit(let reason): reason
        case .protectiveStop: .stop
        }
    }

    /// An intent never changes and holds ten strings: shared, so that a copy of the order counts
    /// one reference. With `move` in place this took 0.05 s off the 0.5 s of a million bars.
    private final class Shared: Sendable, Equatable {
        let intent: OrderIntent
        init(_ intent: OrderIntent) { self.intent = intent }
        static func == (a: Shared, b: Shared) -> Bool { a === b || a.intent == b.intent }
    }

    private let shared: Shared
    package var intent: OrderIntent { shared.intent }
    package let symbolID: SymbolID
    package internal(set) var status: OrderStatus
    package internal(set) var brokerOrderID: String?
    package internal(set) var filled = Quantity.zero
    /// Those already booked: the same fill twice is one fill.
    var executions: [Execution] = []

    init(intent: OrderIntent, symbolID: SymbolID, status: OrderStatus) {
        shared = Shared(intent)
        self.symbolID = symbolID
        self.status = status
    }

    package var remaining: Quantity { (try? intent.quantity.subtracting(filled)) ?? .zero }

    package var isUnfilledEntry: Bool { intent.role.isEntry && filled.isZero && !status.isTerminal }

    /// The part of the reservation that the unfilled shares still need.
    var reserved: Money {
        guard !status.isTerminal, intent.reservation.isPositive else { return .zero }
        return (try? intent.reservation.prorated(remaining, of: intent.quantity)) ?? .zero
    }
}

/// What a report did.
package enum ReportOutcome: Sendable, Equatable {
    /// Moved the order; `fill` is set when shares changed hands.
    case applied(WorkingOrder, fill: Fill?)
    /// Known already: the same execution or acknowledgement once more.
    case repeated
    /// Executions were taken back or booked anew.
    case revised(WorkingOrder, fills: [Fill])
    /// No order of that id is alive or recent.
    case unknownOrder
    /// An execution is to be taken back that is not known here, or only by its id.
    case unknownExecution(String)
    /// The order table has no such step.
    case impossible(OrderStatus)
}

/// What the last gate says of an order.
package enum Admission: Sendable, Equatable {
    case sends
    /// Something that goes away by itself is in the way.
    case waits
    case lapses(reason: String)
}

package enum ExecutionError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooManyOrders(limit: Int)
    case prefixUnusable(String)

    package var description: String {
        switch self {
        case .tooManyOrders(let limit): "\(limit) orders are open; no further entry is taken"
        case .prefixUnusable(let prefix): "“\(prefix)” cannot stand in an order id"
        }
    }
}

package struct ExecutionStage: Sendable {
    package let config: ExecutionConfig

    struct Slots: Sendable {
        var entry: ClientOrderID?
        var exit: ClientOrderID?
        var stop: ClientOrderID?
        /// Where the newest protective stop of the position rests or rested.
        var stopPrice: Price?
        /// The stop whose cancel was asked for last; kept outside only.
        var givenUp: ClientOrderID?
        /// When something last happened to the symbol's orders; kept outside only.
        var touched = Timestamp.distantPast
    }

    var orders: [ClientOrderID: WorkingOrder] = [:]
    var slots: [Slots] = []
    /// `Slots.stopPrice` where no stop rests: what no order that is alive says after a restart.
    package internal(set) var lostStops: [Symbol: Price] = [:]
    /// Terminal orders of late: a fill may arrive after a cancel.
    var recent = RingBuffer<WorkingOrder>(capacity: 64)
    /// Times of the newest intents, for the limit per minute.
    var intentTimes = RingBuffer<Timestamp>(capacity: 1_024)
    package internal(set) var ordersToday = 0
    /// Entries that are alive and without a fill.
    private var unfilledEntries = 0
    /// What all working orders may still cost; saturates rather than fails.
    package private(set) var reserved = Money.zero
    /// Orders that are unknown, the stops that travel with them included.
    private(set) var unknowns = 0

    /// The connection to a broker outside stands.
    package var isLinked = false
    /// Spans that were measured by it count.
    var isClockTrusted = true
    package var breaker: CircuitBreaker
    package var desk: ReconciliationDesk
    var inquiries: [ClientOrderID: Inquiry] = [:]
    /// Something contradicts itself that only the account can settle.
    var wantsAccount = false
    /// When something of the above is due; set by `schedule`.
    package internal(set) var due = Timestamp.distantFuture

    package init(_ config: ExecutionConfig) {
        self.config = config
        breaker = CircuitBreaker(config.breaker, seed: config.idPrefix)
        desk = ReconciliationDesk(config.reconciliation, isOutside: config.isOutside)
    }

    package mutating func register(count: Int) {
        while slots.count < count { slots.append(Slots()) }
    }

    package mutating func startDay() { ordersToday = 0 }

    // MARK: - Questions

    package func order(_ id: ClientOrderID) -> WorkingOrder? { orders[id] }

    /// Entries and exits of the symbol that are not terminal; protective stops do not count.
    package func workingOrders(_ id: SymbolID) -> Int {
        let slot = slots[id.index]
        return (slot.entry == nil ? 0 : 1) + (slot.exit == nil ? 0 : 1)
    }

    package func hasExit(_ id: SymbolID) -> Bool { slots[id.index].exit != nil }
    package func entry(_ id: SymbolID) -> WorkingOrder? {
        slots[id.index].entry.flatMap { orders[$0] }
    }

    package func hasEntry(_ id: SymbolID) -> Bool { slots[id.index].entry != nil }
    package func protectiveStop(_ id: SymbolID) -> ClientOrderID? { slots[id.index].stop }
    package func exit(_ id: SymbolID) -> WorkingOrder? {
        slots[id.index].exit.flatMap { orders[$0] }
    }

    /// Working entries of other symbols that have no share yet.
    package func pendingEntries(without id: SymbolID) -> Int {
        let own = entry(id).map { $0.filled.isZero ? 1 : 0 } ?? 0
        return unfilledEntries - own
    }

    /// Orders alive, oldest first.
    package var openOrders: [WorkingOrder] {
        orders.values.sorted {
            ($0.intent.createdAt, $0.intent.id) < ($1.intent.createdAt, $1.intent.id)
        }
    }

    /// What `ordersOpenMax` bounds: protective stops that rest are none of it.
    private var entriesAndExits: Int {
        orders.values.count {
            if case .protectiveStop = $0.intent.role { false } else { true }
        }
    }

    package func ordersInMinute(before now: Timestamp) -> Int {
        // The times never decrease: halving finds the first of the last minute. With thousands of
        // orders at one instant, counting took a quarter of a backtest.
        var low = 0
        var high = intentTimes.count
        while low < high {
            let middle = (low + high) / 2
            if now - intentTimes[middle] >= Span(seconds: 60) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return intentTimes.count - low
    }

    // MARK: - Placing

    /// Records the intent and, for an entry, that of its protective stop; then asks for the
    /// submission, or first for the cancel of a stop that holds the shares.
    package mutating func place(
        _ approved: ApprovedOrder, symbolID: SymbolID, at now: Timestamp,
        effects: inout [Effect]
    ) throws(ExecutionError) {
        let signal = approved.signal
        let isEntry = signal.reason == .entry
        // An exit is never kept from leaving by how much else is going on.
        guard !isEntry || entriesAndExits < config.ordersOpenMax else {
            throw .tooManyOrders(limit: config.ordersOpenMax)
        }
        let stopPrice = isEntry && config.protectiveStops ? approved.stopPrice : nil
        let intent = try makeIntent(
            signal, leg: "main", side: signal.side, quantity: approved.quantity, type: .market,
            timeInForce: .day, role: isEntry ? .entry : .exit(signal.reason),
            reservation: approved.reservation, stop: stopPrice, at: now)
        insert(intent, symbolID: symbolID, effects: &effects)
        intentTimes.append(now)
        ordersToday += 1
        if let stopPrice {
            let stop = try makeIntent(
                signal, leg: "stop", side: signal.side.opposite, quantity: approved.quantity,
                type: .stop(stopPrice), timeInForce: .gtc,
                role: .protectiveStop(parent: intent.id), reservation: .zero, stop: nil, at: now)
            insert(stop, symbolID: symbolID, effects: &effects)
        }
        if !isEntry, let stop = slots[symbolID.index].stop {
            effects.append(.cancel(stop))
        } else {
            effects.append(.submit(intent.id))
        }
    }

    private func makeIntent(
        _ signal: Signal, leg: String, side: OrderSide, quantity: Quantity, type: OrderType,
        timeInForce: TimeInForce, role: OrderRole, reservation: Money, stop: Price?,
        at now: Timestamp
    ) throws(ExecutionError) -> OrderIntent {
        let key = OrderIdentity.decisionKey(
            prefix: config.idPrefix, signalID: signal.id, leg: leg)
        guard let id = OrderIdentity.clientOrderID(prefix: config.idPrefix, decisionKey: key)
        else { throw .prefixUnusable(config.idPrefix) }
        return OrderIntent(
            id: id, decisionKey: key, signalID: signal.id, symbol: signal.symbol, side: side,
            quantity: quantity, type: type, timeInForce: timeInForce, role: role, createdAt: now,
            expiresAt: now + lifetime(of: role), referencePrice: signal.price,
            reservation: reservation,
            bodyHash: OrderIdentity.bodyHash(
                symbol: signal.symbol, side: side, quantity: quantity, type: type,
                timeInForce: timeInForce, stop: stop))
    }

    /// A stop that travels with an entry leaves with it or not at all.
    func lifetime(of role: OrderRole) -> Span {
        if config.isOutside, case .exit = role { return config.exitLifetime }
        return config.intentLifetime
    }

    mutating func insert(
        _ intent: OrderIntent, symbolID: SymbolID, effects: inout [Effect]
    ) {
        add(WorkingOrder(intent: intent, symbolID: symbolID, status: .intent))
        effects.append(.record(.intent(intent)))
    }

    /// An order that was found at the broker takes no place that another one has.
    mutating func add(_ order: WorkingOrder) {
        count(nil, order)
        let id = order.intent.id
        let index = order.symbolID.index
        orders[id] = order
        if order.status == .unknown { unknowns += 1 }
        switch order.intent.role {
        case .entry where slots[index].entry == nil:
            slots[index].entry = id
            slots[index].stopPrice = nil
            lostStops[order.intent.symbol] = nil
        case .exit where slots[index].exit == nil: slots[index].exit = id
        case .protectiveStop where slots[index].stop == nil:
            slots[index].stop = id
            slots[index].stopPrice = order.intent.type.price
            lostStops[order.intent.symbol] = nil
        default: break
        }
    }

    // MARK: - Sending

    /// The last gate: an intent that may still leave becomes a ticket, together with the stop
    /// that travels with it; one that may not lapses, or waits. The transitions are to be durable
    /// before the ticket is used.
    ///
    /// - Parameter admission: what mode, session, position and broker say at this very moment.
    package mutating func beginSubmit(
        _ id: ClientOrderID, at now: Timestamp, _ admission: Admission, effects: inout [Effect]
    ) -> OrderTicket? {
        guard let order = orders[id], isToBeSent(order) else { return nil }
        let stop = attachedStop(of: order)
        if now > order.intent.expiresAt {
            lapse(order, reason: "expired before it was sent", at: now, effects: &effects)
            return nil
        }
        switch admission {
        case .sends: break
        case .waits:
            inquiries[id]?.due = now + Self.waitingPause
            return nil
        case .lapses(let reason):
            lapse(order, reason: reason, at: now, effects: &effects)
            return nil
        }
        move(id, .submit, at: now, effects: &effects)
        noteSent(id, at: now)
        if let stop {
            move(stop.id, .submit, at: now, effects: &effects)
            noteSent(stop.id, at: now)
        }
        return OrderTicket(
            order.intent, symbolID: order.symbolID, protectiveStop: stop,
            attempt: inquiries[id]?.sends ?? 1)
    }

    /// Outside, what has left once leaves again only where it is proven that it did not.
    private func isToBeSent(_ order: WorkingOrder) -> Bool {
        switch order.status {
        case .intent: true
        case .submitting:
            !config.isOutside || inquiries[order.intent.id]?.sending == .waiting
        default: false
        }
    }

    /// Between two looks at what waits for something that nobody announces.
    static let waitingPause = Span(seconds: 5)

    mutating func lapse(
        _ order: WorkingOrder, reason: String, at now: Timestamp, effects: inout [Effect]
    ) {
        guard order.status == .intent else {
            return deny(order, reason: reason, at: now, effects: &effects)
        }
        let stop = attachedStop(of: order)
        move(order.intent.id, .lapsed, at: now, reason: reason, effects: &effects)
        if let stop { move(stop.id, .lapsed, at: now, reason: reason, effects: &effects) }
    }

    /// The ticket of an order that is alive.
    package func ticket(_ id: ClientOrderID) -> OrderTicket? {
        orders[id].map {
            OrderTicket($0.intent, symbolID: $0.symbolID, protectiveStop: attachedStop(of: $0))
        }
    }

    func attachedStop(of order: WorkingOrder) -> OrderTicket.ProtectiveStop? {
        guard let id = slots[order.symbolID.index].stop, let stop = orders[id],
            stop.intent.role == .protectiveStop(parent: order.intent.id),
            let price = stop.intent.type.price
        else { return nil }
        return OrderTicket.ProtectiveStop(id: id, price: price)
    }

    // MARK: - Moving

    /// Takes one step of the order table and records it; a terminal order leaves its slot.
    /// - Returns: false when the table has no such step.
    @discardableResult
    mutating func move(
        _ id: ClientOrderID, _ step: OrderStep, at now: Timestamp, brokerOrderID: String? = nil,
        reason: String? = nil, effects: inout [Effect]
    ) -> Bool {
        guard let index = orders.index(forKey: id) else { return false }
        let old = orders.values[index]
        guard let next = nextStatus(old.status, step) else { return false }
        var order = old
        if next != order.status || brokerOrderID != order.brokerOrderID && brokerOrderID != nil {
            effects.append(
                .record(
                    .transition(
                        OrderTransition(
                            id: id, from: order.status, to: next, at: now,
                            brokerOrderID: brokerOrderID, reason: reason))))
        }
        if old.status == .unknown, next != .unknown { unknowns -= 1 }
        if old.status != .unknown, next == .unknown { unknowns += 1 }
        order.status = next
        if let brokerOrderID { order.brokerOrderID = brokerOrderID }
        if next.isTerminal {
            count(old, nil)
            orders.remove(at: index)
            retire(order)
        } else {
            count(old, order)
            orders.values[index] = order
        }
        return true
    }

    /// Every change of an order that is alive passes here, which keeps the sums right.
    mutating func count(_ old: WorkingOrder?, _ new: WorkingOrder?) {
        if let old, let new, old.filled == new.filled,
            old.status.isTerminal == new.status.isTerminal
        {
            return
        }
        if let old {
            reserved = (try? reserved.subtracting(old.reserved)) ?? .zero
            if old.isUnfilledEntry { unfilledEntries -= 1 }
        }
        if let new {
            reserved = (try? reserved.adding(new.reserved)) ?? Money(units: .max)
            if new.isUnfilledEntry { unfilledEntries += 1 }
        }
    }

    private mutating func retire(_ order: WorkingOrder) {
        let id = order.intent.id
        let index = order.symbolID.index
        recent.append(order)
        if slots[index].entry == id { slots[index].entry = nil }
        if slots[index].exit == id { slots[index].exit = nil }
        if slots[index].stop == id {
            slots[index].stop = nil
            lostStops[order.intent.symbol] = slots[index].stopPrice
        }
        if config.isOutside { fillPlaces(of: order.symbolID) }
    }
}
