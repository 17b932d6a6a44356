import Foundation
import Primitives
import Testing

struct LogarithmTests {
    @Test("log2 and powers agree with libm over their range", arguments: UInt64(1)...20)
    func agree(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let wide = Double(
                sign: .plus, exponent: random.below(2000) - 1000, significand: 1 + random.unit())
            for x in [wide, 1 + (random.unit() - 0.5) * 1e-3, random.unit() * 3] where x > 0 {
                let own = try #require(log2Deterministic(x))
                let error = (own - log2(x)).magnitude
                #expect(
                    error <= 4e-16 * max(1, own.magnitude) || error <= 1e-14 * own.magnitude,
                    "seed \(seed): \(x)")
            }
            let base = 0.01 + random.unit() * 4
            let exponent = (random.unit() - 0.5) * 100
            let power = try #require(powDeterministic(base, exponent))
            let expected = pow(base, exponent)
            let scale = 1 + (exponent * log2(base)).magnitude
            #expect(
                (power - expected).magnitude <= 1e-15 * scale * expected, "seed \(seed): \(base)")
        }
    }

    @Test("Powers of two are exact, the smallest number too")
    func exact() {
        for exponent in -1074...1023 {
            let x = Double(sign: .plus, exponent: exponent, significand: 1)
            #expect(log2Deterministic(x) == Double(exponent))
        }
        #expect(powDeterministic(1, 252) == 1)
    }

    @Test("What has no logarithm has none")
    func undefined() {
        for x in [0, -1, .nan, .infinity, -.infinity] as [Double] {
            #expect(log2Deterministic(x) == nil)
            #expect(powDeterministic(x, 2) == nil)
            #expect(powDeterministic(2, x == 0 || x == -1 ? .nan : x) == nil)
        }
        #expect(powDeterministic(10, 400) == nil)
    }
}
