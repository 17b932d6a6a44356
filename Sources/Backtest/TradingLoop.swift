import Calendar
import Domain
import Engine
import Execution
import Portfolio
import Primitives

/// The step that the live loop, the backtest and the fault simulator share: one event through the
/// engine, its effects into the journal and then to the broker.
///
/// Each event's effects are committed before anything is done about them, and done before the
/// next event is taken. The loop holds no decision.
package struct TradingLoop<Journal: EventJournal, Venue: Broker> {
    package var engine: TradingEngine
    package var venue: Venue
    package var journal: Journal
    fileprivate var effects: [Effect] = []
    private var batch: [Effect] = []

    package init(engine: TradingEngine, venue: Venue, journal: Journal) {
        self.engine = engine
        self.venue = venue
        self.journal = journal
        self.venue.register(count: engine.symbols.count)
    }

    /// The first thing after a restart, before any event.
    package mutating func recover() throws {
        engine.recover(effects: &effects)
        try settle(engine.now)
    }

    /// The market was entered in the middle of a session: it opens here.
    package mutating func begin(at: Timestamp) throws { try take(.timer(.sessionOpen), at) }

    /// The market is over: a session that is still open is closed where it stands.
    package mutating func finish() throws {
        guard engine.session != nil else { return }
        try take(.timer(.sessionClose), engine.now)
    }

    /// The market is over: after the last close its comparison is made still.
    package mutating func finishDay() throws {
        guard engine.session == nil, engine.now > .distantPast else { return }
        let wait = engine.config.execution.reconciliation.afterClose
        try wake(before: engine.now + wait + Span(nanoseconds: 1))
    }

    /// Makes the present place in the market durable, also after bars that caused nothing.
    package mutating func rest() throws {
        guard engine.now > .distantPast else { return }
        try journal.commit([.record(.checkpoint(engine.checkpoint))], symbols: engine.symbols)
    }

    /// Takes one event with all that follows from it.
    package mutating func take(_ event: InputEvent, _ at: Timestamp) throws {
        try process(event, at)
        if !effects.isEmpty { try settle(at) }
    }

    /// Wakes the engine for everything that is due before `time`.
    package mutating func wake(before time: Timestamp) throws {
        while engine.nextDue < time { try take(.timer(.due), max(engine.nextDue, engine.now)) }
    }

    private mutating func process(_ event: InputEvent, _ at: Timestamp) throws {
        var event = event
        if case .command(let command) = event, !engine.remembers(command.transaction),
            let record = try journal.command(transaction: command.transaction)
        {
            engine.recall(record)
        }
        if case .command(let command) = event, case .weights(.rollback(let version)) = command.verb,
            let weights = try journal.weights(version: version)
        {
            engine.recall(weights)
        }
        if case .account(var answer) = event {
            answer.books = try journal.extract(
                since: answer.query.since, naming: answer.namedOrders.union(engine.revisedOrders))
            event = .account(answer)
        }
        try engine.process(Stamped(at: at, event), effects: &effects)
    }

    /// Commits, acts, and takes the venue's immediate answers until nothing is left to do.
    fileprivate mutating func settle(_ at: Timestamp) throws {
        var rounds = 0
        while !effects.isEmpty {
            rounds += 1
            precondition(rounds <= Limits.effectsPerEvent, "effects run in circles")
            try journal.commit(effects, symbols: engine.symbols)
            swap(&batch, &effects)
            effects.removeAll(keepingCapacity: true)
            for effect in batch {
                switch effect {
                case .submit(let id): try submit(id, at)
                case .cancel(let id): try cancel(id, at)
                case .ask(let query): venue.ask(query, at: at)
                case .record, .history, .notice, .answer: break
                }
            }
            batch.removeAll(keepingCapacity: true)
            for answer in venue.takeAnswers() { try process(answer, at) }
        }
    }

    /// The transition to SUBMITTING is durable before the venue sees the ticket.
    private mutating func submit(_ id: ClientOrderID, _ at: Timestamp) throws {
        guard let ticket = engine.beginSubmit(id, effects: &effects) else { return }
        try commitRecords()
        venue.submit(ticket, at: at)
    }

    /// That an order is to end is durable before anyone is asked to end it.
    private mutating func cancel(_ id: ClientOrderID, _ at: Timestamp) throws {
        let before = effects.count
        guard engine.beginCancel(id, effects: &effects) else { return }
        if effects.count > before { try commitRecords() }
        venue.cancel(id, at: at)
    }

    private mutating func commitRecords() throws {
        try journal.commit(effects, symbols: engine.symbols)
        // The steps that an order before it asked for when it lapsed are still to be done.
        effects.removeAll {
            switch $0 {
            case .submit, .cancel, .ask: false
            case .record, .history, .notice, .answer: true
            }
        }
    }
}

