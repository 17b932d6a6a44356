import Foundation
import Synchronization

/// Looks on a thread of its own whether every part moves, and tells systemd as long as all do.
///
/// Not a free-running timer: one part that hangs ends the signs of life, is named in the journal,
/// and systemd is told at once. The thread also sends what the status line had to hold back.
package final class Watchdog: Sendable {
    private let manager: ServiceManager
    private let heartbeats: Heartbeats
    private let log: ServiceLog
    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)
    private let wake = DispatchSemaphore(value: 0)

    private struct State {
        var isOver = false
        var late: Set<String> = []
        var fedAt: SuspendingClock.Instant?
        var lookedAt: SuspendingClock.Instant?
    }

    package init(_ manager: ServiceManager, _ heartbeats: Heartbeats, log: ServiceLog) {
        (self.manager, self.heartbeats, self.log) = (manager, heartbeats, log)
    }

    /// At most a second: a look costs nothing.
    private var interval: Duration {
        min(.seconds(1), (manager.environment.watchdog ?? .seconds(60)) / 8)
    }

    package func start() {
        let seconds = interval / .seconds(1)
        let thread = Thread { [self] in
            while !state.withLock({ $0.isOver }) {
                look(at: .now)
                _ = wake.wait(timeout: .now() + seconds)
            }
            ended.signal()
        }
        thread.name = "watchdog"
        thread.start()
    }

    /// Call once, after `start`.
    package func stop() {
        state.withLock { $0.isOver = true }
        wake.signal()
        ended.wait()
        log.tellOmissions(olderThan: .zero)
    }

    /// One round.
    package func look(at now: SuspendingClock.Instant) {
        manager.flush(at: now)
        log.tellOmissions()
        let late = findLate(at: now)
        let (hung, moving) = state.withLock { state in
            let names = Set(late.map(\.name))
            defer { state.late = names }
            return (
                late.filter { !state.late.contains($0.name) },
                state.late.subtracting(names).sorted()
            )
        }
        // Before anything is logged: that may be what hangs.
        if !hung.isEmpty { manager.hung() }
        for part in hung {
            let seconds = part.stillness.components.seconds
            log(
                .stageHangs, "\(part.name) has not moved for \(seconds) s",
                [.stage: part.name, .seconds: "\(seconds)"])
        }
        for name in moving { log(.stageMoves, "\(name) moves again", [.stage: name]) }
        if late.isEmpty { feed(at: now) }
    }

    private func findLate(at now: SuspendingClock.Instant) -> [Heartbeats.Late] {
        let gap = state.withLock { state in
            defer { state.lookedAt = now }
            return state.lookedAt.map { $0.duration(to: now) } ?? .zero
        }
        // A thread that only sleeps was late itself: the process was stopped, or the machine had
        // no time for it.
        if gap > interval * 4 + .seconds(1) { heartbeats.forgive() }
        // The start has a time limit of its own, and so has the end.
        guard manager.isRunning else {
            if !manager.isReady { heartbeats.forgive() }
            return []
        }
        return heartbeats.late()
    }

    private func feed(at now: SuspendingClock.Instant) {
        guard let patience = manager.environment.watchdog else { return }
        let isDue = state.withLock { state in
            if let last = state.fedAt, now < last + patience / 2 - interval { return false }
            guard manager.isReady else { return false }
            state.fedAt = now
            return true
        }
        if isDue { manager.alive() }
    }
}
