import Domain
import Execution
import Portfolio
import Primitives
import Signals
import TestSupport
import Testing

@testable import Engine

/// What a broker outside may say of an order, and what silence means.
@Suite struct OutsideReportTests {
    private func acknowledged() throws -> (world: OutsideWorld, id: ClientOrderID) {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        return (world, id)
    }

    @Test("S33: an ambiguous answer keeps order and reservation; found, it is adopted")
    func ambiguous() throws {
        var (world, id) = try OutsideWorld.entered()
        let reserved = world.engine.execution.reserved
        try world.report(id, .ambiguous(reason: "504"))
        #expect(world.status(id) == .unknown)
        #expect(world.engine.execution.reserved == reserved)
        let order = try world.shown(id, filled: 4)
        let fill = world.listed(id, "x1", 4)
        try world.wait(until: time("14:03")) { _ in .found(order, fills: [fill]) }
        #expect(world.asked == [id], "the first read comes within about a second")
        #expect(world.status(id) == .acked && world.position == Quantity(whole: 4))
        #expect(world.sent.count == 1)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: silence is ambiguous too; 120 s, four reads and the account prove an absence")
    func silence() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.wait(until: time("14:02") + Span(seconds: 31)) { _ in .absent }
        #expect(world.status(id) == .unknown)
        try world.wait(until: time("14:02") + Span(seconds: 149)) { _ in .absent }
        #expect(world.status(id) == .unknown)
        try world.wait(until: time("14:07"), account: false) { _ in .absent }
        let isOpen = world.status(id) == .unknown
        #expect(isOpen, "an account of within the window says nothing of what comes late")
        try world.wait(until: time("14:12")) { _ in .absent }
        #expect(world.status(id) == .notPlaced)
        #expect(world.asked.count >= 4)
        #expect(world.engine.execution.reserved.isZero)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: a clock that was put right measures no time of grace: it begins anew")
    func graceOfAWrongClock() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .ambiguous(reason: "reset"))
        try world.wait(until: time("14:02") + Span(seconds: 40)) { _ in .absent }
        // It was five minutes slow, and says so half a minute after it was set.
        try world.take(.timer(.due), "14:08")
        try world.take(.host(.clock(distrust: "it jumped")), "14:08")
        try world.wait(until: time("14:09")) { _ in .absent }
        #expect(world.status(id) == .unknown)
        try world.take(.host(.clock(distrust: nil)), "14:09")
        try world.wait(until: time("14:10") + Span(seconds: 50)) { _ in .absent }
        #expect(world.status(id) == .unknown)
        try world.wait(until: time("14:16")) { _ in .absent }
        #expect(world.status(id) == .notPlaced)
    }

    @Test("S33: without an account that was read nothing is proven; a person is told, it blocks")
    func unresolved() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .ambiguous(reason: "reset"))
        try world.wait(until: time("14:30"), account: false) { _ in .absent }
        #expect(world.status(id) == .unknown)
        #expect(world.alerts.contains("unresolved"))
        try world.take(.timer(.sessionClose), "20:00")
        #expect(world.alerts.filter { $0 == "unresolved" }.count == 2)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S34: an entry that is found while paused is canceled at once, however long it took")
    func foundWhilePaused() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .ambiguous(reason: "reset"))
        try world.command(pause, "14:03")
        try world.wait(until: time("14:30"), account: false) { _ in .absent }
        #expect(world.status(id) == .unknown && world.cancels.isEmpty)
        #expect(world.asked.count > world.engine.config.execution.resolver.readsMax)
        try world.answer(id, .found(try world.shown(id), fills: []))
        #expect(world.status(id) == .acked && world.cancels == [id])
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: a duplicate answer means that it exists: adopted, never rejected, never denied")
    func duplicate() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .duplicate)
        #expect(world.status(id) == .unknown && world.asked == [id])
        try world.wait(until: time("14:10")) { _ in .absent }
        #expect(world.status(id) == .unknown)
        try world.answer(id, .found(try world.shown(id), fills: []))
        #expect(world.status(id) == .acked)
    }

    @Test("S33: nothing left: the same id once more, three times in all, never after its time")
    func notSent() throws {
        var (world, id) = try OutsideWorld.entered()
        for attempt in 1...3 {
            #expect(world.sent.map(\.id) == Array(repeating: id, count: attempt))
            try world.report(id, .notSent(reason: "refused", attempt: attempt))
            try world.wait(until: world.engine.now + Span(seconds: 2))
        }
        #expect(world.sent.count == 3)
        #expect(world.status(id) == .notPlaced)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: what is said twice of one attempt says nothing of the next")
    func notSentTwice() throws {
        var (world, id) = try OutsideWorld.entered()
        for attempt in 1...2 {
            #expect(world.sent.last?.attempt == attempt)
            try world.report(id, .notSent(reason: "refused", attempt: attempt))
            try world.wait(until: world.engine.now + Span(seconds: 2))
        }
        #expect(world.sent.map(\.attempt) == [1, 2, 3])
        for attempt in 1...2 {
            try world.report(id, .notSent(reason: "refused", attempt: attempt))
        }
        #expect(world.status(id) == .submitting && world.sent.count == 3)
        try world.report(id, .accepted(brokerOrderID: "b"))
        #expect(world.status(id) == .acked)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: an answer asked before the need arose does not meet it")
    func olderAnswer() throws {
        var (world, id) = try acknowledged()
        let asked = world.engine.now
        let old = try world.shown(id)
        try world.wait(until: asked + Span(seconds: 5))
        try world.report(id, .unrecognised("suspended"))
        let count = world.asked.count
        try world.take(
            .order(OrderAnswer(id: id, asked: asked, result: .found(old, fills: []))),
            world.engine.now)
        let filled = try world.shown(id, .filled, filled: 10)
        let fill = world.listed(id, "x", 10)
        try world.wait(until: world.engine.now + Span(seconds: 40)) { _ in
            .found(filled, fills: [fill])
        }
        #expect(world.asked.count > count, "the order is read again")
        #expect(world.status(id) == .filled)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: a correction that completes an order ends it", arguments: [true, false])
    func correctedToFull(isEntry: Bool) throws {
        var (world, id) = try acknowledged()
        if !isEntry {
            try world.fill(id, "e", 10)
            for minute in 10...13 { try world.news("14:\(minute)", World.bad) }
            id = try #require(world.sent.last?.id)
            #expect(world.sent.count == 2)
            try world.report(id, .accepted(brokerOrderID: "b2"))
        }
        try world.fill(id, "x", 6)
        try world.report(
            id,
            .corrected(executionID: "x", quantity: Quantity(whole: 10), price: Price(whole: 100)))
        #expect(world.status(id) == .filled)
        #expect(world.engine.openOrders.isEmpty)
        #expect(world.position == (isEntry ? Quantity(whole: 10) : .zero))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: the older of two corrections once more does not win; the account decides")
    func olderCorrection() throws {
        var (world, id) = try acknowledged()
        try world.fill(id, "x", 10)
        func terms(_ price: Int64) -> BrokerReport.Event {
            .corrected(
                executionID: "x", quantity: Quantity(whole: 10), price: Price(whole: price))
        }
        try world.report(id, terms(101))
        try world.report(id, terms(102))
        let fills = world.ledger.fills.count
        try world.report(id, terms(101))
        #expect(world.ledger.fills.count == fills)
        #expect(world.questions.count == 2, "the account is asked for since the first correction")
        #expect(world.engine.portfolio.cash == Money(whole: 98_980))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S33: shares of an order that was thought to be here yet: it was sent, with its stop")
    func fillOfIntent() throws {
        var (world, entry, stop) = try protectedEntry(isSent: false)
        #expect(world.status(entry) == .intent && world.status(stop) == .intent)
        try world.fill(entry, "x", 4)
        #expect(world.status(entry) == .acked && world.position == Quantity(whole: 4))
        #expect(world.status(stop) == .unknown, "it travelled with its entry")
        try world.fill(entry, "y", 6)
        #expect(world.status(entry) == .filled && world.sent.isEmpty)
        #expect(!world.alerts.contains("order-step"))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("An order sent again passes all gates again: a pause in between ends it")
    func notSentPaused() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .notSent(reason: "refused", attempt: 1))
        world.engine.mode = .paused
        try world.wait(until: world.engine.now + Span(seconds: 2))
        #expect(world.sent.count == 1 && world.status(id) == .notPlaced)
    }

    @Test("S33: another order under our id halts everything; ours stays unknown")
    func stranger() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .ambiguous(reason: "eof"))
        let other = try world.shown(id, quantity: Quantity(whole: 11))
        try world.wait(until: time("14:10")) { _ in .found(other, fills: []) }
        #expect(world.status(id) == .unknown)
        #expect(world.engine.mode == .halted)
        #expect(world.alerts.filter { $0 == "identity" }.count == 1)
    }

    @Test("Fills before the acknowledgement, after the end, twice, and of an old snapshot")
    func order() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.fill(id, "x1", 2)
        try world.report(id, .accepted(brokerOrderID: "b-\(id)"))
        try world.fill(id, "x1", 2)
        let old = try world.shown(id, filled: 2)
        try world.fill(id, "x2", 3)
        try world.answer(id, .found(old, fills: [world.listed(id, "x1", 2)]))
        #expect(world.position == Quantity(whole: 5))
        try world.report(id, .canceled(reason: "by hand"))
        try world.fill(id, "x3", 1)
        #expect(world.status(id) == .canceled && world.position == Quantity(whole: 6))
        #expect(world.alerts.contains("late-fill"))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A total beyond what was booked has the order read; a smaller one is old news")
    func totals() throws {
        var (world, id) = try acknowledged()
        let event = BrokerReport.Event.fill(
            executionID: "x2", quantity: Quantity(whole: 1), price: Price(whole: 100), fee: .zero)
        try world.report(id, event, total: 1)
        #expect(world.asked.isEmpty)
        try world.report(
            id,
            .fill(
                executionID: "x3", quantity: Quantity(whole: 1), price: Price(whole: 100),
                fee: .zero), total: 4)
        #expect(world.asked == [id])
        let fills = [
            world.listed(id, "x1", 2), world.listed(id, "x2", 1), world.listed(id, "x3", 1),
        ]
        try world.answer(id, .found(try world.shown(id, filled: 4), fills: fills))
        #expect(world.position == Quantity(whole: 4))
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A word of tomorrow: the order is read, nothing is dropped")
    func unrecognised() throws {
        var (world, id) = try acknowledged()
        try world.report(id, .unrecognised("suspended"))
        #expect(world.alerts == ["order-word"] && world.asked == [id])
        #expect(world.status(id) == .acked)
        #expect(world.engine.counters.errors[.invalid] == 1)
    }

    @Test(
        "Executions taken back and corrected are rows of their own, and the books balance",
        arguments: [false, true])
    func revisions(restarted: Bool) throws {
        var (world, id) = try acknowledged()
        let fee = Money(units: 330_000_001)
        try world.fill(id, "x1", 6, 101, fee: fee)
        try world.fill(id, "x2", 4, 102, fee: fee)
        if restarted { try world.restart() }
        let bust = BrokerReport.Event.busted(executionID: "x1")
        let correction = BrokerReport.Event.corrected(
            executionID: "x2", quantity: Quantity(whole: 3), price: Price(whole: 103))
        for event in [bust, bust, correction, correction] { try world.report(id, event) }
        if restarted {
            #expect(world.position == Quantity(whole: 10), "the terms are in the ledger")
            let fill = BrokerFill(
                executionID: "x2", clientOrderID: id.text, symbol: OutsideWorld.symbol, side: .buy,
                quantity: Quantity(whole: 3), price: Price(whole: 103), fee: fee,
                at: world.engine.now)
            world.broker.orders = [try world.shown(id, .filled, filled: 10)]
            world.broker.fills = [fill]
            world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 3)]
            world.broker.cash = try Money(whole: 100_000 - 309).subtracting(fee)
            try world.take(.link(.up), world.engine.now + Span(seconds: 10))
            try world.answerAccount()
            try world.wait(until: world.engine.now + Span(seconds: 20))
            #expect(world.ledger.reconciliations.last?.verdict == .matches)
        }
        #expect(world.position == Quantity(whole: 3))
        #expect(world.status(id) == .filled, "terminal stays terminal")
        #expect(
            world.ledger.fills.map(\.executionID) == [
                "x1", "x2", "x1-busted", "x2-busted", "x2-corrected",
            ])
        let paid = try Money(whole: 100_000 - 309).subtracting(fee)
        #expect(world.engine.portfolio.cash == paid)
        #expect(world.broken.isEmpty, "\(world.broken)")
        try world.restart()
        #expect(world.position == Quantity(whole: 3))
    }

    @Test("S05: an execution to be taken back outlives the process that was told of it")
    func revisionOutlives() throws {
        var (world, id) = try acknowledged()
        try world.fill(id, "x1", 10)
        for _ in 1...2 {
            try world.restart()
            try world.report(id, .busted(executionID: "x1"))
            #expect(world.position == Quantity(whole: 10), "its terms are in the ledger")
        }
        try world.restart()
        #expect(world.ledger.checkpoint?.revisions.count == 1)
        world.broker.orders = [try world.shown(id, .filled)]
        try world.take(.link(.up), world.engine.now + Span(seconds: 10))
        try world.answerAccount()
        #expect(world.position.isZero && world.alerts.contains("fill-busted") == false)
        #expect(world.ledger.fills.map(\.executionID) == ["x1", "x1-busted"])
        #expect(world.ledger.reconciliations.last?.verdict == .matches)
        #expect(world.ledger.checkpoint?.revisions.isEmpty == true)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A replaced order is at its end here, and a person is told where it lives on")
    func replaced() throws {
        var (world, id) = try acknowledged()
        try world.report(id, .replaced(by: "b-77"))
        #expect(world.status(id) == .replaced)
        #expect(world.alerts.contains("order-replaced"))
        #expect(world.ledger.transitions.last?.reason == "replaced by b-77")
    }

    @Test("The stop that travels with an entry ends with it; a stop refused is told of")
    func stops() throws {
        var (rejected, entry, stop) = try protectedEntry()
        try rejected.report(entry, .rejected(reason: "no money"))
        #expect(rejected.status(stop) == .rejected)
        #expect(rejected.engine.counters.errors[.refused] == 1)
        var (unsure, unknown, attached) = try protectedEntry()
        try unsure.report(unknown, .ambiguous(reason: "timeout"))
        #expect(unsure.status(attached) == .unknown)
        #expect(unsure.engine.execution.unknownCount == 1, "they are one question")
        var (bare, filled, refused) = try protectedEntry()
        try bare.report(filled, .accepted(brokerOrderID: "b1"))
        try bare.report(refused, .accepted(brokerOrderID: "b2"))
        try bare.fill(filled, "x", 10)
        try bare.report(refused, .rejected(reason: "not allowed"))
        #expect(bare.alerts == ["unprotected"])
        for world in [rejected, unsure, bare] { #expect(world.broken.isEmpty, "\(world.broken)") }
    }

    /// - Parameter isSent: false: the line went down before it could leave.
    private func protectedEntry(
        isSent: Bool = true
    ) throws -> (OutsideWorld, ClientOrderID, ClientOrderID) {
        var world = try OutsideWorld.ready {
            $0.execution.protectiveStops = true
            $0.signals.atrPeriod = 2
        }
        for minute in 1...5 { try world.bar("14:0\(minute)", minute % 2 == 0 ? "100" : "101") }
        if isSent {
            try world.news("14:10")
        } else {
            try world.decide("14:10")
        }
        let entry = world.engine.openOrders.first { $0.intent.role.isEntry }?.intent.id
        return (world, try #require(entry), try #require(world.stop))
    }

    @Test("A fill of an order of ours that had ended before the restart is found by a comparison")
    func forgotten() throws {
        var (world, id) = try acknowledged()
        try world.fill(id, "x1", 4)
        try world.report(id, .canceled(reason: "by hand"))
        try world.restart()
        try world.take(.link(.up), "14:05")
        world.broker.orders = [try world.shown(id, .canceled, filled: 4)]
        world.broker.fills = [world.listed(id, "x1", 4, at: time("14:02"))]
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 4)]
        world.broker.cash = Money(whole: 99_600)
        try world.answerAccount()
        let known = world.questions.count
        try world.fill(id, "x2", 2)
        #expect(world.questions.count == known + 1, "the account is asked for")
        world.broker.fills.append(world.listed(id, "x2", 2))
        world.broker.holdings = [OutsideWorld.symbol: Quantity(whole: 6)]
        world.broker.cash = Money(whole: 99_400)
        try world.answerAccount()
        #expect(world.position == Quantity(whole: 6))
        #expect(world.status(id) == .canceled)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }
}
