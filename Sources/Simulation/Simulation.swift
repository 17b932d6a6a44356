// The fault simulator: the real engine and the real loop among a modelled disk, network, broker,
// market and clock, from one seed.
//
// plan -> result: counts, a hash of all that happened, and the first promise that was broken
//
// Invariants: equal plans give equal runs, bit for bit; only what is durable or at the exchange
// outlives a process; time is the heap of events; every fact is shown to every invariant.

import Backtest
import Calendar
import Domain
import Engine
import Execution
import Portfolio
import Primitives

package struct Simulation {
    let plan: SimulationPlan
    let config: EngineConfig
    let fate: Fate
    let schedule: Schedule
    let truth: Truth
    let watch: Watch
    let history: History
    let store: ModelStore
    let network: Network
    var market: ModelMarket
    var people: Operator
    var loop: TradingLoop<ModelJournal, ModelBroker>?
    var sessionClock: SessionClock
    let sessions: [Session]
    var day = 0
    /// How far our clock is from the true one.
    var clockOffset = Span.zero
    var stamp: Timestamp
    /// Steps since the first intent of the kind that the plan names; nil before it.
    var stepsSinceIntent: Int?
    /// The pause that the plan orders, and the process that was told of it last.
    var orderedPause: (command: Command, process: Int)?
    var wakesAtOnce = 0
    /// Looks in vain at what waits for a session may come later: until then, or until something
    /// happens.
    var restsUntil = Timestamp.distantPast
    var lastWake = Timestamp.distantPast
    var orderCount = 0

    package init(_ plan: SimulationPlan, calendar: MarketCalendar) {
        self.plan = plan
        var random = SeededRandom(seed: plan.seed)
        let rates = plan.rates ?? FaultRates.drawn(&random)
        config = simulatedConfig(calendar)
        sessions = Self.sessions(plan.days, calendar, &random)
        let first = sessions[0].open - Span(seconds: 1_800)
        stamp = first
        fate = Fate(
            rates, random: SeededRandom(seed: random.next()), crashAtPoint: plan.crashAtPoint,
            crashAgainAfter: plan.crashAgainAfter)
        schedule = Schedule(now: first)
        market = ModelMarket(random: SeededRandom(seed: random.next()))
        people = Operator(random: SeededRandom(seed: random.next()))
        truth = Truth(
            config: config,
            exchange: Exchange(
                symbols: ModelMarket.symbols, prices: market.prices,
                cash: config.portfolio.capital))
        watch = Watch(truth)
        history = History(lines: plan.traceLines)
        store = ModelStore(fate, watch: watch, history: history)
        network = Network(schedule, fate, watch, history)
        sessionClock = SessionClock(calendar, from: first)
    }

    /// Consecutive sessions from a day that the seed chooses, often near a change of the clocks,
    /// an early close or a holiday.
    private static func sessions(
        _ days: Int, _ calendar: MarketCalendar, _ random: inout SeededRandom
    ) -> [Session] {
        let year = 2024 + random.below(5)
        let edges = [(3, 8), (11, 1), (7, 1), (11, 24), (12, 20), (1, 2), (4, 10)]
        var (month, date) = (1 + random.below(12), 1 + random.below(28))
        if random.below(2) == 0 { (month, date) = edges[random.below(edges.count)] }
        guard let begin = CivilDate(year: year, month: month, day: date) else {
            preconditionFailure("no such date")
        }
        var sessions: [Session] = []
        var time = calendar.zone.timestamp(begin, secondsOfDay: 0)
        while sessions.count < days, let next = calendar.session(atOrAfter: time) {
            sessions.append(next)
            time = next.close
        }
        precondition(!sessions.isEmpty, "the calendar knows no sessions")
        return sessions
    }

    // MARK: - The run

    package mutating func run() -> SimulationResult {
        schedule.add(.start, at: schedule.now)
        for session in sessions { plan(session) }
        schedule.add(.operatorLooks, in: Span(seconds: 900))
        let end = sessions[sessions.count - 1].close
        play(until: end + Span(seconds: 3_600))
        if watch.broken == nil { settleDown() }
        // Long enough for everything that has a deadline, and for the daily comparison.
        play(until: end + Span(seconds: 20 * 3_600))
        if let loop, watch.broken == nil {
            _ = tell()
            watch.look(at: loop.engine, .run)
        }
        return result()
    }

    private func plan(_ session: Session) {
        schedule.add(.marketOpens, at: session.open)
        schedule.add(.marketCloses, at: session.close)
        var time = session.open + ModelMarket.interval
        var number = 1
        while time <= session.close {
            schedule.add(.tick(number), at: time - Span(nanoseconds: 2_000_000))
            time = time + ModelMarket.interval
            number += 1
        }
    }

    private mutating func play(until end: Timestamp) {
        while watch.broken == nil {
            let due = nextDue
            let next = min(due, schedule.next)
            guard next <= end else { break }
            if due < schedule.next {
                schedule.advance(to: due)
                wake()
            } else if let happening = schedule.take() {
                wakesAtOnce = 0
                restsUntil = .distantPast
                take(happening)
            }
        }
        if watch.broken == nil { schedule.advance(to: end) }
    }

    /// When the process wants to be woken, in true time.
    private var nextDue: Timestamp {
        guard let loop, !fate.isDead else { return .distantFuture }
        let due = min(loop.engine.nextDue, sessionClock.next)
        guard due < .distantFuture else { return due }
        return max(due - clockOffset, schedule.now, restsUntil)
    }

    private mutating func wake() {
        wakesAtOnce = schedule.now > lastWake ? 0 : wakesAtOnce + 1
        lastWake = schedule.now
        if wakesAtOnce > 200 {
            return watch.fail(26, "the engine rests between deadlines", "it wakes without end")
        }
        let time = tell()
        if sessionClock.next <= time {
            give(.timer(sessionClock.take()))
        } else {
            let (commits, requests) = (store.ledger.commits, network.requests)
            give(.timer(.due))
            if commits == store.ledger.commits, requests == network.requests, let loop,
                loop.engine.nextDue - stamp <= Self.look
            {
                restsUntil = schedule.now + (truth.exchange.isOpen ? Self.nap : Self.night)
            }
        }
    }

    private static let look = Span(seconds: 5)
    private static let nap = Span(seconds: 30)
    private static let night = Span(seconds: 900)

    // MARK: - The process

    /// Stamps as the inbox does: never decreasing.
    private mutating func tell() -> Timestamp {
        stamp = max(stamp, schedule.now + clockOffset)
        truth.stamp = stamp
        truth.now = schedule.now
        return stamp
    }

    mutating func give(_ event: InputEvent) {
        guard loop != nil, !fate.isDead else { return }
        let time = tell()
        note(event)
        watch.see(.told(event))
        if case .account(let answer) = event {
            truth.isLiedTo = truth.lies.contains(answer.query.run)
        }
        guarded { simulation in try simulation.loop?.take(event, time) }
    }

    /// Runs a piece of the process; a death ends it where it was.
    private mutating func guarded(_ work: (inout Simulation) throws -> Void) {
        history.step()
        defer { truth.isLiedTo = false }
        do { try work(&self) } catch is Crash {
            return bury("died")
        } catch is StoreFailure {
            return bury("the ledger failed")
        } catch {
            watch.fail(0, "the engine takes every event", "\(error)")
            return
        }
        if fate.isDead { return bury("died") }
        guard let loop else { return }
        watch.look(at: loop.engine, .step)
        followOrders()
    }

    private mutating func bury(_ how: String) {
        fate.die()
        loop = nil
        store.cutPower()
        watch.see(.died)
        truth.isLinkUp = false
        truth.linkUpSince = nil
        truth.aliveSince = nil
        history.note(20, schedule.now, "", 0, how)
        let isLong = fate.random.below(12) == 0
        schedule.add(.start, in: isLong ? fate.span(60_000, 20_000_000) : fate.span(500, 40_000))
    }

    private mutating func start() {
        guard loop == nil else { return }
        fate.start()
        let time = tell()
        let zone = config.calendar.zone
        let state = store.open(at: time) { zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0) }
        history.note(21, schedule.now, "", Int64(store.ledger.commits), "process starts")
        truth.aliveSince = stamp
        watch.see(.started)
        var engine = TradingEngine(config)
        for symbol in ModelMarket.symbols { _ = engine.register(symbol) }
        do {
            try engine.restore(state)
            for bars in market.recent {
                for bar in bars {
                    try engine.backfill(bar, knownAt: bar.start + ModelMarket.interval)
                }
            }
        } catch { return watch.fail(17, "a ledger can be restored", "\(error)") }
        sessionClock = SessionClock(
            config.calendar, from: state.checkpoint?.at ?? time,
            openDate: state.checkpoint.flatMap { CivilDate($0.sessionDate) })
        loop = TradingLoop(
            engine: engine, venue: ModelBroker(network: network),
            journal: ModelJournal(store: store))
        guarded { simulation in try simulation.loop?.recover() }
        if loop != nil {
            network.announce()
            // The watches of clock and disk speak before anything else does.
            if clockOffset != .zero { give(.host(.clock(distrust: "it jumped"))) }
        }
    }

    /// What the directed modes and the people wait for.
    private mutating func followOrders() {
        let count = store.ledger.orderIDs.count
        if let steps = stepsSinceIntent {
            stepsSinceIntent = steps + 1
        } else if store.ledger.orderIDs.dropFirst(orderCount).contains(where: { id in
            store.ledger.order(id).map { plan.pauseFrom.includes($0.intent.role) } ?? false
        }) {
            stepsSinceIntent = 0
        }
        if count > orderCount {
            orderCount = count
            if let steps = people.pauseAfterIntent(fate) {
                schedule.add(.pause, in: Span(nanoseconds: Int64(steps) * 150_000_000))
            }
        }
        pauseAsOrdered()
    }

    /// Whoever gets no answer from a process that died says the same again.
    private mutating func pauseAsOrdered() {
        if let wanted = plan.pauseAtStep, orderedPause == nil, stepsSinceIntent == wanted {
            orderedPause = (people.command(.pause(until: nil, exits: false)), 0)
        }
        guard let (command, process) = orderedPause, process != fate.process,
            !store.pausesHeld.contains(command.transaction)
        else { return }
        orderedPause?.process = fate.process
        give(.command(command))
    }

    // MARK: - What happens

    private mutating func take(_ happening: Happening) {
        truth.now = schedule.now
        switch happening {
        case .tick(let number): tick(number)
        case .marketOpens:
            if let loop, watch.broken == nil {
                _ = tell()
                watch.look(at: loop.engine, .dawn)
            }
            truth.exchange.open()
            network.flush()
        case .marketCloses: closeMarket()
        case .delivery(let event, let process):
            if process == fate.process, !fate.isDead {
                learn(event)
                give(event)
            }
            if fate.isDead || process != fate.process, case .broker(let report) = event {
                network.noteLoss(of: report)
            }
        case .order(let ticket, let outcome, let process):
            network.arrive(ticket, outcome, process: process)
        case .cancel(let id): network.arriveCancel(id)
        case .query(let query, let asked, let process):
            network.arriveQuery(query, asked: asked, process: process)
        case .match(let id): network.match(id)
        case .cancelTakesEffect(let id):
            truth.exchange.cancel(id, at: schedule.now)
            network.flush()
        case .linkDown: network.goDown()
        case .linkUp:
            network.areCredentialsGood = true
            network.goUp()
        case .start: start()
        case .operatorLooks: operatorLooks()
        case .clockSet: setClock()
        case .diskFreed: give(.host(.disk(shortage: nil)))
        case .pause: give(.command(people.pause(at: stamp)))
        }
    }

    /// What the process has been told of its surroundings.
    private func learn(_ event: InputEvent) {
        switch event {
        case .link(.up):
            truth.isLinkUp = true
            truth.linkUpSince = stamp
        case .link:
            truth.isLinkUp = false
            truth.linkUpSince = nil
        default: break
        }
    }

    private mutating func tick(_ number: Int) {
        let end = schedule.now + Span(nanoseconds: 2_000_000)
        let bars = market.bars(start: end - ModelMarket.interval)
        for index in ModelMarket.symbols.indices {
            truth.exchange.move(SymbolID(index: index), to: market.prices[index])
        }
        network.flush()
        disturb()
        if let loop, watch.broken == nil {
            _ = tell()
            watch.look(at: loop.engine, .tick)
        }
        for bar in bars {
            schedule.add(
                .delivery(.bar(bar), process: fate.process),
                in: Span(nanoseconds: 2_000_000).later(fate.span(0, 400)))
        }
    }

    private mutating func closeMarket() {
        truth.exchange.close(at: schedule.now)
        network.flush()
        truth.lastClose = schedule.now
        _ = tell()
        if let loop, watch.broken == nil { watch.look(at: loop.engine, .day) }
        day += 1
    }
}

