import Domain
import Foundation
import Glibc
import Primitives
import Synchronization
import TestSupport
import Testing

/// The real program on real files whose disk fails or is full, and killed at the calls that make its
/// ledger durable. With BELLWETHER_SWEEP=all every write is a point to be killed at, and every fifth
/// call one that fails; otherwise a few are drawn.
@Suite(
    .serialized, .enabled(if: Strace.works, "strace is not here, or may not trace"))
struct ProcessFaultTests {
    @Test(
        "S05: killed at any write or sync of the ledger, also in the restart, nothing is lost (S33)",
        arguments: [("pwrite64", 8), ("fdatasync", 4)])
    func kills(call: String, points: Int) async throws {
        let bench = try FaultBench()
        let last = try bench.calls(call)
        try #require(last > 50)
        // Killed at a sync leaves the files that killed at the next write leaves: a few will do.
        let share = call == "fdatasync" ? nil : 1
        let logged = Mutex(0)
        try await bench.each(
            "killed at \(call)", bench.points(points, last: last, share: share)
        ) { number in
            let store = bench.store("killed at \(number)")
            defer { bench.remove(store) }
            var random = SeededRandom(seed: propertySeed &+ UInt64(number))
            let second = 1 + random.below(min(60, last))
            let story = "seed \(bench.seed), killed at \(call) \(number) of \(last)"
            let first = try bench.run(in: store, .kill, call, at: number)
            #expect(first.signal == SIGKILL || first.status == 128 + SIGKILL, "\(story)\n\(first)")
            if try bench.expectSound(store, story, after: first) { logged.withLock { $0 += 1 } }
            let again = try bench.run(in: store, .kill, "pwrite64", at: second)
            let both = story + ", then at pwrite64 \(second)"
            try bench.expectSound(store, both, after: again)
            try bench.expectRecovery(store, both)
        }
        let count = logged.withLock { $0 }
        #expect(count > 0, "no restart had a log to go through")
    }

    @Test(
        "S04: a write or sync of the ledger that fails ends the run, and a restart recovers (S05)",
        arguments: [("fdatasync", 2), ("pwrite64", 2)])
    func failures(call: String, points: Int) async throws {
        let bench = try FaultBench()
        let commits = try bench.calls(call, on: FaultBench.log)
        let log = bench.points(points, last: commits, share: 5)
        try await bench.each("EIO at \(call) of the log", log) { number in
            // The last sync of the log is that of its last move into the ledger.
            try Self.fail(
                bench, call, number, FaultBench.log, "EIO",
                mayBeLate: call == "fdatasync" && number == commits)
        }
        let moves = try bench.calls(call, on: FaultBench.base)
        let base = [2] + bench.points(1, first: 3, last: moves, share: 5)
        try await bench.each("EIO at \(call) of the ledger", base) { number in
            try Self.fail(
                bench, call, number, FaultBench.base, "EIO", mayBeLate: number > 2)
        }
    }

    /// A fault that ends the run with a sentence, or meets it when all is stored and only the log is
    /// moved into the ledger, which the next start makes up for.
    private static func fail(
        _ bench: FaultBench, _ call: String, _ number: Int,
        _ files: (ProcessStore) -> [String], _ error: String, mayBeLate: Bool
    ) throws {
        let store = bench.store("\(error) at \(number)")
        defer { bench.remove(store) }
        let isFull = error == "ENOSPC"
        let story = "seed \(bench.seed), \(error) at \(call) \(number)"
        let outcome = try bench.run(
            in: store, .error(error), call, at: number, andAllAfter: isFull, on: files)
        if mayBeLate, outcome.status == 0 {
            let isOver = outcome.lines.last?.hasPrefix("The market is over") == true
            #expect(isOver, "\(story)\n\(outcome)")
        } else if isFull {
            bench.expectExplained(outcome, "ledger.db", "no space", "make room", story: story)
        } else {
            bench.expectExplained(outcome, "ledger.db", "bellwether doctor", story: story)
            #expect(access(store.path + "/ledger.trouble", F_OK) == 0, "\(story)")
        }
        try bench.expectSound(store, story, after: outcome)
        try bench.expectRecovery(store, story)
    }

