import Synchronization

/// How much is logged: as configured, and a step more or less at a person's wish.
package final class LogLevelSwitch: Sendable {
    private let level: Atomic<Int>

    package init(_ level: LogPriority = .info) { self.level = Atomic(level.rawValue) }

    /// The least important that is still written.
    package var current: LogPriority {
        get { LogPriority(rawValue: level.load(ordering: .relaxed)) ?? .info }
        set { level.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// - Returns: the new level.
    @discardableResult
    package func more() -> LogPriority { step(1) }

    /// Errors are always written.
    @discardableResult
    package func less() -> LogPriority { step(-1) }

    private func step(_ by: Int) -> LogPriority {
        let next = min(
            max(current.rawValue + by, LogPriority.error.rawValue), LogPriority.debug.rawValue)
        level.store(next, ordering: .relaxed)
        return current
    }
}
