import Domain
import Execution
import Portfolio
import Primitives
import Risk
import Signals
import Simulation
import TestSupport
import Testing

@testable import Engine

/// What holds trading back, and what follows from it.
@Suite struct HoldTests {
    private static let noon = time("12:00")
    private static let one = time("13:00")

    /// One pause after another of the same sender, and what stands after both.
    struct Merge: Sendable, CustomTestStringConvertible {
        let name: String
        let modes: [TradingMode]
        let untils: [Timestamp?]
        let mode: TradingMode
        let until: Timestamp?
        let isChanged: Bool
        var testDescription: String { name }
    }

    static let merges = [
        Merge(
            name: "the same once more", modes: [.paused, .paused], untils: [noon, noon],
            mode: .paused, until: noon, isChanged: false),
        Merge(
            name: "longer", modes: [.paused, .paused], untils: [noon, one], mode: .paused,
            until: one, isChanged: true),
        Merge(
            name: "shorter", modes: [.paused, .paused], untils: [one, noon], mode: .paused,
            until: one, isChanged: false),
        Merge(
            name: "for ever", modes: [.paused, .paused], untils: [noon, nil], mode: .paused,
            until: nil, isChanged: true),
        Merge(
            name: "for ever, then an end", modes: [.paused, .paused], untils: [nil, noon],
            mode: .paused, until: nil, isChanged: false),
        Merge(
            name: "stricter and shorter", modes: [.reduceOnly, .paused], untils: [one, noon],
            mode: .paused, until: one, isChanged: true),
        Merge(
            name: "looser and longer", modes: [.paused, .reduceOnly], untils: [noon, one],
            mode: .paused, until: one, isChanged: true),
    ]

    @Test("S34: a pause repeated by its sender only tightens", arguments: merges)
    func merge(_ row: Merge) throws {
        var holds = HoldSet()
        var changes: [TradingHold?] = []
        for (mode, until) in zip(row.modes, row.untils) {
            changes.append(
                holds.tighten(
                    .operator, mode, by: "a", why: "", at: time("10:00"), until: until))
        }
        #expect(holds.all.count == 1)
        #expect(holds.mode == row.mode)
        #expect(holds.all.first?.until == row.until)
        #expect(holds.due == row.until ?? .distantFuture)
        #expect((changes.last.flatMap { $0 } != nil) == row.isChanged)
        #expect(holds.all.first?.id == "h1")
    }

    @Test("S34: the mode is the strictest of all senders' holds, and ids count up for ever")
    func senders() {
        var holds = HoldSet()
        _ = holds.tighten(.operator, .reduceOnly, by: "a", why: "", at: Self.noon, until: nil)
        _ = holds.tighten(.operator, .paused, by: "b", why: "", at: Self.noon, until: nil)
        #expect(holds.mode == .paused)
        #expect(holds.lift { $0.by == "b" }.map(\.id) == ["h2"])
        #expect(holds.mode == .reduceOnly)
        _ = holds.tighten(.drawdown, .reduceOnly, by: "machine", why: "", at: Self.noon, until: nil)
        #expect(holds.all.map(\.id) == ["h1", "h3"])
        let copy = HoldSet(restoring: holds.all, count: 1)
        #expect(copy.count == 3, "an id is never given twice")
    }

