import Domain
import Primitives
import TestSupport
import Testing

@testable import Signals

@Suite("Strategies and ensemble")
struct EnsembleTests {
    struct Row: CustomTestStringConvertible {
        let name: String
        let votes: [(StrategyID, Int, Double)]
        let weights: [Double]
        let score: Double?
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(name: "nobody votes", votes: [], weights: [0.5, 0.3, 0.2], score: nil),
        Row(
            name: "one vote is renormalised to full weight", votes: [(.trend, 1, 1)],
            weights: [0.5, 0.3, 0.2], score: 1),
        Row(
            name: "strength scales", votes: [(.sentiment, -1, 0.4)], weights: [0.5, 0.3, 0.2],
            score: -0.4),
        Row(
            name: "opposed votes weigh against each other",
            votes: [(.sentiment, 1, 1), (.trend, -1, 1)], weights: [0.6, 0.2, 0.2], score: 0.5),
        Row(
            name: "a voter without weight alone gives no score", votes: [(.reversion, 1, 1)],
            weights: [0.5, 0.5, 0], score: nil),
        Row(
            name: "all three", votes: [(.sentiment, 1, 1), (.trend, 1, 1), (.reversion, -1, 1)],
            weights: [0.5, 0.25, 0.25], score: 0.5),
        Row(
            name: "strength that is not a number abstains",
            votes: [(.sentiment, 1, .nan), (.trend, 1, .infinity)], weights: [0.5, 0.3, 0.2],
            score: nil),
        Row(
            name: "strength beyond 1 counts as 1", votes: [(.trend, 1, 7)],
            weights: [0.5, 0.3, 0.2], score: 1),
    ]

    @Test("The ensemble is the weighted sum over those who voted", arguments: rows)
    func score(row: Row) throws {
        var ballot = Ballot()
        for (strategy, direction, strength) in row.votes {
            ballot.cast(strategy, direction: direction, strength: strength)
        }
        let weights = try #require(StrategyWeights(version: 1, values: row.weights))
        if let expected = row.score {
            #expect((try #require(ballot.score(weights)) - expected).magnitude < 1e-12)
        } else {
            #expect(ballot.score(weights) == nil)
        }
    }

    struct StanceRow: CustomTestStringConvertible {
        let score: Double
        let position: Int
        let shorts: Bool
        let stance: Stance?
        var testDescription: String { "score \(score), position \(position), shorts \(shorts)" }
    }

    @Test(
        "Thresholds are inclusive; short entries need leave",
        arguments: [
            StanceRow(score: 0.3, position: 0, shorts: false, stance: .enterLong),
            StanceRow(score: 0.299, position: 0, shorts: false, stance: nil),
            StanceRow(score: -0.9, position: 0, shorts: false, stance: nil),
            StanceRow(score: -0.3, position: 0, shorts: true, stance: .enterShort),
            StanceRow(score: -0.2, position: 1, shorts: false, stance: .exitLong),
            StanceRow(score: -0.199, position: 1, shorts: false, stance: nil),
            StanceRow(score: 0.9, position: 1, shorts: false, stance: nil),
            StanceRow(score: 0.2, position: -1, shorts: true, stance: .exitShort),
            StanceRow(score: -0.9, position: -1, shorts: true, stance: nil),
        ])
    func stance(row: StanceRow) {
        var config = SignalsConfig()
        config.shorts = row.shorts
        let stage = SignalStage(config)
        #expect(stage.stance(score: row.score, position: row.position) == row.stance)
    }

    @Test("Sentiment votes from min_items on and from the threshold on")
    func sentiment() {
        var config = SignalsConfig()
        config.trend.enabled = false
        config.reversion.enabled = false
        var stage = SignalStage(config)
        stage.register(count: 1)
        let id = SymbolID(index: 0)
        func votes(_ value: Double, _ count: Int) -> [Vote] {
            stage.ballot(id, isNewBar: true, sentiment: (value, count)).votes
        }
        #expect(votes(0.9, 1).isEmpty)
        #expect(votes(0.24, 5).isEmpty)
        #expect(votes(0.25, 2) == [Vote(strategy: .sentiment, direction: 1, strength: 0.25)])
        #expect(votes(-0.8, 2) == [Vote(strategy: .sentiment, direction: -1, strength: 0.8)])
        #expect(stage.ballot(id, isNewBar: true, sentiment: nil).isEmpty)
    }

    @Test("Trend votes on the bar of the cross only, reversion while the price is far out")
    func priceStrategies() {
        var config = config()
        config.trend.rsiMax = 101
        var stage = SignalStage(config)
        stage.register(count: 1)
        let id = SymbolID(index: 0)
        var trendVotes = 0
        for bar in bars(600, seed: 11) {
            _ = stage.update(bar)
            let ballot = stage.ballot(id, isNewBar: true, sentiment: nil)
            let again = stage.ballot(id, isNewBar: false, sentiment: nil)
            #expect(!again.votes.contains { $0.strategy == .trend })
            if let vote = ballot.votes.first(where: { $0.strategy == .trend }) {
                trendVotes += vote.direction
                #expect((0...1).contains(trendVotes) || (-1...0).contains(trendVotes))
            }
        }
        #expect(stage.isWarm(id))
        #expect(stage.evidence(id).map(\.name).contains("z_score"))
    }
}
