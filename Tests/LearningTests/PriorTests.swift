import Domain
import Testing

@testable import Learning

struct PriorCase: Sendable, CustomTestStringConvertible {
    let name: String
    var learns = true
    var enabled = [true, true, true]
    let prior: [Double]
    let weights: [Double]?
    var testDescription: String { name }
}

private let priorCases = [
    PriorCase(name: "as configured", prior: [0.5, 0.3, 0.2], weights: [0.5, 0.3, 0.2]),
    PriorCase(name: "scaled to one", prior: [5, 3, 2], weights: [0.5, 0.3, 0.2]),
    PriorCase(
        name: "shared among the enabled", enabled: [true, false, true], prior: [0.6, 9, 0.4],
        weights: [0.6, 0, 0.4]),
    PriorCase(
        name: "S41: one enabled strategy has all", enabled: [false, true, false],
        prior: [0.5, 0.3, 0.2], weights: [0, 1, 0]),
    PriorCase(
        name: "S41: none is switched off by a weight of zero", prior: [1, 0, 0],
        weights: [0.8, 0.1, 0.1]),
    PriorCase(
        name: "floor and ceiling hold", prior: [96, 3, 1], weights: [0.8, 0.15, 0.05]),
    PriorCase(
        name: "without learning they stand as configured", learns: false, prior: [96, 4, 0],
        weights: [0.96, 0.04, 0]),
    PriorCase(
        name: "S41: what is no number counts as zero", prior: [.nan, .infinity, -1],
        weights: [1.0 / 3, 1.0 / 3, 1.0 / 3]),
    PriorCase(
        name: "nothing given: all equal", prior: [], weights: [1.0 / 3, 1.0 / 3, 1.0 / 3]),
    PriorCase(
        name: "huge weights do not overflow", learns: false,
        prior: [1e308, 1e308, 1e308], weights: [1.0 / 3, 1.0 / 3, 1.0 / 3]),
    PriorCase(
        name: "none enabled: nothing to weigh", enabled: [false, false, false],
        prior: [0.5, 0.3, 0.2], weights: nil),
    PriorCase(name: "too few flags", enabled: [true], prior: [1], weights: nil),
]

struct PriorTests {
    @Test(
        "The first weights come from the configuration, valid whatever it says",
        arguments: priorCases)
    func first(_ row: PriorCase) {
        let weights = Learner.priorWeights(
            config { $0.enabled = row.learns }, enabled: row.enabled, prior: row.prior)
        #expect((weights == nil) == (row.weights == nil))
        #expect(
            zip(weights?.values ?? [], row.weights ?? []).allSatisfy {
                ($0 - $1).magnitude < 1e-15
            }, "\(String(describing: weights))")
        #expect(
            (Learner(config(), enabled: row.enabled, prior: row.prior) == nil)
                == (row.weights == nil))
    }

    @Test("Limits that no weights can meet are widened until some can")
    func impossibleLimits() throws {
        for (floor, ceiling) in [(0.9, 0.95), (0.0, 0.1), (0.6, 0.2), (Double.nan, Double.nan)] {
            let weights = try #require(
                Learner.priorWeights(
                    config {
                        $0.floor = floor
                        $0.ceiling = ceiling
                    }, enabled: all, prior: prior))
            #expect(weights.values.allSatisfy { $0 >= WeightBounds.floorMin })
        }
    }
}
