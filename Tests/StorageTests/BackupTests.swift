import Domain
import Foundation
import Primitives
import Storage
import Testing

@Suite struct BackupTests {
    let folder = TemporaryFolder()
    let target = TemporaryFolder()
    private let noon = Timestamp(rfc3339: "2021-04-20T12:00:00.5Z")!

    /// One position, one order in each state that is not terminal, a pause that was lifted.
    private func day() throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital(), .weights(weights(0, [0.4, 0.3, 0.3], at: 0))])
        try store.commit(Sample("AAA").opening)
        try store.commit(Sample("INTENT").intake)
        for (name, steps) in [
            ("SENDING", [OrderStatus.submitting]), ("UNKNOWN", [.submitting, .unknown]),
            ("ACKED", [.submitting, .acked]),
        ] {
            let sample = Sample(name)
            try store.commit(sample.intake + sample.steps(exit: false, to: steps))
        }
        try store.commit([
            .hold(.set(pause("h1"))),
            .hold(.lifted(id: "h1", by: "a", why: "b", at: time(11))),
            .checkpoint(checkpoint(at: 60)),
        ])
        return store
    }

    @Test("S26: a backup holds everything committed, is verified, and the ledger goes on")
    func backup() throws {
        let store = try day()
        let made = try store.backup(to: target.path, at: noon, keep: 3)
        #expect(made.path == target.file("ledger-20210420T120000Z.db"))
        #expect(made.commits == store.chainHead.seq && made.head == store.chainHead.hash)
        #expect(made.removed == [])
        #expect(try target.names() == ["ledger-20210420T120000Z.db"])
        var information = stat()
        #expect(stat(made.path, &information) == 0 && information.st_mode & 0o777 == 0o640)
        #expect(Int64(information.st_size) == made.bytes)
        let state = try store.loadState()
        try store.commit(Sample("LATER").opening)
        // Its content as a ledger.
        try FileManager.default.moveItem(atPath: made.path, toPath: target.file("ledger.db"))
        let copy = try LedgerStore(folder: target.path, reserve: 0)
        #expect(try copy.loadState() == state)
        #expect(copy.installation == store.installation)
        #expect(try copy.setting("auto_vacuum") == "2")
    }

    @Test("The newest copies stay, nothing else in the folder is touched")
    func keep() throws {
        let store = try day()
        let foreign = [
            "ledger-2021.db", "ledger-20210420T120000Z.db.gz", "notes",
            "ledger-x0210420T120000Z.db", "ledger-20210420T120000Z-1.db",
            // Of the form of a copy, but nobody can tell of which ledger.
            "ledger-20210418T120000Z.db",
            // What another ledger is writing.
            "ledger-20210419T120000Z.db.part", "ledger-20210419T120000Z.db.zzzzzzzz.part",
        ]
        for name in foreign {
            try Data("x".utf8).write(to: URL(fileURLWithPath: target.file(name)))
        }
        // What an interrupted one left.
        try Data("x".utf8).write(
            to: URL(
                fileURLWithPath: target.file(
                    "ledger-20210419T120000Z.db.\(store.installation).part")))
        for hour in 0..<5 {
            let at = noon + Span(seconds: Int64(hour) * 3600)
            let made = try store.backup(to: target.path, at: at, keep: 2)
            #expect(made.removed.count == (hour < 2 ? 0 : 1))
        }
        let kept = ["ledger-20210420T150000Z.db", "ledger-20210420T160000Z.db"]
        #expect(try target.names() == (foreign + kept).sorted())
        let unreadable = ["ledger-20210418T120000Z.db"]
        #expect(LedgerBackup.all(in: target.path) == unreadable + kept)
        // An older clock: the one just made stays.
        let late = try store.backup(to: target.path, at: noon, keep: 1)
        #expect(
            LedgerBackup.all(in: target.path) == unreadable + ["ledger-20210420T120000Z.db"])
        #expect(late.removed == kept)
    }

    @Test("Copies go by the commits in them: times of a wrong clock and abandoned ways go first")
    func keepTrue() throws {
        var store = try day()
        let year = Span(seconds: 31_536_000)
        // From when the clock was a year ahead.
        for hour in 0..<3 {
            let at = noon + year + Span(seconds: Int64(hour) * 3600)
            _ = try store.backup(to: target.path, at: at, keep: 3)
        }
        var newest = ""
        for hour in 0..<4 {
            try store.commit(Sample("H\(hour)").opening)
            let at = noon + Span(seconds: Int64(hour) * 3600)
            let made = try store.backup(to: target.path, at: at, keep: 3)
            #expect(made.removed.count == 1 && made.removed != [newest])
            newest = (made.path as NSString).lastPathComponent
        }
        let hours = (13...15).map { "ledger-20210420T\($0)0000Z.db" }
        #expect(LedgerBackup.all(in: target.path) == hours)
        // Back to the oldest of them: what the others know beyond it is no longer this ledger's.
        try store.close()
        _ = try LedgerRestore.run(
            from: target.file("ledger-20210420T130000Z.db"), into: folder.path, at: noon)
        store = try LedgerStore(folder: folder.path, reserve: 0)
        for hour in 0..<2 {
            let at = noon + Span(seconds: Int64(hour + 10) * 3600)
            _ = try store.backup(to: target.path, at: at, keep: 3)
        }
        #expect(
            LedgerBackup.all(in: target.path) == [
                "ledger-20210420T130000Z.db", "ledger-20210420T220000Z.db",
                "ledger-20210420T230000Z.db",
            ])
    }

    @Test("S21: weights that were altered are said in a backup's result, and do not end backups")
    func alteredWeights() throws {
        let store = try day()
        try folder.execute("UPDATE weights SET trend = 0.2, reversion = 0.4 WHERE seq = 1")
        let made = try store.backup(to: target.path, at: noon, keep: 3)
        #expect(made.warnings == ["weights: changed since they were written: row 1"])
        let other = TemporaryFolder()
        _ = try LedgerRestore.run(from: made.path, into: other.path, at: noon)
        let restored = try LedgerStore(folder: other.path, reserve: 0)
        #expect(restored.openWarnings == made.warnings)
        #expect(try restored.loadState().weights == nil)
    }

    @Test("A backup of a ledger whose rows were altered is refused, and no copy is left")
    func refusesAltered() throws {
        let store = try day()
        try folder.execute("UPDATE fills SET fee = fee + 1")
        let error = #expect(throws: StorageError.self) {
            try store.backup(to: target.path, at: noon, keep: 3)
        }
        #expect(error?.description.contains("fills: changed since they were written") == true)
        #expect(error?.reaction == .degrade)
        #expect(try target.names() == [])
        #expect(throws: StorageError.self) {
            try store.backup(to: "/proc/nowhere", at: noon, keep: 3)
        }
        try store.commit(Sample("LATER").opening)
    }

    @Test("S33: after a restore no order goes out again: paused, and to be asked for")
    func restore() throws {
        let store = try day()
        let before = try store.loadState()
        let made = try store.backup(to: target.path, at: noon, keep: 3)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: made.path))
        try store.commit(Sample("LATER").opening)
        try store.close()
        let done = try LedgerRestore.run(from: made.path, into: folder.path, at: noon)
        #expect(done.commits == made.commits)
        // What had not left by then may have left after.
        #expect(done.unknown == [Sample("INTENT").entryID, Sample("SENDING").entryID])
        #expect(try Data(contentsOf: URL(fileURLWithPath: made.path)) == bytes)

        let restored = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(restored.openWarnings == [])
        let state = try restored.loadState()
        #expect(state.holds == [done.hold] && done.hold.id == "h2" && done.hold.mode == .paused)
        #expect(done.hold.why.contains("ledger-20210420T120000Z.db"))
        #expect(state.openOrders.map(\.status) == [.unknown, .unknown, .unknown, .acked])
        #expect(state.balances == before.balances && state.lots == before.lots)
        #expect(try restored.verifyChain() == [])
        #expect(try restored.checkBooks() == [])
        #expect(restored.installation == store.installation)
        let story = try #require(try restored.explanation(of: Sample("INTENT").entryID.text))
        #expect(story.status == .unknown && story.transitions.last?.reason == "restored")
        // The gate holds what is left back.
        let again = OrderTransition(
            id: Sample("UNKNOWN").entryID, from: .unknown, to: .submitting, at: time(99))
        #expect(throws: StorageError.gateClosed(order: again.id.text, hold: "h2")) {
            try restored.commit([.transition(again)])
        }
        // What was replaced is whole.
        let old = try #require(done.replaced)
        #expect(old == folder.file("replaced-20210420T120000Z"))
        #expect(try LedgerStore(folder: old, reserve: 0).loadState().lots.count == 2)
        #expect(
            try folder.names() == [
                "ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.mark", "lock",
                "replaced-20210420T120000Z",
            ])
    }

    @Test("S33: pauses, latches and lowered limits made after the copy outlive a restore")
    func carried() throws {
        let store = try day()
        try store.commit([.hold(.set(pause("h2", .reduceOnly)))])
        let made = try store.backup(to: target.path, at: noon, keep: 3)
        let told = try (0..<5).map { _ in try store.nextBoot() }
        let later = TradingHold(
            id: "h5", cause: .operator, mode: .paused, by: "mqtt:eve", why: "w", since: time(12),
            until: time(99_999))
        try store.commit([
            .hold(.set(pause("h2", .paused))),
            .hold(.set(pause("h3", .reduceOnly, cause: .dailyLoss))),
            .hold(.set(pause("h4"))), .hold(.lifted(id: "h4", by: "a", why: "", at: time(13))),
            .hold(.set(later)), .hold(.set(pause("h6", .reduceOnly, cause: .flatten))),
            .command(command("c1", .limits([.positionsMax: 3, .drawdownShareMax: 0.1]))),
            .command(command("c2", .weights(.freeze))),
        ])
        let stood = try store.loadState().holds
        try store.close()
        let done = try LedgerRestore.run(from: made.path, into: folder.path, at: noon)
        #expect(done.doubt == nil)
        #expect(done.lowered == [.positionsMax: 3, .drawdownShareMax: 0.1])
        #expect(done.carried == [stood[0], stood[1], later])
        let restored = try LedgerStore(folder: folder.path, reserve: 0)
        let state = try restored.loadState()
        // The flatten would send exits through the pause: it joined the pause of its sender.
        #expect(state.holds == [stood[0], stood[1], later, done.hold] && done.hold.id == "h7")
        #expect(state.overrides.limits == done.lowered && state.overrides.isFrozen)
        #expect(try restored.verifyChain() == [])
        let next = try restored.nextBoot()
        #expect(told.allSatisfy { $0 < next })
        try restored.close()
        // And beyond another one, from the same copy.
        let again = try LedgerRestore.run(from: made.path, into: folder.path, at: noon)
        #expect(again.carried == done.carried && again.lowered == done.lowered)
        #expect(try LedgerStore(folder: folder.path, reserve: 0).nextBoot() > next)
    }

    @Test(
        "S33: where the replaced ledger cannot tell what was forbidden, that is said",
        arguments: ["missing", "text", "shortened", "aside"])
    func carriedDoubt(state: String) throws {
        let store = try day()
        let made = try store.backup(to: target.path, at: noon, keep: 3)
        let boots = try (0..<3).map { _ in try store.nextBoot() }
        try store.commit([.hold(.set(pause("h2")))])
        try store.close()
        let path = folder.file("ledger.db")
        switch state {
        case "missing": try FileManager.default.removeItem(atPath: path)
        case "text": try Data("x".utf8).write(to: URL(fileURLWithPath: path))
        case "shortened":
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: made.path, toPath: path)
        default:
            let aside = folder.file("replaced-20210420T110000Z")
            try FileManager.default.createDirectory(
                atPath: aside, withIntermediateDirectories: false)
            try FileManager.default.moveItem(atPath: path, toPath: aside + "/ledger.db")
        }
        let done = try LedgerRestore.run(from: made.path, into: folder.path, at: noon)
        let doubt = try #require(done.doubt)
        #expect(doubt.contains(folder.path) && !doubt.contains("\n"), "\(doubt)")
        #expect(done.carried.count == (state == "aside" ? 1 : 0))
        let next = try LedgerStore(folder: folder.path, reserve: 0).nextBoot()
        #expect(boots.allSatisfy { $0 < next } && next >= 1000)
    }

    @Test("A restore into an empty folder, and twice in one second")
    func restoreElsewhere() throws {
        let made = try day().backup(to: target.path, at: noon, keep: 3)
        let other = TemporaryFolder()
        let first = try LedgerRestore.run(from: made.path, into: other.path, at: noon)
        #expect(first.replaced == nil)
        for number in 2...3 {
            let next = try LedgerRestore.run(from: made.path, into: other.path, at: noon)
            #expect(next.replaced?.hasSuffix(number == 2 ? "00Z" : "00Z-2") == true)
            // Numbers of holds count up for ever.
            #expect(next.hold.id == "h\(number + 1)" && next.hold.why == first.hold.why)
            #expect(next.carried == [] && next.doubt == nil)
        }
    }

    @Test("A restore of the first shape brings it to the newest")
    func restoreOld() throws {
        try #require(SchemaFixture.all.first).write(to: target)
        let done = try LedgerRestore.run(
            from: target.file("ledger.db"), into: folder.path, at: noon)
        #expect(done.commits == 1)
        #expect(
            try LedgerStore(folder: folder.path, reserve: 0).loadState().balances[.cash]
                == usd("1000"))
    }

    @Test("S33: a ledger that a killed process left is restored with the commits of its -wal")
    func restoreKilled() throws {
        let store = try day()
        let killed = try folder.copy()
        #expect(try killed.names().contains("ledger.db-wal"))
        let wal = try Data(contentsOf: URL(fileURLWithPath: killed.file("ledger.db-wal")))
        let other = TemporaryFolder()
        let done = try LedgerRestore.run(
            from: killed.file("ledger.db"), into: other.path, at: noon)
        #expect(done.commits == store.chainHead.seq && done.commits > 0)
        let restored = try LedgerStore(folder: other.path, reserve: 0)
        #expect(try restored.loadState().lots == store.loadState().lots)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: killed.file("ledger.db-wal"))) == wal)
    }

    @Test("S04: what is no ledger, or an empty one, is called that, and nothing is made of it")
    func noLedger() throws {
        let history = try HistoryStore(folder: target.path)
        try history.append(.reading(Sample("AAA").reading))
        try history.close()
        try target.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)", on: "other.db")
        let other = TemporaryFolder()
        try LedgerStore(folder: other.path, reserve: 0).close()
        for (path, reason) in [
            (target.file("history.db"), "it is no ledger, but the history"),
            (target.file("other.db"), "it is no ledger"),
            (other.file("ledger.db"), "no commit is in it"),
        ] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let error = #expect(throws: StorageError.self) {
                try LedgerRestore.run(from: path, into: folder.path, at: noon)
            }
            guard case .badBackup(path, let found) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(found.hasPrefix(reason))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
            #expect(try folder.names() == ["lock"])
        }
    }

    @Test(
        "What root's commands leave in a store belongs to the owner of its folder",
        .enabled(if: geteuid() == 0, "only root gives files away"))
    func owner() throws {
        let store = try day()
        let copy = try store.backup(to: target.path, at: noon, keep: 3).path
        try store.close()
        let other = TemporaryFolder()
        #expect(chown(other.path, 4321, 1234) == 0)
        do {
            let lock = try StoreLock(folder: other.path, purpose: "test")
            withExtendedLifetime(lock) {}
        }
        for _ in 0..<2 { _ = try LedgerRestore.run(from: copy, into: other.path, at: noon) }
        do {
            let store = try LedgerStore(folder: other.path, reserve: 65_536)
            let history = try HistoryStore(folder: other.path)
            _ = try store.backup(to: other.file("backups"), at: noon, keep: 3)
            try store.commit(Sample("LATER").intake)
            let names = try FileManager.default.subpathsOfDirectory(atPath: other.path)
            for name in names {
                var information = stat()
                #expect(lstat(other.file(name), &information) == 0)
                #expect(
                    information.st_uid == 4321 && information.st_gid == 1234, "\(name)")
            }
            for name in [
                "ledger.db", "ledger.db-wal", "ledger.mark", "lock", "reserve", "history.db",
                "backups/ledger-20210420T120000Z.db", "replaced-20210420T120000Z/ledger.db",
            ] {
                #expect(names.contains(name), "\(name)")
            }
            withExtendedLifetime(history) {}
        }
        // A link is not followed to give something away that lies elsewhere.
        let secret = target.file("secret")
        try Data("x".utf8).write(to: URL(fileURLWithPath: secret))
        try FileManager.default.removeItem(atPath: other.file("reserve"))
        try FileManager.default.createSymbolicLink(
            atPath: other.file("reserve"), withDestinationPath: secret)
        let error = #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: other.path, reserve: 65_536)
        }
        #expect(error?.description.hasPrefix(other.file("reserve")) == true)
        var information = stat()
        #expect(stat(secret, &information) == 0 && information.st_uid == 0)
    }

    enum BadCopy: String, CaseIterable, Sendable {
        case missing, empty, text, halved, altered, unbalanced, newer, locked
    }

    @Test("S04: what is no good backup changes nothing", arguments: BadCopy.allCases)
    func badCopy(kind: BadCopy) throws {
        let store = try day()
        let path = try store.backup(to: target.path, at: noon, keep: 3).path
        let name = (path as NSString).lastPathComponent
        try store.close()
        let url = URL(fileURLWithPath: path)
        let bytes = try Data(contentsOf: url)
        var lock: StoreLock?
        switch kind {
        case .missing: try FileManager.default.removeItem(at: url)
        case .empty: try Data().write(to: url)
        case .text: try Data("not a database".utf8).write(to: url)
        case .halved: try bytes.prefix(bytes.count / 2).write(to: url)
        case .altered:
            try target.execute("UPDATE orders SET quantity = quantity + 1 WHERE seq = 1", on: name)
        case .unbalanced: try target.execute("UPDATE balances SET amount = amount + 1", on: name)
        case .newer: try target.execute("INSERT INTO grdb_migrations VALUES ('later')", on: name)
        case .locked: lock = try StoreLock(folder: folder.path, purpose: "run")
        }
        defer { withExtendedLifetime(lock) {} }
        let before = try folder.copy()
        let error = #expect(throws: StorageError.self) {
            try LedgerRestore.run(from: path, into: folder.path, at: noon)
        }
        switch (kind, try #require(error)) {
        case (.locked, .locked), (.newer, .newer): break
        case (_, .badBackup(let named, _)): #expect(named == path)
        default: Issue.record("\(String(describing: error))")
        }
        let names = try folder.names().filter { $0 != "lock" }
        #expect(names == (try before.names().filter { $0 != "lock" }))
        for name in names {
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
                    == Data(contentsOf: URL(fileURLWithPath: before.file(name))))
        }
    }

    @Test(
        "S04: a restore that ended between any two of its steps leaves the old ledger or none",
        arguments: 0...5)
    func interrupted(step: Int) throws {
        let store = try day()
        let made = try store.backup(to: target.path, at: noon, keep: 3)
        try store.commit(Sample("LATER").opening)
        // The old files as they are while commits are in the WAL.
        let old = try folder.copy()
        try store.close()
        let done = TemporaryFolder()
        _ = try LedgerRestore.run(from: made.path, into: done.path, at: noon)
        // The steps of the installation, up to where it ended.
        func take(_ name: String) throws {
            try FileManager.default.removeItem(atPath: old.file(name))
        }
        func put(_ name: String) throws {
            try FileManager.default.copyItem(atPath: done.file(name), toPath: old.file(name))
        }
        try FileManager.default.createDirectory(
            atPath: old.file("restore.tmp"), withIntermediateDirectories: false)
        if step >= 1 {
            try take("ledger.mark")
            try put("ledger.mark")
        }
        if step >= 2 { try take("ledger.db-wal") }
        if step >= 3 { try take("ledger.db-shm") }
        if step >= 4 { try take("ledger.db") }
        if step >= 5 { try put("ledger.db") }

        let findings = Doctor.examine(folder: old.path)
        #expect(findings.contains { $0.check == "restore" && $0.verdict == .warning })
        let isWhole = step == 0 || step == 5
        #expect(findings.contains { $0.verdict == .failed } == !isWhole, "\(findings)")
        let probe = try old.copy()
        if isWhole {
            let store = try LedgerStore(folder: probe.path, reserve: 0)
            #expect(try store.loadState().lots.count == (step == 0 ? 2 : 1))
        } else {
            let error = #expect(throws: StorageError.self) {
                _ = try LedgerStore(folder: probe.path, reserve: 0)
            }
            #expect(error?.description.contains("restore a backup") == true)
        }
        // Once more, and all is well.
        _ = try LedgerRestore.run(from: made.path, into: old.path, at: noon)
        #expect(try LedgerStore(folder: old.path, reserve: 0).loadState().lots.count == 1)
        #expect(
            Doctor.examine(folder: old.path).filter { $0.verdict == .failed }.isEmpty)
    }
}
