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
        /// The newest time that was shown while the clock was trusted, by this start or before.
        var newest: Timestamp
        /// What of that is in the stamp.
        var written: Timestamp
    }

    /// Flash wears out, and a clock that lost less than this lost little.
    private static let stampInterval = Span(seconds: 60)

    private let state: Mutex<State>
    private let earliest: Timestamp
    private let stamp: ClockStamp?
    private let onChange: @Sendable (HostCondition) -> Void

    /// - Parameters:
    ///   - earliest: no clock that is right shows a time before this.
    ///   - stamp: what is known from earlier starts, and kept for later ones.
    package init(
        earliest: Timestamp = clockEarliest, stamp: ClockStamp? = nil,
        onChange: @escaping @Sendable (HostCondition) -> Void
    ) {
        self.earliest = earliest
        self.stamp = stamp
        let known = stamp?.read() ?? .distantPast
        state = Mutex(State(newest: known, written: known))
        self.onChange = onChange
    }

    package func take(_ reading: ClockReading) {
        let changed: HostCondition? = state.withLock { state in
            let distrust = state.gate.judge(
                wall: reading.wall, monotonic: reading.monotonic,
                isSynchronised: reading.isSynchronised, build: earliest,
                newestRow: state.newest)
            if distrust == nil { remember(reading.wall, &state) }
            let verdict = HostCondition.clock(distrust: distrust)
            guard verdict != state.told else { return nil }
            state.told = verdict
            return verdict
        }
        if let changed { onChange(changed) }
    }

    /// A time that was not trusted is not: a clock that once ran ahead would be wrong for ever.
    private func remember(_ wall: Timestamp, _ state: inout State) {
        state.newest = max(state.newest, wall)
        guard let stamp, state.newest >= state.written + Self.stampInterval else { return }
        stamp.write(state.newest)
        state.written = state.newest
    }
}
