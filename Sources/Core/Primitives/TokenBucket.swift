/// So many a second in the long run, and so many at once. Time is passed in, by a clock that only
/// goes forward; a step back counts as no time at all.
package struct TokenBucket<Instant: InstantProtocol>: Sendable
where Instant.Duration == Duration, Instant: Sendable {
    package private(set) var perSecond: Double
    package private(set) var burst: Double
    private var tokens: Double
    private var filled: Instant

    package init(perSecond: Double, burst: Double, at now: Instant) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
        filled = now
    }

    /// Another rate from now on; what was left stays, as far as the new burst holds it.
    package mutating func set(perSecond: Double, burst: Double) {
        (self.perSecond, self.burst) = (perSecond, burst)
        tokens = min(tokens, burst)
    }

    /// - Returns: false when there is none left.
    package mutating func take(at now: Instant) -> Bool {
        fill(at: now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// Whether it holds as much as it can: such a bucket remembers nothing.
    package mutating func isFull(at now: Instant) -> Bool {
        fill(at: now)
        return tokens >= burst
    }

    private mutating func fill(at now: Instant) {
        let passed = filled.duration(to: now).components
        let seconds = Double(passed.seconds) + Double(passed.attoseconds) / 1e18
        tokens = min(burst, tokens + max(0, seconds) * perSecond)
        filled = max(filled, now)
    }
}
