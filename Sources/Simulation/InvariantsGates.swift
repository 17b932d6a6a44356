import Calendar
import Domain
import Engine
import Execution
import Primitives
import Risk

extension Truth {
    /// Why the stored holds forbid the order; nil: they do not.
    func forbids(_ intent: OrderIntent) -> String? {
        let mode = ledger.mode(config.mode)
        var most = intent.role.isEntry ? TradingMode.active : .reduceOnly
        // The stronger command: what it leaves may be left in a pause.
        if intent.role == .exit(.flatten), ledger.holds.contains(where: { $0.cause == .flatten }) {
            most = .paused
        }
        if mode <= most { return nil }
        let holds = ledger.holds.map { "\($0.id) \($0.cause.rawValue)" }.joined(separator: ", ")
        return "\(intent.id) (\(intent.role.kind)) in \(mode.rawValue): \(holds)"
    }
}

struct NothingWhilePaused: Invariant {
    let number = 5
    let text = "no order is let go while a hold stands that forbids it"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .writing(let entry) = fact, let (_, intent) = entry.submission(truth.ledger)
        else { return nil }
        return truth.forbids(intent)
    }

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        let stored = truth.ledger.mode(truth.config.mode)
        return engine.mode == stored
            ? nil : "the engine is \(engine.mode.rawValue), the ledger says \(stored.rawValue)"
    }
}

struct NothingAfterThePause: Invariant {
    let number = 6
    let text = "no request of an order begins once a pause is acknowledged"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .posted(let ticket) = fact, let order = truth.ledger.order(ticket.id) else {
            return nil
        }
        return truth.forbids(order.intent)
    }
}

struct SessionAndClock: Invariant {
    let number = 14
    let text = "no order is let go outside the session, on a bad clock or on an old price"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .writing(let entry) = fact,
            let (step, intent) = entry.submission(truth.ledger)
        else { return nil }
        if !truth.isClockTrusted { return "\(intent.id) leaves on a clock that is not trusted" }
        if step.at > intent.expiresAt { return "\(intent.id) leaves after it expired" }
        guard intent.role.isEntry else { return nil }
        if truth.config.calendar.session(containing: step.at) == nil {
            return "\(intent.id) leaves outside the session"
        }
        if let oldest = truth.config.risk.priceAgeMax,
            let signal = truth.ledger.signals[intent.signalID]
        {
            let age = step.at - signal.priceTime
            let most = signal.priceTime + oldest + truth.config.execution.intentLifetime
            if step.at > most { return "\(intent.id) leaves on a price \(spanText(age)) old" }
        }
        return nil
    }
}

struct NothingWhileUncertain: Invariant {
    let number = 15
    let text = "no entry is let go before broker and books were compared, nor beside the unknown"
    let moment = InvariantMoment.step
    /// Differ for no known reason, by the newest comparison that came to something.
    private var differing: Set<Symbol> = []

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .started:
            truth.isCompared = false
        case .writing(.reconciliation(let run)):
            guard run.verdict != .incomplete else { break }
            truth.isCompared = true
            // An execution that is only not listed is told of; what is held agrees.
            let lines = run.lines.filter {
                $0.outcome == .unexplained && !($0.kind == .fill && $0.broker == "missing")
            }
            differing = Set(lines.compactMap { truth.symbol(of: $0) })
        case .told(.link(.up)): truth.isCompared = false
        case .writing(let entry):
            guard let (_, intent) = entry.submission(truth.ledger) else { return nil }
            guard intent.role.isEntry else {
                return truth.isCompared
                    ? nil : "\(intent.id) leaves before the books were compared"
            }
            if !truth.isCompared { return "\(intent.id) leaves before the books were compared" }
            if differing.contains(intent.symbol) {
                return "\(intent.id) leaves while broker and books differ on \(intent.symbol)"
            }
            let unknown = truth.ledger.openOrders.filter { $0.status == .unknown }
            if let other = unknown.first(where: { $0.intent.symbol == intent.symbol }) {
                return "\(intent.id) leaves while \(other.intent.id) is unknown"
            }
            if Set(unknown.map(\.intent.symbol)).count >= 2 {
                return "\(intent.id) leaves while \(unknown.count) orders are unknown"
            }
        default: break
        }
        return nil
    }
}

struct NothingWhileDown: Invariant {
    let number = 27
    let text = "no entry is let go without a connection, and no order to a broker that fails"
    let moment = InvariantMoment.step
    private var breaker = ModelBreaker()

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .started, .died: breaker = ModelBreaker()
        case .told(let event): breaker.take(event, truth)
        case .posted(let ticket) where breaker.isOpen:
            return "\(ticket.id) leaves while requests fail, \(breaker.failures) of them in a row"
        case .writing(let entry):
            guard let (_, intent) = entry.submission(truth.ledger), intent.role.isEntry,
                !truth.isLinkUp
            else { return nil }
            return "\(intent.id) leaves without a connection"
        default: break
        }
        return nil
    }
}

/// What any breaker of the configuration must do: open on failures in a row or on their share of
/// the recent requests, and close after so many successes, none of them before the shortest time
/// for which it opens.
struct ModelBreaker {
    /// In a row.
    private(set) var failures = 0
    private var successes = 0
    private var recent: [(at: Timestamp, isFailure: Bool)] = []
    /// Which requests count as recent after that depends on when exactly it closed.
    private var wasOpen = false
    private var openedAt: Timestamp?
    private var isRefused = false

