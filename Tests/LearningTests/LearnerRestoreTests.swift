import Domain
import Primitives
import Testing

@testable import Learning

struct LearnerRestoreTests {
    /// What the ledger gives back after `changes`, each with its New York day.
    private func state(_ changes: [(WeightsChange, String)], today: String) -> LedgerState {
        var state = LedgerState()
        state.weights = changes.last?.0
        state.weightsAtDayStart = changes.last { $0.1 < today }?.0.weights
        for (change, _) in changes {
            for index in change.credits.indices where change.credits[index] != 0 {
                state.creditedTrades[index] += 1
            }
        }
        state.checkpoint = Checkpoint(
            at: at, feedPosition: 0, equityPeak: .zero, drawdownMax: .zero, sessionDate: today,
            dayStartEquity: .zero)
        return state
    }

    @Test(
        "S05: restored before every trade, learning goes on as if nothing had been",
        arguments: Array(UInt64(1)...20))
    func restart(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let config = config {
            $0.rate = 0.3
            $0.samplesMin = 4
        }
        var learner = try #require(Learner(config, enabled: all, prior: prior))
        var changes: [(WeightsChange, String)] = []
        let row = learner.unrecordedChange(at: at)
        let first = try #require(row)
        #expect(first.weights.version == 0 && first.cause == nil)
        #expect(learner.unrecordedChange(at: at) == nil)
        changes.append((first, day(0)))
        var today = 0
        for _ in 0..<120 {
            today += random.below(6) == 0 ? 1 : 0
            var restored = try #require(
                Learner(
                    config, enabled: all, prior: prior,
                    restoring: state(changes, today: day(today)), day: day(today)))
            #expect(restored.unrecordedChange(at: at) == nil)
            let closed = try trade((random.unit() - 0.4) * 4)
            let directions = StrategyID.allCases.map { ($0, random.below(3) - 1) }
            let cast = votes(Dictionary(uniqueKeysWithValues: directions))
            let change = learner.credit(closed, votes: cast, at: at, day: day(today))
            #expect(
                restored.credit(closed, votes: cast, at: at, day: day(today)) == change,
                "seed \(seed)")
            #expect(restored.creditedTrades == learner.creditedTrades, "seed \(seed)")
            if let change { changes.append((change, day(today))) }
        }
        #expect(learner.weights.version > 50)
    }

    @Test("A strategy switched on or off since is brought in as the next version")
    func enabledChanged() throws {
        let stored = try #require(StrategyWeights(version: 7, values: [0.6, 0.4, 0]))
        let change = WeightsChange(weights: stored, at: at, cause: "x", credits: [0, 0, 0])
        let stateThen = state([(change, day(0))], today: day(1))

        var same = try #require(
            Learner(
                config(), enabled: [true, true, false], prior: prior, restoring: stateThen,
                day: stateThen.checkpoint?.sessionDate ?? ""))
        #expect(same.weights == stored)
        #expect(same.unrecordedChange(at: at) == nil)

        var more = try #require(
            Learner(
                config(), enabled: all, prior: prior, restoring: stateThen,
                day: stateThen.checkpoint?.sessionDate ?? ""))
        #expect(more.weights.version == 8 && more.weights[.reversion] > 0.05)
        #expect(more.unrecordedChange(at: at)?.weights == more.weights)

        let one = try #require(
            Learner(
                config(), enabled: [false, true, false], prior: prior, restoring: stateThen,
                day: stateThen.checkpoint?.sessionDate ?? ""))
        #expect(one.weights.values == [0, 1, 0] && one.weights.version == 8)

        let off = try #require(
            Learner(
                config { $0.enabled = false }, enabled: all, prior: prior, restoring: stateThen,
                day: stateThen.checkpoint?.sessionDate ?? ""))
        #expect(off.weights.values == prior && off.weights.version == 8)
    }
}
