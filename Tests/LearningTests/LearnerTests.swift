import Domain
import Primitives
import Testing

@testable import Learning

struct CreditCase: Sendable, CustomTestStringConvertible {
    let name: String
    var percent = 2.0
    var side = OrderSide.buy
    var votes: [StrategyID: Int] = [:]
    var strength = 1.0
    let credits: [Double]?
    var testDescription: String { name }
}

private let creditCases = [
    CreditCase(
        name: "a full success for those who voted for it", votes: [.sentiment: 1, .trend: 1],
        credits: [1, 1, 0]),
    CreditCase(
        name: "who voted against a success was wrong", votes: [.sentiment: 1, .reversion: -1],
        credits: [1, 0, -1]),
    CreditCase(
        name: "who voted against a failure was right", percent: -1,
        votes: [.sentiment: 1, .reversion: -1], credits: [-0.5, 0, 0.5]),
    CreditCase(
        name: "a short trade agrees with a vote down", side: .sell,
        votes: [.sentiment: -1, .trend: 1], credits: [1, -1, 0]),
    CreditCase(
        name: "an outcome beyond the scale counts as full", percent: 90, votes: [.trend: 1],
        credits: [0, 1, 0]),
    CreditCase(
        name: "strength scales it", percent: 1, votes: [.trend: 1], strength: 0.5,
        credits: [0, 0.25, 0]),
    CreditCase(
        name: "a strength beyond its range is brought into it", votes: [.trend: 1], strength: 7,
        credits: [0, 1, 0]),
    CreditCase(name: "a vote of zero earns nothing", votes: [.trend: 0], credits: nil),
    CreditCase(name: "no votes, no credit", credits: nil),
    CreditCase(name: "no gain, no credit", percent: 0, votes: [.trend: 1], credits: nil),
    CreditCase(
        name: "S41: a strength that is no number changes nothing", votes: [.trend: 1],
        strength: .nan, credits: nil),
    CreditCase(
        name: "S41: an infinite strength changes nothing", votes: [.trend: 1],
        strength: .infinity, credits: nil),
]

struct LearnerTests {
    @Test("Credit goes to those who voted, by agreement and strength", arguments: creditCases)
    func credit(_ row: CreditCase) throws {
        var learner = try #require(Learner(config(), enabled: all, prior: prior))
        let before = learner
        let change = learner.credit(
            try trade(row.percent, side: row.side), votes: votes(row.votes, strength: row.strength),
            at: at, day: day(0))
        #expect(change?.credits == row.credits)
        guard row.credits != nil else {
            #expect(learner == before)
            return
        }
        #expect(change?.weights == learner.weights)
        #expect(change?.cause == "e1/e2")
        #expect(learner.weights.version == 1)
    }

