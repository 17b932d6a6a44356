import Domain
import Engine
import Host
import Synchronization

/// Carries the readings of the machine's clocks to the gate that judges them, and tells of its
/// verdict at the first look and whenever that changes.
package final class ClockVerdicts: Sendable {
    private struct State: Sendable {
        var gate = ClockGate()
        var told: HostCondition?
    }

    private let state = Mutex(State())
    private let earliest: Timestamp
    private let onChange: @Sendable (HostCondition) -> Void

    /// - Parameter earliest: no clock that is right shows a time before this.
    package init(
        earliest: Timestamp = clockEarliest,
        onChange: @escaping @Sendable (HostCondition) -> Void
    ) {
        self.earliest = earliest
        self.onChange = onChange
    }

    package func take(_ reading: ClockReading) {
        let changed: HostCondition? = state.withLock { state in
            // The rows of the journal bear the market's time: they say nothing of this clock.
            let verdict = HostCondition.clock(
                distrust: state.gate.judge(
                    wall: reading.wall, monotonic: reading.monotonic,
                    isSynchronised: reading.isSynchronised, build: earliest,
                    newestRow: .distantPast))
            guard verdict != state.told else { return nil }
            state.told = verdict
            return verdict
        }
        if let changed { onChange(changed) }
    }
}
