// The engine: news -> sentiment -> signals -> risk -> execution -> portfolio -> learning.
//
// One stamped event in, effects out, appended to a buffer of the caller. A value: deterministic,
// synchronous, no I/O, no clock. The live runner and the backtest are loops around it.
//
// Invariants: time never decreases; equal events give equal effects; everything an effect does
// outside follows from rows recorded before it; a bar that causes nothing allocates nothing.

import Calendar
import Domain
import Execution
import Learning
import News
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals

package struct TradingEngine: Sendable {
    package let config: EngineConfig
    package internal(set) var mode: TradingMode
    package internal(set) var symbols = SymbolTable(capacity: Limits.symbols)
    package internal(set) var counters = EngineCounters()
    /// The newest instant seen.
    package internal(set) var now = Timestamp.distantPast
    /// Bars of the market feed taken, ever.
    package internal(set) var feedPosition: Int64 = 0
    /// The session that is open, nil between sessions.
    package internal(set) var session: Session?
    /// Its date as text, empty between sessions: written with every checkpoint.
    var sessionDate = ""

    var desk: NewsDesk
    let scorer = LexiconScorer()
    var sentiment: SentimentWindows
    var signals: SignalStage
    /// With the limits as commands have lowered them.
    var gate: RiskGate
    var execution: ExecutionStage
    package internal(set) var portfolio: Portfolio
    var learner: Learner
    package internal(set) var tracker = EquityTracker()
    var states: [SymbolState] = []
    /// `SymbolState.exitWanted` of all that have one, for the checkpoint.
    var exitsWanted: [Symbol: TradeReason] = [:]
    var hours: BarHours

    var holds = HoldSet()
    /// Something held has no price yet, and counts at its cost: no equity to measure by.
    var isUnmarked = false
    /// An amount left the range of the books: until the next start.
    var isHalted = false
    var memory = CommandMemory()
    var overrides = OperatorOverrides()
    var host = HostState()
    var latches = LatchCounters()
    /// What the day's entries were meant to cost.
    var notionalToday = Money.zero
    /// Positions without a stop that a person was told of while nothing may leave.
    var toldUnprotected: [Symbol] = []
    /// Orders kept back without which a position has no stop, of which a person was told.
    var toldBare: [ClientOrderID] = []

    /// `config` is valid: at least one strategy is enabled, as the configuration's check promises.
    package init(_ config: EngineConfig) {
        self.config = config
        mode = config.mode
        desk = NewsDesk(config.news)
        sentiment = SentimentWindows(config.sentiment)
        signals = SignalStage(config.signals)
        gate = RiskGate(config.risk)
        execution = ExecutionStage(config.execution)
        portfolio = Portfolio(config.portfolio)
        guard
            let learner = Learner(
                config.learning, enabled: config.signals.enabled, prior: config.signals.weights)
        else { preconditionFailure("no strategy is enabled") }
        self.learner = learner
        hours = BarHours(calendar: config.calendar)
    }

    /// When the engine wants to be woken next, with `.timer(.due)`; far away when nothing waits.
    package var nextDue: Timestamp { min(holdsDue, brokerDue) }

    private mutating func wake(_ effects: inout [Effect]) throws(EngineError) {
        endHolds(&effects)
        try wakeBroker(&effects)
    }

    /// The id of `symbol`, with room for it in every stage; nil when there are too many.
    package mutating func register(_ symbol: Symbol) -> SymbolID? {
        guard let id = symbols.intern(symbol) else { return nil }
        if id.index == states.count {
            states.append(SymbolState())
            signals.register(count: states.count)
            execution.register(count: states.count)
            portfolio.register(symbol, id)
        }
        return id
    }

    /// Takes one event. Effects are to be committed and performed before the next event.
    ///
    /// - Throws: an amount left the range of the books. Then `effects` is as it was, so that no
    ///   half of the event can be stored, and nothing leaves any more: the mode is `halted`.
    package mutating func process(
        _ event: Stamped<InputEvent>, effects: inout [Effect]
    ) throws(EngineError) {
        let before = effects.count
        advance(to: event.at, &effects)
        do throws(EngineError) {
            switch event.value {
            case .bar(let bar): try take(bar, &effects)
            case .broker(let report): try take(report, &effects)
            case .news(let item): try take(item, &effects)
            case .timer(.sessionOpen): openSession(&effects)
            case .timer(.sessionClose): closeSession(&effects)
            case .timer(.due): try wake(&effects)
            case .order(let answer): try take(answer, &effects)
            case .account(let answer): try take(answer, &effects)
            case .link(let link): take(link, &effects)
            case .host(let condition): take(condition, &effects)
            case .command(let command): try take(command, &effects)
            }
        } catch { throw halt(error, &effects, from: before) }
        if effects.count > before { conclude(&effects, from: before) }
    }

    /// Takes a bar: `process` of a `.bar`, without the envelope that a loop over millions of bars
    /// would build for each.
    package mutating func process(
        _ bar: Bar, at time: Timestamp, effects: inout [Effect]
    ) throws(EngineError) {
        let before = effects.count
        advance(to: time, &effects)
        do throws(EngineError) { try take(bar, &effects) } catch {
            throw halt(error, &effects, from: before)
        }
        if effects.count > before { conclude(&effects, from: before) }
    }

    /// Nothing of an event that failed is left to be done.
    private mutating func halt(
        _ error: EngineError, _ effects: inout [Effect], from before: Int
    ) -> EngineError {
        effects.removeLast(effects.count - before)
        isHalted = true
        mode = .halted
        return error
    }

    /// What an event that had effects says of how trading goes, and where a restart goes on.
    private mutating func conclude(_ effects: inout [Effect], from before: Int) {
        // An answer given once more changes nothing.
        if effects.count == before + 1, case .answer = effects[before] { return }
        if config.latches { judgeOutcomes(&effects, from: before) }
        if mode >= .paused || !toldUnprotected.isEmpty { watchUnprotected(&effects, from: before) }
        // Before any market time there is no place in the market to keep.
        if now > .distantPast { effects.append(.record(.checkpoint(checkpoint))) }
    }

    /// The first instant of a new time ends the one before: that is when equity is looked at.
    private mutating func advance(to time: Timestamp, _ effects: inout [Effect]) {
        guard time > now else { return }
        let isRunning = now > .distantPast
        if isRunning, !isUnmarked { tracker.observe(equity: portfolio.equity, at: now) }
        now = time
        if isRunning, config.latches { judgeLosses(&effects) }
    }

    // MARK: - Market

    private mutating func take(_ bar: Bar, _ effects: inout [Effect]) throws(EngineError) {
        feedPosition += 1
        counters.bars += 1
        let index = bar.symbol.index
        if bar.start >= states[index].newestStart {
            states[index].newestStart = bar.start
            states[index].priceTime = now
            do { try portfolio.mark(bar.symbol, bar.close) } catch {
                throw .overflow(during: "marking \(symbols[bar.symbol])")
            }
            if isUnmarked { noteMark(bar.symbol) }
        }
        guard hours.isOpen(at: bar.start) || config.extendedHours else {
            counters.barsOutsideSession += 1
            return
        }
        switch signals.update(bar) {
        case .appended: break
        case .corrected:
            counters.barsCorrected += 1
            return
        case .late:
            counters.barsLate += 1
            return
        case .duplicate, .tooOld:
            counters.barsIgnored += 1
            return
        }
        try decide(bar.symbol, trigger: .bar(bar.start), &effects)
    }

    // MARK: - News

    private mutating func take(_ item: NewsItem, _ effects: inout [Effect]) throws(EngineError) {
        counters.news += 1
        let admission = desk.admit(item, at: now)
        effects.append(.record(.taken(newsID: item.id, at: now)))
        var linked: [Symbol] = []
        var duplicate: String?
        switch admission.outcome {
        case .linked(let found): linked = found.filter { symbols.id(of: $0) != nil }
        case .duplicate(let original):
            counters.newsDuplicates += 1
            duplicate = original
        case .refused(let reason): counters.newsRefused[reason, default: 0] += 1
        case .unlinked: break
        }
        // The same item once more, after a crash or from a second source, has its row already.
        if duplicate != item.id {
            effects.append(
                .history(
                    .news(admission.item, linked: linked, firstSeen: now, duplicateOf: duplicate)))
        }
        guard !linked.isEmpty else { return }
        counters.newsLinked += 1
        let score = scorer.score(admission.item.headline)
        for symbol in linked {
            guard let id = symbols.id(of: symbol) else { continue }
            let diluted = SentimentScore(
                label: score.label, score: score.score,
                confidence: dilutedConfidence(score.confidence, symbols: linked.count),
                model: score.model)
            let reading = SentimentReading(
                newsID: item.id, symbol: symbol, headline: admission.item.headline,
                score: diluted, at: now)
            counters.readings += 1
            effects.append(.history(.reading(reading)))
            guard sentiment.add(reading, to: id) else { continue }
            try decide(id, trigger: .news(item.id), &effects)
        }
    }

    // MARK: - Alerts

    mutating func raise(
        _ code: String, _ severity: AlertSeverity, _ message: String, _ effects: inout [Effect]
    ) {
        counters.alerts += 1
        let alert = Alert(code: code, severity: severity, message: message, at: now)
        effects.append(.record(.alert(alert)))
        effects.append(.notice(.alert(alert)))
    }
}
