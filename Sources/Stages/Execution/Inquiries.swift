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
    /// Reads asked since then that found nothing, and when the newest of them left.
    var absences = 0
    var newestAbsence = Timestamp.distantPast
    /// An account that was asked for since then does not show it either.
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
    var nextCancel = Timestamp.distantPast
    var isAlarmed = false
    /// What the broker shows under the id is another order.
    var isStrange = false

    init(at now: Timestamp) {
        since = now
        due = now
    }
}

/// What a pass over the inquiries wants done by the engine.
package struct InquiryNeeds: Sendable, Equatable {
    /// Orders proven never to have arrived, now terminal.
    package var absent: [WorkingOrder] = []
    /// Unknown for too long.
    package var overdue: [ClientOrderID] = []
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

    /// Whether orders and cancels can leave.
    package func canSend(at now: Timestamp) -> Bool { canRead(at: now) }

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

    private func wait(_ id: ClientOrderID, _ attempt: Int) -> Span {
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

    // MARK: - Cancels

    /// The last gate of a cancel. Inside it always passes; outside it is remembered until the
    /// order is terminal, and sent when the broker can be reached.
    ///
    /// - Returns: whether to send it now.
    package mutating func beginCancel(
        _ id: ClientOrderID, at now: Timestamp, effects: inout [Effect]
    ) -> Bool {
        guard config.isOutside else { return true }
        guard let order = orders[id] else { return false }
        if order.status == .intent {
            let stop = attachedStop(of: order)
            move(id, .canceled, at: now, reason: "canceled before it was sent", effects: &effects)
            if let stop { move(stop.id, .canceled, at: now, effects: &effects) }
            giveUp(order)
            return false
        }
        if let inquiry = inquiries[id], inquiry.sending == .waiting {
            deny(order, reason: "canceled before it was sent", at: now, effects: &effects)
            return false
        }
        var inquiry = inquiries[id] ?? Inquiry(at: now)
        if !inquiry.wantsCancel {
            inquiry.wantsCancel = true
            inquiry.reads = 0
            if !inquiry.isCancelRecorded {
                inquiry.isCancelRecorded = true
                effects.append(
                    .record(
                        .transition(
                            OrderTransition(
                                id: id, from: order.status, to: order.status, at: now,
                                reason: OrderTransition.cancelWanted))))
            }
        }
        guard canSend(at: now), now >= inquiry.nextCancel, order.status == .acked else {
            inquiries[id] = inquiry
            return false
        }
        inquiry.nextCancel = now + wait(id, inquiry.cancels)
        inquiry.due = max(inquiry.nextCancel, now + config.resolver.backoffBase)
        inquiry.cancels += 1
        inquiries[id] = inquiry
        giveUp(order)
        return true
    }

    /// Whether a cancel of the order waits to be sent or to be confirmed.
    package func wantsCancel(_ id: ClientOrderID) -> Bool { inquiries[id]?.wantsCancel ?? false }

    /// The order is to stay after all. Of one whose cancel has left already it is read what became.
    package mutating func dropCancel(_ id: ClientOrderID, at now: Timestamp) {
        guard let inquiry = inquiries[id], inquiry.wantsCancel else { return }
        inquiries[id]?.wantsCancel = false
        if inquiry.cancels > 0 { demandRead(id, at: now) }
        settle(id)
    }

    /// Remembers whose end was asked for here: that of a stop leaves its position to be protected
    /// again.
    mutating func giveUp(_ order: WorkingOrder) {
        guard case .protectiveStop = order.intent.role else { return }
        slots[order.symbolID.index].givenUp = order.intent.id
    }

    /// Whether the stop was canceled from here.
    package func hasGivenUp(_ stop: WorkingOrder) -> Bool {
        slots[stop.symbolID.index].givenUp == stop.intent.id
    }

    // MARK: - Answers

    /// The broker knows no such order: one more piece of evidence, if it is one. The venue inside,
    /// which forgets nothing and answers on the spot, is proof by itself.
    ///
    /// - Returns: the order that is thereby proven never to have arrived.
    package mutating func noteAbsence(
        _ answer: OrderAnswer, at now: Timestamp, effects: inout [Effect]
    ) -> WorkingOrder? {
        if !config.isOutside {
            guard let order = orders[answer.id], order.status == .unknown else { return nil }
            deny(order, reason: "the venue never had it", at: now, effects: &effects)
            return known(answer.id)
        }
        noteEvidence(answer, at: now)
        return nil
    }

    private mutating func noteEvidence(_ answer: OrderAnswer, at now: Timestamp) {
        guard var inquiry = inquiries[answer.id] else { return }
        if orders[answer.id]?.status == .unknown, answer.asked >= inquiry.since {
            inquiry.absences += 1
            inquiry.newestAbsence = max(inquiry.newestAbsence, answer.asked)
        }
        inquiry.due = min(inquiry.due, now + wait(answer.id, inquiry.reads))
        inquiries[answer.id] = inquiry
    }

    package mutating func noteFailedRead(_ id: ClientOrderID, at now: Timestamp) {
        guard let reads = inquiries[id]?.reads else { return }
        let next = now + wait(id, reads)
        inquiries[id]?.due = next
    }

    /// The broker's order under the id is not the one made here.
    /// - Returns: whether that is new.
    package mutating func noteStranger(_ id: ClientOrderID, at now: Timestamp) -> Bool {
        guard var inquiry = inquiries[id] else { return true }
        let isNew = !inquiry.isStrange
        inquiry.isStrange = true
        inquiry.exists = true
        inquiry.due = now + config.breaker.openMax
        inquiries[id] = inquiry
        return isNew
    }

    /// An account that was asked for at `asked` and lists exactly these orders.
    package mutating func noteAccount(
        asked: Timestamp, lists ids: Set<String>
    ) {
        // Each by itself, in any order.
        for id in inquiries.keys where orders[id]?.status == .unknown {
            guard let inquiry = inquiries[id], asked >= inquiry.since else { continue }
            inquiries[id]?.isMissingInAccount = !ids.contains(id.text)
        }
    }

    /// The order was found as it is: what is missing of it here, if anything, is asked for again.
    package mutating func noteFound(
        _ id: ClientOrderID, isComplete: Bool, asked: Timestamp, at now: Timestamp
    ) {
        guard var inquiry = inquiries[id] else { return }
        let isAnswered = isComplete && asked >= inquiry.needSince
        if isComplete, !isAnswered, inquiry.needsRead {
            inquiry.due = min(inquiry.due, now + wait(id, inquiry.reads))
        } else {
            inquiry.needsRead = !isComplete
            if !isComplete { inquiry.due = now + wait(id, inquiry.reads) }
        }
        inquiries[id] = inquiry
        settle(id)
    }

    private func isProvenAbsent(_ inquiry: Inquiry) -> Bool {
        let resolver = config.resolver
        return !inquiry.exists && inquiry.isMissingInAccount
            && inquiry.absences >= resolver.absentReadsMin
            && inquiry.newestAbsence >= inquiry.since + resolver.graceMin
    }

    // MARK: - Time

    /// Does what is due: reads, repeated sends, what became ambiguous by silence, what is proven.
    package mutating func pursue(at now: Timestamp, effects: inout [Effect]) -> InquiryNeeds {
        var needs = InquiryNeeds()
        needs.account = wantsAccount
        wantsAccount = false
        var steps: [Effect] = []
        let due = inquiries.filter { $0.value.due <= now || isProvenAbsent($0.value) }
            .sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        for id in due.map(\.key) {
            // An entry proven absent takes the question about its stop along.
            guard let inquiry = inquiries[id] else { continue }
            pursue(id, inquiry, at: now, &needs, &steps, &effects)
        }
        for id in inquiries.keys.sorted() where isOverdue(id, at: now) {
            inquiries[id]?.isAlarmed = true
            needs.overdue.append(id)
        }
        effects += steps
        return needs
    }

    private mutating func pursue(
        _ id: ClientOrderID, _ inquiry: Inquiry, at now: Timestamp, _ needs: inout InquiryNeeds,
        _ steps: inout [Effect], _ effects: inout [Effect]
    ) {
        switch inquiry.sending {
        case .inFlight:
            becomeUnknown(
                id, reason: "no answer in \(config.sending.answerWait.seconds) s", at: now,
                effects: &effects)
            return
        case .waiting:
            if let order = orders[id], now > order.intent.expiresAt {
                deny(order, reason: "expired before it was sent", at: now, effects: &effects)
                needs.absent.append(known(id) ?? order)
            } else if canSend(at: now) {
                steps.append(.submit(id))
                inquiries[id]?.due = now + config.sending.answerWait
            } else {
                inquiries[id]?.due = now + Self.waitingPause
            }
            return
        case .none: break
        }
        if isProvenAbsent(inquiry), let order = orders[id], order.status == .unknown {
            deny(
                order, reason: "denied by \(inquiry.absences) reads and the account", at: now,
                effects: &effects)
            needs.absent.append(known(id) ?? order)
            return
        }
        guard canRead(at: now) else { return }
        let isUnknown = orders[id]?.status == .unknown
        if !isUnknown, inquiry.reads >= config.resolver.readsMax {
            needs.account = true
            inquiries[id]?.needsRead = false
            inquiries[id]?.reads = 0
            settle(id)
            inquiries[id]?.due = now + config.resolver.alarmAfter
            return
        }
        if isUnknown, inquiry.absences > 0, !inquiry.isMissingInAccount { needs.account = true }
        if inquiry.wantsCancel, orders[id]?.status == .acked {
            steps.append(.cancel(id))
            if inquiry.cancels == 0 { return }
        }
        ask(id, at: now, effects: &steps)
    }

    package mutating func ask(
        _ id: ClientOrderID, at now: Timestamp, effects: inout [Effect]
    ) {
        effects.append(.ask(.order(id)))
        guard config.isOutside else { return }
        var inquiry = inquiries[id] ?? Inquiry(at: now)
        inquiry.reads += 1
        let isSlow = inquiry.isAlarmed || inquiry.isStrange
        inquiry.due = now + (isSlow ? config.breaker.openMax : config.sending.answerWait)
        inquiries[id] = inquiry
    }

    private func isOverdue(_ id: ClientOrderID, at now: Timestamp) -> Bool {
        guard let inquiry = inquiries[id], !inquiry.isAlarmed, orders[id]?.status == .unknown
        else { return false }
        return now >= inquiry.since + config.resolver.alarmAfter
    }

    /// The first order of which something is to be read: what a probe of the way asks for.
    package var firstQuestion: ClientOrderID? {
        inquiries.filter { $0.value.sending == .none }
            .min { ($0.value.due, $0.key) < ($1.value.due, $1.key) }?.key
    }

    /// All that is unknown, in order of the ids.
    package var unknownOrders: [ClientOrderID] {
        unknowns == 0
            ? [] : orders.values.filter { $0.status == .unknown }.map(\.intent.id).sorted()
    }

    /// Reads wait for nothing longer: the line is new.
    package mutating func hasten(at now: Timestamp) {
        // Each by itself, in any order.
        for id in inquiries.keys where inquiries[id]?.sending == Inquiry.Sending.none {
            inquiries[id]?.due = now
            inquiries[id]?.nextCancel = .distantPast
        }
    }

    /// When the next inquiry wants something done.
    package func inquiriesDue(at now: Timestamp) -> Timestamp {
        var due = Timestamp.distantFuture
        let canRead = canRead(at: now)
        // The least of them, in any order.
        for (id, inquiry) in inquiries {
            if inquiry.sending != .none || canRead { due = min(due, inquiry.due) }
            if !inquiry.isAlarmed, orders[id]?.status == .unknown {
                due = min(due, inquiry.since + config.resolver.alarmAfter)
            }
        }
        return due
    }
}
