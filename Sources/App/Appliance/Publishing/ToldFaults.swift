/// Which of the broker's refusals the log was told of, so that each costs one line, and one more when
/// it comes back after it was away for long. Sentences are made of our topics and of the protocol's
/// reasons: they are few.
struct ToldFaults {
    /// A new connection begins without faults, and finds them again.
    static let forgottenAfter = Duration.seconds(600)
    private var seen: [String: ContinuousClock.Instant] = [:]

    /// - Parameter faults: all that there are now.
    /// - Returns: those to be told.
    mutating func news(_ faults: [String], at now: ContinuousClock.Instant) -> [String] {
        seen = seen.filter { now - $0.value < Self.forgottenAfter }
        let new = faults.filter { seen[$0] == nil }
        for fault in faults { seen[fault] = now }
        return new
    }
}
