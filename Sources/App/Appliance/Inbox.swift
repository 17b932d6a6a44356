import Domain
import Host

/// A request with the way back to who made it.
package struct ControlMessage: Sendable {
    package let request: ControlRequest
    /// `ctl:root`.
    package let by: String
    package let isProven: Bool
    /// What it was signed with; stored before it has its effect.
    package let proof: CommandProof?
    /// A pause beyond its sender's share: where trading is held alike it is answered and not stored.
    package let isSurplus: Bool
    /// Others that wait with it for its answer.
    private(set) var company = 0
    package let reply: @Sendable (ControlAnswer) -> Void

    package init(
        _ request: ControlRequest, by: String, isProven: Bool, proof: CommandProof? = nil,
        isSurplus: Bool = false, reply: @escaping @Sendable (ControlAnswer) -> Void
    ) {
        self.request = request
        self.by = by
        self.isProven = isProven
        self.proof = proof
        self.isSurplus = isSurplus
        self.reply = reply
    }

    /// Further ones are not answered; who sends so many knows.
    private static let companyMax = 64

    /// One message for both, which ask the same; each gets the answer under its own name.
    func joined(by other: ControlMessage) -> ControlMessage {
        guard company < Self.companyMax else { return self }
        var both = ControlMessage(
            request, by: by, isProven: isProven, proof: proof, isSurplus: isSurplus
        ) { [reply] answer in
            reply(answer)
            other.reply(
                ControlAnswer(
                    transaction: other.request.transaction, error: answer.error,
                    message: answer.message, data: answer.data))
        }
        both.company = company + 1
        return both
    }
}

/// Where the threads of the rim leave events for the loop: bounded, waited on with a deadline.
///
/// When it is full, `post` says so and the sender keeps what it has: a spool file stays where it
/// is, a socket is not read. Nothing is dropped silently. A pause has slots of its own, so that
/// neither news nor other requests can keep it out.
package final class Inbox: @unchecked Sendable {
    // @unchecked: every access to the state goes through the condition's lock.
    private let condition = MonotonicCondition()
    private var waiting: [Delivery] = []
    private var count = 0
    private var pauses: [ControlMessage] = []
    private var requests: [ControlMessage] = []
    private var clock: HostCondition?
    private var disk: HostCondition?
    private var alerts: [(code: String, message: String)] = []
    private var wantsReload = false
    private var isStopped = false
    /// Events, not deliveries.
    package let capacity: Int
    /// Pauses, and other requests, each; two pauses more that have no end.
    package static let requestsMax = 16
    /// Further alerts are dropped: those before say enough.
    package static let alertsMax = 64

    /// Events that belong together, and who wants to know when their effects are durable.
    package struct Delivery: Sendable {
        package let events: [InputEvent]
        /// Given what could not be taken: the id of the news and why. Those were set aside.
        package let onTaken: (@Sendable ([PoisonedNews]) -> Void)?
    }

    package init(capacity: Int = 1_024) { self.capacity = capacity }

    /// - Parameter onTaken: called on the loop's thread after the last of the events was committed.
    /// - Returns: false when there is no room; nothing was taken.
    package func post(
        _ events: [InputEvent], onTaken: (@Sendable ([PoisonedNews]) -> Void)? = nil
    ) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopped, count + events.count <= capacity else { return false }
        waiting.append(Delivery(events: events, onTaken: onTaken))
        count += events.count
        condition.signal()
        return true
    }

    /// - Returns: false when there is no room or the loop has been stopped.
    package func post(_ message: ControlMessage) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopped else { return false }
        if message.request.isPause {
            guard admit(pause: message) else { return false }
        } else {
            guard requests.count < Self.requestsMax else { return false }
            requests.append(message)
        }
        condition.signal()
        return true
    }

    /// A pause without an end always finds a place: with one that waits and says the same, where it
    /// is one too many.
    private func admit(pause: ControlMessage) -> Bool {
        let isFull = pauses.count >= Self.requestsMax
        let isEndless = pause.request.isEndlessPause
        if isEndless, isFull || pause.isSurplus,
            let same = pauses.firstIndex(where: { $0.request.verb == pause.request.verb })
        {
            pauses[same] = pauses[same].joined(by: pause)
            return true
        }
        // Beyond the bound there is at most one with exits and one without.
        guard isEndless || !isFull else { return false }
        pauses.append(pause)
        return true
    }

    /// The newest of its kind counts.
    package func post(_ condition: HostCondition) {
        self.condition.lock()
        switch condition {
        case .clock: clock = condition
        case .disk: disk = condition
        }
        self.condition.signal()
        self.condition.unlock()
    }

    /// The configuration is to be read again; however often it was asked, once.
    package func postReload() {
        condition.lock()
        wantsReload = true
        condition.signal()
        condition.unlock()
    }

    /// Whether it was asked for since the last time.
    package func takeReload() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        defer { wantsReload = false }
        return wantsReload
    }

    /// For the ledger and whoever watches.
    package func alert(_ code: String, _ message: String) {
        condition.lock()
        if alerts.count < Self.alertsMax { alerts.append((code, message)) }
        condition.signal()
        condition.unlock()
    }

    /// Takes what is there, in order of arrival.
    package func drain() -> [Delivery] {
        condition.lock()
        defer { condition.unlock() }
        if waiting.isEmpty { return [] }
        defer {
            waiting.removeAll(keepingCapacity: true)
            count = 0
        }
        return waiting
    }

    package func takePauses() -> [ControlMessage] {
        condition.lock()
        defer { condition.unlock() }
        if pauses.isEmpty { return [] }
        defer { pauses.removeAll() }
        return pauses
    }

    package func takeRequests() -> [ControlMessage] {
        condition.lock()
        defer { condition.unlock() }
        if requests.isEmpty { return [] }
        defer { requests.removeAll() }
        return requests
    }

    package func takeConditions() -> [HostCondition] {
        condition.lock()
        defer { condition.unlock() }
        if clock == nil && disk == nil { return [] }
        defer { (clock, disk) = (nil, nil) }
        return [clock, disk].compactMap { $0 }
    }

    package func takeAlerts() -> [(code: String, message: String)] {
        condition.lock()
        defer { condition.unlock() }
        if alerts.isEmpty { return [] }
        defer { alerts.removeAll() }
        return alerts
    }

    private var isEmpty: Bool {
        waiting.isEmpty && pauses.isEmpty && requests.isEmpty && clock == nil && disk == nil
            && alerts.isEmpty && !wantsReload
    }

    /// Sleeps until something arrives, `stop` is called, or the seconds are over.
    package func wait(seconds: Double) {
        condition.lock()
        defer { condition.unlock() }
        if isEmpty && !isStopped { condition.wait(seconds: seconds) }
    }

    /// Ends the loop after the event at hand.
    package func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    package var stopRequested: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isStopped
    }
}

/// News whose effects could not be stored, and why.
package struct PoisonedNews: Sendable, Equatable {
    package let id: String
    package let reason: String

    package init(id: String, reason: String) {
        self.id = id
        self.reason = reason
    }
}
