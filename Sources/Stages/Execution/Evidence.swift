import Domain
import Primitives

/// What the broker's answers say of orders that are asked for, and what they prove.
extension ExecutionStage {
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
        if orders[answer.id]?.status == .unknown, answer.asked >= inquiry.graceFrom {
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
            guard let inquiry = inquiries[id], asked >= graceEnd(inquiry) else { continue }
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

    /// Before it, that nothing is found proves nothing.
    func graceEnd(_ inquiry: Inquiry) -> Timestamp { inquiry.graceFrom + config.resolver.graceMin }

    func isProvenAbsent(_ inquiry: Inquiry) -> Bool {
        isClockTrusted && !inquiry.exists && inquiry.isMissingInAccount
            && inquiry.absences >= config.resolver.absentReadsMin
            && inquiry.newestAbsence >= graceEnd(inquiry)
    }

    /// A span of grace that a clock measured which was wrong is none: it begins anew.
    package mutating func trustClock(_ isTrusted: Bool, at now: Timestamp) {
        isClockTrusted = isTrusted
        // Each by itself, in any order.
        for id in inquiries.keys where orders[id]?.status == .unknown {
            inquiries[id]?.graceFrom = now
            inquiries[id]?.absences = 0
            inquiries[id]?.isMissingInAccount = false
        }
    }
}
