import Domain
import Foundation
import Primitives
import Storage
import Testing

@Suite struct DoctorTests {
    let folder = TemporaryFolder()

    private func day() throws {
        let store = try LedgerStore(folder: folder.path, reserve: 65_536)
        try store.commit([capital(), .weights(weights(0, [0.4, 0.3, 0.3], at: 0))])
        try store.commit(Sample("AAA").opening)
        try store.commit(Sample("AAA").closing)
        try store.commit([.reconciliation(reconciliation("rec-1"))])
        try store.close()
        let history = try HistoryStore(folder: folder.path)
        try history.append(.reading(Sample("AAA").reading))
        try history.close()
    }

    private func findings(_ verdict: DoctorFinding.Verdict) -> [String] {
        Doctor.examine(folder: folder.path, now: time(0)).filter { $0.verdict == verdict }
            .map { "\($0.check): \($0.detail)" }
    }

    @Test("S18: a folder in order passes every check, and nothing in it is changed")
    func allWell() throws {
        try day()
        let before = try folder.copy()
        let found = Doctor.examine(folder: folder.path, now: time(0))
        #expect(found.filter { $0.verdict != .ok }.isEmpty, "\(found)")
        #expect(
            found.map(\.check) == [
                "folder", "files", "reserve", "disk", "troubles", "library", "settings",
                "migrations", "structure", "references", "chain", "books", "mark", "weights",
                "state", "orders", "holds", "reconciliation", "history",
            ])
        for name in try before.names() {
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
                    == Data(contentsOf: URL(fileURLWithPath: before.file(name))))
        }
        #expect(try folder.names() == before.names())
    }

    @Test("S18: a ledger that a killed process left, its commits in the WAL, is examined as it is")
    func walOnly() throws {
        let store = try LedgerStore(folder: folder.path, reserve: 65_536)
        for index in 0..<5 { try store.commit(Sample("S\(index)").opening) }
        let killed = try folder.copy()
        try store.close()
        let wal = try Data(contentsOf: URL(fileURLWithPath: killed.file("ledger.db-wal")))
        let found = Doctor.examine(folder: killed.path, now: time(0))
        #expect(found.filter { $0.verdict != .ok }.isEmpty, "\(found)")
        #expect(found.contains { $0.check == "chain" && $0.detail.hasPrefix("5 commits") })
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: killed.file("ledger.db-wal"))) == wal)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let verdict: DoctorFinding.Verdict
        let expected: String
        let damage: @Sendable (TemporaryFolder) throws -> Void
        var testDescription: String { name }
    }

    private static func sql(_ text: String) -> @Sendable (TemporaryFolder) throws -> Void {
        { try $0.execute("PRAGMA foreign_keys = OFF; \(text)") }
    }

    private static func write(
        _ text: String, _ name: String
    ) -> @Sendable (TemporaryFolder) throws -> Void {
        { try Data(text.utf8).write(to: URL(fileURLWithPath: $0.file(name))) }
    }

    private static let cases = [
        Case(
            name: "an altered row", verdict: .failed,
            expected: "chain: fills: changed since they were written: row 1",
            damage: sql("UPDATE fills SET price = price + 1 WHERE seq = 1")),
        Case(
            name: "books off", verdict: .failed, expected: "books: cash: the balance differs",
            damage: sql("UPDATE balances SET amount = 1 WHERE account = 'cash'")),
        Case(
            name: "a status of its own", verdict: .failed,
            expected: "books: bw-entry-AAA: the order's status is not where its last step left it",
            damage: sql("UPDATE orders SET status = 'ACKED' WHERE id = 'bw-entry-AAA'")),
        Case(
            name: "a reference to nothing", verdict: .failed,
            expected: "references: fills: row 1 refers to nothing",
            damage: sql("UPDATE fills SET order_id = 'x' WHERE seq = 1")),
        Case(
            name: "corrupt weights", verdict: .warning, expected: "weights: 1 corrupt versions",
            damage: sql("UPDATE weights SET trend = 9")),
        Case(
            name: "weights that someone added", verdict: .warning,
            expected: "weights: weights: added by someone else: row 2",
            damage: sql(
                """
                INSERT INTO weights (version, at, sentiment, trend, reversion, sentiment_credit,
                    trend_credit, reversion_credit) VALUES (1, 1, 0.2, 0.2, 0.6, 0, 0, 0)
                """)),
        Case(
            name: "no word that makes ids unique", verdict: .failed,
            expected: "state: ledger.db: a row of meta holds no valid installation",
            damage: sql("DELETE FROM meta WHERE key = 'installation'")),
        Case(
            name: "a hold of no known cause", verdict: .failed,
            expected: "state: ledger.db: a row of holds holds no valid cause",
            damage: sql(
                """
                INSERT INTO holds (id, cause, mode, set_by, why, since)
                VALUES ('h1', 'whim', 'halted', 'x', 'y', 1)
                """)),
        Case(
            name: "a newer shape", verdict: .failed, expected: "ledger: ",
            damage: sql("INSERT INTO grdb_migrations VALUES ('later')")),
        Case(
            name: "a damaged page", verdict: .failed, expected: "",
            damage: { folder in
                let url = URL(fileURLWithPath: folder.file("ledger.db"))
                var bytes = try Data(contentsOf: url)
                for index in 8192..<8292 { bytes[index] = 0xFF }
                try bytes.write(to: url)
            }),
        Case(
            name: "no ledger any more", verdict: .failed,
            expected: "ledger: ledger.db is missing, but there was one: restore a backup",
            damage: { try FileManager.default.removeItem(atPath: $0.file("ledger.db")) }),
        Case(
            name: "a mark ahead", verdict: .failed, expected: "mark: ",
            damage: write(
                "bellwether-mark 1 0000000000000000099 "
                    + String(repeating: "ab", count: 32) + "\n", "ledger.mark")),
        Case(
            name: "no mark", verdict: .warning, expected: "mark: ledger.mark is missing",
            damage: { try FileManager.default.removeItem(atPath: $0.file("ledger.mark")) }),
        Case(
            name: "no reserve", verdict: .warning, expected: "reserve: missing",
            damage: { try FileManager.default.removeItem(atPath: $0.file("reserve")) }),
        Case(
            name: "one trouble, long ago", verdict: .warning, expected: "troubles: 1, 0 within",
            damage: write("1 an old one\n", "ledger.trouble")),
        Case(
            name: "two troubles within an hour", verdict: .failed,
            expected: "troubles: 2, 2 within an hour",
            damage: write(
                "\(time(-9).nanoseconds) one\n\(time(-5).nanoseconds) two\n", "ledger.trouble")),
        Case(
            name: "files that others can read", verdict: .warning,
            expected: "files: open to others: ledger.db",
            damage: { chmod($0.file("ledger.db"), 0o644) }),
        Case(
            name: "a folder that others can read", verdict: .warning, expected: "folder: ",
            damage: { chmod($0.path, 0o755) }),
        Case(
            name: "a damaged history", verdict: .warning, expected: "history: ",
            damage: write("not a database, whatever its name", "history.db")),
    ]

    @Test("S04: what is wrong is found, classed and named", arguments: cases)
    func damaged(row: Case) throws {
        try day()
        try row.damage(folder)
        let found = findings(row.verdict)
        #expect(found.contains { $0.hasPrefix(row.expected) }, "\(found)")
    }

    @Test("Orders whose fate is open are listed, and holds that stand are shown")
    func unresolved() throws {
        do {
            let store = try LedgerStore(folder: folder.path, reserve: 65_536)
            for index in 0..<12 { try store.commit(Sample("S\(index)").intake) }
            try store.commit([.hold(.set(pause("h1", .halted, cause: .drawdown)))])
            try store.commit([.reconciliation(reconciliation("rec-9", .differs))])
            try store.close()
        }
        let found = findings(.warning)
        #expect(found.count == 2)
        #expect(found[0].contains("bw-entry-S0 INTENT") && found[0].hasSuffix("and 2 more"))
        #expect(found[1].hasPrefix("reconciliation: rec-9") && found[1].hasSuffix("differs"))
        #expect(findings(.ok).contains("holds: h1 drawdown halted"))
    }

    @Test("A history that is gone is well; so is a folder that is only being begun")
    func noHistory() throws {
        try day()
        for name in try folder.names() where name.hasPrefix("history.db") {
            try FileManager.default.removeItem(atPath: folder.file(name))
        }
        #expect(findings(.failed) == [] && findings(.warning) == [])
        let begun = TemporaryFolder()
        do {
            let lock = try StoreLock(folder: begun.path, purpose: "test")
            withExtendedLifetime(lock) {}
        }
        let found = Doctor.examine(folder: begun.path)
        #expect(found.allSatisfy { $0.verdict != .failed })
        #expect(found.contains { $0.detail == "there is no ledger.db yet" })
    }

    @Test("S04: a folder that is no store is said to be that, and nothing is made in it")
    func noStore() throws {
        let other = TemporaryFolder()
        try Data("x".utf8).write(to: URL(fileURLWithPath: other.file("notes")))
        #expect(
            Doctor.examine(folder: other.path) == [
                .init(
                    check: "folder", verdict: .failed,
                    detail: "\(other.path) holds no ledger and nothing else of a store")
            ])
        #expect(try other.names() == ["notes"])
    }

    @Test("S18: where the temporary folder has no room, the copy is made beside the store")
    func beside() throws {
        let parent = TemporaryFolder()
        let path = parent.file("store")
        try day()
        try FileManager.default.copyItem(atPath: folder.path, toPath: path)
        let found = Doctor.examine(folder: path, now: time(0), temporary: "/proc")
        #expect(found.contains { $0.check == "chain" && $0.verdict == .ok }, "\(found)")
        #expect(try parent.names() == ["store"])
    }

    @Test("S18: no room for a copy says nothing against the ledger")
    func noRoom() throws {
        // Far larger than any disk of this machine, and without content.
        let path = folder.file("ledger.db")
        try day()
        #expect(truncate(path, 1 << 43) == 0)
        let found = Doctor.examine(folder: folder.path, now: time(0))
        let ledger = found.filter { $0.check == "ledger" }
        #expect(ledger.map(\.verdict) == [.warning])
        #expect(ledger.first?.detail.hasPrefix("not examined: no copy of ledger.db") == true)
        #expect(!found.contains { $0.verdict == .failed }, "\(found)")
    }

    @Test("A ledger of the first shape is good, and said to be old")
    func firstShape() throws {
        try #require(SchemaFixture.all.first).write(to: folder)
        #expect(findings(.failed) == [])
        #expect(
            findings(.warning).contains { $0.hasPrefix("migrations: ledger-1; the next start") })
    }

    @Test("A folder in use, or none at all, is said to be that")
    func inUse() throws {
        try day()
        let lock = try StoreLock(folder: folder.path, purpose: "bellwether run")
        #expect(findings(.failed).first?.contains("(bellwether run)") == true)
        withExtendedLifetime(lock) {}
        #expect(
            Doctor.examine(folder: "/nowhere/at/all")
                == [
                    .init(check: "folder", verdict: .failed, detail: "/nowhere/at/all is no folder")
                ])
    }
}
