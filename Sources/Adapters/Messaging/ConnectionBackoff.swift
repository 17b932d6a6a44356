/// How long to wait before the next attempt: from 0 up to a bound that doubles ("full jitter"), so
/// that many clients of a broker that comes back do not come back at once.
struct Backoff {
    private let first: Duration
    private let most: Duration
    private let stable: Duration
    private var doublings = 0

    init(_ limits: MessagingConfig.Limits) {
        first = limits.retryFirst
        most = limits.retryMax
        stable = limits.stableAfter
    }

    /// The longest that the next delay can be.
    var bound: Duration { min(most, first * (1 << min(doublings, 30))) }

    /// - Parameter uptime: of the connection that ended, nil when none came about. A short one
    ///   does not count: two clients with one id would else throw each other out in a tight loop.
    mutating func next(
        afterConnection uptime: Duration?, using random: inout some RandomNumberGenerator
    ) -> Duration {
        if let uptime, uptime >= stable { doublings = 0 }
        let delay = bound * Double.random(in: 0...1, using: &random)
        if bound < most { doublings += 1 }
        return delay
    }
}
