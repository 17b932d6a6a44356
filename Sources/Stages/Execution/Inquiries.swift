// What is still to be learned of single orders at a broker outside: requests without an answer,
// orders that fell silent, fills that are missing, cancels nobody confirmed.
//
// Invariants: an unknown order is never sent again and never given up by a guess; it is found, or
// denied often, for long and by the account as well, or it stays unknown, blocks and is told of.

import Domain
import Primitives

/// The open question about one order.
struct Inquiry: Sendable, Equatable {
    enum Sending: Sendable, Equatable {
        case none
        /// A request left, and nobody has said anything about it.
        case inFlight
        /// No byte of the last request left: it is sent again at `due`.
        case waiting
    }

    var sending = Sending.none
    /// Requests made for the order.
    var sends = 0
    /// Since when it is unknown, or to be read.
    var since: Timestamp
    /// When something is to be done about it.
    var due: Timestamp
    var reads = 0
    /// From when on what finds nothing counts: later than `since` where the clock was put right.
    var graceFrom: Timestamp
    /// Reads asked since then that found nothing, and when the newest of them left.
    var absences = 0
    var newestAbsence = Timestamp.distantPast
    /// An account that was asked for after the time of grace does not show it either.
    var isMissingInAccount = false
    /// The broker has said that it has an order of this id: that it does not find it proves nothing.
    var exists = false
    var needsRead = false
    /// When that was last noticed: an answer asked before says nothing of it.
    var needSince = Timestamp.distantPast
    var wantsCancel = false
    /// The wish has its row: it outlives the process.
    var isCancelRecorded = false
    /// Requests for a cancel, and before when there is no further one.
    var cancels = 0
    /// When the first of them left.
    var cancelSince = Timestamp.distantFuture
    var nextCancel = Timestamp.distantPast
    var isAlarmed = false
    /// What the broker shows under the id is another order.
    var isStrange = false

    init(at now: Timestamp) {
        since = now
        due = now
        graceFrom = now
    }
}

/// What a pass over the inquiries wants done by the engine.
package struct InquiryNeeds: Sendable, Equatable {
    /// Orders proven never to have arrived, now terminal.
    package var absent: [WorkingOrder] = []
    /// Unknown for too long.
    package var overdue: [ClientOrderID] = []
    /// Were to be canceled, and are alive for too long since.
    package var stuck: [ClientOrderID] = []
    /// The account has to be read: as evidence, or because reading the order did not help.
    package var account = false

    package init() {}
}

extension ExecutionStage {
    // MARK: - The line

    /// Whether the broker can be asked.
    package func canRead(at now: Timestamp) -> Bool {
        !config.isOutside || isLinked && breaker.state(at: now) == .closed
    }

    /// Whether orders can leave.
    package func canSend(at now: Timestamp) -> Bool { canRead(at: now) }

    /// Whether cancels can leave: what only reduces the risk tries also where other requests fail.
    var canCancel: Bool { isLinked && !breaker.isLatched }

    /// Orders that nobody knows anything about; a stop that travels with such an entry is none of
    /// its own.
    package var unknownCount: Int {
        if unknowns == 0 { return 0 }
        return orders.values.count { order in
            guard order.status == .unknown else { return false }
            guard case .protectiveStop(let parent) = order.intent.role else { return true }
            return orders[parent]?.status != .unknown
        }
    }

    package func hasUnknown(_ id: SymbolID, besides own: ClientOrderID) -> Bool {
        if unknowns == 0 { return false }
        return orders.values.contains {
            $0.symbolID == id && $0.status == .unknown && $0.intent.id != own
        }
    }

    /// An order that is alive, or was of late.
    package func known(_ id: ClientOrderID) -> WorkingOrder? {
        orders[id] ?? recent.last { $0.intent.id == id }
    }

    // MARK: - Opening and closing

    mutating func noteSent(_ id: ClientOrderID, at now: Timestamp) {
        guard config.isOutside else { return }
        var inquiry = inquiries[id] ?? Inquiry(at: now)
        inquiry.sending = .inFlight
        inquiry.sends += 1
        inquiry.due = now + config.sending.answerWait
        inquiries[id] = inquiry
    }

