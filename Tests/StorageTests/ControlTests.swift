import Domain
import Primitives
import Storage
import Testing

/// Holds, commands, reconciliations, executions taken back.
@Suite struct ControlTests {
    let folder = TemporaryFolder()

    private func store(_ entries: [LedgerEntry] = []) throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit(entries)
        return store
    }

    @Test("S05: holds that stand come back in order, lifted ones stay in the history")
    func holds() throws {
        var first = try store([.hold(.set(pause("h1"))), .hold(.set(pause("h2", .reduceOnly)))])
        let stricter = pause("h2", .halted, until: time(99))
        try first.commit([.hold(.set(stricter))])
        try first.commit([
            .hold(.set(pause("h3", cause: .drawdown))),
            .hold(.lifted(id: "h1", by: "ctl:anna", why: "fine again", at: time(50))),
        ])
        try first.close()
        first = try store()
        let state = try first.loadState()
        #expect(state.holds == [stricter, pause("h3", cause: .drawdown)])
        #expect(state.holdCount == 3)
        let all = try first.holds(limit: 9)
        #expect(all.map(\.hold.id) == ["h3", "h2", "h1"])
        #expect(all.last?.liftedBy == "ctl:anna" && all.last?.liftedWhy == "fine again")
        #expect(all.last?.liftedAt == time(50) && all.first?.liftedAt == nil)
        #expect(try first.checkBooks() == [])
    }

    @Test("A hold that does not stand is neither lifted nor changed")
    func notStanding() throws {
        let store = try store([.hold(.set(pause("h1")))])
        let lift = LedgerEntry.hold(.lifted(id: "h1", by: "a", why: "b", at: time(11)))
        try store.commit([lift])
        for entry in [
            lift, .hold(.set(pause("h1", .halted))),
            .hold(.lifted(id: "h9", by: "a", why: "b", at: time(1))),
        ] {
            let before = store.chainHead
            let error = #expect(throws: StorageError.self) { try store.commit([entry]) }
            guard case .notStanding = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(store.chainHead == before)
        }
        #expect(try store.loadState().holds == [])
        #expect(try store.checkBooks() == [])
    }

    @Test("Holds that were altered differ from their changes")
    func alteredHold() throws {
        let store = try store([.hold(.set(pause("h1")))])
        try folder.execute("UPDATE holds SET lifted_at = 1")
        #expect(try store.verifyChain() == [])
        #expect(try store.checkBooks().first?.hasPrefix("h1: the hold is not what") == true)
    }

    @Test("S05: a command and its answer come back as they were, and none is stored twice")
    func commands() throws {
        let verbs: [Command.Verb] = [
            .pause(until: nil, exits: false), .pause(until: time(5), exits: true),
            .resume(latch: nil), .resume(latch: "daily-loss"), .flatten(token: nil),
            .flatten(token: "abc"), .reconcile, .weights(.set([0.1, 0.2, 0.7])),
            .weights(.freeze), .weights(.unfreeze), .weights(.rollback(version: 3)),
            .limits([.positionsMax: 3, .dailyLossShareMax: 0.1 + 0.2]),
        ]
        let records = verbs.enumerated().map { command("t\($0)", $1) }
        var first = try store(records.map { .command($0) })
        #expect(throws: StorageError.duplicateCommand("t3")) {
            try first.commit([.command(command("t3"))])
        }
        try first.close()
        first = try store()
        #expect(try first.loadState().commands == records)
        #expect(try first.commands(limit: 2) == [records[11], records[10]])
        let more = (0..<300).map { command("u\($0)") }
        try first.commit(more.map { .command($0) })
        #expect(try first.loadState().commands == Array(more.suffix(256)))
        #expect(try first.command(transaction: records[0].command.transaction) == records[0])
        #expect(try first.command(transaction: "nobody's") == nil)
    }

    @Test("What commands changed for good comes back, however old; refused ones changed nothing")
    func overrides() throws {
        var first = try store([
            .command(command("t1", .weights(.freeze))),
            .command(command("t2", .limits([.positionsMax: 3, .ordersPerDayMax: 9]))),
            .command(command("t3", .limits([.positionsMax: 5]))),
        ])
        let refused = command("t4", .limits([.positionsMax: 1]))
        try first.commit([
            .command(
                CommandRecord(
                    command: refused.command, at: refused.at,
                    answer: CommandAnswer(
                        transaction: "t4", verb: "limits", refusal: .unsigned, message: "no",
                        mode: .active, holds: [], unprotected: [])))
        ])
        try first.commit((0..<300).map { .command(command("u\($0)")) })
        try first.close()
        first = try store()
        let overrides = try first.loadState().overrides
        #expect(overrides.isFrozen)
        #expect(overrides.limits == [.positionsMax: 3, .ordersPerDayMax: 9])
        try first.commit([.command(command("t5", .weights(.unfreeze)))])
        #expect(try !first.loadState().overrides.isFrozen)
    }

    @Test("S21: an old version of the weights is found, one that was altered is not")
    func versions() throws {
        let values = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]
        let store = try store(
            values.enumerated().map { version, values in
                .weights(
                    WeightsChange(
                        weights: StrategyWeights(version: version, values: values)!, at: time(1),
                        cause: WeightsChange.byOperator, credits: [0, 0, 0]))
            })
        try store.commit([.command(command("t"))])
        #expect(try store.weights(version: 0)?.values == values[0])
        #expect(try store.weights(version: 1)?.values == values[1])
        #expect(try store.weights(version: 2) == nil)
        try folder.execute("UPDATE weights SET sentiment = 0.75, trend = 0 WHERE version = 1")
        #expect(try store.weights(version: 1) == nil)
    }

    @Test("S37: a restart learns which close no daily comparison has followed")
    func daily() throws {
        let store = try store(Sample("AAA").opening)
        #expect(try store.loadState().comparedDailyAt == nil)
        func run(
            _ trigger: ReconciliationTrigger, _ verdict: ReconciliationRun.Verdict, _ at: Int64
        )
            throws -> Timestamp?
        {
            let run = ReconciliationRun(
                id: "rec-\(at)", trigger: trigger, since: time(0), at: time(at), verdict: verdict,
                orders: 0, fills: 0, positions: 0, cashBooks: .zero, cashBroker: nil, lines: [])
            try store.commit([.reconciliation(run)])
            return try store.loadState().comparedDailyAt
        }
        #expect(try run(.start, .incomplete, 30) == time(30))
        #expect(try run(.daily, .incomplete, 40) == time(30))
        #expect(try run(.daily, .differs, 50) == time(50))
        #expect(try run(.periodic, .matches, 60) == time(50))
        #expect(try run(.daily, .incomplete, 70) == time(50))
    }

    @Test("S05: a reconciliation is signed with the chain it began from")
    func reconciliations() throws {
        let store = try store(Sample("AAA").opening)
        let before = store.chainHead
        #expect(try store.loadState().reconciledAt == nil)
        let runs = [
            reconciliation("rec-1", .repaired, at: 30), reconciliation("rec-2", .differs, at: 40),
            reconciliation("rec-3", .incomplete, at: 50),
        ]
        try store.commit([.reconciliation(runs[0])])
        for run in runs.dropFirst() { try store.commit([.reconciliation(run)]) }
        let stored = try store.reconciliations(limit: 9)
        #expect(stored.map(\.run) == runs.reversed())
        #expect(stored.last?.journalSeq == before.seq && stored.last?.journalHead == before.hash)
        // Only one that found or made all equal vouches for the books.
        #expect(try store.loadState().reconciledAt == time(30))
    }

    private func fill(
        _ id: String, _ shares: Int64, at seconds: Int64, reverses: String? = nil,
        foundBy: String? = nil
    ) -> Fill {
        Fill(
            executionID: id, orderID: Sample("AAA").entryID, symbol: symbol("AAA"), side: .buy,
            quantity: Quantity(whole: shares), price: price("10"), fee: .zero, at: time(seconds),
            reverses: reverses, foundBy: foundBy)
    }

    @Test("S05: an execution is taken back once, whole, and all executions of an order come back")
    func reversal() throws {
        let sample = Sample("AAA")
        let fills = [
            fill("x1", 2, at: 5), fill("x2", 3, at: 6, foundBy: "rec-1"),
            fill("x1-bust", -2, at: 7, reverses: "x1"),
        ]
        let store = try store(
            sample.intake + sample.steps(exit: false, to: [.submitting, .acked])
                + fills.map { .fill($0) })
        let order = try #require(try store.loadState().openOrders.first)
        #expect(order.filledQuantity == Quantity(whole: 3))
        #expect(order.executionIDs == ["x1", "x2", "x1-bust"])
        #expect(order.lastExecutionID == "x1-bust")
        #expect(try store.fills() == fills)
        for bad in [
            fill("again", -2, at: 8, reverses: "x1"), fill("of", -2, at: 8, reverses: "nothing"),
        ] {
            #expect(throws: StorageError.self) { try store.commit([.fill(bad)]) }
        }
        #expect(try store.checkBooks().allSatisfy { $0.contains("fills and lots disagree") })
        try store.commit([.fill(fill("x3-bust", -1, at: 9, reverses: "x2"))])
        #expect(
            try store.checkBooks().contains {
                $0.hasPrefix(
                    "x3-bust: the fill takes back an execution that differs from it, -1 against -3")
            })
    }

    @Test("An extract holds what is open or newer, what was taken back included")
    func extract() throws {
        let (old, open, new) = (Sample("OLD"), Sample("AAA", at: 50), Sample("NEW", at: 500))
        let store = try store(old.opening + old.closing)
        try store.commit(
            open.intake + open.steps(exit: false, to: [.submitting, .acked]) + [
                .fill(fill("x1", 1, at: 55)), .fill(fill("x2", 1, at: 56)),
                .fill(fill("x1-bust", -1, at: 57, reverses: "x1")),
            ])
        try store.commit(new.opening)
        let before = store.statistics.statements
        let extract = try store.extract(since: time(400))
        #expect(store.statistics.statements == before + 2)
        #expect(extract.orders.map(\.id) == [open.entryID, new.entryID])
        #expect(extract.orders.map(\.status) == [.acked, .filled])
        #expect(extract.orders.map(\.filled) == [Quantity(whole: 1), Quantity(whole: 5)])
        #expect(
            extract.fills.map(\.executionID) == ["x1", "x2", "x1-bust", "buy-NEW"])
        #expect(try store.extract(since: time(0)).fills.map(\.executionID).count == 6)
        // A late fill of an order that is older.
        #expect(
            try store.extract(since: time(105)).fills.map(\.executionID)
                == ["sell-OLD", "x1", "x2", "x1-bust", "buy-NEW"])
    }

    @Test("S05: what a checkpoint gained comes back")
    func checkpoints() throws {
        let store = try store()
        var point = checkpoint(at: 5)
        try store.commit([.checkpoint(point)])
        #expect(try store.loadState().checkpoint == point)
        (point.lossBase, point.drawdownBase) = (usd("-1.5"), usd("7"))
        (point.losingStreak, point.orderFailures) = (3, 0b1011)
        point.roundTrips = [Symbol("AAA")!: usd("-2.5"), Symbol("BRK.B")!: usd("0")]
        point.lostStops = [Symbol("AAA")!: price("9.5")]
        point.exitsWanted = [Symbol("AAA")!: .takeProfit, Symbol("BRK.B")!: .flip]
        point.revisions = [
            BrokerReport(
                orderID: id("bw-1"), at: time(4), event: .busted(executionID: "x=1 \"2\"")),
            BrokerReport(
                orderID: id("bw-2"), at: time(5),
                event: .corrected(
                    executionID: "y", quantity: Quantity(whole: 3), price: price("9.25")),
                filledTotal: Quantity(whole: 8)),
        ]
        try store.commit([.checkpoint(point)])
        #expect(try store.loadState().checkpoint == point)
        point.lossBase = nil
        (point.exitsWanted, point.revisions) = ([:], [])
        try store.commit([.checkpoint(point)])
        #expect(try store.loadState().checkpoint == point)
    }
}