    var isOpen: Bool { openedAt != nil }

    mutating func take(_ event: InputEvent, _ truth: Truth) {
        switch event {
        case .broker(let report):
            switch report.event {
            case .ambiguous, .notSent: fail(truth)
            case .accepted, .rejected, .duplicate:
                // Of others the stream speaks, which is another way.
                if truth.ledger.order(report.orderID)?.status == .submitting { succeed(truth) }
            default: break
            }
        case .order(let answer):
            if case .failed = answer.result { fail(truth) } else { succeed(truth) }
        case .account(let answer):
            if case .failed = answer.result { fail(truth) } else { succeed(truth) }
        case .link(.refused):
            isRefused = true
            wasOpen = true
        case .link(.up):
            // Credentials that are accepted again end the wait, not the trial.
            if isRefused, isOpen { openedAt = .distantPast }
            isRefused = false
        default: break
        }
    }

    private mutating func fail(_ truth: Truth) {
        let config = truth.config.execution.breaker
        note(true, truth)
        failures += 1
        successes = 0
        let share = Double(recent.count { $0.isFailure }) / Double(max(1, recent.count))
        let isTooMuch =
            !wasOpen && recent.count >= config.countMin && share >= config.failureShareMax
        guard failures >= config.consecutiveMax || isTooMuch else { return }
        openedAt = openedAt ?? truth.stamp
        wasOpen = true
    }

    private mutating func note(_ isFailure: Bool, _ truth: Truth) {
        recent.append((truth.stamp, isFailure))
        recent.removeAll { $0.at <= truth.stamp - truth.config.execution.breaker.window }
    }

    private mutating func succeed(_ truth: Truth) {
        let config = truth.config.execution.breaker
        note(false, truth)
        // A quarter is jitter.
        let least = Span(nanoseconds: config.openBase.nanoseconds / 4 * 3)
        guard let opened = openedAt else {
            failures = 0
            return
        }
        guard opened == .distantPast || truth.stamp - opened >= least else { return }
        successes += 1
        guard successes >= config.successesMin else { return }
        failures = 0
        successes = 0
        openedAt = nil
    }
}

struct AnswersAreDurable: Invariant {
    let number = 19
    let text = "what is answered is durable, and the same question gets the same answer"
    let moment = InvariantMoment.step
    private var given: [String: CommandAnswer] = [:]

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        // Whoever asks again for what a lying disk lost is answered anew.
        if case .lost(let rows) = fact {
            for transaction in rows.transactions { given[transaction] = nil }
        }
        guard case .answered(let answer) = fact else { return nil }
        if let before = given.updateValue(answer, forKey: answer.transaction),
            before.refusal != answer.refusal || before.message != answer.message
                || before.token != answer.token
        {
            return "\(answer.transaction) is answered \(answer.message) after \(before.message)"
        }
        if answer.refusal == nil, truth.ledger.command(answer.transaction) == nil {
            return "\(answer.transaction) is answered and not in the ledger"
        }
        return nil
    }
}

struct CommandsOnce: Invariant {
    let number = 20
    let text = "a command has one effect, and only a proven one that names it loosens"
    let moment = InvariantMoment.step
    private var done: Set<String> = []

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .lost(let rows): done.subtract(rows.transactions)
        case .writing(.command(let record)):
            let transaction = record.command.transaction
            let isTwice = !done.insert(transaction).inserted
            return isTwice ? "\(transaction) is carried out twice" : nil
        case .writing(.hold(.set(let hold))):
            guard let old = truth.ledger.holds.first(where: { $0.id == hold.id }) else {
                return nil
            }
            let isShorter = hold.until.map { until in old.until.map { until < $0 } ?? true }
            if hold.mode < old.mode || isShorter == true {
                return "\(hold.id) is loosened"
            }
            return nil
        case .writing(.hold(.lifted(let id, _, _, let at))):
            guard let hold = truth.ledger.holds.first(where: { $0.id == id }) else { return nil }
            if let until = hold.until, until <= at { return nil }
            for case .command(let record) in truth.batch
            where record.command.isProven && record.answer.refusal == nil {
                guard case .resume(let latch) = record.command.verb else { continue }
                let isNamed = latch == hold.id || latch == hold.cause.rawValue
                if latch == nil ? hold.cause.endsWithPlainResume : isNamed { return nil }
            }
            return "\(id) (\(hold.cause.rawValue)) is lifted without a proven command"
        default: break
        }
        return nil
    }
}

struct Bounded: Invariant {
    let number = 23
    let text = "what is alive stays within its bounds"
    let moment = InvariantMoment.step
    /// Of each symbol an entry, its stop, an exit, and a stop that is being given up for another.
    static let ordersOfSymbol = 4
    /// For what a disk lost and a comparison finds again beside it.
    static let margin = 4

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        let most = Self.ordersOfSymbol * truth.exchange.symbols.count + Self.margin
        let count = truth.ledger.openIDs.count
        return count <= most ? nil : "\(count) orders are alive"
    }
}