    /// Nobody knows whether the request arrived.
    mutating func becomeUnknown(
        _ id: ClientOrderID, reason: String, at now: Timestamp, effects: inout [Effect]
    ) {
        guard orders[id]?.status == .submitting else { return }
        move(id, .ambiguous, at: now, reason: reason, effects: &effects)
        watch(id, at: now)
    }

    /// Starts the window of an order that is unknown from now on.
    mutating func watch(_ id: ClientOrderID, at now: Timestamp) {
        var fresh = Inquiry(at: now)
        let old = inquiries[id]
        fresh.sends = old?.sends ?? 0
        fresh.wantsCancel = old?.wantsCancel ?? false
        fresh.isCancelRecorded = old?.isCancelRecorded ?? false
        fresh.exists = old?.exists ?? false
        fresh.due = now + wait(id, 0)
        inquiries[id] = fresh
    }

    /// The order has to be read: something about it is known to be missing here.
    package mutating func demandRead(_ id: ClientOrderID, at now: Timestamp) {
        guard config.isOutside else { return }
        if inquiries[id] == nil, inquiries.count >= config.ordersOpenMax * 2 { return }
        var inquiry = inquiries[id] ?? Inquiry(at: now)
        inquiry.needSince = now
        if !inquiry.needsRead {
            inquiry.needsRead = true
            inquiry.reads = 0
            inquiry.due = min(inquiry.due, now)
        }
        inquiries[id] = inquiry
    }

    /// Drops what has been answered.
    mutating func settle(_ id: ClientOrderID) {
        guard var inquiry = inquiries[id] else { return }
        let status = orders[id]?.status
        if status != .submitting { inquiry.sending = .none }
        if status == nil { inquiry.wantsCancel = false }
        if status == .acked, inquiry.wantsCancel, inquiry.cancels == 0 {
            // However often it was looked for before.
            inquiry.reads = 0
            inquiry.due = .distantPast
        }
        let isOpen =
            status == .submitting || status == .unknown || inquiry.needsRead
            || inquiry.wantsCancel
        inquiries[id] = isOpen ? inquiry : nil
    }

    func wait(_ id: ClientOrderID, _ attempt: Int) -> Span {
        let resolver = config.resolver
        return Backoff.delay(
            id.text, attempt: attempt, base: resolver.backoffBase, cap: resolver.backoffMax)
    }

    /// Not one byte of the attempt left: another one later, or the order ends here. What is said
    /// of an attempt before says nothing of the one in flight.
    mutating func retryLater(
        _ order: WorkingOrder, _ reason: String, _ attempt: Int, at now: Timestamp,
        effects: inout [Effect]
    ) -> Bool {
        let id = order.intent.id
        guard order.status == .submitting, var inquiry = inquiries[id],
            inquiry.sending == .inFlight, inquiry.sends == attempt
        else { return false }
        let sending = config.sending
        let next =
            now
            + Backoff.delay(
                id.text, attempt: inquiry.sends - 1, base: sending.backoffBase,
                cap: sending.backoffMax)
        if inquiry.sends < sending.attemptsMax, next <= order.intent.expiresAt,
            !inquiry.wantsCancel
        {
            inquiry.sending = .waiting
            inquiry.due = next
            inquiries[id] = inquiry
            if let stop = attachedStop(of: order) { inquiries[stop.id] = nil }
            return true
        }
        deny(order, reason: "never sent: \(reason)", at: now, effects: &effects)
        return true
    }

    /// Proven never to have arrived: the order and the stop that travelled with it.
    mutating func deny(
        _ order: WorkingOrder, reason: String, at now: Timestamp, effects: inout [Effect]
    ) {
        let stop = attachedStop(of: order)
        move(order.intent.id, .provenAbsent, at: now, reason: reason, effects: &effects)
        settle(order.intent.id)
        if let stop {
            move(stop.id, .provenAbsent, at: now, reason: reason, effects: &effects)
            settle(stop.id)
        }
    }
}
