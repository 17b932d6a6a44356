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
    private let answer: @Sendable (IncomingRequest, _ verb: String, _ payload: String) -> Void
    private let onRefusal: @Sendable (Report) -> Void

    /// - Parameters:
    ///   - earliest: no clock that is right shows a time before this.
    ///   - wall: the time of day.
    ///   - answer: `MessagingClient.answer`.
    ///   - onRefusal: bounded in how often it is called.
    package init(
        _ config: RequestGate.Config, keys: CommandKeySource, inbox: Inbox,
        earliest: Timestamp = clockEarliest,
        wall: @escaping @Sendable () -> Timestamp = { wallTime() },
        answer: @escaping @Sendable (IncomingRequest, _ verb: String, _ payload: String) -> Void,
        onRefusal: @escaping @Sendable (Report) -> Void
    ) {
        state = Mutex(State(gate: RequestGate(config, at: .now)))
        (self.keys, self.inbox, self.earliest, self.wall) = (keys, inbox, earliest, wall)
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
        case .take(let control, let by, let isProven, let proof):
            let key = AnswerMemory.Key(control, by: by)
            if let key, let text = state.withLock({ $0.memory[key] }) {
                return answer(request, request.verb, text)
            }
            let message = ControlMessage(control, by: by, isProven: isProven, proof: proof) {
                self.give($0, to: request, key)
            }
            if !inbox.post(message) { refuseLate(request, control, by, wall) }
        }
    }

    private func now(_ state: borrowing State, _ wall: Timestamp) -> RequestGate.Now {
        let distrust = wall < earliest ? "it shows \(wall)" : state.distrust
        return RequestGate.Now(instant: .now, wall: wall, distrust: distrust)
    }

    private func give(_ given: ControlAnswer, to request: IncomingRequest, _ key: AnswerMemory.Key?)
    {
        let text = given.json.compact
        if let key, given.error == nil { state.withLock { $0.memory.keep(text, for: key) } }
        answer(request, request.verb, text)
    }

    private func refuseLate(
        _ request: IncomingRequest, _ control: ControlRequest, _ by: String, _ wall: Timestamp
    ) {
        let isStopping = inbox.stopRequested
        let refusal = RequestRefusal(
            isStopping ? .unavailable : .rateLimited,
            isStopping ? "the daemon is stopping" : "too many requests wait; ask again",
            transaction: control.transaction)
        let verdict = state.withLock { $0.gate.refuse(refusal, now($0, wall)) }
        if case .refuse(let refusal) = verdict { refuse(request, refusal) }
    }

    private func refuse(_ request: IncomingRequest, _ refusal: RequestGate.Refusal) {
        answer(request, request.verb, refusal.answer.json.compact)
        guard refusal.isReported, let code = refusal.answer.error else { return }
        let isWord = RequestGate.verbs.contains(request.verb)
        onRefusal(
            Report(
                verb: isWord ? request.verb : "unknown", code: code, client: refusal.client,
                jti: refusal.jti, message: refusal.answer.message,
                unreported: refusal.unreported))
    }
}

/// The newest answers to questions, so that one that is repeated is answered alike. Commands are
/// remembered by the engine and its ledger.
private struct AnswerMemory: Sendable {
    struct Key: Sendable, Equatable {
        let transaction: String
        let line: String
        let by: String

        /// Nil for a command, and for a question without a transaction.
        init?(_ request: ControlRequest, by: String) {
            if case .command = request.verb { return nil }
            guard let transaction = request.transaction else { return nil }
            (self.transaction, self.line, self.by) = (transaction, request.line, by)
        }
    }

    private var kept: [(key: Key, text: String)] = []
    private static let countMax = 16
    private static let bytesMax = 65_536

    subscript(key: Key) -> String? { kept.first { $0.key == key }?.text }

    mutating func keep(_ text: String, for key: Key) {
        guard text.utf8.count <= Self.bytesMax, self[key] == nil else { return }
        if kept.count >= Self.countMax { kept.removeFirst() }
        kept.append((key, text))
    }
}
