import Domain
import Engine
import Foundation
import Messaging
import Primitives
import TestSupport
import Testing

@testable import Appliance

@Suite struct PublishingTests {
    let outlet = TestOutlet()
    let outbox = TestOutbox()
    let start = ContinuousClock.now

    private func publisher(_ change: (inout PublishingSettings) -> Void = { _ in }) -> Publisher {
        var settings = PublishingSettings()
        change(&settings)
        return Publisher(
            outlet: outlet, outbox: outbox, recorder: EventRecorder(boot: 1), settings: settings)
    }

    private func engine() throws -> TradingEngine {
        return try PublishingFixture.engine()
    }

    private func view(
        _ engine: TradingEngine, mode: TradingMode = .active, components: [String] = []
    ) -> PublishedView {
        let mark = StateMark(
            mode: mode, holds: [], isSessionOpen: false, unprotected: [], components: components)
        return PublishedView(engine: engine, time: .distantPast, mark: mark)
    }

    /// A commit as the journal makes it.
    private func commit(_ publisher: Publisher, _ effects: [Effect], after: Duration = .zero) {
        outbox.rows += rows(publisher.prepare(effects, now: start + after))
        publisher.committed()
    }

    private func rows(_ events: [OutgoingEvent]) -> [OutboxRow] {
        events.map { OutboxRow($0, at: .distantPast) }
    }

    private func tick(_ publisher: Publisher, _ view: PublishedView, after: Duration = .zero) {
        publisher.tick(view, now: start + after) { .object([]) }
    }

    private func alerts(_ count: Int) throws -> [Effect] {
        try (0..<count).map { _ in .record(.alert(try PublishingFixture.alert())) }
    }

    @Test("A04: state is sent at a change and at least every minute, not more")
    func state() throws {
        let (publisher, engine) = (publisher(), try engine())
        var second = 0
        func tick(_ view: PublishedView) {
            self.tick(publisher, view, after: .seconds(second))
            second += 1
        }
        tick(view(engine))
        #expect(outlet.count(.state) == 1 && outlet.count(.weights) == 1)
        for _ in 0..<59 { tick(view(engine)) }
        #expect(outlet.count(.state) == 1)
        tick(view(engine))
        #expect(outlet.count(.state) == 2)
        tick(view(engine, mode: .paused))
        tick(view(engine, mode: .paused, components: ["mqtt down"]))
        #expect(outlet.count(.state) == 4)
        #expect(outlet.count(.weights) == 1 && outlet.count(.portfolio) == 1)
    }

    @Test("A changed hold is told at once, other changes once a second, whatever the pace")
    func pace() throws {
        let (publisher, engine) = (publisher(), try engine())
        for step in 0..<10_000 {
            tick(
                publisher, view(engine, components: ["\(step)"]),
                after: .microseconds(step * 1000))
        }
        #expect((10...11).contains(outlet.count(.state)))
        let hold = TradingHold(
            id: "h1", cause: .operator, mode: .paused, by: "mqtt:plain", why: "",
            since: .distantPast,
            until: nil)
        let before = outlet.count(.state)
        commit(publisher, [.record(.hold(.set(hold)))])
        tick(publisher, view(engine, mode: .paused), after: .microseconds(9_999_001))
        #expect(outlet.count(.state) == before + 1)
    }

    @Test("S27: events that find no room wait in the ledger and are offered in its order")
    func refill() throws {
        let (publisher, engine) = (publisher(), try engine())
        outlet.room = 3
        commit(publisher, try alerts(5))
        #expect(outlet.events.count == 3 && outbox.rows.count == 5)
        // New ones wait behind, also when there is room again.
        outlet.room = 1
        commit(publisher, try alerts(1))
        #expect(outlet.events.count == 3)
        tick(publisher, view(engine))
        #expect(outlet.events.count == 4)
        for second in 1..<20 {
            outlet.delivered = outlet.events.suffix(1).map(\.id)
            outlet.room = 1
            tick(publisher, view(engine), after: .seconds(second))
        }
        #expect(outlet.events.map(\.id) == outlet.events.map(\.id).sorted())
        #expect(outlet.events.count == 6)
        outlet.room = 10
        commit(publisher, try alerts(1))
        #expect(outlet.events.count == 7)
    }

    @Test("A09: another pace counts from the next look on")
    func anotherPace() throws {
        let publisher = publisher { $0.telemetryEvery = .seconds(60) }
        let engine = try engine()
        tick(publisher, view(engine))
        publisher.publish(TelemetryFigures(), now: start)
        #expect(!publisher.wantsTelemetry(now: start + .seconds(6)))
        var configuration = Configuration()
        configuration.mqtt.telemetryEvery = Span(seconds: 5)
        configuration.mqtt.positionsEvery = Span(seconds: 2)
        publisher.settings = PublishingSettings(configuration)
        #expect(publisher.wantsTelemetry(now: start + .seconds(6)))
        #expect(publisher.settings.positionsEvery == .seconds(2))
    }

