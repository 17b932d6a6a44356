import Backtest
import Calendar
import Domain
import Engine
import Foundation
import Host
import News
import Portfolio
import Primitives
import Sentiment
import Signals
import Storage

/// Plays a market at a chosen speed through the same loop as the backtest, with the ledger under
/// it. One thread owns engine, venue and stores; everything else reaches it through the inbox.
package struct LiveRunner<Feed: MarketFeed> {
    package internal(set) var loop: TradingLoop<LedgerJournal, SimulatedVenue>
    private(set) var timeline: Timeline<RenumberedFeed<Feed>, NewsSources>
    let journal: LedgerJournal
    let inbox: Inbox
    let assembly: Assembly
    let desk = ControlDesk()
    let copies = CopyDesk()
    let watch = LedgerWatch()
    /// Told once that the market is over; a run that has it stays then, and answers until it is
    /// told to stop.
    package var onOver: ((TradingEngine) -> Void)?
    /// How the parts are; each has its place in `status`.
    var health = ComponentHealth()
    /// Reads the configuration anew and says what came of it.
    package var onReload: (() -> ControlAnswer)?
    /// The newest reloads by their transactions, so that one asked for twice is answered alike.
    var reloads: [ControlAnswer] = []
    /// Counts of the control socket, for `status`.
    package var controlCounters: (() -> ControlCounters)?
    /// What is told and asked over MQTT; nil: nothing.
    private(set) var messaging: MessagingService?
    /// The watch over this thread.
    private let pulse: RunnerPulse?
    private let speed: MarketSettings.Speed
    private let retention: Retention
    /// Told about every instant that was played.
    package var onInstant: ((borrowing Instant, TradingEngine) -> Void)?
    /// Market time and monotonic time at which pacing began.
    private var pace: (market: Timestamp, clock: ContinuousClock.Instant)?

    /// Restores engine and venue from the stores; the market goes on where it was left.
    package init(
        _ assembly: Assembly, feed: Feed, news: NewsSources, journal: LedgerJournal,
        inbox: Inbox, idPrefix: String? = nil, pulse: RunnerPulse? = nil,
        messaging: MessagingService? = nil
    ) throws {
        var config = assembly.runConfig(
            ledger: journal.ledger, idPrefix: idPrefix, interval: feed.interval)
        config.pace = assembly.configuration.market.speed.pace
        var engine = TradingEngine(config)
        for symbol in feed.symbols.symbols { _ = engine.register(symbol) }
        let zone = assembly.calendar.zone
        let state = try journal.ledger.loadState {
            zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0)
        }
        try engine.restore(state)
        loop = TradingLoop(
            engine: engine, venue: SimulatedVenue(assembly.venue), journal: journal)
        if state.checkpoint != nil { try Self.reload(&loop, config) }
        var clock: SessionClock?
        if let checkpoint = state.checkpoint {
            clock = SessionClock(
                assembly.calendar, from: checkpoint.at,
                openDate: CivilDate(checkpoint.sessionDate))
        }
        timeline = Timeline(
            feed: RenumberedFeed(feed, symbols: loop.engine.symbols), news: news,
            calendar: assembly.calendar, universe: assembly.universe, clock: clock)
        self.journal = journal
        self.inbox = inbox
        self.assembly = assembly
        self.pulse = pulse
        self.messaging = messaging
        journal.publisher = messaging?.publisher
        speed = assembly.configuration.market.speed
        retention = Retention(assembly.configuration.storage)
        let desk = desk
        journal.onAnswer = { desk.give(ControlAnswer($0), to: $0.verb) }
        if state.checkpoint != nil {
            do {
                try loop.recover(state)
                try catchUp()
            } catch { throw standStill(after: error) }
        }
    }

    // MARK: - Restart

    /// Refills windows and marks from the history; what it lacks, the feed brings.
    ///
    /// The history is written before the ledger, so it may know more than had its effect. Of the
    /// instant of the checkpoint it says nothing: its bars come from the feed, which knows how many
    /// of them were taken, and its news counts where the ledger has it.
    private static func reload(
        _ loop: inout TradingLoop<LedgerJournal, SimulatedVenue>, _ config: EngineConfig
    ) throws {
        let (ledger, history) = (loop.journal.ledger, loop.journal.history)
        let now = loop.engine.now
        func hadEffect(_ newsID: String, _ time: Timestamp) throws -> Bool {
            try time < now || ledger.wasTaken(newsID: newsID)
        }
        let symbols = loop.engine.symbols
        for symbol in symbols.symbols {
            guard let id = symbols.id(of: symbol) else { continue }
            for bar in try lastBars(symbol, before: now - config.interval, history, config) {
                try loop.engine.backfill(bar.bar(id), knownAt: bar.start + bar.interval)
            }
        }
        let oldest = now - config.sentiment.windowAge
        for reading in try history.readings(since: oldest)
        where try hadEffect(reading.newsID, reading.at) {
            loop.engine.backfill(reading)
        }
        for item in try history.recentNews(limit: config.news.duplicateWindow)
        where try hadEffect(item.id, item.firstSeen) {
            loop.engine.backfill(
                newsID: item.id, headline: item.headline, linked: item.linked,
                firstSeen: item.firstSeen)
        }
    }

    /// So many that a window is full of those it takes: what lies outside the sessions is passed
    /// over there, and what was stored with another interval here.
    private static func lastBars(
        _ symbol: Symbol, before: Timestamp, _ history: HistoryStore, _ config: EngineConfig
    ) throws(StorageError) -> [StoredBar] {
        var hours = BarHours(calendar: config.calendar)
        let wanted = config.signals.rebuildBars
        var count = wanted
        while true {
            let stored = try history.lastBars(perSymbol: count, symbols: [symbol], before: before)
            let bars = stored.filter { $0.interval == config.interval }
            let taken = bars.count {
                config.extendedHours || hours.session(of: $0.start) != nil
            }
            if taken >= wanted || stored.count < count || count >= 8 * wanted { return bars }
            count *= 2
        }
    }

    /// Passes over what was taken before the restart: bars only fill gaps in the windows, news that
    /// was not taken any more is taken now.
    private mutating func catchUp() throws {
        let taken = loop.engine.feedPosition
        let now = loop.engine.now
        var position: Int64 = 0
        var instant = Instant()
        // The next start passes over it again.
        while !inbox.stopRequested, try timeline.next(&instant) {
            loop.register(timeline.feed.symbols)
            showPulse()
            try takeControl(at: now)
            let left = Int(max(0, min(Int64(instant.bars.count), taken - position)))
            position += Int64(instant.bars.count)
            for bar in instant.bars.prefix(left) where isGap(bar) {
                try loop.engine.backfill(bar, knownAt: instant.at)
                journal.took(bar, symbols: loop.engine.symbols)
            }
            instant.bars.removeFirst(left)
            let reached = instant.at
            if reached <= now {
                // Of older news nobody remembers whether it was taken.
                instant.news =
                    reached < now - rememberedNews ? [] : try instant.news.filter(isNew)
                instant.at = now
            }
            if !instant.bars.isEmpty || !instant.news.isEmpty || !instant.timers.isEmpty {
                try play(&instant)
            }
            if position >= taken && reached >= now { return }
        }
    }

    /// A sender that did not hear of a crash sends again what had its effect.
    private func isNew(_ item: NewsItem) throws -> Bool {
        try !journal.ledger.wasTaken(newsID: item.id)
    }

    private func isGap(_ bar: Bar) -> Bool {
        loop.engine.newestStart(bar.symbol).map { bar.start > $0 } ?? true
    }

    // MARK: - Run

    /// Runs to the end of the market, or until the inbox is told to stop. A session that the market
    /// left open stays open: bars that are added to it go on there.
    /// - Returns: true at the end of the market.
    package mutating func run() throws -> Bool {
        defer { endControl() }
        do { return try trade() } catch {
            let reason = standStill(after: error)
            desk.giveUp("\(reason); the daemon stops")
            throw reason
        }
    }

    private mutating func trade() throws -> Bool {
        var instant = Instant()
        var isOver = false
        while !inbox.stopRequested {
            guard try timeline.next(&instant) else {
                isOver = true
                break
            }
            loop.register(timeline.feed.symbols)
            try waitUntil(instant.at)
            if inbox.stopRequested { break }
            try takeInbox(before: instant.at)
            try play(&instant)
        }
        if isOver { try loop.finishDay() }
        if isOver, let onOver { try stay(onOver) }
        // What was read but not played is read again at the next start.
        try loop.rest()
        journal.tidy(retention, now: loop.engine.now, onStep: tidyStep)
        return isOver
    }

    /// The market is over, and the daemon still answers.
    private mutating func stay(_ onOver: (TradingEngine) -> Void) throws {
        health.isMarketOver = true
        onOver(loop.engine)
        while !inbox.stopRequested {
            showPulse()
            inbox.wait(seconds: 1)
            try takeControl(at: loop.engine.now)
        }
    }

    private mutating func play(_ instant: inout Instant) throws {
        try loop.play(instant)
        health.marketAt = wallTime()
        if !instant.news.isEmpty { health.tookNews(at: wallTime()) }
        if instant.timers.contains(.sessionClose) {
            let step = tidyStep
            journal.tidy(retention, now: instant.at, onStep: step)
            // On a full disk this waits for the next close: nothing is lost with it.
            do throws(StorageError) {
                try journal.ledger.prune(before: instant.at - rememberedNews, onStep: step)
                try journal.ledger.checkpoint()
            } catch {
                guard error.reaction != .halt else { throw error }
            }
            watch.look(at: journal.ledger, in: assembly.configuration.storage.path, copies)
        }
        onInstant?(instant, loop.engine)
        showPulse()
    }

    /// To tidy up can take long, in short steps: none of them hangs, and a stop waits for one only.
    private var tidyStep: () -> Bool {
        let (pulse, inbox) = (pulse, inbox)
        return {
            pulse?.moved()
            return !inbox.stopRequested
        }
    }

    /// At every turn of the loop, and at least once a second.
    private func showPulse() {
        pulse?.beat(loop.engine, journal.ledger)
        messaging?.look(self)
    }

    /// News only once there is a market time to take it at; requests always: before the first bar
    /// they are taken at its time.
    private mutating func takeInbox(before next: Timestamp) throws {
        // What falls due while the market rests does not wait for its next bar.
        if loop.engine.now > .distantPast { try loop.wake(before: marketTime(before: next)) }
        try takeControl(at: loop.engine.now > .distantPast ? marketTime(before: next) : next)
        guard loop.engine.now > .distantPast else { return }
        for delivery in inbox.drain() {
            var poisoned: [PoisonedNews] = []
            for case .news(let item) in delivery.events {
                try takePauses(at: marketTime(before: next))
                showPulse()
                guard try isNew(item) else { continue }
                if let reason = try take(item, at: marketTime(before: next)) {
                    poisoned.append(PoisonedNews(id: item.id, reason: reason))
                }
            }
            health.tookNews(at: wallTime(), isWhole: poisoned.isEmpty)
            delivery.onTaken?(poisoned)
        }
    }

    /// What the market's clock shows between the instant that was played and the next: an order
    /// decided now must not get the price of a bar that had begun before.
    private func marketTime(before next: Timestamp) -> Timestamp {
        let now = loop.engine.now
        guard case .factor(let factor) = speed, let pace, next > now else { return now }
        let passed = pace.clock.duration(to: .now) * factor
        let last = next - Span(nanoseconds: 1)
        guard passed < .seconds((last - pace.market).seconds) else { return max(now, last) }
        let (seconds, attoseconds) = passed.components
        let whole = Span(nanoseconds: seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        return max(now, pace.market + whole)
    }

    /// Waits until the market's time has come at the chosen speed; what arrives meanwhile is taken.
    private mutating func waitUntil(_ time: Timestamp) throws {
        guard case .factor(let factor) = speed else { return }
        let clock = ContinuousClock()
        guard let pace else {
            self.pace = (time, clock.now)
            return
        }
        let due = pace.clock + .seconds((time - pace.market).seconds / factor)
        while !inbox.stopRequested, clock.now < due {
            let left = clock.now.duration(to: due)
            let seconds =
                Double(left.components.seconds) + Double(left.components.attoseconds) / 1e18
            inbox.wait(seconds: min(seconds, 1))
            try takeInbox(before: time)
            showPulse()
        }
    }
}

/// How long the ledger remembers which news was taken.
private let rememberedNews = Span(seconds: 90 * 86_400)

extension Retention {
    init(_ settings: StorageSettings) {
        self.init()
        bars = settings.retentionBars
        news = settings.retentionNews
        readings = settings.retentionReadings
        equity = settings.retentionEquity
    }
}

extension LiveRunner {
    /// The market feed as far as it was read: what it set aside, for one.
    package var feed: Feed { timeline.feed.feed }
}
