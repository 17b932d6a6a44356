import Domain
import Foundation
import Glibc
import Primitives
import TestSupport
import Testing

/// A small busy market for runs that meet faults, and the books of the run that met none.
struct FaultBench {
    let folder: ScratchFolder
    let seed: UInt64
    let days: Int
    private(set) var expected = ProcessStore.Contents()

    /// - Parameter compares: play the market once without a fault, for what others must equal.
    init(days: Int = 1, compares: Bool = true) throws {
        var random = propertyRandom
        (seed, self.days) = (random.next() >> 1, days)
        folder = try ScratchFolder(inMemory: true)
        guard compares else { return }
        let outcome = try Program.run(run(in: store("whole")))
        #expect(outcome.status == 0, "\(outcome)")
        expected = try store("whole").contents()
        #expect(expected.tables["orders"]?.count ?? 0 > 5, "the market is too quiet to be a test")
    }

    /// BELLWETHER_SWEEP: “all” makes every number a point, a number so many of them.
    private static let sweep = ProcessInfo.processInfo.environment["BELLWETHER_SWEEP"]

    /// About `count` of the numbers from `first` to `last`, evenly spread from a random start.
    ///
    /// - Parameter share: a sweep of all takes one of so many; nil: `count` and no more.
    func points(_ count: Int, first: Int = 1, last: Int, share: Int? = 1) -> [Int] {
        let range = last - first + 1
        let swept = Self.sweep.flatMap { $0 == "all" ? share.map { range / $0 } : Int($0) }
        let wanted = max(1, share == nil ? count : swept ?? count)
        if range <= wanted { return Array(first...max(first, last)) }
        var random = propertyRandom
        let step = range / wanted
        return Array(stride(from: first + random.below(step), through: last, by: step))
    }

    /// How many points a test played, for the record of a sweep.
    func tell(_ what: String, _ count: Int) {
        if Self.sweep != nil { print("sweep: \(what): \(count) points") }
    }

