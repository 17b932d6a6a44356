import Domain
import Foundation
import Glibc
import Primitives
import TestSupport
import Testing

/// Copies of a ledger that trades, put back later, and both interrupted.
@Suite(.serialized) struct ProcessFaultCopyTests {
    private func copies(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".db") }.sorted().map { folder + "/" + $0 }
    }

    private func expectRestored(
        _ bench: FaultBench, _ store: ProcessStore, _ story: String
    ) throws {
        try bench.expectSound(store, story)
        let status = try Program.run(["status"] + bench.options(store))
        #expect(status.output.contains("mode paused"), "\(story)\n\(status)")
        #expect(
            try store.count(
                "SELECT count(*) FROM holds WHERE cause = 'restored' AND lifted_at IS NULL") == 1)
    }

    @Test("S05: a copy made while trading, put back, is paused and sends no order again (S34, S33)")
    func restored() throws {
        let bench = try FaultBench(days: 4, compares: false)
        let store = bench.store("store")
        let child = try Program.start(bench.run(in: store, ["market.speed=8000"]))
        try child.wait(for: "  fill ")
        let to = bench.folder("copies")
        let made = try Program.run(["backup", "--to", to] + bench.options(store))
        #expect(made.status == 0, "\(made)")
        let sent = """
            SELECT count(*) FROM order_events WHERE to_status = 'SUBMITTING'
            """
        let copy = try #require(try copies(to).first)
        let copied = ProcessStore(path: to)
        let name = (copy as NSString).lastPathComponent
        let inCopy = try copied.count(sent, file: name)
        // Orders that the copy knows nothing of.
        let hasMore = try comesTrue { try store.countLive(sent) > inCopy + 2 }
        #expect(hasMore)
        child.kill(SIGKILL)
        _ = try child.wait()
        try bench.expectSound(store, "killed")
        let outcome = try Program.run(["restore", copy] + bench.options(store))
        #expect(outcome.status == 0, "\(outcome)")
        try expectRestored(bench, store, "restored")
        let before = try store.count(sent)
        #expect(before == inCopy)
        let again = try Program.run(bench.run(in: store))
        #expect(again.status == 0 && again.output.contains("mode paused"), "\(again)")
        #expect(again.lines.last?.hasPrefix("The market is over") == true, "\(again)")
        try expectRestored(bench, store, "run after it")
        #expect(try store.count(sent) == before)
    }

    @Test(
        "S05: a copy or its return, killed at any call, leaves a good store; once more mends it",
        .enabled(if: Strace.works, "strace is not here, or may not trace"))
    func interrupted() throws {
        let bench = try FaultBench()
        let store = bench.store("whole")
        let to = bench.folder("copies")
        let backup = [Program.path, "backup", "--to", to] + bench.options(store)
        let calls = try Strace.count(backup, calls: ["pwrite64", "linkat"])
        for (call, points) in [("pwrite64", 3), ("linkat", 1)] {
            let numbers = bench.points(points, last: calls[call] ?? 1)
            defer { bench.tell("backup killed at \(call)", numbers.count) }
            for number in numbers {
                try FileManager.default.removeItem(atPath: to)
                let story = "backup killed at \(call) \(number)"
                _ = try Strace.start(backup, .kill, call: call, number: number).wait()
                try bench.expectSound(store, story)
                for copy in try copies(to) {
                    let spare = bench.store("spare")
                    defer { bench.remove(spare) }
                    let good = try Program.run(["restore", copy] + bench.options(spare))
                    #expect(good.status == 0, "\(story)\n\(good)")
                }
                let again = try Program.run(Array(backup.dropFirst()))
                #expect(again.status == 0, "\(story)\n\(again)")
                let left = try FileManager.default.contentsOfDirectory(atPath: to)
                #expect(left.allSatisfy { $0.hasSuffix(".db") }, "\(story): \(left)")
            }
        }
        let copy = try #require(try copies(to).last)
        try interruptRestore(of: copy, bench, store)
    }

    private func interruptRestore(
        of copy: String, _ bench: FaultBench, _ whole: ProcessStore
    ) throws {
        let store = bench.store("restored")
        let restore = [Program.path, "restore", copy] + bench.options(store)
        func fresh() throws {
            bench.remove(store)
            try FileManager.default.copyItem(atPath: whole.path, toPath: store.path)
        }
        try fresh()
        let calls = try Strace.count(restore, calls: ["pwrite64", "rename", "fsync"])
        for (call, points) in [("pwrite64", 3), ("rename", 3), ("fsync", 2)] {
            let numbers = bench.points(points, last: calls[call] ?? 1)
            defer { bench.tell("restore killed at \(call)", numbers.count) }
            for number in numbers {
                try fresh()
                let story = "restore killed at \(call) \(number)"
                _ = try Strace.start(restore, .kill, call: call, number: number).wait()
                let doctor = try Program.run(["doctor"] + bench.options(store))
                #expect(
                    doctor.status == 0 || doctor.output.contains("restore"), "\(story)\n\(doctor)")
                if doctor.status != 0 {
                    // What is broken is not traded with.
                    let refused = try Program.run(bench.run(in: store))
                    #expect(refused.status != 0 && !refused.errors.isEmpty, "\(story)\n\(refused)")
                }
                let again = try Program.run(Array(restore.dropFirst()))
                #expect(again.status == 0, "\(story)\n\(again)")
                try expectRestored(bench, store, story)
            }
        }
    }
}
