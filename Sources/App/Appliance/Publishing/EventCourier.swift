// Brings events from the ledger's outbox to the connection, and takes out what has arrived.
//
// In: events that are committed, the broker's confirmations. Out: offers in the order of the
// ledger, rows removed in batches. Invariants: what finds no room stays in the ledger and goes
// before what is newer; no row that can never be sent keeps others back.
import Domain
import Messaging

package final class EventCourier {
    /// Rows that will never be published, and have been taken out.
    package struct GivenUp: Sendable, Equatable {
        package var count: Int
        /// Of the first.
        package let id: String
        package let reason: String
    }

    private let outlet: any Outlet
    private let outbox: any Outbox
    /// Offered to the connection and not yet confirmed.
    private var inFlight: Set<String> = []
    /// Confirmed or given up, but still in the outbox.
    private var settled: [String] = []
    /// The ledger holds events that were not offered: new ones wait behind them.
    private var isBehind: Bool
    private var forgetDue: ContinuousClock.Instant?
    private var refilled: ContinuousClock.Instant?
    private var givenUp: GivenUp?
    private let droppedBefore: Int64
    /// What was dropped from the ledger since the start, because too much waited there, as of the
    /// last look at `waiting`.
    package private(set) var dropped = 0
    /// What went wrong with the outbox; trading does not depend on it.
    package private(set) var trouble: String?

    init(_ outlet: any Outlet, _ outbox: any Outbox) {
        (self.outlet, self.outbox) = (outlet, outbox)
        let counts = outbox.counts
        // What an earlier run left there goes first.
        isBehind = (counts?.waiting ?? 0) > 0
        droppedBefore = counts?.dropped ?? 0
    }

    /// An event that the ledger holds now.
    func carry(_ event: OutgoingEvent) { if !isBehind { offer(event) } }

    /// What waits in the ledger; nil where it cannot be told.
    var waiting: Int? {
        guard let counts = outbox.counts else { return nil }
        dropped = Int(clamping: counts.dropped - droppedBefore)
        return counts.waiting - settled.count
    }

    /// - Returns: false where there is no room.
    @discardableResult
    private func offer(_ event: OutgoingEvent) -> Bool {
        switch outlet.offer(event) {
        case .taken: inFlight.insert(event.id)
        case .full:
            isBehind = true
            return false
        case .never:
            giveUp(
                event.id,
                "\(event.payload.utf8.count) bytes of event/\(event.kind.rawValue) are more than a "
                    + "message may have")
        }
        return true
    }

    private func giveUp(_ id: String, _ reason: String) {
        settled.append(id)
        if givenUp == nil {
            givenUp = GivenUp(count: 1, id: id, reason: reason)
        } else {
            givenUp?.count += 1
        }
    }

    /// What was given up since the last call; somebody has to be told.
    package func takeGivenUp() -> GivenUp? {
        defer { givenUp = nil }
        return givenUp
    }

    // MARK: - Now and then

    func look(_ now: ContinuousClock.Instant) {
        let delivered = outlet.takeDelivered()
        if !delivered.isEmpty { refilled = nil }
        for id in delivered { inFlight.remove(id) }
        settled += delivered
        if !settled.isEmpty {
            let due = forgetDue ?? now + PublishingSettings.forgetAfter
            forgetDue = due
            if now >= due || settled.count >= PublishingSettings.forgetCount { forget() }
        }
        if isBehind { refill(now) }
    }

    /// At the end, when the connection has said its last.
    func close() {
        settled += outlet.takeDelivered()
        forget()
    }

    private func forget() {
        forgetDue = nil
        guard !settled.isEmpty else { return }
        noting {
            try outbox.forget(settled)
            settled.removeAll(keepingCapacity: true)
        }
    }

    /// Room is where something was delivered; else a look now and then is enough.
    private func refill(_ now: ContinuousClock.Instant) {
        if let refilled, now - refilled < .seconds(1) { return }
        refilled = now
        noting {
            // What is in flight stands at the front.
            let limit = inFlight.count + settled.count + PublishingSettings.refillMax
            let rows = try outbox.waiting(limit: limit)
            let known = inFlight.union(settled)
            for row in rows where !known.contains(row.id) {
                guard let event = OutgoingEvent(row) else {
                    giveUp(row.id, "this version knows no events of the kind \"\(row.kind)\"")
                    continue
                }
                guard offer(event) else { return }
            }
            if rows.count < limit { isBehind = false }
        }
    }

    private func noting(_ work: () throws -> Void) {
        do {
            try work()
            trouble = nil
        } catch { trouble = "\(error)" }
    }
}

extension OutgoingEvent {
    fileprivate init?(_ row: OutboxRow) {
        guard let kind = Kind(rawValue: row.kind) else { return nil }
        self.init(id: row.id, kind: kind, payload: row.payload)
    }
}
