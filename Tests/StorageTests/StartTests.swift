import Domain
import Foundation
import GRDB
import Primitives
import Storage
import Testing

@Suite struct StartTests {
    let folder = TemporaryFolder()

    @discardableResult
    private func filled() throws -> LedgerState {
        let store = try LedgerStore(folder: folder.path)
        try store.commit([capital(), .weights(weights(0, [0.4, 0.3, 0.3], at: 0))])
        for index in 0..<60 { try store.commit(Sample("S\(index)").opening) }
        let state = try store.loadState()
        try store.close()
        return state
    }

    @Test("The folder is made, files are closed to others")
    func permissions() throws {
        let path = folder.file("a/b/c")
        let ledger = try LedgerStore(folder: path)
        try ledger.commit([capital()])
        let history = try HistoryStore(folder: path)
        _ = try history.equity()
        var information = stat()
        #expect(stat(path, &information) == 0)
        #expect(information.st_mode & 0o027 == 0)
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        #expect(names.contains("ledger.db-wal"))
        for name in names {
            #expect(stat(path + "/" + name, &information) == 0)
            #expect(information.st_mode & 0o137 == 0, "\(name)")
        }
    }

    @Test("A file that others can read is closed to them")
    func loosePermissions() throws {
        try filled()
        chmod(folder.file("ledger.db"), 0o666)
        _ = try LedgerStore(folder: folder.path)
        var information = stat()
        #expect(stat(folder.file("ledger.db"), &information) == 0)
        #expect(information.st_mode & 0o777 == 0o640)
    }

