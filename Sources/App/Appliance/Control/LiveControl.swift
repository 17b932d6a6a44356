import Backtest
import Calendar
import Domain
import Engine
import Host
import Portfolio
import Primitives
import Storage

/// What reaches a running daemon from outside beside bars: requests, its surroundings, news.
extension LiveRunner {
    /// Pauses first, then what the machine says of itself, then all other requests.
    mutating func takeControl(at time: Timestamp) throws {
        try takePauses(at: time)
        if let onReload, inbox.takeReload() { _ = onReload() }
        for condition in inbox.takeConditions() {
            health.take(condition)
            messaging?.take(condition)
            if condition == .disk(shortage: nil) { journal.ledger.restoreReserve() }
            try loop.take(.host(condition), time)
        }
        for alert in inbox.takeAlerts() {
            try record(alert.code, .warning, alert.message, at: time)
        }
        if let finding = watch.take() { try take(finding, at: time) }
        for message in inbox.takeRequests() {
            try takePauses(at: time)
            try take(message, at: time)
        }
    }

    mutating func takePauses(at time: Timestamp) throws {
        for message in inbox.takePauses() { try take(message, at: time) }
    }

    /// Nobody who asked is left without an answer.
    func endControl() {
        for message in inbox.takePauses() + inbox.takeRequests() {
            message.reply(
                ControlAnswer(
                    transaction: message.request.transaction, error: .unavailable,
                    message: "the daemon is stopping"))
        }
        desk.giveUp("the daemon is stopping")
    }

    private mutating func take(_ message: ControlMessage, at time: Timestamp) throws {
        let request = message.request
        if message.isSurplus, let known = knownPause(request) { return message.reply(known) }
        if let proof = message.proof {
            let verdict = try journal.ledger.verdict(on: proof)
            if verdict != .unseen { return message.reply(refusal(verdict, of: request)) }
        }
        guard case .command(let verb) = request.verb else {
            if let proof = message.proof {
                try journal.commit([.record(.proof(proof))], symbols: loop.engine.symbols)
            }
            if let now = answer(message, at: time) { message.reply(now) }
            return
        }
        let transaction = request.transaction ?? madeTransaction()
        guard let waiter = desk.expect(transaction, verb.name, message.reply) else {
            message.reply(
                ControlAnswer(
                    transaction: transaction, error: .rateLimited,
                    message: "too many requests wait for their answer"))
            return
        }
        try loop.take(
            .command(
                Command(
                    transaction: transaction, by: message.by, isProven: message.isProven,
                    why: request.reason, verb: verb, proof: message.proof)),
            time)
        // Only a comparison with the broker may take longer than its event.
        if verb != .reconcile {
            desk.giveUp(
                waiter,
                ControlAnswer(
                    transaction: transaction, error: .unavailable,
                    message: "\(verb.name) was not carried out"))
        }
    }

    /// The answer to a pause that would change nothing; what it tells of is durable already.
    private func knownPause(_ request: ControlRequest) -> ControlAnswer? {
        guard case .command(.pause(until: nil, let exits)) = request.verb,
            loop.engine.isPaused(exits: exits)
        else { return nil }
        let engine = loop.engine
        return ControlAnswer(
            CommandAnswer(
                transaction: request.transaction ?? madeTransaction(), verb: request.verb.name,
                refusal: nil, message: engine.mode.rawValue, mode: engine.mode,
                holds: engine.standingHolds, unprotected: engine.unprotected.map(\.name)))
    }

    private func refusal(_ verdict: ProofVerdict, of request: ControlRequest) -> ControlAnswer {
        ControlAnswer(
            transaction: request.transaction,
            error: verdict == .known ? .replayed : .rateLimited,
            message: verdict == .known
                ? "this signed message had its effect already: sign a new one"
                : "too many signed messages are remembered: wait some minutes")
    }

    /// The newest 16 are answered as they were, and not done again.
    private mutating func reload(_ message: ControlMessage) -> ControlAnswer {
        let transaction = message.request.transaction
        func refused(_ code: CommandRefusal, _ why: String) -> ControlAnswer {
            ControlAnswer(transaction: transaction, error: code, message: why)
        }
        guard message.isProven else {
            return refused(.unsigned, "reload needs a signature, or root or the group")
        }
        guard let onReload else { return refused(.unavailable, "there is nothing to reload") }
        if let transaction, let known = reloads.last(where: { $0.transaction == transaction }) {
            return known
        }
        let made = onReload()
        let answer = ControlAnswer(
            transaction: transaction, error: made.error, message: made.message, data: made.data)
        reloads = reloads.suffix(15) + [answer]
        return answer
    }

