import Domain
import Foundation
import Glibc
import Primitives
import TestSupport
import Testing

/// The real program, killed without warning and started again until its market is over.
@Suite(.serialized) struct ProcessKillTests {
    /// Busy, with fees, and with orders that fill in parts.
    private static func market(_ seed: UInt64, _ store: String, days: Int) -> [String] {
        ["run"]
            + settings([
                "storage.path=\(store)", "market.seed=\(seed)", "market.days=\(days)",
                "market.speed=max", "market.news_per_day=40",
                "orders.installation=test0000", "risk.cooldown=1m",
                "exits.hold_max=1h", "risk.orders_per_day_max=5000", "broker.participation=0.004",
                "broker.fee_bps=1", "strategies.reversion.entry_z=1.5",
                "ensemble.entry_threshold=0.2",
            ])
    }

    /// The line with which a run that reached the end of its market tells the equity.
    private static func finalEquity(_ outcome: ChildProcess.Outcome) -> String? {
        outcome.lines.last.flatMap { line in
            line.hasPrefix("The market is over")
                ? line.components(separatedBy: "equity ").last : nil
        }
    }

    /// The comparisons after the closes of four days.
    private static let daily = Array(repeating: "daily matches", count: 4)

    @Test(
        "S05: killed at twenty random moments, a run ends as if nothing had happened (S25, S33, S37)"
    )
    func kills() throws {
        let folder = try ScratchFolder(inMemory: true)
        var random = SeededRandom(seed: propertySeed)
        var kills = 0
        var round = 0
        while kills < 20 {
            round += 1
            let seed = random.next() >> 1
            let whole = ProcessStore(path: folder("whole\(round)"))
            let reference = try Program.run(Self.market(seed, whole.path, days: 4))
            #expect(reference.status == 0, "\(reference)")
            let expected = try whole.contents()
            #expect(expected.tables["closed_trades"]?.count ?? 0 > 10)
            #expect(try whole.comparisons() == ["start matches"] + Self.daily)

            let store = ProcessStore(path: folder("killed\(round)"))
            var delays: [Double] = []
            while true {
                let delay = 0.02 + reference.seconds * random.unit() / 2
                delays.append(delay)
                let child = try Program.start(Self.market(seed, store.path, days: 4))
                let outcome = try child.kill(after: delay)
                let story =
                    "seed \(seed), kills after \(delays) s; "
                    + "BELLWETHER_SEED=\(propertySeed) repeats it"
                if outcome.signal == SIGKILL {
                    kills += 1
                    // Killed before there was a ledger.
                    guard FileManager.default.fileExists(atPath: store.path + "/ledger.db") else {
                        continue
                    }
                    try store.expectSound(story)
                    continue
                }
                #expect(outcome.status == 0, "\(outcome)")
                try store.expectSound(story)
                let differences = try store.contents().differences(from: expected)
                #expect(differences.isEmpty, "\(story)\n\(differences.joined(separator: "\n"))")
                let comparisons = try store.comparisons()
                #expect(
                    comparisons.filter { $0 != "start matches" } == Self.daily,
                    "\(story): \(comparisons)")
                #expect(comparisons.contains("start matches"), "\(story)")
                #expect(Self.finalEquity(outcome) == Self.finalEquity(reference), "\(story)")
                break
            }
            print("round \(round): seed \(seed), killed after", delays.dropLast())
        }
    }

    @Test(
        "S05: killed at a write to the store, of which every one is a moment, nothing is lost (S33)",
        .enabled(if: Strace.works, "strace is not here, or may not trace"))
    func writes() throws {
        let folder = try ScratchFolder(inMemory: true)
        var random = propertyRandom
        let seed = random.next() >> 1
        let whole = ProcessStore(path: folder("whole"))
        #expect(try Program.run(Self.market(seed, whole.path, days: 1)).status == 0)
        let expected = try whole.contents()
        for round in 0..<5 {
            let store = ProcessStore(path: folder("killed\(round)"))
            let command = [Program.path] + Self.market(seed, store.path, days: 1)
            var numbers: [Int] = []
            // Twice each: what a restart does is interrupted too.
            for _ in 0..<2 {
                numbers.append(Int.random(in: 20...1_500, using: &random))
                _ = try Strace.kill(command, atCall: "pwrite64", number: numbers.last ?? 0).wait()
                try store.expectSound("seed \(seed), killed at writes \(numbers)")
            }
            let outcome = try Program.run(Self.market(seed, store.path, days: 1))
            #expect(outcome.status == 0, "\(outcome)")
            let differences = try store.contents().differences(from: expected)
            #expect(
                differences.isEmpty,
                "seed \(seed), writes \(numbers)\n\(differences.joined(separator: "\n"))")
        }
    }
}
