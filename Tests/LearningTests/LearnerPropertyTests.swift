import Domain
import Primitives
import Testing

@testable import Learning

struct LearnerPropertyTests {
    private static let seeds = Array(UInt64(1)...60)

    @Test("S21 S41: floors, ceilings and daily steps hold under any trades", arguments: seeds)
    func bounds(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let config = config {
            $0.rate = random.unit() * 3
            $0.floor = random.unit() * 0.4
            $0.ceiling = 0.3 + random.unit() * 0.7
            $0.dailyStepMax = random.unit() * 0.2
            $0.samplesMin = random.below(4)
        }
        let enabled = StrategyID.allCases.map { _ in random.below(4) > 0 }
        let priors = StrategyID.allCases.map { _ in random.unit() }
        guard var learner = Learner(config, enabled: enabled, prior: priors) else {
            #expect(!enabled.contains(true))
            return
        }
        let limits = WeightBounds(config, enabled: enabled)
        var (today, base) = (0, learner.weights)
        for _ in 0..<300 {
            if random.below(10) == 0 { (today, base) = (today + 1, learner.weights) }
            let version = learner.weights.version
            let change = learner.credit(
                try trade(
                    (random.unit() - 0.5) * 10, side: random.below(2) == 0 ? .buy : .sell),
                votes: randomVotes(&random), at: at, day: day(today))
            #expect(learner.weights.version == version + (change == nil ? 0 : 1))
            check(learner.weights, limits, base, "seed \(seed)")
        }
        if enabled.filter({ $0 }).count == 1 {
            #expect(learner.weights.values == enabled.map { $0 ? 1 : 0 })
        }
    }

    private func check(
        _ weights: StrategyWeights, _ limits: WeightBounds, _ base: StrategyWeights, _ note: String
    ) {
        #expect((weights.values.reduce(0, +) - 1).magnitude < 1e-12, "\(note)")
        for strategy in StrategyID.allCases {
            let weight = weights[strategy]
            guard limits.enabled[strategy.index] else {
                #expect(weight == 0, "\(note)")
                continue
            }
            #expect(
                weight >= limits.floor - 1e-12 && weight <= limits.ceiling + 1e-12,
                "\(note) \(weights)")
            #expect(
                (weight - base[strategy]).magnitude <= limits.stepMax + 1e-12, "\(note) \(weights)")
        }
    }

    private func randomVotes(_ random: inout SeededRandom) -> [Vote] {
        let strengths = [0, 1, 0.5, .nan, -.infinity, 1e300, 1e-300, random.unit()]
        return (0..<random.below(5)).map { _ in
            Vote(
                strategy: StrategyID.allCases[random.below(3)],
                direction: [-1, 0, 1, .max, .min][random.below(5)],
                strength: random.below(8) == 0 ? strengths[random.below(8)] : random.unit())
        }
    }

    @Test(
        "S41: the better strategy rises to the ceiling, the worse falls to the floor",
        arguments: Array(UInt64(1)...10))
    func convergence(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var learner = try #require(
            Learner(config { $0.dailyStepMax = 1 }, enabled: all, prior: [1, 1, 1]))
        var last = learner.weights.values
        var late: [Double] = []
        for number in 0..<4000 {
            // Right in 70, 50 and 30 of a hundred.
            let directions = zip(StrategyID.allCases, [0.7, 0.5, 0.3]).map {
                ($0, random.unit() < $1 ? 1 : -1)
            }
            _ = learner.credit(
                try trade(1), votes: votes(Dictionary(uniqueKeysWithValues: directions)), at: at,
                day: day(number))
            if number >= 3000 { late.append(learner.weights[.sentiment]) }
            last = learner.weights.values
        }
        #expect(last[0] > 0.7 && last[2] < 0.1, "seed \(seed): \(last)")
        #expect(last.allSatisfy { $0 >= 0.05 }, "seed \(seed)")
        #expect(late.allSatisfy { $0 > 0.6 }, "seed \(seed): it stays there")
    }

    @Test(
        "S41: without a difference in skill none is driven to the floor for good",
        arguments: Array(UInt64(1)...10))
    func noDifference(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var learner = try #require(Learner(config(), enabled: all, prior: [1, 1, 1]))
        var sums = [0.0, 0.0, 0.0]
        let trades = 5000
        for number in 0..<trades {
            let directions = StrategyID.allCases.map { ($0, random.below(2) == 0 ? 1 : -1) }
            _ = learner.credit(
                try trade(0.4), votes: votes(Dictionary(uniqueKeysWithValues: directions)),
                at: at, day: day(number / 5))
            for index in sums.indices { sums[index] += learner.weights.values[index] }
        }
        #expect(sums.allSatisfy { $0 / Double(trades) > 0.1 }, "seed \(seed): \(sums)")
    }

    @Test("S41: a strategy that never votes keeps its weight until it has samples")
    func starvation() throws {
        var learner = try #require(Learner(config(), enabled: all, prior: prior))
        for number in 0..<2000 {
            _ = learner.credit(
                try trade(2), votes: votes([.sentiment: 1, .trend: -1]), at: at,
                day: day(number))
        }
        #expect(learner.weights[.reversion] == 0.2)
        #expect((learner.weights[.trend] - 0.05).magnitude < 1e-12)
        #expect((learner.weights[.sentiment] - 0.75).magnitude < 1e-12)
    }

    @Test("S41: after any losing streak a strategy rises again as fast as its step allows")
    func recovery() throws {
        var learner = try #require(
            Learner(config { $0.rate = 1 }, enabled: all, prior: prior))
        for number in 0..<500 {
            _ = learner.credit(
                try trade(-50), votes: votes([.trend: 1, .sentiment: -1]), at: at,
                day: day(number))
        }
        #expect((learner.weights[.trend] - 0.05).magnitude < 1e-12)
        for number in 500..<502 {
            _ = learner.credit(
                try trade(50), votes: votes([.trend: 1, .sentiment: -1]), at: at,
                day: day(number))
        }
        // From the floor by the rate, 0.05 × e^1 and on; each day by 0.05 at most.
        #expect(learner.weights[.trend] > 0.14)
    }

    @Test("S41: settings that are no numbers change nothing, and trap nothing")
    func settings() throws {
        let wrong: [(inout LearningConfig) -> Void] = [
            { $0.rate = .nan }, { $0.rate = .infinity }, { $0.returnScale = .nan },
            { $0.returnScale = 0 }, { $0.returnScale = -1 },
        ]
        for change in wrong {
            var learner = try #require(Learner(config(change), enabled: all, prior: prior))
            let before = learner.weights
            #expect(
                learner.credit(try trade(2), votes: votes([.trend: 1]), at: at, day: day(0))
                    == nil)
            #expect(learner.weights == before && learner.creditedTrades == [0, 0, 0])
        }
        for rate in [1e300, -1e300] {
            var learner = try #require(
                Learner(config { $0.rate = rate }, enabled: all, prior: prior))
            _ = learner.credit(
                try trade(2), votes: votes([.trend: 1, .sentiment: -1]), at: at, day: day(0))
            #expect(learner.weights.values.allSatisfy { $0 >= 0.05 })
        }
    }
}
