import Domain
import Primitives
import Risk
import TestSupport
import Testing

@testable import Execution

/// Approvals can only come from the gate, so the tests ask one without limits.
struct Desk {
    var stage: ExecutionStage
    let gate: RiskGate
    let id = SymbolID(index: 0)
    var effects: [Effect] = []
    var now = Desk.noon

    init(_ config: ExecutionConfig = ExecutionConfig()) {
        stage = ExecutionStage(config)
        stage.register(count: 2)
        var risk = RiskConfig()
        risk.sessionEdgeOpen = .zero
        risk.sessionEdgeClose = .zero
        risk.sizing.mode = .fixed
        risk.sizing.quantity = Quantity(whole: 10)
        gate = RiskGate(risk)
    }

    static let noon = Timestamp(rfc3339: "2024-05-06T16:00:00Z")!

    func approval(
        _ reason: TradeReason, _ side: OrderSide, position: Int64 = 0, cause: String = "a"
    ) -> ApprovedOrder? {
        let symbol = Symbol("TEST")!
        let signal = Signal(
            id: "sig-\(cause)-\(reason.rawValue)", symbol: symbol, at: Self.noon, reason: reason,
            side: side, score: 1, strength: 1, price: Price(whole: 100), priceTime: Self.noon,
            votes: [], indicators: [], headlines: [], weightsVersion: 0)
        let context = RiskContext(
            now: Self.noon, mode: .active,
            session: (Self.noon - Span(seconds: 7_200), Self.noon + Span(seconds: 7_200)),
            price: Price(whole: 100), priceTime: Self.noon, isWarm: true,
            position: Quantity(whole: position), workingOrders: 0, lastExit: nil,
            openPositions: 0, pendingEntries: 0, exposure: .zero, equity: Money(whole: 100_000),
            cash: Money(whole: 100_000), dayStartEquity: Money(whole: 100_000),
            equityPeak: Money(whole: 100_000), ordersLastMinute: 0, ordersToday: 0, atr: 0.5)
        guard case .approved(let order) = gate.judge(signal, context) else { return nil }
        return order
    }

    mutating func place(_ order: ApprovedOrder) throws {
        try stage.place(order, symbolID: id, at: Self.noon, effects: &effects)
    }

    mutating func report(_ id: ClientOrderID, _ event: BrokerReport.Event) -> ReportOutcome {
        stage.apply(
            BrokerReport(orderID: id, at: now, event: event), at: now, effects: &effects)
    }

    mutating func fill(_ id: ClientOrderID, _ shares: Int64, _ execution: String) -> ReportOutcome {
        report(
            id,
            .fill(
                executionID: execution, quantity: Quantity(whole: shares),
                price: Price(whole: 100), fee: .zero))
    }

    /// Takes the effects as words: `intent`, `INTENT>SUBMITTING`, `submit`, `cancel`.
    mutating func words() -> [String] {
        defer { effects.removeAll() }
        return effects.compactMap { effect in
            switch effect {
            case .record(.intent(let intent)): "intent \(intent.type.name)"
            case .record(.transition(let step)): "\(step.from.rawValue)>\(step.to.rawValue)"
            case .submit: "submit"
            case .cancel: "cancel"
            default: nil
            }
        }
    }
}