    /// Reads engine and stores; writes nothing.
    /// - Returns: nil where another thread will answer.
    private mutating func answer(_ message: ControlMessage, at time: Timestamp) -> ControlAnswer? {
        let request = message.request
        let transaction = request.transaction
        do {
            switch request.verb {
            case .status:
                let state = status(at: time)
                return ControlAnswer(
                    transaction: transaction, message: state.headline, data: state.json)
            case .positions:
                return ControlAnswer(
                    transaction: transaction,
                    message: "\(loop.engine.portfolio.openPositionCount) positions",
                    data: positionsJSON(loop.engine, at: time))
            case .weights:
                return ControlAnswer(
                    transaction: transaction,
                    message: "weights version \(loop.engine.weights.version)",
                    data: weightsJSON(loop.engine))
            case .limits:
                return ControlAnswer(
                    transaction: transaction, message: "the limits that count",
                    data: limitsJSON(loop.engine))
            case .report(let from, let to):
                return ControlAnswer(
                    transaction: transaction, message: "the figures of the account",
                    data: try reportJSON(
                        journal.ledger, journal.history, from: from, to: to,
                        zone: assembly.calendar.zone))
            case .reload: return reload(message)
            case .explain(let order):
                guard let explanation = try journal.ledger.explanation(of: order) else {
                    return ControlAnswer(
                        transaction: transaction, error: .invalidArgument,
                        message: "no order starts with \(order)")
                }
                return ControlAnswer(
                    transaction: transaction, message: "order \(explanation.intent.id.text)",
                    data: .object([
                        ("explanation", explanationJSON(explanation)),
                        ("text", .string(explainText(explanation, colour: false))),
                    ]))
            case .backup(let folder, let keep):
                return copies.backUp(
                    journal.ledger, assembly.configuration, to: folder, keep: keep, message)
            case .doctor: return copies.examine(journal.ledger, assembly.configuration, message)
            case .command: return ControlAnswer(transaction: transaction, message: "")
            }
        } catch {
            return ControlAnswer(
                transaction: transaction, error: .unavailable, message: "\(error)")
        }
    }

    /// Stores that nothing may leave where the next start would only come to the same end.
    /// - Returns: why the run ends.
    mutating func standStill(after error: any Error) -> any Error {
        do {
            if let broken = error as? EngineError { try halt(broken) }
            if let broken = error as? StorageError, broken.isBrokenRule { try halt(broken) }
            return error
        } catch let unstored { return unstored }
    }

    /// The engine can do no more; that nothing may leave is stored, so that the next start knows.
    /// - Throws: `UnstoredHalt` when it could not be.
    mutating func halt(_ error: EngineError) throws {
        let entries = loop.engine.haltHold("\(error)", cause: .overflow, at: loop.engine.now)
        do {
            try journal.commit(entries.map { .record($0) }, symbols: loop.engine.symbols)
        } catch let failure {
            throw UnstoredHalt(cause: error, reason: "\(failure)")
        }
    }

    /// The engine asked for what the ledger refuses, so that the two are no longer alike: the hold
    /// follows from what is stored.
    private func halt(_ error: StorageError) throws {
        do {
            let state = try journal.ledger.loadState { $0 }
            let halts = state.holds.contains { $0.cause == .storage && $0.mode == .halted }
            if halts { return }
            let at = state.checkpoint?.at ?? wallTime()
            let hold = TradingHold(
                id: "h\(state.holdCount + 1)", cause: .storage, mode: .halted, by: "machine",
                why: "\(error)", since: at, until: nil)
            let alert = Alert(code: "storage", severity: .critical, message: hold.why, at: at)
            try journal.commit(
                [.record(.hold(.set(hold))), .record(.alert(alert)), .notice(.alert(alert))],
                symbols: loop.engine.symbols)
        } catch let failure {
            throw UnstoredHalt(cause: error, reason: "\(failure)")
        }
    }

    /// Books that are not what was written are nothing to trade by.
    private mutating func take(_ finding: LedgerWatch.Finding, at time: Timestamp) throws {
        switch finding {
        case .unknown(let why):
            try record("ledger", .warning, "the ledger was not examined: \(why)", at: time)
        case .broken(let why):
            let text = "the ledger is damaged: \(why); run bellwether doctor"
            health.take(alert: "storage", text)
            let entries = loop.engine.haltHold(text, cause: .storage, at: time)
            let notices = entries.compactMap { entry -> Effect? in
                if case .alert(let alert) = entry { .notice(.alert(alert)) } else { nil }
            }
            try journal.commit(
                entries.map { .record($0) } + notices, symbols: loop.engine.symbols)
        }
    }

    // MARK: - News

    /// Takes one item. What cannot be stored for a reason that lies in the item itself is undone
    /// whole: the engine is as before, an alert says so, and trading goes on (S43).
    /// - Returns: why it was set aside; nil when it was taken.
    mutating func take(_ item: NewsItem, at time: Timestamp) throws -> String? {
        let before = loop
        let commits = journal.commits
        var instant = Instant()
        instant.at = time
        instant.news = [item]
        do {
            try loop.play(instant)
            return nil
        } catch {
            // Once a part is durable, only a restart knows how to go on.
            guard journal.commits == commits, isPoison(error) else { throw error }
            loop = before
            let reason = "\(error)"
            let id = FeedDefect.shown(Array(item.id.utf8), max: 80)
            try record(
                "news-poison", .critical, "the news \(id) was set aside: \(reason)", at: time)
            return reason
        }
    }

    private func isPoison(_ error: any Error) -> Bool {
        if error is EngineError { return true }
        switch error as? StorageError {
        case .unstorable, .duplicateDecision, .duplicateExecution, .unknownOrder, .wrongStatus:
            return true
        // TOOBIG, CONSTRAINT, MISMATCH, RANGE: the values, not the disk.
        case .sqlite(_, let code, _, _): return [18, 19, 20, 25].contains(code & 0xFF)
        default: return false
        }
    }

    /// An alert of the machine around the engine.
    private mutating func record(
        _ code: String, _ severity: AlertSeverity, _ message: String, at time: Timestamp
    ) throws {
        let alert = Alert(code: code, severity: severity, message: message, at: time)
        health.take(alert: code, message)
        try journal.commit(
            [.record(.alert(alert)), .notice(.alert(alert))], symbols: loop.engine.symbols)
    }
}

/// Trading halted, and the ledger could not be told.
package struct UnstoredHalt: Error, CustomStringConvertible {
    let cause: any Error
    let reason: String

    package var description: String {
        "\(cause); the next start will not know of the halt, for it could not be stored: \(reason)"
    }
}
