// What people tell the daemon to do.
//
// A command in -> its effect, its record and its answer, all in the same event: the answer is given
// only after what it tells of is durable. The same transaction once more gets the same answer and
// has no effect. Without proof a command can only tighten.

import Domain
import Portfolio
import Primitives

extension TradingEngine {
    mutating func take(_ command: Command, _ effects: inout [Effect]) throws(EngineError) {
        // Before all else: whatever becomes of it, nobody sends it a second time.
        if let proof = command.proof { effects.append(.record(.proof(proof))) }
        if let known = memory.record(command.transaction) {
            return repeatAnswer(known, to: command, &effects)
        }
        if let waiting = memory.waiters.first(where: {
            $0.command.transaction == command.transaction
        }) {
            // The answer that is on its way is for both.
            if !waiting.command.isSame(as: command) { deny(command, &effects) }
            return
        }
        endHolds(&effects)
        switch command.verb {
        case .pause(let until, let exits): pause(command, until: until, exits: exits, &effects)
        case .resume(let latch): resume(command, latch: latch, &effects)
        case .flatten(let token): try flatten(command, token: token, &effects)
        case .reconcile: reconcile(command, &effects)
        case .weights(let order): weights(command, order, &effects)
        case .limits(let wanted): limits(command, wanted, &effects)
        }
    }

    /// Whether its answer is at hand. Of what came before the newest the ledger alone knows, and
    /// `recall` is to be given its record before the command is taken.
    package func remembers(_ transaction: String) -> Bool { memory.record(transaction) != nil }

    package mutating func recall(_ record: CommandRecord) { memory.keep(record) }

    private func repeatAnswer(
        _ known: CommandRecord, to command: Command, _ effects: inout [Effect]
    ) {
        guard known.command.isSame(as: command) else { return deny(command, &effects) }
        effects.append(.answer(known.answer))
    }

    /// The transaction belongs to another command, whose record stays what it is.
    private func deny(_ command: Command, _ effects: inout [Effect]) {
        effects.append(
            .answer(
                makeAnswer(
                    command, .conflict,
                    "the transaction \(command.transaction) was used for another command: leave "
                        + "--transaction out, or give a new one")))
    }

    // MARK: - Answers

    mutating func answer(
        _ command: Command, _ message: String, refusal: CommandRefusal? = nil,
        token: String? = nil, run: ReconciliationRun? = nil, figures: [Figure]? = nil,
        _ effects: inout [Effect]
    ) {
        let answer = makeAnswer(
            command, refusal, message, token: token, run: run, figures: figures)
        let record = CommandRecord(command: command, at: now, answer: answer)
        memory.keep(record)
        effects.append(.record(.command(record)))
        effects.append(.answer(answer))
    }

    private func makeAnswer(
        _ command: Command, _ refusal: CommandRefusal?, _ message: String, token: String? = nil,
        run: ReconciliationRun? = nil, figures: [Figure]? = nil
    ) -> CommandAnswer {
        CommandAnswer(
            transaction: command.transaction, verb: command.verb.name, refusal: refusal,
            message: message, mode: mode, holds: holds.all, unprotected: unprotected.map(\.name),
            token: token, reconciliation: run, figures: figures)
    }

    mutating func refuse(
        _ command: Command, _ refusal: CommandRefusal, _ message: String,
        _ effects: inout [Effect]
    ) {
        answer(command, message, refusal: refusal, &effects)
    }

    mutating func refuseUnsigned(_ command: Command, _ effects: inout [Effect]) {
        refuse(
            command, .unsigned, "\(command.verb.name) needs a signature, or root or the group",
            &effects)
    }

    // MARK: - Pause

    /// Always taken: also without proof, a clock or a market time.
    private mutating func pause(
        _ command: Command, until: Timestamp?, exits: Bool, _ effects: inout [Effect]
    ) {
        if let until, until <= now {
            return refuse(
                command, .invalidArgument, "until \(until) has passed: market time is \(now)",
                &effects)
        }
        let wanted: TradingMode = exits ? .reduceOnly : .paused
        if let hold = holds.tighten(
            .operator, wanted, by: command.by, why: command.why, at: now, until: until)
        {
            announce(.set(hold), &effects)
        }
        watchUnprotected(&effects, from: effects.count)
        var message = mode.rawValue
        if let until { message += ", by this command until \(until)" }
        let bare = unprotected
        if !bare.isEmpty {
            message += "; without a protective stop: "
            message += bare.map(\.name).joined(separator: ", ")
        }
        answer(command, message, &effects)
    }

