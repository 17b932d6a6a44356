// Tells the MQTT broker how trading stands. Owned by the loop's thread; never waits for anybody.
//
// In: the effects of every commit, a look at the engine now and then. Out: values for retained
// topics, at most so often, events that wait in the ledger until the broker has them, telemetry.
// Invariants: an event is offered only after the commit that holds it; the events that wait are
// offered in the order of the ledger, also after a restart; without a broker nothing here grows.
import Domain
import Engine
import Host
import Messaging
import Portfolio
import Primitives

package struct PublishingSettings: Sendable, Equatable {
    /// `portfolio` and `positions` at most so often.
    package var positionsEvery = Duration.seconds(10)
    package var telemetryEvery = Duration.seconds(60)
    /// The market is played as fast as it goes: of signals and trades only so many a second become
    /// events. In a market with a clock every one does.
    package var isUnpaced = false

    package init() {}

    /// `state` at least so often, and after a change of little urgency at most so often.
    static let stateEvery = Duration.seconds(HomeAssistantDevice.stateSeconds)
    static let stateCalm = Duration.seconds(1)
    /// Nothing but a change of the holds is looked for more often.
    static let tickEvery = Duration.milliseconds(100)
    /// Rows are removed from the outbox so long after the first of them was confirmed, or when so
    /// many are: each removal is a commit of its own, and costs flash. A crash before only means
    /// that they are sent once more, under the same ids.
    static let forgetAfter = Duration.seconds(60)
    static let forgetCount = 256
    static let unpacedEventsPerSecond = 20
    /// How many of the outbox are looked at, to offer them again, at once.
    static let refillMax = 64
}

/// What the publisher looks at.
package struct PublishedView {
    package let engine: TradingEngine
    /// The market's.
    package let time: Timestamp
    /// Equal ones need no new `state`.
    package let mark: StateMark
    /// Built only when it is sent.
    package let state: () -> OrderedJSON

    package init(
        engine: TradingEngine, time: Timestamp, mark: StateMark,
        state: @escaping () -> OrderedJSON
    ) {
        self.engine = engine
        self.time = time
        self.mark = mark
        self.state = state
    }
}

/// What of `state` is worth a message at once.
package struct StateMark: Sendable, Equatable {
    let mode: TradingMode
    let holds: [TradingHold]
    let isSessionOpen: Bool
    let unprotected: [Symbol]
    /// Name and health.
    let components: [String]

    /// A change of this is told at once: somebody waits for it.
    var urgent: [String] {
        [mode.rawValue] + holds.map { "\($0.id) \($0.mode) \($0.until as Any)" }
    }
}

