import Domain
import Foundation
import Primitives
import Storage
import TestSupport
import Testing

/// The hash chain finds what no structural check of SQLite sees.
@Suite struct ChainTests {
    let folder = TemporaryFolder()

    private func day() throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital(), .weights(weights(0, [0.4, 0.3, 0.3], at: 0))])
        try store.commit(Sample("AAA").opening)
        try store.commit([.checkpoint(checkpoint(at: 50))])
        try store.commit(
            Sample("AAA").closing + [
                .weights(weights(1, [0.5, 0.3, 0.2], at: 105, cause: "t"))
            ])
        try store.commit([.hold(.set(pause("h1")))])
        try store.commit([.command(command("t1"))])
        try store.commit([.reconciliation(reconciliation("rec-1"))])
        return store
    }

    struct Tampering: CustomTestStringConvertible, Sendable {
        let sql: String
        let expected: String
        var testDescription: String { sql }
    }

    @Test(
        "S26: a row changed, taken away or added behind the store is named by table and place",
        arguments: [
            Tampering(
                sql: "UPDATE orders SET quantity = quantity + 1 WHERE seq = 2",
                expected: "orders: changed since they were written: row 2"),
            Tampering(
                sql: "UPDATE order_events SET at = at + 1 WHERE seq = 5",
                expected: "order_events: changed since they were written: rows 4 to 6"),
            Tampering(
                sql: "UPDATE fills SET found_by = '' WHERE seq = 1",
                expected: "fills: changed since they were written: row 1"),
            Tampering(
                sql: "UPDATE postings SET amount = amount + 1 WHERE seq = 1",
                expected: "postings: changed since they were written: rows 1 to 2"),
            Tampering(
                sql: "UPDATE closed_trades SET reason = 'stop'",
                expected: "closed_trades: changed since they were written: row 1"),
            Tampering(
                sql: "UPDATE weights SET trend_credit = 0.5 WHERE seq = 2",
                expected: "weights: changed since they were written: row 2"),
            Tampering(
                sql: "UPDATE hold_changes SET mode = 'active'",
                expected: "hold_changes: changed since they were written: row 1"),
            Tampering(
                sql: "UPDATE commands SET proven = 0",
                expected: "commands: changed since they were written: row 1"),
            Tampering(
                sql: "UPDATE reconciliations SET journal_seq = 1",
                expected: "reconciliations: changed since they were written: row 1"),
            Tampering(
                sql: "DELETE FROM order_events WHERE seq = 2",
                expected: "order_events: missing: rows 1 to 3"),
            Tampering(
                sql: "DELETE FROM postings WHERE seq = 8",
                expected: "postings: missing: rows 6 to 9"),
            Tampering(
                sql: """
                    INSERT INTO fills (execution_id, order_id, symbol, side, quantity, price, fee, at)
                    VALUES ('x', 'bw-entry-AAA', 'AAA', 'buy', 1, 1, 1, 1)
                    """,
                expected: "fills: added by someone else: row 3"),
            Tampering(
                sql: "UPDATE journal SET at = at + 1 WHERE seq = 3",
                expected: "journal: changed since they were written: row 3"),
            Tampering(
                sql: "UPDATE journal SET parts = zeroblob(length(parts)) WHERE seq = 2",
                expected: "journal: changed since they were written: row 2"),
            Tampering(
                sql: "UPDATE journal SET fills = fills + 1 WHERE seq = 4",
                expected: "fills: missing: rows 3 to 3"),
            Tampering(
                sql: "DELETE FROM journal WHERE seq IN (2, 3)",
                expected: "journal: missing: rows 2 to 3"),
        ])
    func tampered(row: Tampering) throws {
        let store = try day()
        #expect(try store.verifyChain() == [])
        #expect(try store.checkBooks() == [])
        try folder.execute("PRAGMA foreign_keys = OFF; \(row.sql)")
        #expect(try store.quickCheck() == [])
        let breaks = try store.verifyChain().map(\.description)
        let expected = row.expected.replacingOccurrences(of: "rows 3 to 3", with: "row 3")
        #expect(breaks.contains(expected), "\(breaks)")
    }

    @Test("S04: an altered ledger stops the start, altered weights are only reported")
    func refusedAtStart() throws {
        try day().close()
        let copy = try folder.copy()
        try folder.execute("UPDATE weights SET trend = 0.25 WHERE seq = 2")
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(store.openWarnings == ["weights: changed since they were written: row 2"])
        try copy.execute("UPDATE fills SET price = price + 1 WHERE seq = 2")
        let error = #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: copy.path, reserve: 0)
        }
        #expect(error?.reaction == .halt && error?.isDamage == true)
        #expect(
            error?.description.contains("fills: changed since they were written: row 2") == true)
    }

    private static let addWeights = """
        INSERT INTO weights (version, at, cause, sentiment, trend, reversion, sentiment_credit,
            trend_credit, reversion_credit) VALUES (9, 1, 'x', 0.1, 0.1, 0.8, 1, 1, 1)
        """

    @Test(
        "S21: weights that the chain does not vouch for are not used, now or after the next change",
        arguments: [
            "UPDATE weights SET trend = 0.2, reversion = 0.3 WHERE seq = 2",
            "UPDATE weights SET trend_credit = 9 WHERE seq = 2", addWeights,
        ])
    func unvouched(sql: String) throws {
        let isAdded = sql == Self.addWeights
        try day().close()
        try folder.execute(sql)
        let first = weights(0, [0.4, 0.3, 0.3], at: 0)
        let second = weights(1, [0.5, 0.3, 0.2], at: 105, cause: "t")
        let warning =
            isAdded
            ? "weights: added by someone else: row 3"
            : "weights: changed since they were written: row 2"
        var store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(store.openWarnings == [warning])
        var state = try store.loadState()
        #expect(state.weights == (isAdded ? second : first))
        #expect(state.creditedTrades == (isAdded ? [1, 1, 0] : [0, 0, 0]))
        #expect(store.loadWarnings.count == 1)
        // The next change is vouched for, and with it nothing else.
        let next = weights(2, [0.3, 0.3, 0.4], at: 200, cause: "u")
        try store.commit([.weights(next)])
        for _ in 0..<2 {
            state = try store.loadState()
            #expect(state.weights == next && store.loadWarnings == [])
            #expect(state.creditedTrades == (isAdded ? [2, 2, 0] : [1, 1, 0]))
            #expect(try store.verifyChain().map(\.description) == [warning])
            try store.close()
            store = try LedgerStore(folder: folder.path, reserve: 0)
            #expect(store.openWarnings == [warning])
        }
    }

    @Test("S26: a row that someone adds is not vouched for by the commit after it")
    func addedBefore() throws {
        let store = try day()
        try folder.execute(
            """
            INSERT INTO postings (cause, account, amount, at) VALUES ('x', 'cash', 1, 1),
                ('x', 'capital', -1, 1)
            """)
        let rows = try folder.strings("SELECT CAST(max(seq) AS TEXT) FROM postings")
        let last = try #require(Int(rows[0]))
        try store.commit([capital("5")])
        let expected = ["postings: added by someone else: rows \(last - 1) to \(last)"]
        #expect(try store.verifyChain().map(\.description) == expected)
        try store.close()
        let error = #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: folder.path, reserve: 0)
        }
        #expect(error?.description.contains(expected[0]) == true)
    }

    @Test("The chain is the same for the same entries, and another for any other")
    func deterministic() throws {
        func head(_ names: [String]) throws -> String {
            let folder = TemporaryFolder()
            let store = try LedgerStore(folder: folder.path, reserve: 0)
            for name in names { try store.commit(Sample(name).opening) }
            #expect(store.chainHead.seq == Int64(names.count))
            return store.chainHead.hash
        }
        #expect(try head(["AAA", "BBB"]) == head(["AAA", "BBB"]))
        #expect(try head(["AAA", "BBB"]) != head(["BBB", "AAA"]))
        #expect(try head(["AAA"]).utf8.count == 64)
    }

    @Test("A commit of what is pruned some day adds nothing to the chain")
    func uncovered() throws {
        let store = try day()
        let before = store.chainHead
        try store.commit([
            .taken(newsID: "n", at: time(1)), .checkpoint(checkpoint(at: 60)),
            .alert(Alert(code: "a", severity: .warning, message: "m", at: time(1))), .postings([]),
        ])
        #expect(store.chainHead == before)
        try store.prune(before: time(1_000_000))
        #expect(try store.verifyChain() == [])
    }

    @Test("A ledger of the first shape gets a chain over what it holds, and keeps its name")
    func genesis() throws {
        try #require(SchemaFixture.all.first).write(to: folder)
        var store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(store.openWarnings == [])
        #expect(store.chainHead.seq == 1)
        #expect(try store.verifyChain() == [])
        let name = store.installation
        #expect(name.utf8.count == 8)
        try store.close()
        store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(store.installation == name)
        try folder.execute("UPDATE postings SET amount = 1 WHERE seq = 2")
        #expect(
            try store.verifyChain().map(\.description)
                == ["postings: changed since they were written: rows 1 to 2"])
        let other = TemporaryFolder()
        #expect(try LedgerStore(folder: other.path, reserve: 0).installation != name)
    }

    @Test("S04: a failed sync inside the migration leaves a ledger of the shape before")
    func migrationFails() throws {
        try #require(SyncCounter.isInstalled)
        try #require(SchemaFixture.all.first).write(to: folder)
        SyncCounter.failNext(folder.file("ledger.db-wal"))
        #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: folder.path, reserve: 0)
        }
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(try store.loadState().balances[.cash] == usd("1000"))
        #expect(try store.verifyChain() == [])
    }

    @Test(
        "S04: a checkpoint changed, taken away or added behind the store is refused and named",
        arguments: [
            ("UPDATE checkpoint SET loss_base = 7", "the checkpoint was changed"),
            ("UPDATE checkpoint SET feed_position = 0", "the checkpoint was changed"),
            ("UPDATE checkpoint SET equity_peak = equity_peak + 1", "the checkpoint was changed"),
            ("UPDATE checkpoint SET digest = x''", "the checkpoint was changed"),
            ("DELETE FROM checkpoint", "the checkpoint is missing"),
            ("UPDATE meta SET value = '0' WHERE key = 'checkpoint'", "a checkpoint was added"),
            ("DELETE FROM meta WHERE key = 'checkpoint'", "whether there was a checkpoint"),
        ])
    func checkpointTampering(sql: String, expected: String) throws {
        do {
            let store = try day()
            try store.commit([.checkpoint(checkpoint(at: 200))])
            #expect(try store.checkBooks() == [])
            try store.close()
        }
        try folder.execute(sql)
        let found = Doctor.examine(folder: folder.path, now: time(0))
        #expect(
            found.filter { $0.verdict == .failed && $0.detail.hasPrefix(expected) }.map(\.check)
                == ["books", "state"])
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(try store.checkBooks().first?.hasPrefix(expected) == true)
        let error = #expect(throws: StorageError.self) { try store.loadState() }
        guard case .damaged(.ledger, folder.file("ledger.db"), let detail) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(detail.hasPrefix(expected))
    }

    @Test("S18: a flipped bit in the values of covered rows is found, whatever it hits")
    func flippedBits() throws {
        let store = try day()
        let seed: UInt64 = 77
        var random = SeededRandom(seed: seed)
        let places = [
            ("orders", "reference_price"), ("orders", "expires_at"), ("fills", "fee"),
            ("fills", "price"), ("order_events", "at"), ("postings", "amount"),
            ("closed_trades", "costs"), ("commands", "at"), ("reconciliations", "cash_books"),
            ("hold_changes", "at"),
        ]
        for _ in 0..<40 {
            let (table, column) = places[random.below(places.count)]
            let rows = try folder.strings("SELECT CAST(max(seq) AS TEXT) FROM \(table)")
            let seq = 1 + random.below(Int(rows[0]) ?? 1)
            let bit = Int64(1) << Int64(random.below(62))
            // a xor b, which SQLite has no operator for.
            let flip = "UPDATE \(table) SET \(column) = (\(column) | \(bit)) - (\(column) & \(bit))"
            try folder.execute("\(flip) WHERE seq = \(seq)")
            let breaks = try store.verifyChain()
            #expect(
                breaks.map(\.table) == [table] && breaks.first?.seqs.contains(Int64(seq)) == true,
                "seed \(seed): \(table).\(column), row \(seq), bit \(bit): \(breaks)")
            try folder.execute("\(flip) WHERE seq = \(seq)")
            #expect(try store.verifyChain() == [])
        }
    }
}
