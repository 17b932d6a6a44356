import Domain
import Foundation
import GRDB
import Primitives
import Storage
import Testing

@Suite struct DurabilityTests {
    @Test("A03: N committed intents are N syncs of the ledger's WAL", arguments: [1, 30])
    func oneSyncPerIntent(count: Int) throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path)
        // The first frame after a checkpoint also syncs the WAL's header.
        try store.commit([capital()])
        let wal = folder.file("ledger.db-wal")
        let before = SyncCounter.count(wal)
        let main = SyncCounter.count(folder.file("ledger.db"))
        for index in 0..<count { try store.commit(Sample("S\(index)").intake) }
        #expect(SyncCounter.count(wal) - before == count)
        #expect(SyncCounter.count(folder.file("ledger.db")) == main)
        #expect(store.statistics.commits == count + 1)
    }

    @Test("A03: the history is not synced per batch")
    func historyDoesNotSync() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try HistoryStore(folder: folder.path)
        try store.append(.reading(Sample("AAA").reading))
        try store.flush()
        let before = SyncCounter.count(folder.file("history.db-wal"))
        for index in 0..<20 {
            try store.append(.reading(Sample("S\(index)").reading))
            try store.flush()
        }
        #expect(SyncCounter.count(folder.file("history.db-wal")) == before)
    }

    @Test("S17: a commit of nothing writes nothing")
    func emptyCommit() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path)
        try store.commit([capital()])
        let before = (store.statistics, SyncCounter.count(folder.file("ledger.db-wal")))
        try store.commit([])
        #expect(store.statistics == before.0)
        #expect(SyncCounter.count(folder.file("ledger.db-wal")) == before.1)
    }

    @Test("S26: GRDB's synchronous=NORMAL is defeated: the ledger reads 2, the history 1")
    func synchronous() throws {
        let folder = TemporaryFolder()
        let ledger = try LedgerStore(folder: folder.path)
        let history = try HistoryStore(folder: folder.path)
        #expect(try ledger.setting("synchronous") == "2")
        #expect(try history.setting("synchronous") == "1")
        for name in ["journal_mode", "auto_vacuum", "foreign_keys", "trusted_schema", "page_size"] {
            let wanted = [
                "journal_mode": "wal", "auto_vacuum": "2", "foreign_keys": "1",
                "trusted_schema": "0", "page_size": "4096",
            ][name]
            #expect(try ledger.setting(name) == wanted)
            #expect(try history.setting(name) == wanted)
        }
        #expect(try ledger.setting("wal_autocheckpoint") == "0")
        #expect(try ledger.setting("cache_size") == "-512")
        #expect(try ledger.setting("temp_store") == "2")
    }

    @Test("A file in another journal mode is brought to WAL, its settings stay after reopening")
    func reopened() throws {
        let folder = TemporaryFolder()
        do {
            let store = try LedgerStore(folder: folder.path)
            try store.commit([capital()])
            try store.close()
        }
        try folder.execute("PRAGMA journal_mode = DELETE")
        let store = try LedgerStore(folder: folder.path)
        #expect(try store.setting("journal_mode") == "wal")
        #expect(try store.setting("synchronous") == "2")
        #expect(try store.loadState().balances[.cash] == usd("100000"))
    }

    @Test("S18: statements, commits and times are measured")
    func statistics() throws {
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path)
        let before = store.statistics
        try store.commit(Sample("AAA").intake)
        let after = store.statistics
        // Three rows; the order is read back for the hash chain, which gets a row too.
        #expect(after.statements == before.statements + 5)
        #expect(after.commits == before.commits + 1)
        #expect(after.nanoseconds > before.nanoseconds)
        #expect(after.nanosecondsMax > 0)
        #expect(after.queueWaitNanoseconds >= before.queueWaitNanoseconds)
        #expect(after.busyEvents == 0)
    }

    @Test("S18: a file locked by someone else is waited for, counted and given up in time")
    func busy() throws {
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path)
        try store.commit([capital()])
        let other = try DatabaseQueue(path: folder.file("ledger.db"))
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let error = #expect(throws: StorageError.self) {
                try store.commit([capital("1")])
            }
            #expect(error?.reaction == .retry)
            try db.execute(sql: "ROLLBACK")
        }
        #expect(store.statistics.busyEvents > 0)
        try store.commit([capital("1")])
        #expect(try store.loadState().balances[.cash] == usd("100001"))
    }

    @Test("S04: one failed sync of the ledger ends its commits, even if the next would succeed")
    func failedSync() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path)
        try store.commit([capital()])
        SyncCounter.failNext(folder.file("ledger.db-wal"))
        let error = try #require(
            #expect(throws: StorageError.self) { try store.commit(Sample("AAA").opening) })
        #expect(error.reaction == .halt)
        #expect(error.description.contains("1034"))
        for _ in 0..<3 {
            #expect(throws: StorageError.stopped(earlier: error.description)) {
                try store.commit(Sample("BBB").opening)
            }
        }
        #expect(try store.loadState().lots == [])
    }

    /// Commits until the WAL has been copied home, or 300 times.
    private func fillLog(_ store: LedgerStore, _ folder: TemporaryFolder) throws -> Int {
        let before = SyncCounter.count(folder.file("ledger.db"))
        for index in 0..<300 {
            try store.commit(Sample("L\(index)").opening)
            if SyncCounter.count(folder.file("ledger.db")) > before { return index + 1 }
        }
        return 300
    }

    @Test("S04: a failed sync of the database while the WAL is copied home ends all commits")
    func failedCheckpoint() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        SyncCounter.failNext(folder.file("ledger.db"))
        let error = try #require(
            #expect(throws: StorageError.self) { try fillLog(store, folder) })
        #expect(error.reaction == .halt && error.description.contains("1034"))
        #expect(throws: StorageError.stopped(earlier: error.description)) {
            try store.commit([capital()])
        }
        #expect(StoreTrouble.all(folder: folder.path).map(\.text) == [error.description])
        let lots = try store.loadState().lots.count
        try store.close()
        // The commit that met it was durable already.
        let again = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(try again.loadState().lots.count == lots && again.verifyChain() == [])
    }

    @Test("S04: a failed sync of the database while the ledger is closed is told and remembered")
    func failedClose() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital()])
        SyncCounter.failNext(folder.file("ledger.db"))
        let error = #expect(throws: StorageError.self) { try store.close() }
        #expect(error?.description.contains("1034") == true)
        #expect(StoreTrouble.all(folder: folder.path).count == 1)
    }

    @Test("S26: the WAL is copied home in time and does not grow with the commits")
    func logStaysShort() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        let needed = try fillLog(store, folder)
        #expect(needed > 5 && needed < 300)
        func size() throws -> Int {
            try Data(contentsOf: URL(fileURLWithPath: folder.file("ledger.db-wal"))).count
        }
        for index in 0..<5 * needed { try store.commit(Sample("M\(index)").opening) }
        #expect(try size() < 4 << 20)
        try store.checkpoint()
        #expect(try size() == 0)
    }

    @Test("S04: no room to copy the WAL home costs nothing; a later commit does it")
    func fullCheckpoint() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        SyncCounter.fill(folder.file("ledger.db"), after: 0)
        #expect(try fillLog(store, folder) == 300)
        SyncCounter.fill(folder.file("ledger.db"), after: nil)
        try store.commit([capital()])
        try store.checkpoint()
        #expect(try store.loadState().lots.count == 300)
        #expect(StoreTrouble.all(folder: folder.path) == [])
    }

    @Test("A failed sync of the history costs nothing that a later flush cannot write")
    func failedHistorySync() throws {
        try #require(SyncCounter.isInstalled)
        let folder = TemporaryFolder()
        let store = try HistoryStore(folder: folder.path)
        try store.append(.reading(Sample("AAA").reading))
        try store.flush()
        try store.append(.reading(Sample("BBB").reading))
        SyncCounter.failNext(folder.file("history.db-wal"))
        let error = #expect(throws: StorageError.self) {
            try store.flush()
            try store.checkpoint()
        }
        #expect(error?.reaction == .degrade)
        #expect(store.warnings.isEmpty)
        try store.append(.reading(Sample("CCC").reading))
        try store.flush()
        #expect(try store.readings(since: .distantPast).last?.newsID == "news-CCC")
    }
}
