import Domain
import Primitives

/// What is done about open questions as time goes by.
extension ExecutionStage {
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
        for id in inquiries.keys.sorted() {
            guard let inquiry = inquiries[id], now >= alarmDue(id, inquiry) else { continue }
            inquiries[id]?.isAlarmed = true
            let isUnknown = orders[id]?.status == .unknown
            isUnknown ? needs.overdue.append(id) : needs.stuck.append(id)
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
        let isToEnd = inquiry.wantsCancel && orders[id]?.status == .acked && canCancel
        guard canRead(at: now) else {
            if isToEnd { steps.append(.cancel(id)) }
            if inquiry.wantsCancel {
                inquiries[id]?.due = max(inquiry.nextCancel, now + Self.waitingPause)
            }
            return
        }
        let isUnknown = orders[id]?.status == .unknown
        if !isUnknown, inquiry.reads >= config.resolver.readsMax {
            needs.account = true
            inquiries[id]?.needsRead = false
            inquiries[id]?.reads = 0
            settle(id)
            inquiries[id]?.due = now + config.resolver.alarmAfter
            return
        }
        if isUnknown, !inquiry.isMissingInAccount, inquiry.newestAbsence >= graceEnd(inquiry) {
            needs.account = true
        }
        if isToEnd {
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

    /// When a person is to hear of it; far away when they have.
    private func alarmDue(_ id: ClientOrderID, _ inquiry: Inquiry) -> Timestamp {
        if inquiry.isAlarmed { return .distantFuture }
        switch orders[id]?.status {
        case .unknown: return inquiry.since + config.resolver.alarmAfter
        case .acked where inquiry.wantsCancel && inquiry.cancels > 0:
            return inquiry.cancelSince + config.resolver.alarmAfter
        default: return .distantFuture
        }
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
            if inquiry.sending != .none || canRead || inquiry.wantsCancel && canCancel {
                due = min(due, inquiry.due)
            }
            due = min(due, alarmDue(id, inquiry))
        }
        return due
    }
}
