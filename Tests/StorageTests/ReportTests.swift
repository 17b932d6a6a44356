import Domain
import Primitives
import Storage
import Testing

@Suite struct ReportTests {
    let folder = TemporaryFolder()

    private func day() throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path)
        let (first, second) = (Sample("AAA"), Sample("BBB", at: 10))
        let refused = first.signal("refused", side: .sell, reason: .entry, at: 3)
        try store.commit([capital()] + first.opening)
        try store.commit(
            second.opening + [
                .signal(refused, .refused(Refusal(.exposure, [Figure("limit", "100")]))),
                .signal(
                    second.signal("refused", side: .sell, reason: .entry, at: 4),
                    .refused(Refusal(.cooldown, []))),
                .signal(
                    second.signal("refused2", side: .sell, reason: .entry, at: 5),
                    .refused(Refusal(.cooldown, []))),
            ])
        try store.commit(
            first.closing + [
                .weights(weights(1, [0.5, 0.2, 0.3], at: 105, cause: first.trade.id)),
                .alert(
                    Alert(code: "a-1", severity: .warning, message: "look", at: time(106))),
                .alert(
                    Alert(code: "a-2", severity: .critical, message: "now", at: time(107))),
            ])
        return store
    }

    @Test("A12: an entry is explained from headline to weight change, by its id or its beginning")
    func explainEntry() throws {
        let store = try day()
        let sample = Sample("AAA")
        let story = try #require(try store.explanation(of: sample.entryID.text))
        #expect(story.intent == sample.intent(exit: false))
        #expect(story.status == .filled)
        #expect(story.brokerOrderID == "broker-AAA")
        #expect(story.filledQuantity == Quantity(whole: 5))
        #expect(story.signal == sample.signal("entry", side: .buy, reason: .entry, at: 1))
        #expect(story.signal?.headlines.first?.headline.contains("soars") == true)
        #expect(
            story.verdict
                == .approved(quantity: Quantity(whole: 5), figures: [Figure("exposure", "50")]))
        #expect(story.transitions.map(\.to) == [.submitting, .acked, .filled])
        #expect(story.fills == [sample.fill(exit: false)])
        #expect(story.trades == [sample.trade])
        #expect(story.weightChanges.map(\.weights.version) == [1])
        #expect(story.entryOrder == nil)
        #expect(try store.explanation(of: "bw-entry-A") == story)
    }

    @Test("A12: an exit leads to its entry, also before it is filled")
    func explainExit() throws {
        let store = try day()
        let story = try #require(try store.explanation(of: "bw-exit-AAA"))
        #expect(story.entryOrder == id("bw-entry-AAA"))
        #expect(story.trades == [Sample("AAA").trade])
        #expect(story.signal?.reason == .takeProfit)
        try store.commit([.intent(Sample("BBB", at: 10).intent(exit: true))])
        let waiting = try #require(try store.explanation(of: "bw-exit-BBB"))
        #expect(waiting.entryOrder == id("bw-entry-BBB"))
        #expect(waiting.signal == nil)
    }

    @Test("An order's beginning must be unique, and hostile text finds nothing")
    func prefixes() throws {
        let store = try day()
        #expect(throws: StorageError.ambiguousOrder(prefix: "bw-entry-")) {
            try store.explanation(of: "bw-entry-")
        }
        for text in ["", "%", "_", "' OR 1=1 --", "bw-none", String(repeating: "a", count: 500)] {
            #expect(try store.explanation(of: text) == nil)
        }
    }

    @Test("The lists of the report come in their documented order")
    func lists() throws {
        let store = try day()
        #expect(try store.closedTrades() == [Sample("AAA").trade])
        #expect(try store.fills().map(\.executionID) == ["buy-AAA", "buy-BBB", "sell-AAA"])
        #expect(
            try store.orders(limit: 2).map(\.id.text) == ["bw-exit-AAA", "bw-entry-BBB"])
        #expect(try store.orders(limit: 9).map(\.status) == [.filled, .filled, .filled])
        let refusals = try store.refusalCounts()
        #expect(refusals.map(\.code) == ["COOLDOWN", "EXPOSURE"])
        #expect(refusals.map(\.count) == [2, 1])
        #expect(try store.alerts(limit: 1).map(\.code) == ["a-2"])
        #expect(try store.alerts(limit: 9).map(\.severity) == [.critical, .warning])
    }

    @Test("The books of a whole day balance")
    func booksBalance() throws {
        #expect(try day().checkBooks() == [])
    }

    struct Tampering: CustomTestStringConvertible {
        let sql: String
        let problem: String
        var testDescription: String { sql }
    }

    @Test(
        "Books that do not balance are named",
        arguments: [
            Tampering(
                sql: "UPDATE postings SET amount = amount + 1 WHERE account = 'cash' AND seq = 1",
                problem: "opening: the postings of this cause do not sum to zero"),
            Tampering(
                sql: "UPDATE balances SET amount = 7 WHERE account = 'cash'",
                problem: "cash: the balance differs"),
            Tampering(
                sql: "UPDATE fills SET quantity = 1 WHERE execution_id = 'sell-AAA'",
                problem: "AAA: fills and lots disagree"),
            Tampering(
                sql: "UPDATE lots SET cost = cost - 1 WHERE symbol = 'BBB'",
                problem: "securities:BBB: the cost of the lots differs"),
            Tampering(
                sql: "UPDATE orders SET quantity = 1 WHERE id = 'bw-entry-BBB'",
                problem: "bw-entry-BBB: the order is filled beyond its quantity, 5 against 0."),
            Tampering(
                sql: "UPDATE orders SET filled = 0 WHERE id = 'bw-entry-BBB'",
                problem: "bw-entry-BBB: the order's filled quantity differs"),
            Tampering(
                sql: """
                    PRAGMA foreign_keys = OFF;
                    UPDATE fills SET order_id = 'gone' WHERE execution_id = 'buy-AAA'
                    """,
                problem: "buy-AAA: a fill without an order"),
            Tampering(
                sql: """
                    INSERT INTO order_events (order_id, from_status, to_status, at)
                    VALUES ('bw-entry-AAA', 'FILLED', 'CANCELED', 1)
                    """,
                problem: "bw-entry-AAA: the order entered more than one terminal state"),
            Tampering(
                sql: "UPDATE closed_trades SET pnl = pnl + 1",
                problem: "realized: the closed trades' gains before costs differ"),
            Tampering(
                sql: "UPDATE lots SET open_fees = 0", problem: "fees: fees of closed trades"),
        ])
    func booksOff(row: Tampering) throws {
        // Behind the back of the open store: at its next start the hash chain would refuse most.
        let store = try day()
        try folder.execute(row.sql)
        let problems = try store.checkBooks()
        #expect(problems.contains { $0.hasPrefix(row.problem) }, "\(problems)")
    }

    @Test("Prune forgets old news, refusals and alerts, never what orders and books rest on")
    func prune() throws {
        let store = try day()
        try store.commit((0..<5000).map { .taken(newsID: "x\($0)", at: time(200 + $0)) })
        let state = try store.loadState()
        #expect(try store.prune(before: time(5100)) == 2 + 4900 + 3 + 2)
        #expect(try store.refusalCounts().isEmpty)
        #expect(try store.alerts(limit: 9).isEmpty)
        #expect(try !store.wasTaken(newsID: "x4899"))
        #expect(try store.wasTaken(newsID: "x4900"))
        #expect(try store.explanation(of: "bw-entry-AAA")?.signal != nil)
        #expect(try store.loadState() == state)
        #expect(try store.checkBooks() == [])
        #expect(try store.prune(before: time(5100)) == 0)
    }
}