    @Test("S34: too many senders share a hold, and the machine's causes always find room")
    func bound() {
        var holds = HoldSet()
        for index in 0..<200 {
            let mode: TradingMode = index == 150 ? .paused : .reduceOnly
            _ = holds.tighten(
                .operator, mode, by: "s\(index)", why: "", at: Self.noon, until: Self.one)
        }
        #expect(holds.mode == .paused)
        for cause in HoldCause.allCases where cause != .operator {
            #expect(
                holds.tighten(cause, .halted, by: "machine", why: "", at: Self.noon, until: nil)
                    != nil)
        }
        #expect(holds.all.count == Limits.holds)
        #expect(Set(holds.all.map(\.cause)) == Set(HoldCause.allCases))
    }

    @Test("S34: a pause ends at its time, and only that one")
    func ends() throws {
        var world = World()
        try world.open()
        try world.send(.pause(until: time("14:10"), exits: false), "1", by: "a")
        try world.send(reduce, "2", by: "b")
        #expect(world.engine.mode == .paused)
        #expect(world.engine.nextDue == time("14:10"))
        try world.wake(at: time("14:09"))
        #expect(world.engine.mode == .paused)
        try world.restart()
        #expect(world.engine.mode == .paused)
        try world.wake(at: time("14:10"))
        #expect(world.engine.mode == .reduceOnly)
        #expect(world.engine.nextDue == .distantFuture)
        #expect(
            world.ledger.holdChanges.last
                == .lifted(
                    id: "h1", by: "machine", why: "its time has passed", at: time("14:10")))
        #expect(world.ledger.problems.isEmpty)
    }

    @Test("S34: no hold ends by a clock that cannot be trusted")
    func endsByTrustedClock() throws {
        var world = World()
        try world.open()
        try world.send(.pause(until: time("14:10"), exits: false), "1")
        try world.take(.host(.clock(distrust: "it jumped")), time("14:00"))
        #expect(world.engine.nextDue == .distantFuture)
        try world.wake(at: time("18:00"))
        try world.bar("18:00", "100")
        #expect(world.engine.mode == .paused)
        try world.take(.host(.clock(distrust: nil)), time("18:02"))
        #expect(world.engine.mode == .active)
        #expect(world.alerts == ["clock", "clock"])
    }

    static let starts: [(TradingMode, TradingMode)] = TradingMode.allCases.flatMap { stored in
        TradingMode.allCases.map { (stored, $0) }
    }

    @Test("S34: the mode at start is the stricter of stored and configured", arguments: starts)
    func start(_ row: (stored: TradingMode, configured: TradingMode)) throws {
        var state = LedgerState()
        if row.stored > .active {
            state.holds = [
                TradingHold(
                    id: "h7", cause: .reconciliation, mode: row.stored, by: "machine", why: "",
                    since: Self.noon, until: nil)
            ]
        }
        state.holdCount = 7
        var engine = TradingEngine(World.config { $0.mode = row.configured })
        try engine.restore(state)
        #expect(engine.mode == max(row.stored, row.configured))
        var effects: [Effect] = []
        engine.hold(.credentials, .halted, "401", &effects)
        #expect(engine.standingHolds.last?.id == "h8")
    }

    @Test("S34: the machine's hold is set once, tightens, and tells a person")
    func machine() throws {
        var world = World()
        try world.open()
        var effects: [Effect] = []
        world.engine.hold(.reconciliation, .reduceOnly, "cash differs", &effects)
        world.engine.hold(.reconciliation, .reduceOnly, "cash differs", &effects)
        #expect(effects.count == 4, "hold and alert, as record and notice")
        world.engine.hold(.reconciliation, .halted, "worse", &effects)
        #expect(world.engine.mode == .halted)
        #expect(world.engine.standingHolds.map(\.why) == ["worse"])
        let alerts = effects.compactMap { effect -> Alert? in
            if case .record(.alert(let alert)) = effect { alert } else { nil }
        }
        #expect(alerts.map(\.code) == ["reconciliation", "reconciliation"])
        #expect(alerts.allSatisfy { $0.severity == .critical })
    }

    @Test("S34: an overflow halts at once, and the rows halt the next start")
    func overflow() throws {
        var world = try ExitTests.held()
        #expect(throws: EngineError.self) { try world.bar("14:05", "9223372036") }
        #expect(world.engine.mode == .halted)
        let rows = world.engine.haltHold("too much", cause: .overflow, at: time("14:06"))
        var state = world.state
        for case .hold(.set(let hold)) in rows {
            state.holds.append(hold)
            state.holdCount += 1
        }
        var next = TradingEngine(world.engine.config)
        try next.restore(state)
        #expect(next.mode == .halted)
        #expect(next.standingHolds.map(\.cause) == [.overflow])
        // In this process nothing lifts it: what was half done is not known.
        try world.send(.resume(latch: "overflow"), "r", at: time("14:06"))
        #expect(world.engine.mode == .halted)
        #expect(world.answers.last?.message.contains("until the next start") == true)
    }
}