@Suite("Execution")
struct ExecutionStageTests {
    @Test("S33: an entry is an intent with its stop first, a submission second")
    func entry() throws {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        #expect(desk.words() == ["intent market", "intent stop", "submit"])
        let entry = try #require(desk.stage.entry(desk.id))
        #expect(desk.stage.workingOrders(desk.id) == 1)
        #expect(desk.stage.reserved.isPositive)
        let ticket = try #require(
            desk.stage.beginSubmit(
                entry.intent.id, at: Desk.noon, .sends, effects: &desk.effects))
        #expect(ticket.protectiveStop?.id == desk.stage.protectiveStop(desk.id))
        #expect(desk.words() == ["INTENT>SUBMITTING", "INTENT>SUBMITTING"])
    }

    @Test("Ours is what begins with our prefix and goes on with a decision key, and nothing else")
    func ours() {
        var config = ExecutionConfig()
        config.idPrefix = "bw-paper-a"
        let key = String(repeating: "k", count: 26)
        #expect(config.isOurs("bw-paper-a-" + key))
        for other in [
            "bw-paper-a-\(key)k", "bw-paper-a-1-\(key)", "bw-paper-\(key)", "bw-paper-a-",
        ] {
            #expect(!config.isOurs(other), "\(other)")
        }
        #expect(!config.isOurs("bw-paper-a-1-" + key.dropFirst(2)))
    }

    @Test("S33: the same cause gives the same ids; another cause, leg or prefix gives others")
    func identity() throws {
        func ids(_ prefix: String, _ cause: String) throws -> [ClientOrderID] {
            var config = ExecutionConfig()
            config.idPrefix = prefix
            var desk = Desk(config)
            try desk.place(try #require(desk.approval(.entry, .buy, cause: cause)))
            return desk.stage.openOrders.map(\.intent.id)
        }
        let first = try ids("bw-paper-a1b2", "x")
        #expect(try ids("bw-paper-a1b2", "x") == first)
        let all = try first + ids("bw-paper-a1b2", "y") + ids("bw-live-a1b2", "x")
        #expect(Set(all).count == 6)
        #expect(all.allSatisfy { $0.text.utf8.count <= 48 })
    }

    @Test("The last gate: too late or not allowed, and the intent lapses with its stop")
    func lastGate() throws {
        for (late, allowed) in [(true, true), (false, false)] {
            var desk = Desk()
            try desk.place(try #require(desk.approval(.entry, .buy)))
            let id = try #require(desk.stage.entry(desk.id)).intent.id
            _ = desk.words()
            let at = late ? Desk.noon + Span(seconds: 61) : Desk.noon
            let ticket = desk.stage.beginSubmit(
                id, at: at, allowed ? .sends : .lapses(reason: "paused"), effects: &desk.effects)
            #expect(ticket == nil)
            #expect(desk.words() == ["INTENT>EXPIRED_LOCAL", "INTENT>EXPIRED_LOCAL"])
            #expect(desk.stage.openOrders.isEmpty)
            #expect(desk.stage.reserved.isZero)
        }
    }

    @Test("An exit waits for its stop to be canceled; the fill of the stop makes it needless")
    func exitAfterStop() throws {
        for stopIsFaster in [false, true] {
            var desk = try entered()
            let stop = try #require(desk.stage.protectiveStop(desk.id))
            try desk.place(try #require(desk.approval(.flip, .sell, position: 10)))
            #expect(desk.words() == ["intent market", "cancel"])
            let exit = try #require(desk.stage.exit(desk.id)).intent.id
            if stopIsFaster {
                _ = desk.fill(stop, 10, "s1")
                #expect(desk.words() == ["ACKED>FILLED", "INTENT>EXPIRED_LOCAL"])
                #expect(desk.stage.openOrders.isEmpty)
            } else {
                _ = desk.report(stop, .canceled(reason: "requested"))
                #expect(desk.words() == ["ACKED>CANCELED", "submit"])
                #expect(desk.stage.exit(desk.id)?.intent.id == exit)
            }
        }
    }

    func entered() throws -> Desk {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        let id = try #require(desk.stage.entry(desk.id)).intent.id
        let stop = try #require(desk.stage.protectiveStop(desk.id))
        _ = desk.stage.beginSubmit(id, at: Desk.noon, .sends, effects: &desk.effects)
        _ = desk.report(id, .accepted(brokerOrderID: "b1"))
        _ = desk.report(stop, .accepted(brokerOrderID: "b2"))
        _ = desk.fill(id, 10, "e1")
        #expect(desk.stage.entry(desk.id) == nil)
        _ = desk.words()
        return desk
    }

    @Test("Fills count once per execution, sum up, and release the reservation as they come")
    func fills() throws {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        let id = try #require(desk.stage.entry(desk.id)).intent.id
        _ = desk.stage.beginSubmit(id, at: Desk.noon, .sends, effects: &desk.effects)
        let whole = desk.stage.reserved
        guard case .applied(let order, let fill?) = desk.fill(id, 4, "x1") else {
            Issue.record("the first fill was not applied")
            return
        }
        #expect(order.filled == Quantity(whole: 4) && fill.quantity == Quantity(whole: 4))
        #expect(desk.stage.reserved < whole && desk.stage.reserved.isPositive)
        #expect(desk.fill(id, 4, "x1") == .repeated)
        _ = desk.fill(id, 6, "x2")
        #expect(desk.stage.order(id) == nil)
        #expect(desk.stage.reserved.isZero)
        #expect(desk.fill(id, 6, "x2") == .repeated)
    }

    @Test("A fill after a cancel is booked and the status stays; of a stranger it is not")
    func lateFill() throws {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        let id = try #require(desk.stage.entry(desk.id)).intent.id
        _ = desk.stage.beginSubmit(id, at: Desk.noon, .sends, effects: &desk.effects)
        _ = desk.report(id, .accepted(brokerOrderID: "b"))
        _ = desk.report(id, .canceled(reason: "by hand"))
        guard case .applied(let order, let fill) = desk.fill(id, 3, "late") else {
            Issue.record("the late fill was not applied")
            return
        }
        #expect(order.status == .canceled && fill?.quantity == Quantity(whole: 3))
        #expect(desk.fill(id, 3, "late") == .repeated)
        let stranger = try #require(ClientOrderID("nobody-1"))
        #expect(desk.fill(stranger, 1, "z") == .unknownOrder)
        #expect(desk.report(stranger, .expired) == .unknownOrder)
    }

    @Test("S39: reports with nonsense figures move nothing", arguments: [0, -5])
    func nonsense(shares: Int64) throws {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        let id = try #require(desk.stage.entry(desk.id)).intent.id
        _ = desk.words()
        #expect(desk.fill(id, shares, "x") == .impossible(.intent))
        #expect(desk.words().isEmpty)
    }

    @Test("The number of open orders bounds entries; stops that rest do not count")
    func bounded() throws {
        var config = ExecutionConfig()
        config.ordersOpenMax = 1
        var desk = Desk(config)
        try desk.place(try #require(desk.approval(.entry, .buy)))
        let second = try #require(desk.approval(.entry, .buy, cause: "b"))
        #expect(throws: ExecutionError.tooManyOrders(limit: 1)) {
            try desk.stage.place(
                second, symbolID: SymbolID(index: 1), at: Desk.noon, effects: &desk.effects)
        }
        let first = try #require(desk.stage.entry(desk.id)).intent.id
        _ = desk.stage.beginSubmit(first, at: Desk.noon, .sends, effects: &desk.effects)
        _ = desk.report(first, .accepted(brokerOrderID: "b"))
        _ = desk.fill(first, 10, "e1")
        #expect(desk.stage.openOrders.count == 1, "the stop")
        try desk.stage.place(
            second, symbolID: SymbolID(index: 1), at: Desk.noon, effects: &desk.effects)
        _ = desk.words()
        try desk.place(try #require(desk.approval(.flip, .sell, position: 10)))
        #expect(desk.words() == ["intent market", "cancel"], "an exit always passes")
    }

    @Test("Intents of the last sixty seconds are counted")
    func perMinute() throws {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        #expect(desk.stage.ordersInMinute(before: Desk.noon) == 1)
        #expect(desk.stage.ordersInMinute(before: Desk.noon + Span(seconds: 59)) == 1)
        #expect(desk.stage.ordersInMinute(before: Desk.noon + Span(seconds: 60)) == 0)
        #expect(desk.stage.ordersToday == 1)
    }

    @Test("S05: orders come back from the ledger; what was never acknowledged goes out again")
    func restart() throws {
        var desk = Desk()
        try desk.place(try #require(desk.approval(.entry, .buy)))
        var state = LedgerState()
        state.openOrders = desk.stage.openOrders.map {
            LedgerState.OpenOrder(
                intent: $0.intent, status: .submitting, brokerOrderID: nil, filledQuantity: .zero,
                lastExecutionID: nil)
        }
        var again = Desk()
        again.stage.restore(state) { _ in SymbolID(index: 0) }
        #expect(again.stage.openOrders.map(\.intent) == desk.stage.openOrders.map(\.intent))
        #expect(again.stage.reserved == desk.stage.reserved)
        again.stage.recover(exitsAllowed: true, at: Desk.noon, effects: &again.effects)
        #expect(again.words() == ["submit"])
    }

    @Test("An exit that may not leave after a restart lapses before its stop is touched")
    func restartWithoutExits() throws {
        for allowed in [true, false] {
            var desk = try entered()
            try desk.place(try #require(desk.approval(.flip, .sell, position: 10)))
            _ = desk.words()
            desk.stage.recover(exitsAllowed: allowed, at: Desk.noon, effects: &desk.effects)
            #expect(desk.words() == [allowed ? "cancel" : "INTENT>EXPIRED_LOCAL"])
            #expect(desk.stage.protectiveStop(desk.id) != nil)
            #expect(desk.stage.hasExit(desk.id) == allowed)
        }
    }
}