    /// Whether a pause without an end would change nothing, because a person's pause stands that is
    /// as strict and has no end either.
    package func isPaused(exits: Bool) -> Bool {
        holds.all.contains {
            $0.cause == .operator && $0.until == nil && $0.mode >= (exits ? .reduceOnly : .paused)
        }
    }

    // MARK: - Resume

    private mutating func resume(
        _ command: Command, latch: String?, _ effects: inout [Effect]
    ) {
        guard command.isProven else { return refuseUnsigned(command, &effects) }
        if let why = host.clockDistrust {
            return refuse(command, .clock, "the clock cannot be trusted: \(why)", &effects)
        }
        if let latch, !isLatch(latch) {
            return refuse(
                command, .invalidArgument,
                "“\(latch)” is neither a cause nor the id of a hold", &effects)
        }
        let lifted = holds.lift { hold in
            guard let latch else { return hold.cause.endsWithPlainResume }
            return hold.id == latch || hold.cause.rawValue == latch
        }
        if lifted.isEmpty {
            let refusal: CommandRefusal? = holds.all.isEmpty ? nil : .conflict
            return answer(
                command, standing ?? "nothing held trading back", refusal: refusal, &effects)
        }
        for hold in lifted {
            forgive(hold.cause)
            announce(
                .lifted(id: hold.id, by: command.by, why: command.why, at: now), &effects)
        }
        answer(
            command,
            "lifted \(lifted.map(Self.name).joined(separator: ", "))"
                + (standing.map { "; \($0)" } ?? ""), &effects)
    }

    private func isLatch(_ text: String) -> Bool {
        HoldCause(rawValue: text) != nil || holds.all.contains { $0.id == text }
    }

    private static func name(_ hold: TradingHold) -> String {
        "\(hold.id) (\(hold.cause.rawValue))"
    }

    /// What still holds trading back and what to do about it; nil when nothing does.
    private var standing: String? {
        var parts: [String] = []
        if !holds.all.isEmpty {
            var causes: [String] = []
            for hold in holds.all where !causes.contains(hold.cause.rawValue) {
                causes.append(hold.cause.rawValue)
            }
            let ways = causes.map { "resume --latch \($0)" }.joined(separator: ", ")
            parts.append(
                "trading is held by \(holds.all.map(Self.name).joined(separator: ", ")): \(ways)")
        }
        if isHalted { parts.append("halted until the next start") }
        if config.mode > .active {
            parts.append("the configuration says trading.mode = \(config.mode.rawValue)")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// What a person has looked at begins anew, or it would hold trading again at once.
    private mutating func forgive(_ cause: HoldCause) {
        switch cause {
        case .dailyLoss: tracker.forgiveLoss(equity: portfolio.equity)
        case .drawdown: tracker.forgiveDrawdown(equity: portfolio.equity)
        case .losingStreak: latches.losingStreak = 0
        case .errorRate: latches.orderFailures = 0
        case .flatten: forgetFlatten()
        default: break
        }
    }

    // MARK: - Reconcile

    private mutating func reconcile(_ command: Command, _ effects: inout [Effect]) {
        guard command.isProven else { return refuseUnsigned(command, &effects) }
        guard now > .distantPast else {
            return refuse(
                command, .unavailable, "the market has not begun: nothing to compare", &effects)
        }
        guard memory.waiters.count < Limits.commandsWaiting else {
            return refuse(
                command, .rateLimited, "\(Limits.commandsWaiting) others wait already", &effects)
        }
        let run = beginReconciliation(.command, &effects)
        memory.wait(
            CommandMemory.Waiter(command: command, run: run, due: now + Limits.commandPatience))
    }

    /// A comparison has come to its end: those who asked for it are told.
    mutating func finished(_ run: ReconciliationRun, _ effects: inout [Effect]) {
        for waiter in memory.takeWaiters(where: { $0.run == run.id }) {
            answer(
                waiter.command, "broker and books: \(run.verdict.rawValue)", run: run, &effects)
        }
    }

    mutating func answerLate(_ effects: inout [Effect]) {
        guard memory.due <= now else { return }
        let time = now
        for waiter in memory.takeWaiters(where: { $0.due <= time }) {
            refuse(
                waiter.command, .unavailable, "the broker has not answered in time", &effects)
        }
    }
}
