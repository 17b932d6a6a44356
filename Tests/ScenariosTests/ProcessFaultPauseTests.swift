import Domain
import Foundation
import Glibc
import Primitives
import TestSupport
import Testing

/// A pause and a kill in the same moment, before or after the answer.
@Suite(.serialized) struct ProcessFaultPauseTests {
    private static let standing =
        "SELECT count(*) FROM holds WHERE cause = 'operator' AND lifted_at IS NULL"
    private static let sentSince = """
        SELECT count(*) FROM order_events WHERE to_status = 'SUBMITTING'
        AND at > (SELECT since FROM holds WHERE cause = 'operator')
        """

    @Test(
        "S34: killed at any moment around a pause, it stands once answered, and no order leaves (S05)"
    )
    func killed() throws {
        let bench = try FaultBench(days: 4, compares: false)
        var random = propertyRandom
        var answered = 0
        // Milliseconds from the request to the kill; nil: after the answer.
        for delay in [nil, 0, 15, 30] as [Double?] {
            let store = bench.store("paused")
            defer { bench.remove(store) }
            let daemon = try Program.start(bench.run(in: store, ["market.speed=8000"]))
            try daemon.wait(for: "  fill ")
            let request = try Program.start(["ctl", "pause"] + bench.options(store))
            if let delay {
                _ = try daemon.kill(after: (delay + 10 * random.unit()) / 1_000)
            } else {
                _ = try request.wait()
                daemon.kill(SIGKILL)
                _ = try daemon.wait()
            }
            let answer = try request.wait()
            let story = "killed \(delay.map { "\($0) ms after the request" } ?? "after the answer")"
            try bench.expectSound(store, story)
            let stands = try store.count(Self.standing) == 1
            if answer.status == 0 { answered += 1 }
            #expect(stands || answer.status != 0, "\(story)\n\(answer)")
            guard stands else { continue }
            let again = try Program.run(bench.run(in: store))
            #expect(again.status == 0, "\(story)\n\(again)")
            #expect(again.output.contains("mode paused"), "\(story)\n\(again)")
            #expect(try store.count(Self.standing) == 1, "\(story)")
            #expect(try store.count(Self.sentSince) == 0, "\(story)")
            try bench.expectSound(store, story)
        }
        #expect(answered > 0)
    }

    @Test(
        "S34: a pause written into the store offline and killed at a write stands or does not (S05)",
        .enabled(if: Strace.works, "strace is not here, or may not trace"))
    func offline() throws {
        let bench = try FaultBench(compares: false)
        let store = bench.store("whole")
        #expect(try Program.run(["ctl", "pause", "--create"] + bench.options(store)).status == 0)
        #expect(try Program.run(["ctl", "resume"] + bench.options(store)).status == 0)
        let pause = [Program.path, "ctl", "pause"] + bench.options(store)
        let paths = FaultBench.ledger(store)
        let calls = try Strace.count(pause, calls: ["pwrite64"], paths: paths)["pwrite64"] ?? 1
        let numbers = bench.points(5, last: calls)
        defer { bench.tell("offline pause killed at pwrite64", numbers.count) }
        for number in numbers {
            #expect(try Program.run(["ctl", "resume"] + bench.options(store)).status == 0)
            let story = "killed at pwrite64 \(number) of \(calls)"
            let killed = try Strace.start(
                pause, .kill, call: "pwrite64", number: number, paths: paths
            ).wait()
            #expect(killed.output.isEmpty, "\(story)\n\(killed)")
            try bench.expectSound(store, story)
            #expect(try store.count(Self.standing) <= 1, "\(story)")
            let again = try Program.run(["ctl", "pause"] + bench.options(store))
            #expect(
                again.status == 0 && again.output.contains("mode  paused"), "\(story)\n\(again)")
            try bench.expectSound(store, story)
        }
    }
}
