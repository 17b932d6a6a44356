import Domain
import Primitives
import TestSupport
import Testing

@testable import Execution

/// How long an attempt waits for the one before.
@Suite struct BackoffTests {
    @Test("S03: pauses grow to a bound, are spread, and come out the same in a replay")
    func bounds() {
        forAll(200) { draw in
            let base = Span(nanoseconds: 2 + Int64(draw.random.below(2_000_000_000)))
            let cap = Span(nanoseconds: base.nanoseconds * Int64(1 + draw.random.below(200)))
            let seed = "order-\(draw.random.next())"
            for attempt in 0..<30 {
                let pause = Backoff.delay(seed, attempt: attempt, base: base, cap: cap)
                let grown = base.nanoseconds << Int64(min(attempt, 20))
                #expect(pause.nanoseconds >= base.nanoseconds / 2, "\(draw)")
                #expect(pause.nanoseconds <= min(cap.nanoseconds, grown), "\(draw)")
                #expect(pause == Backoff.delay(seed, attempt: attempt, base: base, cap: cap))
            }
        }
    }

    @Test("S03: those who wait do not come back together, and wait longer each time")
    func spread() {
        let (base, cap) = (Span(seconds: 1), Span(seconds: 30))
        var before: Int64 = 0
        for attempt in 0..<5 {
            let pauses = (0..<200).map {
                Backoff.delay("order-\($0)", attempt: attempt, base: base, cap: cap).nanoseconds
            }
            #expect(Set(pauses).count == pauses.count)
            let mean = pauses.reduce(0, +) / 200
            #expect(mean > before)
            before = mean
        }
    }
}
