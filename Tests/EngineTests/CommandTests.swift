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

/// What people tell the daemon to do, and how often it happens.
@Suite struct CommandTests {
    @Test("S34: a pause is recorded before it is answered, in one event")
    func order() throws {
        var world = World()
        try world.open()
        let answer = try #require(try world.send(pause, "t1", isProven: false))
        #expect(answer.refusal == nil)
        #expect(answer.mode == .paused)
        #expect(answer.holds.map(\.id) == ["h1"])
        #expect(answer.holds.map(\.by) == ["ctl:root"])
        let effects = try #require(world.log.last)
        let words = effects.compactMap { effect -> String? in
            switch effect {
            case .record(.hold): "hold"
            case .record(.command): "command"
            case .answer: "answer"
            case .record(.checkpoint): "checkpoint"
            default: nil
            }
        }
        #expect(words == ["hold", "command", "answer", "checkpoint"])
    }

    @Test("S25: the same command once more gets the same answer and has no effect")
    func repeated() throws {
        var world = World()
        try world.open()
        let first = try world.send(pause, "t1")
        try world.send(resume, "t2")
        #expect(world.engine.mode == .active)
        for restarts in [false, true] {
            if restarts { try world.restart() }
            let count = world.log.count
            let again = try world.send(pause, "t1")
            #expect(again == first)
            #expect(world.engine.mode == .active)
            #expect(world.log.count == count + 1)
            #expect(world.log.last?.count == 1, "an answer and no record")
        }
        #expect(world.ledger.problems.isEmpty)
    }

    @Test("S39: a transaction of another command is a conflict and changes nothing")
    func conflict() throws {
        var world = World()
        try world.open()
        try world.send(reduce, "t1")
        let rows: [(verb: Command.Verb, by: String)] = [
            (pause, "ctl:root"), (resume, "ctl:root"), (.reconcile, "ctl:root"),
            (.flatten(token: nil), "ctl:root"), (reduce, "ctl:other"),
            (.pause(until: time("15:00"), exits: true), "ctl:root"),
        ]
        for row in rows {
            let answer = try world.send(row.verb, "t1", by: row.by)
            #expect(answer?.refusal == .conflict, "\(row)")
            #expect(world.engine.mode == .reduceOnly)
        }
        #expect(world.ledger.commands.count == 1)
        #expect(try world.send(reduce, "t1")?.refusal == nil, "the first answer stands")
    }

    @Test("S25: the newest 256 commands are remembered")
    func memory() throws {
        var world = World()
        try world.open()
        for index in 0...256 { try world.send(pause, "t\(index)") }
        #expect(world.engine.memory.records.count == Limits.commands)
        #expect(world.engine.memory.record("t0") == nil)
        #expect(world.engine.memory.record("t1") != nil)
        #expect(world.ledger.holdCount == 1)
        #expect(try world.restarted().memory.records.count == Limits.commands)
    }

    @Test("S25: an older command that the ledger gives back is answered as it was, and once")
    func recalled() throws {
        var world = World()
        try world.open()
        let first = try world.send(pause, "t0")
        for index in 1...256 { try world.send(resume, "t\(index)") }
        let record = try #require(world.ledger.commands.first)
        #expect(!world.engine.remembers("t0"))
        world.engine.recall(record)
        #expect(world.engine.remembers("t0"))
        #expect(try world.send(pause, "t0") == first)
        #expect(try world.send(reduce, "t0")?.refusal == .conflict)
        #expect(world.engine.mode == .active)
        #expect(world.ledger.commands.count == 257 && world.ledger.problems.isEmpty)
    }

    // MARK: - Refusals

    struct Refused: Sendable, CustomTestStringConvertible {
        let name: String
        let verb: Command.Verb
        var isProven = true
        var distrust: String?
        let refusal: CommandRefusal
        var testDescription: String { name }
    }

