/// So many a second in the long run, and so many at once.
struct TokenBucket {
    let perSecond: Double
    let burst: Double
    private var tokens: Double
    private var filled: ContinuousClock.Instant

    init(perSecond: Double, burst: Double, at now: ContinuousClock.Instant) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
        filled = now
    }

    /// - Returns: false when there is none left.
    mutating func take(at now: ContinuousClock.Instant) -> Bool {
        let passed = filled.duration(to: now).components
        let seconds = Double(passed.seconds) + Double(passed.attoseconds) / 1e18
        tokens = min(burst, tokens + max(0, seconds) * perSecond)
        filled = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