package final class Publisher {
    private let outlet: any Outlet
    private let outbox: any Outbox
    /// A change counts from the next look on.
    package var settings: PublishingSettings
    package private(set) var recorder: EventRecorder
    /// Of the commit at hand, and what the recorder was before it.
    private var prepared: [OutgoingEvent] = []
    private var before: EventRecorder?

    /// Offered to the connection and not yet confirmed.
    private var inFlight: Set<String> = []
    /// Confirmed, but still in the outbox.
    private var confirmed: [String] = []
    /// The ledger holds events that were not offered: new ones wait behind them.
    private var isBehind: Bool
    private var forgetDue: ContinuousClock.Instant?
    private var refilled: ContinuousClock.Instant?
    private var lastTick: ContinuousClock.Instant?
    /// A hold changed: somebody waits for the state that says so.
    private var isUrgent = false

    private var sentMark: StateMark?
    private var stateSent: ContinuousClock.Instant?
    private var sentFigures: PortfolioFigures?
    private var figuresSent: ContinuousClock.Instant?
    private var sentPositions: [PositionMark]?
    private var sentWeights: WeightsMark?
    private var telemetrySent: ContinuousClock.Instant?

    private var unpaced: (second: ContinuousClock.Instant, count: Int)?
    /// Events of a market without a clock that were too many to be published.
    package private(set) var thinned = 0
    /// What went wrong with the outbox; trading does not depend on it.
    package private(set) var trouble: String?

    package init(
        outlet: any Outlet, outbox: any Outbox, recorder: EventRecorder,
        settings: PublishingSettings
    ) {
        self.outlet = outlet
        self.outbox = outbox
        self.recorder = recorder
        self.settings = settings
        // What an earlier run left there goes first.
        isBehind = (outbox.waitingCount ?? 0) > 0
    }

    // MARK: - Commits

    /// What of these effects is to be stored with them, to be published.
    package func prepare(_ effects: [Effect], now: ContinuousClock.Instant) -> [OutgoingEvent] {
        before = recorder
        for case .record(.hold) in effects { isUrgent = true }
        prepared = recorder.events(effects, written: wallTime())
        if settings.isUnpaced, !prepared.isEmpty { thin(now) }
        return prepared
    }

    /// Alerts and comparisons are few and are never left out.
    private func thin(_ now: ContinuousClock.Instant) {
        if unpaced.map({ now - $0.second >= .seconds(1) }) ?? true { unpaced = (now, 0) }
        let count = prepared.count
        prepared.removeAll {
            guard $0.kind == .signal || $0.kind == .trade else { return false }
            unpaced?.count += 1
            return unpaced?.count ?? 0 > PublishingSettings.unpacedEventsPerSecond
        }
        thinned += count - prepared.count
    }

    /// They are durable.
    package func committed() {
        before = nil
        for event in prepared where !isBehind { offer(event) }
        prepared = []
    }

    /// Nothing of them was stored.
    package func failed() {
        if let before { recorder = before }
        before = nil
        prepared = []
    }

    private func offer(_ event: OutgoingEvent) {
        if outlet.offer(event) { inFlight.insert(event.id) } else { isBehind = true }
    }

    // MARK: - Now and then

    /// Whether it is time to look again; asked after every event, and at least once a second while
    /// the market rests. In a market without a clock that is thousands of times a second.
    package func isDue(_ now: ContinuousClock.Instant) -> Bool {
        guard let lastTick, !isUrgent else { return true }
        return now - lastTick >= PublishingSettings.tickEvery
    }

    package func tick(_ view: PublishedView, now: ContinuousClock.Instant) {
        guard isDue(now) else { return }
        lastTick = now
        isUrgent = false
        takeDelivered(now)
        if isBehind { refill(now) }
        tellState(view, now)
        tellFigures(view, now)
    }

    private func takeDelivered(_ now: ContinuousClock.Instant) {
        let delivered = outlet.takeDelivered()
        if !delivered.isEmpty { refilled = nil }
        for id in delivered { inFlight.remove(id) }
        confirmed += delivered
        guard !confirmed.isEmpty else { return }
        let due = forgetDue ?? now + PublishingSettings.forgetAfter
        forgetDue = due
        if now >= due || confirmed.count >= PublishingSettings.forgetCount { forget() }
    }

    /// At the end, when the connection has said its last.
    package func close() {
        confirmed += outlet.takeDelivered()
        forget()
    }

    private func forget() {
        forgetDue = nil
        guard !confirmed.isEmpty else { return }
        noting {
            try outbox.forget(confirmed)
            confirmed.removeAll(keepingCapacity: true)
        }
    }

    /// Room is where something was delivered; else a look now and then is enough.
    private func refill(_ now: ContinuousClock.Instant) {
        if let refilled, now - refilled < .seconds(1) { return }
        refilled = now
        noting {
            // What is in flight stands at the front.
            let limit = inFlight.count + confirmed.count + PublishingSettings.refillMax
            let waiting = try outbox.waiting(limit: limit)
            let known = inFlight.union(confirmed)
            for event in waiting where !known.contains(event.id) {
                guard outlet.offer(event) else { return }
                inFlight.insert(event.id)
            }
            if waiting.count < limit { isBehind = false }
        }
    }

    private func noting(_ work: () throws -> Void) {
        do {
            try work()
            trouble = nil
        } catch { trouble = "\(error)" }
    }

    // MARK: - Retained values

    private func tellState(_ view: PublishedView, _ now: ContinuousClock.Instant) {
        let age = stateSent.map { now - $0 }
        guard let age, let sentMark else { return send(view, now) }
        if age >= PublishingSettings.stateEvery { return send(view, now) }
        guard sentMark != view.mark else { return }
        let isUrgent = sentMark.urgent != view.mark.urgent
        if isUrgent || age >= PublishingSettings.stateCalm { send(view, now) }
    }

    private func send(_ view: PublishedView, _ now: ContinuousClock.Instant) {
        (sentMark, stateSent) = (view.mark, now)
        outlet.publish(.state, view.state().compact)
    }

    private func tellFigures(_ view: PublishedView, _ now: ContinuousClock.Instant) {
        let engine = view.engine
        let weights = WeightsMark(
            version: engine.weights.version, isFrozen: engine.isLearningFrozen)
        if weights != sentWeights {
            sentWeights = weights
            outlet.publish(.weights, weightsPayload(engine).compact)
        }
        if let figuresSent, now - figuresSent < settings.positionsEvery { return }
        let figures = PortfolioFigures(engine, recorder.tally)
        if figures != sentFigures {
            (sentFigures, figuresSent) = (figures, now)
            let asOf = engine.now > .distantPast ? view.time : nil
            outlet.publish(.portfolio, figures.json(written: wallTime(), asOf: asOf).compact)
        }
        let positions = PositionMark.all(engine)
        if positions != sentPositions {
            (sentPositions, figuresSent) = (positions, now)
            outlet.publish(.positions, positionsJSON(engine, at: view.time).compact)
        }
    }

    /// What `ctl weights` shows, and why: the trade that taught them, or the command.
    private func weightsPayload(_ engine: TradingEngine) -> OrderedJSON {
        guard case .object(var members) = weightsJSON(engine) else { return .null }
        let change = recorder.weights.flatMap { $0.weights == engine.weights ? $0 : nil }
        members.append(("why", OrderedJSON(text: change?.cause)))
        members.append(("at", OrderedJSON(text: change?.at.description)))
        return .object(members)
    }

    // MARK: - Telemetry

    /// True when it is time for the next.
    package func wantsTelemetry(now: ContinuousClock.Instant) -> Bool {
        telemetrySent.map { now - $0 >= settings.telemetryEvery } ?? true
    }

    package func publish(_ figures: TelemetryFigures, now: ContinuousClock.Instant) {
        telemetrySent = now
        var figures = figures
        figures.link = outlet.figures
        figures.link.drops.append((name: "unpaced_events", count: thinned))
        figures.outbox = outbox.waitingCount.map { $0 - confirmed.count }
        outlet.publish(telemetry: figures.json(written: wallTime()).compact)
    }
}

private struct WeightsMark: Equatable {
    let version: Int
    let isFrozen: Bool
}

/// Of a position, what a change of is worth a message.
private struct PositionMark: Equatable {
    let symbol: Symbol
    let quantity: Quantity
    let value: Money
    let isUnprotected: Bool

    static func all(_ engine: TradingEngine) -> [PositionMark] {
        let unprotected = engine.unprotected
        return engine.portfolio.positions.map {
            PositionMark(
                symbol: $0.symbol, quantity: $0.quantity, value: $0.marketValue,
                isUnprotected: unprotected.contains($0.symbol))
        }
    }
}