    static let refusals = [
        Refused(name: "resume without proof", verb: resume, isProven: false, refusal: .unsigned),
        Refused(
            name: "flatten without proof", verb: .flatten(token: nil), isProven: false,
            refusal: .unsigned),
        Refused(
            name: "flatten, confirmed, without proof", verb: .flatten(token: "x"), isProven: false,
            refusal: .unsigned),
        Refused(
            name: "reconcile without proof", verb: .reconcile, isProven: false,
            refusal: .unsigned),
        Refused(
            name: "resume by a clock that nobody trusts", verb: resume, distrust: "it jumped",
            refusal: .clock),
        Refused(
            name: "a pause that is over", verb: .pause(until: time("13:00"), exits: false),
            refusal: .invalidArgument),
        Refused(
            name: "a pause that ends now", verb: .pause(until: time("13:30"), exits: true),
            isProven: false, refusal: .invalidArgument),
        Refused(
            name: "resume of no cause", verb: .resume(latch: "everything"),
            refusal: .invalidArgument),
        Refused(
            name: "resume of no hold", verb: .resume(latch: "h9"), refusal: .invalidArgument),
        Refused(name: "resume of nothing", verb: .resume(latch: ""), refusal: .invalidArgument),
        Refused(
            name: "resume of another cause", verb: .resume(latch: "drawdown"), refusal: .conflict),
        Refused(
            name: "flatten with a token of nobody", verb: .flatten(token: "x"),
            refusal: .invalidArgument),
    ]

    @Test("S39: what is refused is recorded, answered and changes nothing", arguments: refusals)
    func refused(_ row: Refused) throws {
        var world = World()
        try world.open()
        try world.send(pause, "before")
        if let why = row.distrust { try world.take(.host(.clock(distrust: why)), time("13:30")) }
        let answer = try #require(try world.send(row.verb, "t", isProven: row.isProven))
        #expect(answer.refusal == row.refusal)
        #expect(!answer.message.isEmpty)
        #expect(answer.mode == .paused)
        #expect(answer.holds.map(\.id) == ["h1"])
        #expect(world.ledger.commands.count == 2)
        #expect(world.ledger.holdChanges.count == 1)
        #expect(world.engine.mode == .paused)
        #expect(try world.send(row.verb, "t", isProven: row.isProven) == answer)
    }

    @Test("S34: a pause is taken before the market begins and by a clock that nobody trusts")
    func always() throws {
        var world = World()
        let answer = try world.send(pause, "1", isProven: false, at: .distantPast)
        #expect(answer?.refusal == nil && answer?.mode == .paused)
        #expect(world.ledger.checkpoint == nil, "there is no place in the market yet")
        #expect(try world.send(.reconcile, "2", at: .distantPast)?.refusal == .unavailable)
        try world.restart()
        #expect(world.engine.mode == .paused)
        try world.open()
        try world.take(.host(.clock(distrust: "1970")), time("13:30"))
        try world.send(pause, "3", by: "ctl:other", isProven: false)
        #expect(world.engine.standingHolds.count == 2)
    }

    // MARK: - Resume

    @Test("S34: a plain resume lifts what people set; what the machine set has to be named")
    func latches() throws {
        var world = World()
        try world.open()
        #expect(try world.send(resume, "0")?.message == "nothing held trading back")
        try world.send(pause, "1", by: "a")
        try world.send(reduce, "2", by: "b")
        var effects: [Effect] = []
        world.engine.hold(.dailyLoss, .reduceOnly, "3 %", &effects)
        world.engine.hold(.identity, .halted, "another order", &effects)
        world.adopt(effects)
        #expect(world.engine.mode == .halted)
        let plain = try #require(try world.send(resume, "3"))
        #expect(plain.refusal == nil)
        #expect(plain.mode == .halted)
        #expect(world.causes == [.dailyLoss, .identity])
        let nothing = try #require(try world.send(resume, "4"))
        #expect(nothing.refusal == .conflict)
        #expect(nothing.message.contains("resume --latch daily-loss"))
        #expect(nothing.message.contains("resume --latch identity"))
        #expect(try world.send(.resume(latch: "h4"), "5")?.mode == .reduceOnly)
        #expect(try world.send(.resume(latch: "daily-loss"), "6")?.mode == .active)
        #expect(try world.send(.resume(latch: "daily-loss"), "7")?.refusal == nil)
        #expect(world.ledger.problems.isEmpty && world.ledger.holds.isEmpty)
    }