/// What a stricter mode does to orders that are on their way.
@Suite struct StricterModeTests {
    @Test("S34: a pause cancels working entries, partly filled ones too; their stops stay")
    func entries() throws {
        for filled in [nil, "4"] {
            for verb in [pause, reduce] {
                var world = World {
                    $0.execution.protectiveStops = true
                    $0.signals.atrPeriod = 1
                }
                world.fillsAtOpen = false
                try world.open()
                try world.bar("14:00", "100")
                try world.bar("14:01", "100")
                try world.news("14:02")
                let entry = try #require(world.working.first?.ticket.id)
                if let filled { try world.fill(entry, filled, at: Price(whole: 100)) }
                try world.send(verb, "1")
                #expect(world.ledger.orders[entry]?.status == .canceled)
                #expect(!world.engine.execution.hasEntry(SymbolID(index: 0)))
                if filled != nil {
                    let stop = try #require(world.stopID)
                    #expect(world.ledger.orders[stop]?.status == .acked)
                    #expect(world.engine.unprotected.isEmpty)
                }
                let broken = invariants(world)
                #expect(broken.isEmpty, "\(broken)")
            }
        }
    }

    /// Long 10; an exit waits for the cancel of its stop, which the broker has not answered.
    private static func waitingExit() throws -> (World, exit: ClientOrderID, stop: ClientOrderID) {
        var world = try ExitTests.held()
        world.fillsAtOpen = false
        let stop = try #require(world.stopID)
        var effects: [Effect] = []
        world.engine.wantExit(.time, SymbolID(index: 0))
        let bar = Bar(
            symbol: SymbolID(index: 0), start: time("14:05"), open: Price(whole: 100),
            high: Price(whole: 100), low: Price(whole: 100), close: Price(whole: 100),
            volume: Volume(shares: 1))
        try world.engine.process(bar, at: time("14:06"), effects: &effects)
        world.adopt(effects)
        let exit = try #require(world.engine.execution.exit(SymbolID(index: 0))?.intent.id)
        #expect(world.engine.execution.order(exit)?.status == .intent)
        return (world, exit, stop)
    }

    @Test("S34: an exit that has not left lapses at a pause, and not at reduce-only")
    func exits() throws {
        for verb in [pause, reduce] {
            var (world, exit, stop) = try Self.waitingExit()
            try world.send(verb, "1", at: time("14:06"))
            let isPaused = verb == pause
            #expect(world.ledger.orders[exit]?.status == (isPaused ? .expiredLocal : .intent))
            try world.report(stop, .canceled(reason: "requested"), time("14:06"))
            #expect(
                world.working.map(\.ticket.id) == (isPaused ? [] : [exit]),
                "what left after the stop was gone")
            // Nobody can heal it while paused: a person is told, once.
            #expect(world.alerts == (isPaused ? ["unprotected"] : []))
            try world.bar("14:08", "100")
            #expect(world.alerts == (isPaused ? ["unprotected"] : []))
            let answer = try #require(try world.send(pause, "2", by: "ctl:other"))
            #expect(answer.unprotected == ["TEST"])
            #expect(world.engine.unprotected.map(\.name) == ["TEST"])
            let broken = invariants(world)
            #expect(broken.isEmpty, "\(broken)")
        }
    }

    @Test("S34: nothing that was submitted before a pause becomes a ticket after it")
    func lastGate() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        var effects: [Effect] = []
        let item = NewsItem(
            id: "n", headline: World.good, symbols: [Symbol("TEST")!], createdAt: time("14:02"))
        try world.engine.process(Stamped(at: time("14:02"), .news(item)), effects: &effects)
        world.adopt(effects)
        let id = try #require(world.engine.openOrders.first?.intent.id)
        try world.send(pause, "1", at: time("14:02"))
        #expect(world.ledger.orders[id]?.status == .expiredLocal)
        effects = []
        #expect(world.engine.beginSubmit(id, effects: &effects) == nil)
        #expect(effects.isEmpty)
    }

    @Test("What was refused under a mode is recorded anew under the next")
    func refusals() throws {
        var world = World()
        try world.open()
        try world.bar("14:00", "100")
        try world.send(reduce, "1")
        try world.news("14:02")
        try world.news("14:03")
        #expect(world.refusals == [.mode])
        try world.send(pause, "2")
        try world.news("14:04")
        #expect(world.refusals == [.mode, .mode])
        try world.send(resume, "3")
        try world.news("14:05")
        #expect(world.working.count == 1)
    }
}
