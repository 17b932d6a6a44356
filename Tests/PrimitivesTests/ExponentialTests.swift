import Foundation
import Primitives
import TestSupport
import Testing

@Suite struct ExponentialTests {
    @Test("Whole powers of two are exact", arguments: [-999, -52, -1, 0, 1, 10, 52, 999])
    func exact(power: Int) {
        #expect(
            exp2Deterministic(Double(power)) == Double(sign: .plus, exponent: power, significand: 1)
        )
    }

    @Test("Property: within 4 units in the last place of the C library's exp2")
    func closeToLibrary() {
        forAll(20_000) { draw in
            let x = (draw.random.unit() - 0.5) * draw.element(of: [1.0, 4, 60, 1_900])
            let ours = exp2Deterministic(x)
            let theirs = exp2(x)
            #expect((ours - theirs).magnitude <= 4 * theirs.ulp, "2^\(x), \(draw)")
        }
    }

    @Test("Beyond the range it is clamped, and no value traps")
    func clamped() {
        #expect(exp2Deterministic(-1_000) == 0)
        #expect(exp2Deterministic(-.infinity) == 0)
        #expect(exp2Deterministic(1e300) == exp2Deterministic(1_000))
        #expect(exp2Deterministic(.infinity).isFinite)
        #expect(exp2Deterministic(.nan).isNaN)
    }

    @Test("Property: larger arguments never give smaller results")
    func monotonic() {
        forAll(5_000) { draw in
            let x = (draw.random.unit() - 0.5) * 100
            #expect(exp2Deterministic(x) <= exp2Deterministic(x + 1e-9), "2^\(x), \(draw)")
        }
    }
}
