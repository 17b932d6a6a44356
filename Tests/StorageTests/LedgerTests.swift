import Domain
import Primitives
import Storage
import Synchronization
import Testing

@Suite struct LedgerTests {
    let folder = TemporaryFolder()

    private func store(_ entries: [LedgerEntry] = []) throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path)
        try store.commit(entries)
        return store
    }

    @Test("A commit is whole or absent: an error in its last entry leaves nothing")
    func atomic() throws {
        let store = try store([capital()] + Sample("AAA").opening)
        let before = try store.loadState()
        let bad: [(StorageError, LedgerEntry)] = [
            (.duplicateDecision("entry:AAA:0"), .intent(Sample("AAA").intent(exit: false))),
            (.duplicateExecution("buy-AAA"), .fill(Sample("AAA").fill(exit: false))),
            (
                .unknownOrder("bw-nobody"),
                .transition(
                    OrderTransition(
                        id: id("bw-nobody"), from: .intent, to: .submitting, at: time(1)))
            ),
            (.unknownOrder("bw-entry-ZZZ"), .fill(Sample("ZZZ").fill(exit: false))),
        ]
        for (error, entry) in bad {
            #expect(throws: error) {
                try store.commit(
                    Sample("BBB").opening + [.checkpoint(checkpoint(at: 99)), entry])
            }
            #expect(try store.loadState() == before)
            #expect(try store.wasTaken(newsID: "news-BBB") == false)
        }
        // Such errors are about the entries: the store goes on.
        try store.commit(Sample("BBB").opening)
        #expect(try store.loadState().lots.count == 2)
    }

    @Test("S33: one decision is stored once, whatever the order's id")
    func decisionKey() throws {
        let store = try store(Sample("AAA").intake)
        let first = Sample("AAA").intent(exit: false)
        let second = OrderIntent(
            id: id("bw-other"), decisionKey: first.decisionKey, signalID: first.signalID,
            symbol: first.symbol, side: first.side, quantity: first.quantity, type: first.type,
            timeInForce: first.timeInForce, role: first.role, createdAt: first.createdAt,
            expiresAt: first.expiresAt, referencePrice: first.referencePrice,
            reservation: first.reservation, bodyHash: first.bodyHash)
        #expect(throws: StorageError.duplicateDecision(first.decisionKey)) {
            try store.commit([.intent(second)])
        }
        #expect(try store.orders(limit: 10).map(\.id) == [first.id])
    }

    @Test("S05: everything the engine needs comes back after a restart")
    func roundTrip() throws {
        let (open, closed, waiting) = (Sample("AAA"), Sample("BBB"), Sample("CCC", at: 50))
        let stop = OrderIntent(
            id: id("bw-stop"), decisionKey: "stop:AAA", signalID: "", symbol: open.symbol,
            side: .sell, quantity: Quantity(units: 1_500_000_000), type: .stop(price("9.5")),
            timeInForce: .gtc, role: .protectiveStop(parent: open.entryID), createdAt: time(7),
            expiresAt: .distantFuture, referencePrice: price("10"), reservation: .zero,
            bodyHash: "h")
        var first = try store([capital(), .weights(weights(0, [0.5, 0.25, 0.25], at: -90_000))])
        try first.commit(open.opening + [.intent(stop)])
        try first.commit(closed.opening)
        try first.commit(
            closed.closing + [
                .weights(weights(1, [0.55, 0.2, 0.25], at: 105, cause: closed.trade.id))
            ])
        try first.commit(waiting.intake + waiting.steps(exit: false, to: [.submitting, .acked]))
        try first.commit([.checkpoint(checkpoint(at: 110))])
        try first.commit([.checkpoint(checkpoint(at: 120))])

        var expected = LedgerState()
        expected.checkpoint = checkpoint(at: 120)
        expected.weights = weights(1, [0.55, 0.2, 0.25], at: 105, cause: closed.trade.id)
        expected.weightsAtDayStart = StrategyWeights(version: 0, values: [0.5, 0.25, 0.25])
        expected.lots = [open.lot(open: true)]
        expected.balances = [
            .cash: usd("99953.5"), .capital: usd("-100000"), .fees: usd("1.5"),
            .realized: usd("-5"), .securities(open.symbol): usd("50"),
            .securities(closed.symbol): .zero,
        ]
        expected.openOrders = [
            LedgerState.OpenOrder(
                intent: stop, status: .intent, brokerOrderID: nil, filledQuantity: .zero,
                lastExecutionID: nil),
            LedgerState.OpenOrder(
                intent: waiting.intent(exit: false), status: .acked, brokerOrderID: "broker-CCC",
                filledQuantity: .zero, lastExecutionID: nil),
        ]
        expected.recentIntents = [
            .init(at: time(1), role: .entry, notional: usd("50")),
            .init(at: time(1), role: .entry, notional: usd("50")),
            .init(
                at: time(7), role: .protectiveStop(parent: open.entryID), notional: usd("15")),
            .init(at: time(51), role: .entry, notional: usd("50")),
            .init(at: time(100), role: .exit(.takeProfit), notional: usd("50")),
        ]
        expected.lastExits = [closed.symbol: time(105)]
        expected.entryVotes = [open.entryID: open.votes, waiting.entryID: waiting.votes]
        expected.roles = [stop.id: stop.role, waiting.entryID: .entry]
        expected.creditedTrades = [1, 1, 0]
        expected.closedTradeCount = 1
        expected.realizedPnL = usd("4")
        #expect(try first.loadState() == expected)
        try first.close()

        first = try store()
        #expect(try first.loadState() == expected)
        #expect(first.loadWarnings.isEmpty)
        #expect(try first.checkBooks() == [])
        #expect(try first.quickCheck() == [])
    }

    @Test("S05: a partly filled order comes back with its filled quantity and newest execution")
    func partlyFilled() throws {
        let sample = Sample("AAA")
        do {
            let store = try store(
                sample.intake + sample.steps(exit: false, to: [.submitting, .acked]))
            for part in ["x1", "x3", "x2"] {
                try store.commit([
                    .fill(
                        Fill(
                            executionID: part, orderID: sample.entryID, symbol: sample.symbol,
                            side: .buy, quantity: Quantity(units: 1_250_000_000),
                            price: price("10"), fee: .zero, at: time(5)))
                ])
            }
            try store.close()
        }
        let order = try #require(try store().loadState().openOrders.first)
        #expect(order.filledQuantity == Quantity(units: 3_750_000_000))
        #expect(order.lastExecutionID == "x2")
        #expect(order.status == .acked)
    }

    @Test("An empty ledger gives the empty state")
    func empty() throws {
        let store = try store()
        #expect(try store.loadState() == LedgerState())
        #expect(try store.checkBooks() == [])
        #expect(try store.explanation(of: "bw") == nil)
    }

    @Test("S06: a load issues the same number of statements at 1, 10 and 1000 positions")
    func constantStatements() throws {
        let store = try store([capital(), .checkpoint(checkpoint(at: 200))])
        let ran = Counter()
        var counts: [Int] = []
        var written = 0
        for positions in [1, 10, 1000] {
            var entries: [LedgerEntry] = []
            while written < positions {
                entries += Sample("S\(written)").opening
                written += 1
            }
            try store.commit(entries)
            try store.trace { _ in ran.value.add(1, ordering: .relaxed) }
            let before = (store.statistics.statements, ran.value.load(ordering: .relaxed))
            let state = try store.loadState()
            let after = (store.statistics.statements, ran.value.load(ordering: .relaxed))
            try store.trace(nil)
            #expect(state.lots.count == positions)
            #expect(after.0 - before.0 == after.1 - before.1, "the store counts what SQLite runs")
            counts.append(after.1 - before.1)
        }
        #expect(Set(counts).count == 1)
        #expect(counts[0] > 5 && counts[0] < 25)
    }

    private final class Counter: Sendable { let value = Atomic<Int>(0) }

    @Test(
        "S21: corrupt weights are refused, reported and replaced by the last valid ones",
        arguments: [
            "sentiment = 0.9", "trend = -0.1", "reversion = 9e999", "version = -3",
            "sentiment = 0, trend = 0, reversion = 0",
        ])
    func corruptWeights(change: String) throws {
        let valid = weights(1, [0.5, 0.3, 0.2], at: 10, cause: "t1")
        do {
            let store = try store([.weights(weights(0, [0.4, 0.3, 0.3], at: 0))])
            try store.commit([.weights(valid)])
            try store.commit([.weights(weights(2, [0.6, 0.2, 0.2], at: 20, cause: "t2"))])
            try store.close()
        }
        try folder.execute("UPDATE weights SET \(change) WHERE version = 2")
        let store = try store()
        #expect(try store.loadState().weights == valid)
        #expect(store.loadWarnings.count == 1)
        #expect(store.loadWarnings.first?.contains("version 1 is used instead") == true)
        // The next change takes the number of the corrupt one.
        let next = weights(2, [0.55, 0.25, 0.2], at: 30, cause: "t3")
        try store.commit([.weights(next)])
        #expect(try store.loadState().weights == next)
        #expect(store.loadWarnings.isEmpty)
        #expect(try store.weightsHistory().last == next)
        #expect(try store.weightsHistory().count == 3)
    }

    @Test("S21: no valid weights at all is said, not invented")
    func allWeightsCorrupt() throws {
        do { try store([.weights(weights(0, [0.4, 0.3, 0.3], at: 0))]).close() }
        try folder.execute("UPDATE weights SET trend = 2")
        let store = try store()
        #expect(try store.loadState().weights == nil)
        #expect(store.loadWarnings.first?.contains("no valid version is left") == true)
    }

    @Test("S21: weights that are no numbers cannot be stored")
    func creditsAreFinite() throws {
        let store = try store()
        let change = WeightsChange(
            weights: StrategyWeights(version: 1, values: [1, 0, 0])!, at: time(0), cause: "t",
            credits: [.nan, 0, 0])
        #expect(throws: StorageError.self) { try store.commit([.weights(change)]) }
        #expect(try store.weightsHistory() == [])
    }

    @Test("S25: what was taken in is known after a restart; taking it again keeps the first time")
    func taken() throws {
        do {
            let store = try store((0..<5).map { .taken(newsID: "n\($0)", at: time($0)) })
            try store.commit([.taken(newsID: "n1", at: time(99))])
            try store.close()
        }
        let store = try store()
        for number in 0..<5 { #expect(try store.wasTaken(newsID: "n\(number)")) }
        // By its first time: what came before time(5) is forgotten whole.
        #expect(try store.prune(before: time(5)) == 5)
        #expect(try !store.wasTaken(newsID: "n1"))
        #expect(try !store.wasTaken(newsID: "n9"))
    }
}
