import Domain
import Messaging
import Primitives

/// Turns the effects of an event into what is published of them.
///
/// Signals with their verdict, fills, orders that ended unfilled, alerts and comparisons become
/// events; they are stored in the same transaction as the facts they tell of, so that there is never
/// one without the other. Refusals that say nothing of risk and come by the hundred (a session that
/// is closed, indicators that warm up, a cooldown, an order that is working already) stay in the
/// ledger alone: what is published costs flash, too.
package struct EventRecorder {
    /// Orders that live, and what an event needs of them when they end.
    private var orders: [ClientOrderID: OrderOutline] = [:]
    package private(set) var tally: TradeTally
    private var ids: ULID
    /// For orders of an earlier run.
    private let stored: (ClientOrderID) -> OrderOutline?

    /// - Parameters:
    ///   - boot: another one in every run of the same store.
    ///   - stored: reads an order that this run did not make.
    package init(
        boot: Int64, tally: TradeTally = TradeTally(),
        stored: @escaping (ClientOrderID) -> OrderOutline? = { _ in nil }
    ) {
        ids = ULID(origin: UInt64(truncatingIfNeeded: boot))
        self.tally = tally
        self.stored = stored
    }

    static func isQuiet(_ code: RefusalCode) -> Bool {
        switch code {
        case .sessionClosed, .sessionEdge, .warming, .cooldown, .duplicate: true
        case .mode, .priceMissing, .priceStale, .shortsDisabled, .positionNotional,
            .positionCount, .exposure, .ordersPerMinute, .ordersPerDay, .notionalPerDay,
            .dailyLoss, .drawdown, .cash, .quantityZero, .clock, .broker, .reconciling,
            .unresolved, .disk, .suspended:
            false
        }
    }

    /// Of the records of one commit, in their order.
    package mutating func events(_ effects: [Effect], written: Timestamp) -> [OutgoingEvent] {
        var events: [OutgoingEvent] = []
        for case .record(let entry) in effects { take(entry, written, &events) }
        return events
    }

    private mutating func take(
        _ entry: LedgerEntry, _ written: Timestamp, _ events: inout [OutgoingEvent]
    ) {
        func add(_ kind: OutgoingEvent.Kind, _ json: (EventHead) -> OrderedJSON) {
            let head = EventHead(id: ids.next(at: written.nanoseconds), written: written)
            events.append(OutgoingEvent(id: head.id, kind: kind, payload: json(head).compact))
        }
        switch entry {
        case .signal(let signal, let verdict):
            if case .refused(let refusal) = verdict {
                if Self.isQuiet(refusal.code) { return }
                add(.signal) { EventPayload.signal(signal, verdict, $0) }
                add(.trade) { EventPayload.denied(signal, refusal, $0) }
            } else {
                add(.signal) { EventPayload.signal(signal, verdict, $0) }
            }
        case .intent(let intent): orders[intent.id] = OrderOutline(intent)
        case .transition(let step):
            guard step.to.isTerminal, step.from != step.to else { return }
            let known = orders.removeValue(forKey: step.id)
            guard let type = TradeEvent(step.to), let order = known ?? stored(step.id) else {
                return
            }
            add(.trade) { EventPayload.end(order, step, type, $0) }
        case .fill(let fill):
            tally.take(fill)
            add(.trade) { EventPayload.fill(fill, $0) }
        case .closedTrade(let trade): tally.take(trade)
        case .alert(let alert): add(.alert) { EventPayload.alert(alert, $0) }
        case .reconciliation(let run):
            add(.reconciliation) { EventPayload.reconciliation(run, $0) }
        default: return
        }
    }
}
