import Messaging
import Primitives
import Testing

@Suite struct RateLimitTests {
    /// A limit with a clock that the test sets.
    private final class Door {
        private let start = ContinuousClock.now
        private var limit: RateLimit<ContinuousClock.Instant>

        init() {
            limit = RateLimit(
                perClient: .init(perSecond: 1, burst: 3), failures: .init(perSecond: 2, burst: 2),
                clientsMax: 4, at: start)
        }

        var clientCount: Int { limit.clientCount }

        func take(_ client: String, after seconds: Double = 0) -> Bool {
            limit.take(client, at: start + .seconds(seconds))
        }

        func takeFailure(after seconds: Double = 0) -> Bool {
            limit.takeFailure(at: start + .seconds(seconds))
        }
    }

    @Test("S13: each client has its own share, which fills again with time")
    func shares() {
        let door = Door()
        #expect((0..<5).map { _ in door.take("a") } == [true, true, true, false, false])
        #expect(door.take("b"))
        #expect(door.take("a", after: 1))
        #expect(!door.take("a", after: 1))
        // A clock that steps back gives nothing.
        #expect(!door.take("a"))
    }

    @Test("S13: made-up names neither grow without bound nor push out those who asked before")
    func bounded() {
        let door = Door()
        for _ in 0..<3 { _ = door.take("a") }
        for name in 0..<1_000 { _ = door.take("x\(name)") }
        #expect(door.clientCount == 4)
        #expect(!door.take("a"))
        // Those who have rested make room.
        #expect(door.take("y", after: 10))
        #expect(door.clientCount == 1)
    }

    @Test("S13: the failures of all have one share")
    func failures() {
        let door = Door()
        #expect((0..<3).map { _ in door.takeFailure() } == [true, true, false])
        #expect(door.takeFailure(after: 0.5))
    }
}