    @Test("S34: a resume does not outdo the configuration, and says so")
    func configured() throws {
        var world = World { $0.mode = .reduceOnly }
        try world.open()
        try world.send(pause, "1")
        let answer = try #require(try world.send(resume, "2"))
        #expect(answer.mode == .reduceOnly)
        #expect(answer.message.contains("trading.mode = reduce-only"))
    }

    // MARK: - Reconcile

    private static func run(_ id: String, at: Timestamp) -> ReconciliationRun {
        ReconciliationRun(
            id: id, trigger: .command, since: at, at: at, verdict: .matches, orders: 0, fills: 0,
            positions: 0, cashBooks: .zero, cashBroker: .zero, lines: [])
    }

    @Test("A reconcile is answered when its run is finished, once each")
    func reconcile() throws {
        var world = World()
        try world.open()
        #expect(try world.send(.reconcile, "1") == nil)
        #expect(try world.send(.reconcile, "1") == nil, "the same waits already")
        #expect(try world.send(pause, "1")?.refusal == .conflict)
        let run = try #require(world.engine.memory.waiters.first?.run)
        #expect(world.engine.memory.waiters.count == 1)
        var effects: [Effect] = []
        world.engine.finished(Self.run("rec-other", at: time("13:30")), &effects)
        #expect(effects.isEmpty)
        world.engine.finished(Self.run(run, at: time("13:30")), &effects)
        world.adopt(effects)
        #expect(world.answers.last?.reconciliation?.id == run)
        #expect(world.answers.last?.refusal == nil)
        #expect(try world.send(.reconcile, "1") == world.answers.last)
        #expect(world.engine.nextDue == .distantFuture)
    }

