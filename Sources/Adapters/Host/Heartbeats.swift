import CLinux
import CSystemd
import Glibc
import Synchronization

/// The pulse of one part of the daemon.
package final class Heartbeat: Sendable {
    package let name: String
    /// It may be still for so long.
    package let deadline: Duration
    private let last: Atomic<Int64>
    private let resting = Atomic<Bool>(false)
    private let clock: @Sendable () -> Int64

    fileprivate init(
        _ name: String, within deadline: Duration, clock: @escaping @Sendable () -> Int64
    ) {
        (self.name, self.deadline, self.clock) = (name, deadline, clock)
        last = Atomic(clock())
    }

    /// It has moved. Cheap: for every round of a loop.
    package func beat() { last.store(clock(), ordering: .relaxed) }

    /// It has nothing to do any more, or not until its next beat counts again.
    package func rest(_ isResting: Bool = true) {
        beat()
        resting.store(isResting, ordering: .relaxed)
    }

    fileprivate func stillness(at now: Int64) -> Duration? {
        if resting.load(ordering: .relaxed) { return nil }
        return .nanoseconds(max(0, now - last.load(ordering: .relaxed)))
    }
}

/// All parts that have to move.
package final class Heartbeats: Sendable {
    package struct Late: Sendable, Equatable {
        package let name: String
        package let stillness: Duration
    }

    private let all = Mutex<[Heartbeat]>([])
    private let clock: @Sendable () -> Int64
    /// For a part that does not ask for more.
    package let deadline: Duration

    /// - Parameters:
    ///   - watchdog: the time that systemd waits for a sign of life; a part that hangs is found
    ///     before that is over.
    ///   - clock: nanoseconds; the default stands still while the machine sleeps.
    package init(
        watchdog: Duration?, clock: @escaping @Sendable () -> Int64 = monotonicNanoseconds
    ) {
        deadline = watchdog.map { $0 * 3 / 4 } ?? .seconds(60)
        self.clock = clock
    }

    /// Begins to watch a part, which has just moved.
    /// - Parameter deadline: of a part that may wait for others for long, such as for a network.
    package func add(_ name: String, within deadline: Duration = .zero) -> Heartbeat {
        let part = Heartbeat(name, within: max(deadline, self.deadline), clock: clock)
        all.withLock { $0.append(part) }
        return part
    }

    /// Which have been still for too long, the longest first.
    /// - Parameter limit: in place of the deadline of each.
    package func late(after limit: Duration? = nil) -> [Late] {
        let now = clock()
        return all.withLock { parts in
            parts.compactMap { part in
                guard let time = part.stillness(at: now), time > limit ?? part.deadline else {
                    return nil
                }
                return Late(name: part.name, stillness: time)
            }
        }.sorted { $0.stillness > $1.stillness }
    }

    /// The whole machine, or the whole process, stood still: nobody is to blame.
    package func forgive() { all.withLock { parts in parts.forEach { $0.beat() } } }
}

/// CLOCK_MONOTONIC, clock_gettime(2).
@Sendable package func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