    @Test("S04: the disk failed twice within the hour: halted, until the hold is lifted (S34)")
    func twice() throws {
        let bench = try FaultBench()
        let store = bench.store("failed")
        for number in [60, 30] {
            let outcome = try bench.run(in: store, .error("EIO"), "fdatasync", at: number)
            bench.expectExplained(outcome, "ledger.db", story: "sync \(number)")
        }
        let doctor = try Program.run(["doctor"] + bench.options(store))
        #expect(doctor.status == 1 && doctor.output.contains("replace the disk"), "\(doctor)")
        let sent = "SELECT count(*) FROM order_events WHERE to_status = 'SUBMITTING'"
        let before = try store.count(sent)
        // The market goes on without a single order.
        let halted = try Program.run(bench.run(in: store))
        #expect(halted.status == 0 && halted.output.contains("mode halted"), "\(halted)")
        #expect(halted.errors.contains("ctl resume --latch storage"), "\(halted)")
        #expect(try store.count(sent) == before)
        let status = try Program.run(["status"] + bench.options(store))
        #expect(status.status == 1 && status.output.contains("mode halted"), "\(status)")
        let plain = try Program.run(["ctl", "resume"] + bench.options(store))
        #expect(plain.status == 1 && plain.errors.contains("storage"), "\(plain)")
        let lifted = try Program.run(
            ["ctl", "resume", "--latch", "storage"] + bench.options(store))
        #expect(lifted.status == 0 && lifted.output.contains("mode  active"), "\(lifted)")
        try store.expectSound("lifted")
    }

    @Test("S04: on a disk without room the ledger stops with a sentence, and nothing is lost (S05)")
    func full() async throws {
        let bench = try FaultBench()
        let commits = try bench.calls("pwrite64", on: FaultBench.log)
        let log = bench.points(3, last: commits, share: 5)
        try await bench.each("ENOSPC in the log", log) { number in
            try Self.fail(
                bench, "pwrite64", number, FaultBench.log, "ENOSPC", mayBeLate: false)
        }
        let moves = try bench.calls("pwrite64", on: FaultBench.base)
        let base = bench.points(1, last: moves, share: 5)
        try await bench.each("ENOSPC in the ledger", base) { number in
            try Self.fail(
                bench, "pwrite64", number, FaultBench.base, "ENOSPC", mayBeLate: number > 2)
        }
    }

    @Test(
        "S04: a mark that cannot be written ends the run, and a restart recovers (S05)",
        arguments: [1, 20])
    func mark(number: Int) throws {
        let bench = try FaultBench()
        let store = bench.store("unmarked")
        let story = "EIO at write \(number) of the mark"
        let outcome = try bench.run(
            in: store, .error("EIO"), "pwrite64", at: number, andAllAfter: true,
            on: FaultBench.mark)
        bench.expectExplained(outcome, "ledger.mark", story: story)
        try bench.expectSound(store, story, after: outcome)
        try bench.expectRecovery(store, story)
        #expect(store.left()["ledger.mark"]?.isEmpty == false)
    }

    @Test("S04: a disk that is full once costs the reserve and the entries after it, no more")
    func reserve() throws {
        let bench = try FaultBench(compares: false)
        let store = bench.store("full")
        let outcome = try bench.run(in: store, .error("ENOSPC"), "pwrite64", at: 500)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        let lines = outcome.lines
        let alert = try #require(
            lines.firstIndex { $0.contains("ALERT") && $0.contains("the disk is nearly full") })
        let entries = lines[alert...].filter { $0.contains("Z  order ") && $0.contains("(entry)") }
        #expect(entries.isEmpty, "\(outcome)")
        try bench.expectSound(store, "reserve used", after: outcome)
        // With room again the next start makes the reserve anew.
        let again = try Program.run(bench.run(in: store))
        #expect(again.status == 0, "\(again)")
        #expect(access(store.path + "/reserve", F_OK) == 0)
    }

    @Test(
        "S04: a small disk fills up while trading; with more room the run goes on (S05, S33)",
        .enabled(if: SmallDisk.works, "this user may not mount"))
    func smallDisk() throws {
        let disk = try SmallDisk(bytes: 6 << 20)
        let bench = try FaultBench(days: 20, compares: false)
        let store = ProcessStore(path: disk.path + "/store")
        let outcome = try Program.run(bench.run(in: store))
        bench.expectExplained(outcome, "ledger.db", "no space", "make room", story: "full")
        #expect(outcome.output.contains("the disk is nearly full"), "\(outcome)")
        try disk.grow(to: 64 << 20)
        try bench.expectSound(store, "full", after: outcome)
        let fills = try store.contents().tables["fills"] ?? []
        let again = try Program.run(bench.run(in: store))
        #expect(again.status == 0, "\(again)")
        #expect(again.lines.last?.hasPrefix("The market is over") == true, "\(again)")
        try bench.expectSound(store, "room was made")
        #expect(try store.contents().tables["fills"]?.starts(with: fills) == true)
    }

    @Test("S04: a limit on the size of files ends the run with a sentence, not by a signal")
    func fileSize() throws {
        let bench = try FaultBench()
        for bytes in [60_000, 300_000] {
            let store = bench.store("limited")
            defer { bench.remove(store) }
            let outcome = try ChildProcess(
                "/usr/bin/prlimit", ["--fsize=\(bytes)"] + bench.command(in: store)
            ).wait()
            let story = "seed \(bench.seed), files of at most \(bytes) bytes"
            bench.expectExplained(outcome, "ledger.db", story: story)
            try bench.expectSound(store, story, after: outcome)
            try bench.expectRecovery(store, story)
        }
    }
}