    /// Points are independent: a sweep takes as many at a time as there are cores.
    func each(
        _ what: String, _ points: [Int], _ body: @escaping @Sendable (Int) throws -> Void
    ) async throws {
        let width = Self.sweep == nil ? 1 : ProcessInfo.processInfo.activeProcessorCount
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, point) in points.enumerated() {
                if index >= width { try await group.next() }
                group.addTask { try body(point) }
            }
            try await group.waitForAll()
        }
        tell(what, points.count)
    }

    func store(_ name: String) -> ProcessStore { ProcessStore(path: folder(name)) }

    func remove(_ store: ProcessStore) { try? FileManager.default.removeItem(atPath: store.path) }

    /// The files that make the ledger durable.
    static func ledger(_ store: ProcessStore) -> [String] {
        log(store) + base(store) + mark(store)
    }

    /// Left to the kernel: one that stays behind only sees less.
    static func mark(_ store: ProcessStore) -> [String] { [store.path + "/ledger.mark"] }

    /// Where commits go.
    static func log(_ store: ProcessStore) -> [String] { [store.path + "/ledger.db-wal"] }

    /// Written when it is made, and then only with what the log has and keeps until it is done.
    static func base(_ store: ProcessStore) -> [String] {
        ["ledger.db", "ledger.db-journal"].map { store.path + "/" + $0 }
    }

    /// How many such calls a whole run makes on these files.
    func calls(
        _ call: String, on files: (ProcessStore) -> [String] = Self.ledger
    ) throws -> Int {
        let counted = store("counted")
        defer { remove(counted) }
        return try Strace.count(
            command(in: counted), calls: [call], paths: files(counted))[call] ?? 0
    }

    func options(_ store: ProcessStore, _ more: [String] = []) -> [String] {
        settings(
            [
                "storage.path=\(store.path)", "storage.reserve=1MB", "storage.free_min=1MB",
                "market.seed=\(seed)", "market.days=\(days)", "market.speed=max",
                "market.symbols_count=2", "market.news_per_day=20",
                "orders.installation=test0000", "risk.cooldown=1m", "risk.latches=false",
                "exits.hold_max=1h", "risk.orders_per_day_max=5000", "broker.participation=0.004",
                "broker.fee_bps=1", "strategies.reversion.entry_z=1.5",
                "ensemble.entry_threshold=0.2",
            ] + more)
    }

    func run(in store: ProcessStore, _ more: [String] = []) -> [String] {
        ["run"] + options(store, more)
    }

    func command(in store: ProcessStore) -> [String] { [Program.path] + run(in: store) }

    /// A run with a fault somewhere in the files of its ledger.
    func run(
        in store: ProcessStore, _ fault: Strace.Fault, _ call: String, at number: Int,
        andAllAfter: Bool = false, on files: (ProcessStore) -> [String] = Self.ledger
    ) throws -> ChildProcess.Outcome {
        try Strace.start(
            command(in: store), fault, call: call, number: number, andAllAfter: andAllAfter,
            paths: files(store)
        ).wait()
    }

    /// The doctor finds nothing broken; the books, ids, decisions and executions are sound; and what
    /// the run told was stored before. The files stay as they were for the next start.
    ///
    /// - Returns: whether there were commits that are in the log alone.
    @discardableResult
    func expectSound(
        _ store: ProcessStore, _ story: String, after outcome: ChildProcess.Outcome? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws -> Bool {
        let left = store.left()
        let doctor = try Program.run(["doctor"] + options(store))
        #expect(doctor.status == 0, "\(story)\n\(doctor)", sourceLocation: location)
        try store.examined { copy in
            let hasOrders = try copy.hasOrders()
            if let outcome {
                let fills = hasOrders ? try copy.count("SELECT count(*) FROM fills") : 0
                expectNothingLost(outcome, stored: fills, story, location: location)
            }
            guard hasOrders else { return }
            try copy.expectSound(story, location: location)
            for (subject, sql) in Self.inconsistencies {
                let found = try copy.count("SELECT count(*) FROM (\(sql))")
                #expect(found == 0, "\(story): \(found) \(subject)", sourceLocation: location)
            }
        }
        #expect(store.left() == left, "\(story): the files changed", sourceLocation: location)
        return left["ledger.db-wal"]?.isEmpty == false
    }

    private static let inconsistencies = [
        "fills of orders that never left": """
        SELECT f.order_id FROM fills f WHERE NOT EXISTS
        (SELECT 1 FROM order_events e WHERE e.order_id = f.order_id AND to_status = 'SUBMITTING')
        """,
        "orders that left twice": """
        SELECT order_id FROM order_events WHERE to_status = 'SUBMITTING'
        GROUP BY order_id HAVING count(*) > 1
        """,
        "orders filled for more than they are": "SELECT id FROM orders WHERE filled > quantity",
    ]

    /// A start without faults goes to the end of the market, and all is as if none had been.
    func expectRecovery(
        _ store: ProcessStore, _ story: String, location: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(run(in: store))
        #expect(outcome.status == 0, "\(story)\n\(outcome)", sourceLocation: location)
        try expectSound(store, story, location: location)
        let differences = try store.contents().differences(from: expected)
        #expect(
            differences.isEmpty, "\(story)\n\(differences.joined(separator: "\n"))",
            sourceLocation: location)
    }

    /// Told only after it was stored: no fill that was shown may be missing.
    private func expectNothingLost(
        _ outcome: ChildProcess.Outcome, stored: Int, _ story: String, location: SourceLocation
    ) {
        let shown = outcome.lines.count { $0.contains("Z  fill ") }
        #expect(
            stored >= shown, "\(story): \(shown) fills shown, \(stored) stored",
            sourceLocation: location)
    }

    /// The process said in one sentence why it ended.
    func expectExplained(
        _ outcome: ChildProcess.Outcome, _ words: String..., story: String,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(outcome.status == 74, "\(story)\n\(outcome)", sourceLocation: location)
        let said = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("bellwether: ") }
        #expect(said.count == 1, "\(story)\n\(outcome)", sourceLocation: location)
        for word in words {
            #expect(
                said.last?.contains(word) == true, "\(story): \(word)\n\(outcome)",
                sourceLocation: location)
        }
    }
}

extension ProcessStore {
    /// False before the first start made the tables.
    func hasOrders() throws -> Bool {
        guard FileManager.default.fileExists(atPath: path + "/ledger.db") else { return false }
        return try count("SELECT count(*) FROM sqlite_master WHERE name = 'order_events'") > 0
    }
}

/// A file system in memory that is soon full.
final class SmallDisk {
    /// False where this process may not mount.
    static let works: Bool = (try? SmallDisk(bytes: 1 << 20)) != nil

    private let folder: ScratchFolder
    var path: String { folder("disk") }

    init(bytes: Int) throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(
            atPath: folder("disk"), withIntermediateDirectories: true)
        try mountIt(bytes, 0)
    }

    func grow(to bytes: Int) throws { try mountIt(bytes, UInt(MS_REMOUNT)) }

    private func mountIt(_ bytes: Int, _ flags: UInt) throws {
        guard mount("tmpfs", path, "tmpfs", flags, "size=\(bytes)") == 0 else {
            throw ChildProcess.Failure(description: String(cString: strerror(errno)))
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}
