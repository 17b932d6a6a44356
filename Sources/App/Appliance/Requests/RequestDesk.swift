import Domain
import Engine
import Host
import Messaging
import Primitives
import Synchronization

/// Takes what comes from the MQTT broker to the inbox, and the answers back.
///
/// `take` is called on the client's thread and returns at once; answers come from there or from
/// the loop's thread.
package final class RequestDesk: Sendable {
    /// What the log is told of a refused request; never the token.
    package struct Report: Sendable {
        package let verb: String
        package let code: CommandRefusal
        package let client: String
        package let jti: String?
        package let message: String
        /// Refused since the last report, without one of their own.
        package let unreported: UInt64
    }

    private struct State: Sendable {
        var gate: RequestGate
        var distrust: String?
        var memory = AnswerMemory()
    }

    private let state: Mutex<State>
    private let keys: CommandKeySource
    private let inbox: Inbox
    private let earliest: Timestamp
    private let wall: @Sendable () -> Timestamp
    private let instant: @Sendable () -> ContinuousClock.Instant
    private let answer: @Sendable (IncomingRequest, _ verb: String, _ payload: String) -> Void
    private let onRefusal: @Sendable (Report) -> Void

    /// - Parameters:
    ///   - earliest: no clock that is right shows a time before this.
    ///   - distrust: why the time of day cannot be trusted before anybody looked at the clock.
    ///   - wall: the time of day.
    ///   - instant: for rates and ages.
    ///   - answer: `MessagingClient.answer`.
    ///   - onRefusal: bounded in how often it is called.
    package init(
        _ config: RequestGate.Config, keys: CommandKeySource, inbox: Inbox,
        earliest: Timestamp = clockEarliest, distrust: String? = nil,
        wall: @escaping @Sendable () -> Timestamp = { wallTime() },
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        answer: @escaping @Sendable (IncomingRequest, _ verb: String, _ payload: String) -> Void,
        onRefusal: @escaping @Sendable (Report) -> Void
    ) {
        state = Mutex(State(gate: RequestGate(config, at: instant()), distrust: distrust))
        (self.keys, self.inbox, self.earliest) = (keys, inbox, earliest)
        (self.wall, self.instant) = (wall, instant)
        (self.answer, self.onRefusal) = (answer, onRefusal)
    }

    package var counters: RequestCounters { state.withLock { $0.gate.counters } }

    /// What the watch over the machine's clock says: why it cannot be trusted, or nil.
    package func take(clockDistrust: String?) {
        state.withLock { $0.distrust = clockDistrust }
    }

    /// Other rates, from now on.
    package func take(_ commands: CommandSettings) {
        state.withLock { $0.gate.take(commands) }
    }

    package func take(_ request: IncomingRequest) {
        let known = keys.keys
        let wall = wall()
        let verdict = state.withLock { state in
            state.gate.judge(request, keys: known, now: now(state, wall))
        }
        switch verdict {
        case .refuse(let refusal): refuse(request, refusal)
        case .take(let taken):
            let key = AnswerMemory.Key(taken, request)
            if let key, let text = state.withLock({ $0.memory.text(key, at: instant()) }) {
                return answer(request, request.verb, text)
            }
            let message = ControlMessage(
                taken.request, by: taken.by, isProven: taken.isProven, proof: taken.proof,
                isSurplus: taken.isSurplus
            ) {
                if taken.isAnswered { self.give($0, to: request, key) }
            }
            if !inbox.post(message) { refuseLate(request, taken, wall) }
        }
    }

    private func now(_ state: borrowing State, _ wall: Timestamp) -> RequestGate.Now {
        let distrust = wall < earliest ? "it shows \(wall)" : state.distrust
        return RequestGate.Now(instant: instant(), wall: wall, distrust: distrust)
    }

    private func give(_ given: ControlAnswer, to request: IncomingRequest, _ key: AnswerMemory.Key?)
    {
        let text = given.json.compact
        if let key, given.error == nil {
            state.withLock { $0.memory.keep(text, for: key, at: instant()) }
        }
        answer(request, request.verb, text)
    }

    private func refuseLate(
        _ request: IncomingRequest, _ taken: RequestGate.Taken, _ wall: Timestamp
    ) {
        let isStopping = inbox.stopRequested
        let refusal = RequestRefusal(
            isStopping ? .unavailable : .rateLimited,
            isStopping ? "the daemon is stopping" : "too many requests wait; ask again",
            transaction: taken.request.transaction)
        refuse(request, state.withLock { $0.gate.refuse(refusal, taken, now($0, wall)) })
    }

    private func refuse(_ request: IncomingRequest, _ refusal: RequestGate.Refusal) {
        if refusal.isAnswered { answer(request, request.verb, refusal.answer.json.compact) }
        guard refusal.isReported, let code = refusal.answer.error else { return }
        let isWord = RequestGate.verbs.contains(request.verb)
        onRefusal(
            Report(
                verb: isWord ? request.verb : "unknown", code: code, client: refusal.client,
                jti: refusal.jti, message: refusal.answer.message,
                unreported: refusal.unreported))
    }
}

/// The newest answers to questions, so that one that is delivered twice is answered alike. Commands
/// are remembered by the engine and its ledger.
private struct AnswerMemory: Sendable {
    struct Key: Sendable, Equatable {
        let transaction: String
        let line: String
        let by: String
        /// Clients without a key are told apart by where they want their answers.
        let responseTopic: String?

        /// Nil for what changes something, and for a question without a transaction.
        init?(_ taken: RequestGate.Taken, _ request: IncomingRequest) {
            guard !taken.request.isPause, !taken.request.needsProof,
                let transaction = taken.request.transaction
            else { return nil }
            (self.transaction, line, by) = (transaction, taken.request.line, taken.by)
            responseTopic = request.responseTopic
        }
    }

    private var kept: [(key: Key, text: String, until: ContinuousClock.Instant)] = []
    private static let countMax = 16
    private static let bytesMax = 65_536
    /// Who asks later wants to know how it is then.
    private static let age = Duration.seconds(60)

    func text(_ key: Key, at now: ContinuousClock.Instant) -> String? {
        kept.first { $0.key == key && now < $0.until }?.text
    }

    mutating func keep(_ text: String, for key: Key, at now: ContinuousClock.Instant) {
        kept.removeAll { $0.until <= now }
        guard text.utf8.count <= Self.bytesMax, self.text(key, at: now) == nil else { return }
        if kept.count >= Self.countMax { kept.removeFirst() }
        kept.append((key, text, now + Self.age))
    }
}
