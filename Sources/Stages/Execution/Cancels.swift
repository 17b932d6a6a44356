import Domain
import Primitives

extension ExecutionStage {
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
        guard canCancel, now >= inquiry.nextCancel, order.status == .acked else {
            inquiries[id] = inquiry
            return false
        }
        inquiry.nextCancel = now + wait(id, inquiry.cancels)
        inquiry.due = max(inquiry.nextCancel, now + config.resolver.backoffBase)
        if inquiry.cancels == 0 { inquiry.cancelSince = now }
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
}