extension Simulation {
    func result() -> SimulationResult {
        var result = SimulationResult()
        result.seed = plan.seed
        result.days = day
        result.steps = history.steps
        result.orders = truth.exchange.arrivals.count
        result.fills = truth.exchange.fills.count
        result.crashes = fate.crashes
        result.reconciliations = store.ledger.reconciliations.count
        result.commands = store.ledger.commands.count
        result.holds = store.ledger.holdCount
        if let pause = orderedPause {
            result.pausesGiven = 1
            if store.pausesHeld.contains(pause.command.transaction) { result.pausesHeld = 1 }
        }
        result.faults = fate.counts
        result.washTrades = watch.sightings.washTrades
        result.fillsBeforeCancel = watch.sightings.fillsBeforeCancel
        result.hash = history.value
        result.trace = history.trace
        if let broken = watch.broken {
            result.violation = SimulationViolation(
                invariant: broken.invariant, text: broken.text, detail: broken.detail,
                seed: plan.seed, day: day + 1, step: history.steps, at: schedule.now)
        }
        return result
    }

    /// For the hash and the trace.
    func note(_ event: InputEvent) {
        switch event {
        case .bar(let bar): history.note(30, stamp, "", bar.close.units, "")
        case .broker(let report):
            history.note(31, stamp, report.orderID.text, report.number, "told \(report.traceText)")
        case .order(let answer):
            history.note(32, stamp, answer.id.text, 0, "told \(answer.traceText)")
        case .account(let answer):
            history.note(33, stamp, answer.query.run, answer.number, "told \(answer.traceText)")
        case .timer(let timer): history.note(34, stamp, timer.rawValue, 0, timer.rawValue)
        case .command(let command):
            history.note(35, stamp, command.transaction, 0, "command \(command.traceText)")
        default: history.note(36, stamp, "", 0, "told \(event)")
        }
    }
}
