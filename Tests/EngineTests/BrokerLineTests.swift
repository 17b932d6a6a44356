import Domain
import Execution
import Portfolio
import Primitives
import Simulation
import TestSupport
import Testing

@testable import Engine

/// The way to the broker: down, refused, open, and what waits for it.
@Suite struct BrokerLineTests {
    @Test("S28: while the line is down entries wait and expire; what is held is left first")
    func down() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.fill(id, "x", 10)
        try world.take(.link(.down(reason: "cable")), "14:05")
        #expect(world.alerts == ["broker-down"])
        for minute in 6...9 { try world.news("14:0\(minute)", World.bad) }
        let exit = try #require(world.engine.openOrders.first?.intent)
        #expect(world.status(exit.id) == .intent && world.sent.count == 1)
        try world.wait(until: time("14:40"))
        #expect(world.status(exit.id) == .intent, "an exit waits for longer than an entry")
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        world.broker.fills = [world.listed(id, "x", 10, at: time("14:02"))]
        try world.take(.link(.up), "14:40")
        #expect(world.sent.count == 1 && world.block == .reconciling)
        try world.answerAccount()
        #expect(world.sent.map(\.id) == [id, exit.id])
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S28: failures open the breaker: no order, one read to try, two successes to go on")
    func breaker() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .ambiguous(reason: "504"))
        var failures = 1
        try world.wait(until: time("14:03"), account: false) { _ in
            failures += 1
            return .failed(reason: "503")
        }
        #expect(world.alerts.contains("breaker-open"))
        #expect(world.block == .broker)
        #expect(failures >= 5 && failures <= 8, "\(failures): it does not hammer")
        #expect(world.engine.counters.errors[.transient] == Int64(failures))
        let sent = world.sent.count
        let order = try world.shown(id)
        world.broker.orders = [order]
        try world.wait(until: time("14:20")) { _ in .found(order, fills: []) }
        #expect(world.status(id) == .acked)
        #expect(world.block == nil)
        #expect(world.sent.count == sent)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S02: refused credentials are loud, latch, and are never a flat account")
    func refused() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.fill(id, "x", 10)
        let lots = world.engine.portfolio.openLots(SymbolID(index: 0)).map(\.quantity)
        func expectHeld() {
            #expect(world.position == Quantity(whole: 10))
            #expect(world.engine.portfolio.openLots(SymbolID(index: 0)).map(\.quantity) == lots)
        }
        #expect(!lots.isEmpty)
        let before = world.questions.count
        try world.take(.link(.refused(reason: "401")), "14:03")
        #expect(world.alerts.contains("credentials"))
        #expect(world.engine.mode == .halted && world.block == .broker)
        expectHeld()
        try world.wait(until: time("14:12"))
        #expect(world.questions.count == before, "nobody is asked")
        expectHeld()
        try world.take(.link(.up), "14:12")
        #expect(world.engine.mode == .halted, "a person has to lift it")
        #expect(world.questions.count == before, "one read tries the way first")
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 10)]
        world.broker.cash = Money(whole: 99_000)
        world.broker.fills = [world.listed(id, "x", 10, at: time("14:02"))]
        try world.wait(until: time("14:22"))
        #expect(world.ledger.reconciliations.last?.verdict == .matches)
        expectHeld()
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S02: an account that cannot be read is told of, and nothing is judged by it")
    func unreadable() throws {
        var world = OutsideWorld()
        try world.take(.timer(.sessionOpen), "13:30")
        try world.take(.link(.up), "13:31")
        try world.answerAccount(failed: "500")
        #expect(world.alerts == ["account-unreadable"])
        #expect(world.block == .reconciling && world.engine.mode == .active)
        try world.wait(until: time("13:40"))
        #expect(world.ledger.reconciliations.last?.verdict == .matches && world.block == nil)
    }

    @Test("S28: what never left goes out again after longer pauses, three times in all (S03)")
    func attempts() throws {
        var (world, id) = try OutsideWorld.entered {
            $0.execution.sending.backoffBase = Span(seconds: 2)
        }
        for attempt in 1...2 {
            let said = world.engine.now
            try world.report(id, .notSent(reason: "dns", attempt: attempt))
            while world.sent.count == attempt, world.engine.nextDue < said + Span(seconds: 10) {
                try world.take(.timer(.due), max(world.engine.nextDue, said))
            }
            let pause = world.engine.now - said
            #expect(pause >= Span(seconds: 1) && pause <= Span(seconds: Int64(2 * attempt)))
            #expect(world.sent.map(\.attempt) == Array(1...attempt + 1))
        }
        try world.report(id, .notSent(reason: "dns", attempt: 3))
        #expect(world.status(id) == .notPlaced)
        try world.wait(until: time("14:30"))
        #expect(world.sent.count == 3)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S28: a request without an answer is unknown after half a minute, and is read (S03)")
    func silence() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.wait(until: time("14:02") + Span(seconds: 29))
        #expect(world.status(id) == .submitting && world.asked.isEmpty)
        try world.wait(until: time("14:02") + Span(seconds: 31))
        #expect(world.status(id) == .unknown)
        // The reads go unanswered as well; each has its deadline.
        try world.wait(until: time("14:05"), account: false)
        #expect((2...6).contains(world.asked.count) && Set(world.asked) == [id])
        #expect(world.sent.count == 1)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S28: an account that nobody answers for is asked five times, then given up (S03)")
    func silentAccount() throws {
        var world = OutsideWorld()
        try world.take(.timer(.sessionOpen), "13:30")
        try world.take(.link(.up), "13:31")
        var asked = [world.engine.now]
        while world.ledger.reconciliations.isEmpty, world.engine.nextDue < time("14:00") {
            let before = world.questions.count
            try world.take(.timer(.due), max(world.engine.nextDue, world.engine.now))
            if world.questions.count > before { asked.append(world.engine.now) }
        }
        #expect(asked.count == 5)
        let config = ReconciliationConfig()
        for (index, times) in zip(asked, asked.dropFirst()).enumerated() {
            let late = (times.0 + config.answerWait, times.1)
            let most = min(config.retryMax, Span(seconds: 1 << Int64(index + 1)))
            #expect(late.1 > late.0 && late.1 <= late.0 + most, "\(index): \(late)")
        }
        #expect(world.ledger.reconciliations.map(\.verdict) == [.incomplete])
        #expect(world.alerts == ["account-unreadable"])
        #expect(world.block == .reconciling, "nothing is judged, and nothing leaves")
    }

    @Test("S03: errors are counted by class, in order of the words")
    func classes() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .notSent(reason: "dns", attempt: 1))
        try world.report(ClientOrderID("nobody-1")!, .expired)
        try world.take(.link(.refused(reason: "401")), "14:03")
        #expect(
            world.engine.counters.sortedErrors.map { "\($0.kind.rawValue) \($0.count)" }
                == ["invalid 1", "refused 1", "transient 1"])
    }

    @Test("Two orders that nobody knows of keep every entry back")
    func unresolved() throws {
        var world = OutsideWorld { $0.execution.resolver.graceMin = Span(seconds: 3_600) }
        let other = Symbol("OTHER")!
        _ = world.engine.register(other)
        try world.take(.timer(.sessionOpen), "13:30")
        try world.take(.link(.up), "13:31")
        try world.answerAccount()
        try world.bar("14:00")
        try world.take(
            .bar(
                Bar(
                    symbol: SymbolID(index: 1), start: time("14:00"), open: decimal("50"),
                    high: decimal("50"), low: decimal("50"), close: decimal("50"),
                    volume: Volume(shares: 100))), "14:01")
        try world.news("14:02")
        try world.take(
            .news(
                NewsItem(
                    id: "o", headline: World.good + " too", symbols: [other],
                    createdAt: time("14:02"))), "14:02")
        #expect(world.sent.count == 2)
        try world.report(world.sent[0].id, .ambiguous(reason: "eof"))
        #expect(world.block == nil)
        try world.report(world.sent[1].id, .ambiguous(reason: "eof"))
        #expect(world.block == .unresolved)
        try world.report(world.sent[1].id, .accepted(brokerOrderID: "b"))
        #expect(world.block == nil)
    }
}
