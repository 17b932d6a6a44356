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

/// Entries that the mode forbids while a broker outside may have them.
@Suite struct ForbiddenEntryTests {
    @Test(
        "S34: a pause reaches an entry that nobody knew of yet, also after a restart",
        arguments: [false, true])
    func unknown(restarts: Bool) throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .ambiguous(reason: "504"))
        try world.command(pause, "14:03")
        #expect(world.cancels.isEmpty)
        if restarts { try world.restart() }
        #expect(world.engine.execution.wantsCancel(id))
        world.broker.orders = [try world.shown(id)]
        try world.take(.link(.up), "14:05")
        try world.answerAccount()
        try world.wait(until: time("14:06")) { _ in nil }
        #expect(world.status(id) == .acked)
        #expect(world.cancels.first == id)
        #expect(world.ledger.transitions.count { $0.isCancelWanted } == 1)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("An entry whose cancel was asked for is not sent once more")
    func notSent() throws {
        var (world, id) = try OutsideWorld.entered()
        try world.command(.pause(until: time("14:02") + Span(seconds: 1), exits: false), "14:02")
        try world.report(id, .notSent(reason: "dns", attempt: 1))
        try world.wait(until: time("14:10")) { _ in nil }
        #expect(world.status(id) == .notPlaced && world.sent.count == 1)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("S34: an entry that is taken in while trading is paused is canceled")
    func adopted() throws {
        let (world, id) = try OutsideWorld.entered()
        var fresh = OutsideWorld()
        fresh.broker.orders = [try world.shown(id)]
        try fresh.take(.timer(.sessionOpen), "14:05")
        try fresh.command(reduce, "14:05")
        try fresh.take(.link(.up), "14:05")
        try fresh.answerAccount()
        #expect(fresh.status(id) == .acked && fresh.cancels == [id])
        #expect(fresh.broken.isEmpty, "\(fresh.broken)")
    }

    @Test("A flatten leaves what an entry bought before its cancel came", arguments: [false, true])
    func flatten(restarts: Bool) throws {
        var (world, id) = try OutsideWorld.entered()
        try world.report(id, .accepted(brokerOrderID: "b"))
        try world.command(.flatten(token: nil), "14:03")
        let token = world.ledger.commands.last?.answer.token
        try world.command(.flatten(token: token), "14:04")
        #expect(world.cancels == [id] && world.position.isZero)
        if restarts {
            try world.restart()
            world.broker.orders = [try world.shown(id)]
            try world.take(.link(.up), "14:04")
            try world.answerAccount()
            try world.wait(until: time("14:05")) { _ in nil }
        }
        try world.fill(id, "x", 10)
        #expect(world.position == Quantity(whole: 10))
        try world.bar("14:06")
        let exit = try #require(world.sent.last)
        #expect(world.ledger.orders[exit.id]?.intent.role == .exit(.flatten))
        #expect(world.sent.count == 2)
        #expect(world.broken.isEmpty, "\(world.broken)")
    }

    @Test("A fill that the broker dates years ahead holds nothing up")
    func ahead() throws {
        let far = time("14:03") + Span(seconds: 5 * 365 * 86_400)
        func fill(_ world: inout OutsideWorld, _ id: ClientOrderID, _ at: String) throws {
            try world.take(
                .broker(
                    BrokerReport(
                        orderID: id, at: far,
                        event: .fill(
                            executionID: "x" + id.text, quantity: Quantity(whole: 10),
                            price: Price(whole: 100), fee: .zero))), at)
        }
        var (world, id) = try OutsideWorld.entered {
            $0.execution.holdMax = Span(seconds: 60)
            $0.risk.cooldown = Span(seconds: 60)
        }
        try world.report(id, .accepted(brokerOrderID: "b"))
        try fill(&world, id, "14:03")
        try world.bar("14:05")
        let exit = try #require(world.sent.last?.id)
        #expect(world.ledger.orders[exit]?.intent.role == .exit(.time))
        try world.report(exit, .accepted(brokerOrderID: "b2"))
        try fill(&world, exit, "14:07")
        #expect(world.engine.states[0].lastExit == time("14:07"))
        try world.restart()
        #expect(world.engine.states[0].lastExit == time("14:07"))
    }
}

/// Equity is measured only where everything held has a price.
@Suite struct UnmarkedTests {
    @Test("After a restart without bars neither peak nor day is measured at cost")
    func restart() throws {
        var world = try ExitTests.held()
        try world.bar("14:03", "90")
        try world.close()
        let before = world.engine.tracker
        let equity = world.engine.portfolio.equity
        try world.restart()
        #expect(world.engine.portfolio.equity > equity, "at cost")
        try world.open("37:30")
        try world.take(.timer(.due), time("37:31"))
        #expect(world.engine.tracker.peak == before.peak)
        #expect(world.engine.tracker.dayStartEquity == nil)
        try world.bar("37:32", "90")
        #expect(!world.engine.isUnmarked)
        #expect(world.engine.tracker.sessionDate == "2025-06-11")
        #expect(world.engine.tracker.dayStartEquity == equity)
        #expect(world.engine.tracker.drawdownMax == before.drawdownMax)
    }
}