    @Test("A rewarded strategy gains what the others lose in proportion")
    func proportion() throws {
        var learner = try #require(
            Learner(config { $0.samplesMin = 0 }, enabled: all, prior: prior))
        _ = learner.credit(try trade(2), votes: votes([.trend: 1]), at: at, day: day(0))
        let sum = 0.5 + 0.3 * 1.0512710963760241 + 0.2
        let expected = [0.5 / sum, 0.3 * 1.0512710963760241 / sum, 0.2 / sum]
        for (weight, value) in zip(learner.weights.values, expected) {
            #expect((weight - value).magnitude < 1e-14)
        }
    }

    @Test("A weight stays where it is until its strategy has the samples")
    func samples() throws {
        var learner = try #require(
            Learner(config { $0.samplesMin = 3 }, enabled: all, prior: prior))
        for number in 1...2 {
            let row = learner.credit(
                try trade(2), votes: votes([.sentiment: 1, .trend: -1]), at: at, day: day(0))
            let change = try #require(row)
            // The evidence is kept all the same.
            #expect(change.weights.values == prior && change.weights.version == number)
        }
        #expect(learner.creditedTrades == [2, 2, 0])
        _ = learner.credit(
            try trade(2), votes: votes([.sentiment: 1, .trend: -1]), at: at, day: day(0))
        #expect(learner.weights[.sentiment] > 0.5 && learner.weights[.trend] < 0.3)
        #expect(learner.weights[.reversion] == 0.2)
    }

    @Test("S41: trades closed at the same instant teach the same in any order")
    func simultaneous() throws {
        let one = try trade(1.5, id: "a/b")
        let other = try trade(-0.7, id: "c/d")
        func run(_ trades: [(ClosedTrade, [StrategyID: Int])]) throws -> Learner {
            var learner = try #require(
                Learner(config { $0.samplesMin = 0 }, enabled: all, prior: prior))
            for (trade, directions) in trades {
                _ = learner.credit(trade, votes: votes(directions), at: at, day: day(0))
            }
            return learner
        }
        let first: (ClosedTrade, [StrategyID: Int]) = (one, [.sentiment: 1, .trend: 1])
        let second: (ClosedTrade, [StrategyID: Int]) = (other, [.trend: 1, .reversion: -1])
        let (forth, back) = (try run([first, second]), try run([second, first]))
        #expect(forth.weights.version == 2 && back.weights.version == 2)
        for (a, b) in zip(forth.weights.values, back.weights.values) {
            #expect((a - b).magnitude < 1e-14)
        }
    }

    @Test("S41: a reward for all at once moves nothing but the version")
    func rewardForAll() throws {
        var learner = try #require(Learner(config(), enabled: all, prior: prior))
        for _ in 0..<100 {
            _ = learner.credit(
                try trade(2), votes: votes([.sentiment: 1, .trend: 1, .reversion: 1]), at: at,
                day: day(0))
        }
        #expect(learner.weights.version == 100)
        for (weight, value) in zip(learner.weights.values, prior) {
            #expect((weight - value).magnitude < 1e-12)
        }
    }

    @Test("S41: a strategy that votes twice is credited once")
    func twice() throws {
        var learner = try #require(Learner(config(), enabled: all, prior: prior))
        let vote = Vote(strategy: .trend, direction: 1, strength: 1)
        let change = learner.credit(try trade(2), votes: [vote, vote], at: at, day: day(0))
        #expect(change?.credits == [0, 1, 0])
        #expect(learner.creditedTrades == [0, 1, 0])
    }

    @Test("S08: a trade without price or quantity teaches nothing")
    func noReturn() throws {
        var learner = try #require(Learner(config(), enabled: all, prior: prior))
        let before = learner
        for trade in [try trade(2, entry: .zero), try trade(2, quantity: .zero)] {
            #expect(
                learner.credit(trade, votes: votes([.trend: 1]), at: at, day: day(0)) == nil)
        }
        #expect(learner == before)
    }

    @Test("Learning that is switched off changes nothing")
    func off() throws {
        var learner = try #require(
            Learner(config { $0.enabled = false }, enabled: all, prior: [1, 0, 0]))
        #expect(learner.weights.values == [1, 0, 0])
        #expect(
            learner.credit(try trade(2), votes: votes([.trend: 1]), at: at, day: day(0)) == nil)
        #expect(learner.adopt([0.2, 0.4, 0.4], at: at, day: day(0)) == nil)
    }

    @Test("Weights taken back from an older version are the base of the day's steps")
    func adopt() throws {
        var learner = try #require(Learner(config(), enabled: all, prior: prior))
        for _ in 0..<3 {
            _ = learner.credit(try trade(2), votes: votes([.trend: 1]), at: at, day: day(0))
        }
        let row = learner.adopt(prior, at: at, day: day(0))
        let change = try #require(row)
        #expect(change.weights.version == 4 && learner.weights.values == prior)
        let before = learner
        for values in [[0.9, 0.06, 0.04], [.nan, 0.5, 0.5], [1, 1, 1], [1], []] {
            #expect(learner.adopt(values, at: at, day: day(0)) == nil)
        }
        #expect(learner == before)
    }
}