    @Test("A second process is told who holds the store; the lock ends with its holder")
    func lock() throws {
        do {
            let lock = try StoreLock(folder: folder.path, purpose: "run")
            defer { withExtendedLifetime(lock) {} }
            #expect(lock.path == folder.file("lock"))
            let error = #expect(throws: StorageError.self) {
                _ = try StoreLock(folder: folder.path, purpose: "backup")
            }
            #expect(
                error == .locked(path: folder.path, holder: "pid \(getpid()) (run)"))
            #expect(error?.description.contains("in use by pid") == true)
        }
        _ = try StoreLock(folder: folder.path, purpose: "backup")
    }

    enum Foreign: String, CaseIterable, Sendable {
        case symbolicLink, danglingLink, hardLink, pipe, folder
    }

    static let ownFiles = [
        "lock", "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.mark", "ledger.trouble",
        "reserve", "history.db", "history.db-wal",
    ]

    @Test(
        "S04: what is no file of the store's own is refused, and what it leads to is not touched",
        arguments: ownFiles, Foreign.allCases)
    func foreign(name: String, kind: Foreign) throws {
        try filled()
        try HistoryStore(folder: folder.path).close()
        let other = TemporaryFolder()
        let victim = other.file("victim")
        if kind != .danglingLink {
            try Data("precious".utf8).write(to: URL(fileURLWithPath: victim))
            chmod(victim, 0o644)
        }
        let path = folder.file(name)
        try? FileManager.default.removeItem(atPath: path)
        switch kind {
        case .symbolicLink, .danglingLink: #expect(symlink(victim, path) == 0)
        case .hardLink: #expect(link(victim, path) == 0)
        case .pipe: #expect(mkfifo(path, 0o640) == 0)
        case .folder: #expect(mkdir(path, 0o750) == 0)
        }
        let error = #expect(throws: StorageError.self) {
            let lock = try StoreLock(folder: folder.path, purpose: "test")
            defer { withExtendedLifetime(lock) {} }
            _ = try LedgerStore(folder: folder.path)
            _ = try HistoryStore(folder: folder.path)
        }
        let text = try #require(error?.description)
        #expect(text.contains(name) && !text.contains("\n"))
        if case .folder(path, let reason) = error { #expect(reason.contains("remove")) }
        StoreTrouble.note("a trouble", folder: folder.path, at: .distantPast)
        #expect(!StoreReserve.make(folder: folder.path, bytes: 65_536) || name != "reserve")
        _ = Doctor.examine(folder: folder.path)
        if kind == .danglingLink {
            #expect(try other.names() == [])
        } else {
            #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
            var information = stat()
            #expect(stat(victim, &information) == 0 && information.st_mode & 0o777 == 0o644)
        }
    }

    @Test(
        "S04: a folder that cannot be used stops start-up with its name",
        arguments: ["/proc/bellwether", "FILE/below", "FILE"])
    func badFolder(template: String) throws {
        try Data().write(to: URL(fileURLWithPath: folder.file("plain")))
        let path = template.replacingOccurrences(of: "FILE", with: folder.file("plain"))
        for opening in Opening.allCases {
            let error = #expect(throws: StorageError.self) { try opening.run(path) }
            #expect(error?.reaction == .halt)
            #expect(error?.description.hasPrefix("/") == true)
        }
    }

    enum Opening: CaseIterable {
        case ledger, history, lock

        func run(_ path: String) throws {
            switch self {
            case .ledger: _ = try LedgerStore(folder: path)
            case .history: _ = try HistoryStore(folder: path)
            case .lock: _ = try StoreLock(folder: path, purpose: "run")
            }
        }
    }

    @Test("S04: a read-only folder stops start-up", .enabled(if: geteuid() != 0, "root may write"))
    func readOnlyFolder() throws {
        chmod(folder.path, 0o500)
        defer { chmod(folder.path, 0o700) }
        let error = #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: folder.path)
        }
        #expect(error?.description.contains("cannot be opened for writing") == true)
    }

    @Test(
        "S04: a store on a file system that became read-only can be examined, asked and copied",
        .enabled(if: geteuid() == 0, "only root mounts a file system"))
    func readOnlyDisk() throws {
        let state = try filled()
        try HistoryStore(folder: folder.path).close()
        do {
            let lock = try StoreLock(folder: folder.path, purpose: "test")
            withExtendedLifetime(lock) {}
        }
        let (bind, seal) = (UInt(MS_BIND), UInt(MS_BIND) | UInt(MS_REMOUNT) | UInt(MS_RDONLY))
        guard mount(folder.path, folder.path, nil, bind, nil) == 0 else {
            // A container may forbid it to root too.
            #expect(errno == EPERM)
            return
        }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        try #require(mount(nil, folder.path, nil, seal, nil) == 0)
        let error = #expect(throws: StorageError.self) {
            _ = try StoreLock(folder: folder.path, purpose: "run")
        }
        guard case .denied = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(!Doctor.examine(folder: folder.path).contains { $0.verdict == .failed })
        let lock = try StoreLock.ifPresent(folder: folder.path, purpose: "status")
        #expect(lock != nil)
        #expect(throws: StorageError.self) {
            _ = try StoreLock.ifPresent(folder: folder.path, purpose: "doctor")
        }
        let copy = try TemporaryCopy(ofStore: folder.path)
        let store = try LedgerStore(folder: copy.folder, reserve: 0)
        #expect(try store.loadState() == state && store.openWarnings == [])
        let target = TemporaryFolder()
        _ = try store.backup(to: target.path, at: time(0), keep: 1)
        #expect(throws: StorageError.self) {
            try store.backup(to: folder.file("backups"), at: time(0), keep: 1)
        }
        withExtendedLifetime((lock, copy)) {}
    }

    @Test("A database of a newer version is refused with what to do", arguments: StoreFile.allCases)
    func newer(file: StoreFile) throws {
        try filled()
        try HistoryStore(folder: folder.path).close()
        try folder.execute(
            "INSERT INTO grdb_migrations VALUES ('from-the-future')", on: file.rawValue)
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file(file.rawValue)))
        let error = #expect(throws: StorageError.self) {
            switch file {
            case .ledger: _ = try LedgerStore(folder: folder.path)
            case .history: _ = try HistoryStore(folder: folder.path)
            }
        }
        #expect(
            error
                == .newer(
                    file: file, path: folder.file(file.rawValue), unknown: ["from-the-future"]))
        #expect(error?.description.contains("install that version again") == true)
        #expect(error?.description.contains("\n") == false)
        let after = try Data(contentsOf: URL(fileURLWithPath: folder.file(file.rawValue)))
        #expect(before == after)
    }

    enum Damage: String, CaseIterable, Sendable {
        case firstByte, formatVersion, pageSize, halved, oneHundredBytes, noise, rootPage
    }

    @Test("S04: a damaged ledger stops start-up with a clear text", arguments: Damage.allCases)
    func damaged(damage: Damage) throws {
        try filled()
        let url = URL(fileURLWithPath: folder.file("ledger.db"))
        var bytes = try [UInt8](Data(contentsOf: url))
        switch damage {
        case .firstByte: bytes[0] ^= 0x20
        case .formatVersion: bytes[19] ^= 0x40
        case .pageSize: bytes[17] ^= 0x08
        case .halved: bytes.removeLast(bytes.count / 2)
        case .oneHundredBytes: bytes.removeLast(bytes.count - 100)
        case .noise:
            var random = SeededRandom(seed: 7)
            bytes = (0..<bytes.count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        case .rootPage: for index in 100..<200 { bytes[index] = 0xFF }
        }
        try Data(bytes).write(to: url)
        let error = #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: folder.path)
        }
        #expect(error?.reaction == .halt, "\(String(describing: error))")
        #expect(error?.description.contains("ledger.db") == true)
        #expect(
            StorageError.damaged(file: .ledger, path: "/x", detail: "d").description
                == "/x is damaged (d); restore a backup before starting again")
    }

    @Test("S04: an emptied or missing ledger beside its -wal file is a loss, not a new start")
    func orphanedWal() throws {
        let store = try LedgerStore(folder: folder.path)
        try store.commit([capital()])
        let copy = TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: folder.file("ledger.db-wal"), toPath: copy.file("ledger.db-wal"))
        let error = #expect(throws: StorageError.self) {
            _ = try LedgerStore(folder: copy.path)
        }
        #expect(error?.description.contains("its -wal file is there") == true)
    }

    @Test(
        "No flipped bit of a ledger can trap: it is refused, read, or named",
        .timeLimit(.minutes(2)))
    func flippedBits() throws {
        try filled()
        let original = try Data(contentsOf: URL(fileURLWithPath: folder.file("ledger.db")))
        let seed: UInt64 = 20_210_420
        var random = SeededRandom(seed: seed)
        for _ in 0..<60 {
            var bytes = original
            let position = random.below(bytes.count)
            bytes[position] ^= 1 << UInt8(random.below(8))
            let copy = TemporaryFolder()
            try bytes.write(to: URL(fileURLWithPath: copy.file("ledger.db")))
            do {
                let store = try LedgerStore(folder: copy.path)
                _ = try store.loadState()
                _ = try store.checkBooks()
                _ = try store.explanation(of: "bw-entry-S7")
                _ = try store.fills()
                _ = try store.weightsHistory()
            } catch {
                #expect(error.reaction == .halt, "seed \(seed), byte \(position): \(error)")
            }
        }
    }

    @Test(
        "S32: what is missing in the library is said",
        arguments: [
            ("3.36.9", ["THREADSAFE=1"], "STRICT"), ("3.8.11", [], "STRICT"),
            ("3.45.0", ["THREADSAFE=0"], "thread safety"), ("3.45.0", ["OMIT_WAL"], "WAL"),
            ("nonsense", [], "STRICT"),
        ])
    func library(version: String, options: [String], missing: String) {
        let found = LibraryCheck.missing(version: version, options: options)
        #expect(found?.contains(missing) == true)
        #expect(LibraryCheck.missing(version: "3.37.0", options: ["THREADSAFE=1"]) == nil)
        #expect(LibraryCheck.missing(version: "4.0.0", options: ["THREADSAFE=2"]) == nil)
    }

    struct Classed: CustomTestStringConvertible {
        let code: Int32
        let ledger: StorageReaction
        let history: StorageReaction
        var testDescription: String { "code \(code)" }
    }

    @Test(
        "S03: errors are classed by what the daemon does next",
        arguments: [
            Classed(code: 5, ledger: .retry, history: .retry),
            Classed(code: 261, ledger: .retry, history: .retry),
            Classed(code: 13, ledger: .degrade, history: .degrade),
            Classed(code: 1034, ledger: .halt, history: .degrade),  // IOERR_FSYNC
            Classed(code: 778, ledger: .halt, history: .degrade),  // IOERR_WRITE
            Classed(code: 11, ledger: .halt, history: .degrade),
            Classed(code: 26, ledger: .halt, history: .degrade),
            Classed(code: 8, ledger: .halt, history: .degrade),
            Classed(code: 2067, ledger: .halt, history: .degrade),
        ])
    func reactions(row: Classed) {
        func error(_ file: StoreFile) -> StorageError {
            .sqlite(file: file, code: row.code, message: "m", sql: nil)
        }
        #expect(error(.ledger).reaction == row.ledger)
        #expect(error(.history).reaction == row.history)
    }

    @Test("An error shows the statement and never the values bound to it")
    func noValuesInErrors() throws {
        let store = try LedgerStore(folder: folder.path)
        try store.commit(Sample("AAA").opening)
        try store.commit(Sample("AAA").closing)
        let error = #expect(throws: StorageError.self) {
            try store.commit([.closedTrade(Sample("AAA").trade)])
        }
        let text = try #require(error?.description)
        #expect(text.contains("INSERT INTO closed_trades"))
        #expect(text.contains("2067"))
        #expect(!text.contains("AAA"))
    }

    @Test("A ledger of every released shape becomes the newest", arguments: SchemaFixture.all)
    func migrates(fixture: SchemaFixture) throws {
        try fixture.write(to: folder)
        switch fixture.file {
        case .ledger:
            let store = try LedgerStore(folder: folder.path)
            // As it was, beside it: what a migration did can be undone.
            let copies = LedgerBackup.all(in: folder.file("backups"))
            #expect(copies.count == 1)
            let migrations = try folder.strings(
                "SELECT identifier FROM grdb_migrations ORDER BY rowid",
                on: "backups/\(try #require(copies.first))")
            #expect(migrations.last == fixture.name)
            #expect(try store.checkBooks() == [])
            #expect(try store.loadState().balances[.cash] == usd("1000"))
            try store.close()
            try LedgerStore(folder: folder.path).close()
            #expect(LedgerBackup.all(in: folder.file("backups")).count == 1)
        case .history:
            let store = try HistoryStore(folder: folder.path)
            #expect(store.warnings == [])
            #expect(try store.equity().map(\.equity) == [usd("1000")])
            try store.close()
        }
        let fresh = TemporaryFolder()
        try LedgerStore(folder: fresh.path).close()
        try HistoryStore(folder: fresh.path).close()
        let schema = """
            SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1
            """
        let name = fixture.file.rawValue
        #expect(try folder.strings(schema, on: name) == fresh.strings(schema, on: name))
    }

    @Test("S04: a ledger of an older shape keeps it where no good copy of it can be made")
    func noCopyNoMigration() throws {
        let fixture = try #require(SchemaFixture.all.first { $0.name == "ledger-5" })
        try fixture.write(to: folder)
        // A file stands in the way of the copies, then the ledger itself is not what it was.
        try Data().write(to: URL(fileURLWithPath: folder.file("backups")))
        func refuse(_ reason: String) throws {
            let error = #expect(throws: StorageError.self) {
                _ = try LedgerStore(folder: folder.path)
            }
            #expect(error?.description.contains("is not changed without a copy") == true)
            #expect(error?.description.contains(reason) == true)
            let migrations = try folder.strings("SELECT identifier FROM grdb_migrations")
            #expect(migrations.count == 5)
        }
        try refuse("is a file, not a folder")
        try FileManager.default.removeItem(atPath: folder.file("backups"))
        try folder.execute("UPDATE balances SET amount = 1 WHERE account = 'cash'")
        try refuse("the balance differs")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("backups")) == [])
    }

    @Test("A folder that this user may not make is told apart from one that cannot be made")
    func denied() throws {
        // Not even root makes folders in /sys.
        let error = #expect(throws: StorageError.self) {
            _ = try StoreLock(folder: "/sys/bellwether", purpose: "test")
        }
        guard case .denied(let path, let reason) = try #require(error) else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == "/sys/bellwether" && reason.hasPrefix("cannot be created: "))
    }
}
