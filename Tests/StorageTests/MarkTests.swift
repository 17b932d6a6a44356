import Domain
import Foundation
import Primitives
import Storage
import Testing

/// The high-water mark finds a ledger that is whole and ends too early.
@Suite struct MarkTests {
    let folder = TemporaryFolder()

    /// Ten commits that are still in the WAL only.
    private func ten(in folder: TemporaryFolder) throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        for index in 0..<10 { try store.commit(Sample("S\(index)").opening) }
        return store
    }

    private func refusal(_ folder: TemporaryFolder) throws -> StorageError {
        let error = try #require(
            #expect(throws: StorageError.self) {
                _ = try LedgerStore(folder: folder.path, reserve: 0)
            })
        #expect(error.reaction == .halt)
        return error
    }

    enum Loss: String, CaseIterable, Sendable {
        case lastFrames, halfOfTheWal, wal, flippedBit, everything, all
    }

    @Test(
        "S04: a ledger that lost its end is refused, however whole it is", arguments: Loss.allCases)
    func lostEnd(loss: Loss) throws {
        let store = try ten(in: folder)
        let copy = try folder.copy()
        try store.close()
        let wal = URL(fileURLWithPath: copy.file("ledger.db-wal"))
        var bytes = try Data(contentsOf: wal)
        switch loss {
        case .lastFrames: bytes.removeLast(4120)
        case .halfOfTheWal: bytes.removeLast(bytes.count / 2)
        case .wal, .everything: bytes = Data()
        case .flippedBit: bytes[bytes.count / 2] ^= 4
        case .all: break
        }
        try bytes.write(to: wal)
        if loss == .everything || loss == .all {
            try FileManager.default.removeItem(atPath: copy.file("ledger.db"))
        }
        if loss == .everything { try FileManager.default.removeItem(at: wal) }
        let error = try refusal(copy)
        if loss == .all {
            #expect(error.description.contains("its -wal file is there"))
            return
        }
        guard case .behindMark(let path, 10, let head) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(head < 10 && path == copy.file("ledger.db"))
        #expect(error.description.contains("run bellwether doctor, then restore a backup"))
        // Nothing is made in the place of what was lost.
        #expect(throws: error) { _ = try LedgerStore(folder: copy.path, reserve: 0) }
    }

    @Test("S04: an older copy in the ledger's place is refused, another ledger too")
    func exchanged() throws {
        let older = TemporaryFolder()
        do {
            let store = try LedgerStore(folder: folder.path, reserve: 0)
            try store.commit(Sample("AAA").opening)
            try store.close()
            try FileManager.default.copyItem(
                atPath: folder.file("ledger.db"), toPath: older.file("ledger.db"))
        }
        do {
            let store = try LedgerStore(folder: folder.path, reserve: 0)
            try store.commit(Sample("BBB").opening)
            try store.close()
        }
        let other = TemporaryFolder()
        do { try ten(in: other).close() }
        for (file, expected) in [
            (older.file("ledger.db"), "ends at commit 1, but commit 2"),
            (other.file("ledger.db"), "commit 2 is not the one that ledger.mark remembers"),
        ] {
            try FileManager.default.removeItem(atPath: folder.file("ledger.db"))
            try FileManager.default.copyItem(atPath: file, toPath: folder.file("ledger.db"))
            #expect(try refusal(folder).description.contains(expected))
        }
    }

    @Test(
        "A mark that is missing or empty is made anew and said; one that is behind is well",
        arguments: ["missing", "empty", "behind"])
    func marks(state: String) throws {
        do { try ten(in: folder).close() }
        let url = URL(fileURLWithPath: folder.file("ledger.mark"))
        let text = try String(contentsOf: url, encoding: .utf8)
        #expect(text.hasPrefix("bellwether-mark 1 0000000000000000010 "))
        switch state {
        case "missing": try FileManager.default.removeItem(at: url)
        case "empty": try Data().write(to: url)
        default:
            let hash = try folder.strings("SELECT lower(hex(hash)) FROM journal WHERE seq = 4")[0]
            try Data("bellwether-mark 1 0000000000000000004 \(hash)\n".utf8).write(to: url)
        }
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        #expect(store.openWarnings.count == (state == "behind" ? 0 : 1))
        #expect(try String(contentsOf: url, encoding: .utf8) == text)
        try store.commit(Sample("NEXT").opening)
        #expect(try String(contentsOf: url, encoding: .utf8).contains(" 0000000000000000011 "))
        try store.sealMark()
        let next = try folder.copy()
        #expect(try LedgerStore(folder: next.path, reserve: 0).openWarnings == [])
    }

    @Test(
        "S04: a mark that says nothing is damage, not a mark that is missing",
        arguments: ["torn", "noise", "other"])
    func badMark(state: String) throws {
        do { try ten(in: folder).close() }
        let url = URL(fileURLWithPath: folder.file("ledger.mark"))
        let text = try String(contentsOf: url, encoding: .utf8)
        switch state {
        case "torn": try Data(text.utf8.prefix(60)).write(to: url)
        case "noise": try Data((0..<103).map { _ in 0 }).write(to: url)
        default: try Data("x".utf8).write(to: url)
        }
        let before = try Data(contentsOf: url)
        #expect(try refusal(folder) == .badMark(path: url.path))
        #expect(try Data(contentsOf: url) == before)
        let found = Doctor.examine(folder: folder.path).filter { $0.verdict == .failed }
        #expect(found.map(\.check) == ["mark"])
        #expect(found.first?.detail.contains("does not say how far the ledger had come") == true)
        try FileManager.default.removeItem(at: url)
        #expect(try LedgerStore(folder: folder.path, reserve: 0).openWarnings.count == 1)
    }

    enum Marking: CaseIterable, Sendable {
        case commit, probe, seal, checkpoint

        func run(_ store: LedgerStore) throws {
            switch self {
            case .commit: try store.commit(Sample("NEXT").opening)
            case .probe: try store.probe()
            case .seal: try store.sealMark()
            case .checkpoint: try store.checkpoint()
            }
        }
    }

    @Test(
        "S04: a mark that cannot be written or made durable ends all commits",
        arguments: Marking.allCases)
    func failingMark(marking: Marking) throws {
        let store = try ten(in: folder)
        // Nothing can be written at the start of this file, and it cannot be synced.
        let mark = try #require(descriptor(of: folder.file("ledger.mark")))
        let broken = open("/proc/self/mem", O_RDWR)
        #expect(dup2(broken, mark) == mark)
        close(broken)
        let error = try #require(
            #expect(throws: StorageError.self) { try marking.run(store) })
        guard case .markFailed(folder.file("ledger.mark"), let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.hasPrefix("cannot be ") && error.reaction == .halt)
        #expect(throws: StorageError.stopped(earlier: error.description)) {
            try store.commit([capital()])
        }
        #expect(StoreTrouble.all(folder: folder.path).map(\.text) == [error.description])
        try store.close()
    }

    private func descriptor(of path: String) -> Int32? {
        (3..<1024).first { number in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)"))
                == path
        }
    }

    @Test("A new ledger has no mark to warn of")
    func new() throws {
        do {
            let store = try LedgerStore(folder: folder.path, reserve: 0)
            #expect(store.openWarnings == [])
            try store.close()
        }
        #expect(try LedgerStore(folder: folder.path, reserve: 0).openWarnings == [])
    }
}
