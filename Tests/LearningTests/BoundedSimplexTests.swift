import Primitives
import Testing

@testable import Learning

struct BoundedSimplexTests {
    @Test("The projection is the clamp of one scale, found exactly", arguments: UInt64(1)...200)
    func property(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let count = 1 + random.below(5)
        let values = (0..<count).map { _ in random.unit() * 3 + 1e-6 }
        let lower = (0..<count).map { _ in random.unit() / Double(count) }
        let upper = lower.map { max($0, (random.unit() + 0.6) * 2 / Double(count)) }
        let result = BoundedSimplex.project(values, lower: lower, upper: upper)
        guard upper.reduce(0, +) >= 1 else {
            #expect(result == nil, "seed \(seed)")
            return
        }
        let weights = try #require(result)
        #expect((weights.reduce(0, +) - 1).magnitude < 1e-12, "seed \(seed)")
        // Bisection for the same scale.
        var (low, high) = (0.0, 1e9)
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            let sum = values.indices.reduce(0.0) {
                $0 + min(max(middle * values[$1], lower[$1]), upper[$1])
            }
            if sum < 1 { low = middle } else { high = middle }
        }
        for index in values.indices {
            let expected = min(max(high * values[index], lower[index]), upper[index])
            #expect((weights[index] - expected).magnitude < 1e-9, "seed \(seed)")
            #expect(weights[index] >= lower[index] && weights[index] <= upper[index])
        }
    }

    @Test("Bounds without a solution and values that are none give nil")
    func impossible() {
        func project(_ values: [Double], _ lower: Double, _ upper: Double) -> [Double]? {
            BoundedSimplex.project(
                values, lower: values.map { _ in lower }, upper: values.map { _ in upper })
        }
        #expect(project([1, 1], 0.6, 0.9) == nil)
        #expect(project([1, 1], 0.1, 0.4) == nil)
        #expect(project([1, 1], 0.9, 0.1) == nil)
        #expect(project([0, 1], 0, 1) == nil)
        #expect(project([.nan, 1], 0, 1) == nil)
        #expect(project([.infinity, 1], 0, 1) == nil)
        #expect(project([1, 1], .nan, 1) == nil)
        #expect(project([], 0, 1) == nil)
        #expect(project([.leastNonzeroMagnitude, 1], 0, 1) == nil)
        #expect(project([1, 1], 0.5, 0.5) == [0.5, 0.5])
        #expect(project([1, 3], 0.5, 0.5) == [0.5, 0.5])
    }
}