// MARK: - With the venue inside

extension TradingLoop where Venue == SimulatedVenue {
    /// Makes room for symbols that the feed has met since; ids agree because both count up.
    package mutating func register(_ table: SymbolTable) {
        while engine.symbols.count < table.count {
            let next = table.symbols[engine.symbols.count]
            precondition(
                engine.symbols.id(of: next) == nil, "engine and feed count symbols differently")
            guard engine.register(next) != nil else { return }
        }
        venue.register(count: engine.symbols.count)
    }

    package mutating func play(_ instant: borrowing Instant) throws {
        let at = instant.at
        try wake(before: at)
        if instant.session != nil || engine.config.extendedHours {
            if venue.openOrderCount > 0 {
                for bar in instant.bars { venue.take(bar, at: at) }
            }
            if !venue.reports.isEmpty { try deliverReports(at) }
        }
        for bar in instant.bars {
            journal.took(bar, symbols: engine.symbols)
            try engine.process(bar, at: at, effects: &effects)
            if !effects.isEmpty { try settle(at) }
        }
        for item in instant.news { try take(.news(item), at) }
        for timer in instant.timers {
            if timer == .sessionClose {
                venue.closeSession(at: at, expiresUnseen: engine.config.calendar.knowsCloses)
                try deliverReports(at)
            }
            let cash = engine.portfolio.cash
            try take(.timer(timer), at)
            if timer == .sessionOpen { deposit(since: cash) }
        }
    }

    /// The capital that the books got with the first session is in the account too.
    private mutating func deposit(since before: Money) {
        let after = engine.portfolio.cash
        guard after != before, let paid = try? after.subtracting(before) else { return }
        venue.deposit(paid)
    }

    /// After a restart: the venue takes back the orders it had acknowledged, and what was decided
    /// but never acknowledged goes out again under its own id, as far as the mode allows.
    package mutating func recover(_ state: LedgerState) throws {
        let alive = Set(state.openOrders.filter { $0.status == .acked }.map(\.intent.id))
        for open in state.openOrders where open.status == .acked {
            guard let ticket = engine.ticket(open.intent.id) else { continue }
            var held: Quantity?
            var parent: ClientOrderID?
            if case .protectiveStop(let entry) = open.intent.role {
                held = engine.portfolio.quantity(ticket.symbolID).magnitude
                parent = alive.contains(entry) ? entry : nil
            }
            venue.restore(
                ticket, from: open, protecting: held, parent: parent,
                newestBar: engine.newestStart(ticket.symbolID), at: engine.now)
        }
        var holdings: [(id: SymbolID, symbol: Symbol, held: Quantity)] = []
        for (index, symbol) in engine.symbols.symbols.enumerated() {
            let id = SymbolID(index: index)
            holdings.append((id, symbol, engine.portfolio.quantity(id)))
        }
        venue.open(cash: engine.portfolio.cash, holdings: holdings)
        try deliverReports(engine.now)
        try recover()
    }

    private mutating func deliverReports(_ at: Timestamp) throws {
        while !venue.reports.isEmpty {
            let reports = venue.reports
            venue.reports.removeAll(keepingCapacity: true)
            // In one transaction: a death between two fills of a bar would give the second one the
            // whole volume of the bar once more.
            for report in reports { try process(.broker(report), at) }
            if !effects.isEmpty { try settle(at) }
        }
    }
}