    @Test("A reconcile that the broker does not answer is answered after a minute")
    func late() throws {
        var world = World()
        try world.open()
        for index in 0..<8 { #expect(try world.send(.reconcile, "t\(index)") == nil) }
        #expect(try world.send(.reconcile, "ninth")?.refusal == .rateLimited)
        #expect(world.engine.nextDue == time("13:31"))
        try world.wake(at: time("13:31"))
        #expect(world.answers.suffix(8).allSatisfy { $0.refusal == .unavailable })
        #expect(Set(world.answers.map(\.transaction)).count == 9)
        #expect(world.engine.nextDue == .distantFuture)
        #expect(try world.send(.reconcile, "t3")?.refusal == .unavailable)
    }

    // MARK: - Blocks

    @Test("S34: an untrusted clock stops entries and exits, a full disk only entries")
    func blocks() throws {
        let rows: [(condition: HostCondition, code: RefusalCode, leaves: Bool)] = [
            (.clock(distrust: "it jumped"), .clock, false),
            (.disk(shortage: "10 MB left"), .disk, true),
        ]
        for row in rows {
            var world = World()
            try world.open()
            try world.bar("14:00", "100")
            try world.take(.host(row.condition), time("14:01"))
            try world.take(.host(row.condition), time("14:01"))
            #expect(world.alerts.count == 1)
            try world.news("14:02")
            #expect(world.refusals == [row.code])

            world = try ExitTests.held { $0.execution.holdMax = Span(seconds: 60) }
            try world.take(.host(row.condition), time("14:03"))
            try world.bar("14:05", "100")
            try world.bar("14:06", "100")
            #expect(world.position.isZero == row.leaves)
        }
        var world = World()
        try world.open()
        try world.take(.host(.disk(shortage: "10 MB")), time("14:00"))
        try world.take(.host(.disk(shortage: "9 MB")), time("14:00"))
        try world.take(.host(.clock(distrust: "x")), time("14:00"))
        #expect(world.engine.entryBlock(SymbolID(index: 0)) == .clock)
        try world.take(.host(.clock(distrust: nil)), time("14:00"))
        #expect(world.engine.entryBlock(SymbolID(index: 0)) == .disk)
        try world.take(.host(.disk(shortage: nil)), time("14:00"))
        #expect(world.engine.entryBlock(SymbolID(index: 0)) == nil)
        #expect(world.alerts == ["disk", "clock", "clock", "disk"])
    }

    // MARK: - Properties

    private static func verb(_ draw: inout Draw, _ now: Timestamp) -> Command.Verb {
        switch draw.random.below(10) {
        case 8: .weights(draw.chance(0.5) ? .freeze : .set([0.5, 0.3, 0.2]))
        case 9: .limits([.positionsMax: Double(1 + draw.random.below(12))])
        case 0...3:
            .pause(
                until: draw.chance(0.3) ? now + Span(seconds: 864_000) : nil,
                exits: draw.chance(0.6))
        case 4: .resume(latch: nil)
        case 5: .resume(latch: draw.element(of: ["operator", "h1", "h2", "flatten", "x"]))
        case 6: .flatten(token: draw.chance(0.5) ? nil : "0123456789")
        default: .reconcile
        }
    }

    @Test("S34: without proof no sequence of commands makes the mode looser")
    func onlyTighter() throws {
        try forAll(200) { draw in
            var world = World { $0.mode = draw.element(of: TradingMode.allCases) }
            if draw.chance(0.8) { try world.open() }
            for step in 0..<20 {
                let before = world.engine.mode
                try world.send(
                    Self.verb(&draw, world.engine.now), "t\(draw.random.below(15))",
                    by: "s\(draw.random.below(3))", isProven: false)
                #expect(world.engine.mode >= before, "step \(step) of \(draw)")
                #expect(world.ledger.problems.isEmpty, "\(draw)")
            }
        }
    }

    @Test("S34, S05: while paused nothing becomes a ticket, and a restart gives the same mode")
    func noTicket() throws {
        try forAll(150) { draw in
            let names = ["AA", "BB", "CC"]
            var world = World(symbols: names) {
                $0.execution.protectiveStops = true
                $0.signals.atrPeriod = 1
                $0.execution.holdMax = Span(seconds: 300)
            }
            world.fillsAtOpen = draw.chance(0.7)
            try world.open()
            var minute = 0
            var isSure = true
            for step in 0..<60 {
                let mode = world.engine.mode
                let flattens = world.engine.isFlattening
                let submitted = world.submitted.count
                let clock = "14:\(minute < 10 ? "0" : "")\(minute)"
                switch draw.random.below(10) {
                case 0..<4:
                    minute = min(58, minute + 1)
                    try world.bar(clock, "100", symbol: draw.random.below(3))
                case 4..<7:
                    try world.news(
                        "14:\(minute < 10 ? "0" : "")\(minute)",
                        draw.chance(0.7) ? World.good : World.bad,
                        symbol: draw.element(of: names))
                case 7, 8:
                    try world.send(
                        Self.verb(&draw, world.engine.now), "t\(step)",
                        by: "s\(draw.random.below(3))")
                default:
                    let copy = try world.restarted()
                    #expect(copy.mode == world.engine.mode, "step \(step) of \(draw)")
                    #expect(copy.standingHolds == world.engine.standingHolds, "\(draw)")
                    #expect(copy.isFlattening == world.engine.isFlattening)
                    isSure = isSure && copy.notionalToday == world.engine.notionalToday
                }
                let left = world.submitted.dropFirst(submitted).compactMap {
                    world.ledger.orders[$0]?.intent.role
                }
                if mode >= .paused, world.engine.mode >= .paused {
                    #expect(
                        left.allSatisfy { $0 == .exit(.flatten) } && (flattens || left.isEmpty),
                        "step \(step) of \(draw): \(left)")
                }
                if mode >= .reduceOnly, world.engine.mode >= .reduceOnly {
                    #expect(!left.contains(.entry), "step \(step) of \(draw)")
                }
            }
            #expect(isSure, "\(draw)")
            let broken = invariants(world)
            #expect(broken.isEmpty, "\(broken) \(draw)")
        }
    }
}

extension World {
    /// Orders that left, oldest first.
    var submitted: [ClientOrderID] {
        ledger.transitions.filter { $0.to == .submitting }.map(\.id)
    }
}