    @Test("What an earlier run left in the outbox goes first")
    func restart() throws {
        var recorder = EventRecorder(boot: 1)
        outbox.rows = rows(recorder.events(try alerts(3), written: .distantPast))
        let (publisher, engine) = (publisher(), try engine())
        commit(publisher, try alerts(1))
        #expect(outlet.events.isEmpty)
        tick(publisher, view(engine))
        #expect(rows(outlet.events) == outbox.rows && outbox.rows.count == 4)
    }

    @Test("S27: what can never be sent keeps nothing back, is taken out, and told once")
    func never() throws {
        outbox.rows = (0..<100).map {
            OutboxRow(id: "old-\($0)", kind: "forecast", payload: "{}", at: .distantPast)
        }
        let (publisher, engine) = (publisher(), try engine())
        outlet.bytesMax = 10
        commit(publisher, try alerts(1))
        for second in 0..<3 { tick(publisher, view(engine), after: .seconds(second)) }
        let lost = try #require(publisher.courier.takeGivenUp())
        #expect(lost.count == 101 && lost.id == "old-0" && lost.reason.contains("forecast"))
        #expect(publisher.courier.takeGivenUp() == nil)
        // The way is free again, for what is committed from now on too.
        commit(publisher, try alerts(1))
        #expect(publisher.courier.takeGivenUp()?.reason.contains("event/alert") == true)
        outlet.bytesMax = .max
        commit(publisher, try alerts(1))
        #expect(outlet.events.count == 1)
        publisher.close()
        #expect(rows(outlet.events) == outbox.rows)
    }

    @Test("S27: what was delivered is removed in batches, and never asked of the disk at once")
    func batches() throws {
        let (publisher, engine) = (publisher(), try engine())
        for index in 0..<100 {
            commit(publisher, try alerts(1))
            outlet.delivered = outlet.events.suffix(1).map(\.id)
            tick(publisher, view(engine), after: .milliseconds(100 * index))
        }
        #expect(outbox.commits <= 2)
        outlet.delivered = []
        publisher.close()
        #expect(outbox.rows.isEmpty && outbox.commits <= 3)
        publisher.close()
        #expect(outbox.commits <= 3)
    }

    @Test("Of a commit that failed nothing is offered, and nothing is remembered")
    func failure() throws {
        let publisher = publisher()
        let id = "bw-1"
        _ = publisher.prepare([.record(.intent(try PublishingFixture.intent(id)))], now: start)
        publisher.failed()
        commit(
            publisher, [.record(.transition(try PublishingFixture.step(id, to: .rejected)))])
        #expect(outlet.events.isEmpty)
    }

    @Test("A market without a clock publishes some of its trades, and all of its alerts")
    func unpaced() throws {
        let publisher = publisher { $0.isUnpaced = true }
        for index in 0..<1_000 {
            commit(
                publisher, [.record(.fill(try PublishingFixture.fill(execution: "x\(index)")))],
                after: .microseconds(index))
        }
        #expect(outlet.events.count == PublishingSettings.unpacedEventsPerSecond)
        #expect(publisher.thinned == 1_000 - PublishingSettings.unpacedEventsPerSecond)
        #expect(outbox.rows.count == PublishingSettings.unpacedEventsPerSecond)
        commit(publisher, try alerts(50))
        #expect(outlet.events.count == PublishingSettings.unpacedEventsPerSecond + 50)
        commit(publisher, [.record(.fill(try PublishingFixture.fill()))], after: .seconds(1))
        #expect(outlet.events.count == PublishingSettings.unpacedEventsPerSecond + 51)
    }

    @Test("S27: telemetry names what waits and what was dropped")
    func telemetry() throws {
        outbox.dropped = 4
        let publisher = publisher()
        #expect(publisher.wantsTelemetry(now: start))
        outbox.dropped += 3
        outlet.figures.drops = [(name: "telemetry", count: 2)]
        publisher.publish(TelemetryFigures(), now: start)
        #expect(!publisher.wantsTelemetry(now: start + .seconds(59)))
        #expect(publisher.wantsTelemetry(now: start + .seconds(60)))
        let sent = try #require(outlet.telemetry.first)
        #expect(
            sent.contains(#""drops":{"telemetry":2,"unpaced_events":0,"outbox_dropped":3}"#),
            "\(sent)")
        #expect(try ShippedSchema.named("telemetry").problems(sent).isEmpty)
    }

    @Test("A refusal of the broker is told once, and again when it comes back after long")
    func toldFaults() {
        var told = ToldFaults()
        #expect(told.news(["a", "b"], at: start) == ["a", "b"])
        #expect(told.news([], at: start + .seconds(60)).isEmpty)
        #expect(told.news(["b", "c"], at: start + .seconds(500)) == ["c"])
        #expect(told.news(["a", "b", "c"], at: start + .seconds(900)) == ["a"])
        for number in 0..<1_000 {
            #expect(told.news(["\(number)"], at: start + .seconds(901)) == ["\(number)"])
        }
    }

    @Test("S14: a connection's thread that hangs is told of, minutes after any honest attempt")
    func standstill() {
        #expect(MessagingService.standstill(since: start, at: start + .seconds(1_300)) == nil)
        let text = MessagingService.standstill(since: start, at: start + .seconds(3_600))
        #expect(text?.contains("60 minutes") == true)
    }
}
