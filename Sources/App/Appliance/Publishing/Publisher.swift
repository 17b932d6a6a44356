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

package final class Publisher {
    private let outlet: any Outlet
    /// Carries events from the ledger to the connection.
    package let courier: EventCourier
    /// A change counts from the next look on.
    package var settings: PublishingSettings
    package private(set) var recorder: EventRecorder
    /// Of the commit at hand, and what the recorder was before it.
    private var prepared: [OutgoingEvent] = []
    private var before: EventRecorder?

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

    package init(
        outlet: any Outlet, outbox: any Outbox, recorder: EventRecorder,
        settings: PublishingSettings
    ) {
        self.outlet = outlet
        self.recorder = recorder
        self.settings = settings
        courier = EventCourier(outlet, outbox)
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
        for event in prepared { courier.carry(event) }
        prepared = []
    }

    /// Nothing of them was stored.
    package func failed() {
        if let before { recorder = before }
        before = nil
        prepared = []
    }

    // MARK: - Now and then

    /// Whether it is time to look again; asked after every event, and at least once a second while
    /// the market rests. In a market without a clock that is thousands of times a second.
    package func isDue(_ now: ContinuousClock.Instant) -> Bool {
        guard let lastTick, !isUrgent else { return true }
        return now - lastTick >= PublishingSettings.tickEvery
    }

    /// - Parameter state: built only when it is sent.
    package func tick(
        _ view: PublishedView, now: ContinuousClock.Instant, state: () -> OrderedJSON
    ) {
        guard isDue(now) else { return }
        lastTick = now
        isUrgent = false
        courier.look(now)
        tellState(view.mark, now, state)
        tellFigures(view, now)
    }

    /// At the end, when the connection has said its last.
    package func close() { courier.close() }

    // MARK: - Retained values

    private func tellState(
        _ mark: StateMark, _ now: ContinuousClock.Instant, _ state: () -> OrderedJSON
    ) {
        if let sentMark, let stateSent {
            let age = now - stateSent
            let isUrgent = sentMark.urgent != mark.urgent
            let isDue =
                age >= PublishingSettings.stateEvery || isUrgent
                || (sentMark != mark && age >= PublishingSettings.stateCalm)
            guard isDue else { return }
        }
        (sentMark, stateSent) = (mark, now)
        outlet.publish(.state, state().compact)
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
        figures.outbox = courier.waiting
        figures.link.drops += [
            (name: "unpaced_events", count: thinned),
            (name: "outbox_dropped", count: courier.dropped),
        ]
        outlet.publish(telemetry: figures.json(written: wallTime()).compact)
    }
}
