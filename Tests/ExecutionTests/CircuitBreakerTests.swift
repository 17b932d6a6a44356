import Domain
import Execution
import Primitives
import TestSupport
import Testing

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    struct Row: CustomStringConvertible, Sendable {
        let description: String
        /// `f` failure, `s` success, a digit: so many seconds pass, `L` refused, `U` accepted.
        let events: String
        let state: CircuitBreaker.State
    }

    static let rows = [
        Row(description: "nothing yet", events: "", state: .closed),
        Row(description: "four in a row", events: "ffff", state: .closed),
        Row(description: "five in a row", events: "fffff", state: .open),
        Row(description: "a success between", events: "ffffsff", state: .closed),
        Row(description: "less than half of eight", events: "fsfsfsss", state: .closed),
        Row(description: "half of eight", events: "sfsfsfsf", state: .open),
        Row(description: "half of seven is too few", events: "sfsfsff", state: .closed),
        Row(
            description: "what is a minute old does not count",
            events: "sfsfsfs999999999999999f", state: .closed),
        Row(description: "open for about 15 s", events: "fffff9", state: .open),
        Row(description: "then a read may try", events: "fffff99", state: .halfOpen),
        Row(description: "one success is not enough", events: "fffff99s", state: .halfOpen),
        Row(description: "two close it", events: "fffff99ss", state: .closed),
        Row(description: "a failed try opens it for longer", events: "fffff99f99", state: .open),
        Row(description: "twice as long", events: "fffff99f9999", state: .halfOpen),
        Row(description: "refused credentials stay", events: "L999999999", state: .open),
        Row(description: "until they are accepted", events: "L9U", state: .halfOpen),
        Row(description: "and reads succeed", events: "L9Uss", state: .closed),
    ]

    @Test("S28: when requests stop, try again and go on", arguments: rows)
    func table(_ row: Row) {
        var breaker = CircuitBreaker(BreakerConfig(), seed: "seed")
        var now = Timestamp(seconds: 1_000)
        for event in row.events {
            switch event {
            case "f": breaker.fail(at: now)
            case "s": breaker.succeed(at: now)
            case "L": breaker.latch(at: now)
            case "U": breaker.unlatch(at: now)
            default: now = now + Span(seconds: Int64(event.wholeNumberValue ?? 0))
            }
        }
        #expect(breaker.state(at: now) == row.state)
    }

    @Test("S28: one probe at a time, and it is asked for when it is due")
    func probe() {
        var breaker = CircuitBreaker(BreakerConfig(), seed: "seed")
        let start = Timestamp(seconds: 1_000)
        for _ in 0..<5 { breaker.fail(at: start) }
        let due = breaker.due
        #expect(due > start + Span(seconds: 11) && due <= start + Span(seconds: 15))
        #expect(!breaker.wantsProbe(at: start))
        #expect(breaker.wantsProbe(at: due))
        breaker.probe(at: due)
        #expect(!breaker.wantsProbe(at: due))
        #expect(breaker.due == due + Span(seconds: 30))
        #expect(breaker.wantsProbe(at: breaker.due))
    }

    @Test("It never opens for longer than five minutes, and always tries again")
    func bounds() {
        var breaker = CircuitBreaker(BreakerConfig(), seed: "x")
        var now = Timestamp(seconds: 1_000)
        for _ in 0..<5 { breaker.fail(at: now) }
        for _ in 0..<100 {
            let wait = breaker.due - now
            #expect(wait > .zero && wait <= Span(seconds: 300))
            now = breaker.due
            breaker.fail(at: now)
        }
    }
}
