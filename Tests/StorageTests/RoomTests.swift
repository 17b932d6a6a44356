import Domain
import Foundation
import Glibc
import Primitives
import Storage
import Testing

/// A full disk costs the commit that met it and nothing else; a failing one ends all commits.
@Suite struct RoomTests {
    let folder = TemporaryFolder()

    @Test("S04: a full disk at any write of a commit leaves it out whole, and the next one works")
    func fullAnywhere() throws {
        try #require(SyncCounter.isInstalled)
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital()])
        let wal = folder.file("ledger.db-wal")
        var failures = 0
        for writes in 0... {
            let sample = Sample("S\(writes)")
            let before = (store.chainHead, try store.loadState())
            SyncCounter.fill(wal, after: writes)
            var failed = false
            do throws(StorageError) { try store.commit(sample.opening) } catch {
                failed = true
                #expect(error == .full(file: .ledger, path: folder.file("ledger.db")))
                #expect(error.reaction == .degrade)
                #expect(error.description.contains("no space is left"))
            }
            SyncCounter.fill(wal, after: nil)
            if failed {
                failures += 1
                #expect(store.chainHead == before.0)
                #expect(try store.loadState() == before.1)
                try store.commit(sample.opening)
            }
            #expect(try store.loadState().lots.count == writes + 1)
            if !failed { break }
            try #require(writes < 500)
        }
        #expect(failures > 10)
        #expect(try store.verifyChain() == [])
        #expect(try store.checkBooks() == [])
        #expect(store.recentTroubles(now: .distantFuture) == [])
    }

    @Test("S04: copies of two ledgers in one folder, in one second too, leave each other alone")
    func shared() throws {
        let (target, noon) = (TemporaryFolder(), Timestamp(rfc3339: "2021-04-20T12:00:00Z")!)
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital()])
        let elsewhere = TemporaryFolder()
        let other = try LedgerStore(folder: elsewhere.path, reserve: 0)
        try other.commit(Sample("BBB").opening)
        var others: [String] = []
        for hour in 0..<3 {
            let at = noon + Span(seconds: Int64(hour) * 3600)
            others.append(try other.backup(to: target.path, at: at, keep: 9).path)
            let unfinished = try other.copy(to: target.path, at: at, keep: 9)
            let made = try store.backup(to: target.path, at: at, keep: 1)
            #expect(made.path.hasSuffix("0000Z-2.db"))
            #expect(made.removed.count == (hour == 0 ? 0 : 1))
            others.append(try unfinished.finish().path)
            #expect(others.last?.hasSuffix("0000Z-3.db") == true)
        }
        let names = try target.names()
        #expect(names.count == 7)
        for path in others { #expect(names.contains((path as NSString).lastPathComponent)) }
        #expect(
            LedgerBackup.all(in: target.path).prefix(3) == [
                "ledger-20210420T120000Z.db", "ledger-20210420T120000Z-3.db",
                "ledger-20210420T130000Z.db",
            ])
        for _ in 0..<6 { _ = try store.copy(to: target.path, at: noon, keep: 9).finish() }
        let full = TemporaryFolder()
        for _ in 0..<9 { _ = try store.backup(to: full.path, at: noon, keep: 9) }
        let before = try full.names()
        #expect(throws: StorageError.self) { try store.backup(to: full.path, at: noon, keep: 9) }
        #expect(try full.names() == before && before.count == 9)
    }

    @Test("S04: a copy on a full disk names that disk, and the ledger goes on")
    func fullTarget() throws {
        try #require(SyncCounter.isInstalled)
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital()])
        let target = TemporaryFolder()
        let noon = Timestamp(rfc3339: "2021-04-20T12:00:00Z")!
        let part = target.file("ledger-20210420T120000Z.db.\(store.installation).part")
        for writes in 0..<3 {
            SyncCounter.fill(part, after: writes)
            let error = #expect(throws: StorageError.self) {
                try store.backup(to: target.path, at: noon, keep: 1)
            }
            SyncCounter.fill(part, after: nil)
            #expect(error == .full(file: .ledger, path: part))
            #expect(try target.names() == [])
        }
        try store.commit(Sample("AAA").opening)
        // On the disk of the ledger the room for trading stays.
        let own = folder.file("backups")
        let free = try #require(store.freeSpace())
        let error = #expect(throws: StorageError.self) {
            try store.backup(to: own, at: noon, keep: 1, freeMin: free)
        }
        let text = try #require(error?.description)
        #expect(text.hasPrefix("\(own): the copy needs ") && text.contains("that stay free"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: own) == [])
        _ = try store.backup(to: own, at: noon, keep: 1, freeMin: 1)
        #expect(try store.verifyChain() == [])
    }

    @Test(
        "S04: a small full file system: the reserve is given up, and what matters is written down",
        .enabled(if: geteuid() == 0, "only root mounts a file system"))
    func tmpfs() throws {
        let path = folder.file("disk")
        mkdir(path, 0o750)
        guard mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else {
            // A container may forbid it to root too.
            #expect(errno == EPERM)
            return
        }
        defer { umount2(path, Int32(MNT_DETACH)) }
        let store = try LedgerStore(folder: path, reserve: 128 << 10)
        #expect(try #require(store.freeSpace()) < 1 << 20)
        var written = 0
        var error: StorageError?
        while error == nil {
            do throws(StorageError) {
                try store.commit(Sample("S\(written)").opening)
                written += 1
            } catch let found { error = found }
        }
        #expect(error == .full(file: .ledger, path: path + "/ledger.db"))
        #expect(try store.loadState().lots.count == written)
        store.releaseReserve()
        try store.commit([.hold(.set(pause("h1", .reduceOnly)))])
        #expect(!store.restoreReserve())
        try store.close()
        let again = try LedgerStore(folder: path, reserve: 0)
        #expect(try again.loadState().lots.count == written)
        #expect(try again.loadState().holds.count == 1)
        #expect(try again.verifyChain() == [])
    }

    @Test(
        "S04: a disk that is full at the start is no broken disk: the reserve is given up for it",
        .enabled(if: geteuid() == 0, "only root mounts a file system"), arguments: [true, false])
    func fullAtStart(hasReserve: Bool) throws {
        let path = folder.file("disk")
        mkdir(path, 0o750)
        guard mount("tmpfs", path, "tmpfs", 0, "size=2m") == 0 else {
            #expect(errno == EPERM)
            return
        }
        defer { umount2(path, Int32(MNT_DETACH)) }
        do {
            let store = try LedgerStore(folder: path, reserve: hasReserve ? 256 << 10 : 0)
            try store.commit(Sample("AAA").opening)
            try store.close()
            #expect((access(path + "/reserve", F_OK) == 0) == hasReserve)
        }
        // Closed, SQLite has no file beside the ledger, and now no room for one.
        let rest = open(path + "/rest", O_WRONLY | O_CREAT, 0o600)
        let page = [UInt8](repeating: 1, count: 4096)
        while write(rest, page, page.count) == page.count {}
        close(rest)
        if hasReserve {
            let store = try LedgerStore(folder: path, reserve: 256 << 10)
            #expect(store.openWarnings == ["there is no room for the reserve of 262144 bytes"])
            try store.commit(Sample("BBB").opening)
            #expect(try store.loadState().lots.count == 2)
        } else {
            let error = #expect(throws: StorageError.self) {
                _ = try LedgerStore(folder: path, reserve: 0)
            }
            #expect(error == .full(file: .ledger, path: path + "/ledger.db"))
        }
        #expect(StoreTrouble.all(folder: path) == [])
    }

    @Test("The reserve is made at the start, given up and made again")
    func reserve() throws {
        let store = try LedgerStore(folder: folder.path, reserve: 100_000)
        let path = folder.file("reserve")
        func size() -> Int64? {
            var information = stat()
            return stat(path, &information) == 0 ? Int64(information.st_blocks) * 512 : nil
        }
        #expect(try #require(size()) >= 100_000)
        store.releaseReserve()
        #expect(size() == nil)
        #expect(store.restoreReserve())
        #expect(try #require(size()) >= 100_000)
        let free = try #require(store.freeSpace())
        #expect(free > 0)
        let other = TemporaryFolder()
        let tight = try LedgerStore(folder: other.path, reserve: free)
        #expect(tight.openWarnings == ["there is no room for the reserve of \(free) bytes"])
    }

    enum Tidying: String, CaseIterable, Sendable {
        case prune, checkpoint
        func run(_ store: LedgerStore) throws {
            switch self {
            case .prune: try store.prune(before: .distantFuture)
            case .checkpoint: try store.checkpoint()
            }
        }
        /// What it writes.
        var file: String { self == .prune ? "ledger.db-wal" : "ledger.db" }
    }

    private func untidy() throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([capital()])
        try store.commit((0..<100).map { .taken(newsID: "n\($0)", at: time(0)) })
        return store
    }

    @Test(
        "S04: a disk that fails while the ledger is tidied ends all commits too",
        arguments: Tidying.allCases)
    func tidyingFails(tidying: Tidying) throws {
        try #require(SyncCounter.isInstalled)
        let store = try untidy()
        SyncCounter.failNext(folder.file(tidying.file))
        let error = #expect(throws: StorageError.self) { try tidying.run(store) }
        #expect(error?.reaction == .halt)
        #expect(StoreTrouble.all(folder: folder.path).count == 1)
        for _ in 0..<2 {
            let later = #expect(throws: StorageError.self) {
                try store.commit(Sample("AAA").opening)
            }
            guard case .stopped = later else {
                Issue.record("\(String(describing: later))")
                return
            }
            #expect(throws: StorageError.self) { try tidying.run(store) }
        }
        #expect(StoreTrouble.all(folder: folder.path).count == 1)
        try store.close()
    }

    @Test("S04: a full disk while the ledger is tidied is said and costs nothing")
    func tidyingFull() throws {
        try #require(SyncCounter.isInstalled)
        let store = try untidy()
        SyncCounter.fill(folder.file("ledger.db-wal"), after: 0)
        #expect(throws: StorageError.full(file: .ledger, path: store.path)) {
            try store.prune(before: .distantFuture)
        }
        SyncCounter.fill(folder.file("ledger.db-wal"), after: nil)
        try store.commit(Sample("AAA").opening)
        #expect(StoreTrouble.all(folder: folder.path) == [])
        #expect(try store.prune(before: .distantFuture) > 0)
    }

    @Test("S04: a failed sync is remembered beside the ledger; those within an hour are counted")
    func troubles() throws {
        try #require(SyncCounter.isInstalled)
        for round in 1...2 {
            let store = try LedgerStore(folder: folder.path, reserve: 0)
            try store.commit([capital()])
            SyncCounter.failNext(folder.file("ledger.db-wal"))
            #expect(throws: StorageError.self) { try store.commit(Sample("S\(round)").opening) }
            #expect(throws: StorageError.self) { try store.commit(Sample("S\(round)").opening) }
            let all = StoreTrouble.all(folder: folder.path)
            #expect(all.count == round, "the commits that are refused then are none")
            #expect(all.last?.text.contains("1034") == true)
            let at = try #require(all.last?.at)
            #expect(store.recentTroubles(now: at + Span(seconds: 3600)).count >= 1)
            #expect(store.recentTroubles(now: at + Span(seconds: 7300)).isEmpty)
            // A clock that was set back hides none, nor does one that was ahead halt for ever.
            #expect(store.recentTroubles(now: at - Span(seconds: 86_400)).count == 1)
        }
    }

    @Test("S04: troubles before the hold was lifted count no more, whatever the clock says")
    func liftedTroubles() throws {
        let times = [time(9_000), time(9_001), time(-60)]
        let lines = times.map { "\($0.nanoseconds) one\n" }.joined()
        try Data(lines.utf8).write(to: URL(fileURLWithPath: folder.file("ledger.trouble")))
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(store.recentTroubles(now: time(0)).map(\.at) == [time(9_001), time(-60)])
        try store.commit([
            .hold(.set(pause("h1", .halted, cause: .drawdown))),
            .hold(.set(pause("h2", .halted, cause: .storage))),
        ])
        func lift(_ id: String) throws {
            try store.commit([.hold(.lifted(id: id, by: "ctl:root", why: "new card", at: time(1)))])
        }
        try lift("h1")
        #expect(store.recentTroubles(now: time(0)).count == 2)
        try lift("h2")
        #expect(store.recentTroubles(now: time(0)) == [])
        #expect(StoreTrouble.all(folder: folder.path).count == 3)
        let later = Array("\(time(-30).nanoseconds) again\n".utf8)
        let file = open(folder.file("ledger.trouble"), O_WRONLY | O_APPEND)
        #expect(write(file, later, later.count) == later.count)
        close(file)
        #expect(store.recentTroubles(now: time(0)).map(\.text) == ["again"])
        // A lift without troubles leaves nothing behind.
        let other = TemporaryFolder()
        let calm = try LedgerStore(folder: other.path, reserve: 0)
        try calm.commit([.hold(.set(pause("h1", .halted, cause: .storage)))])
        try calm.commit([.hold(.lifted(id: "h1", by: "ctl:root", why: "", at: time(1)))])
        #expect(try !other.names().contains("ledger.trouble"))
    }
}
