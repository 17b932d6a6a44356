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

    fileprivate init(_ name: String, within deadline: Duration) {
        (self.name, self.deadline) = (name, deadline)
        last = Atomic(Self.clock)
    }

    /// It has moved. Cheap: for every round of a loop.
    package func beat() { last.store(Self.clock, ordering: .relaxed) }

    /// It has nothing to do any more, or not until its next beat counts again.
    package func rest(_ isResting: Bool = true) {
        beat()
        resting.store(isResting, ordering: .relaxed)
    }

    fileprivate func stillness(at now: Int64) -> Duration? {
        if resting.load(ordering: .relaxed) { return nil }
        return .nanoseconds(max(0, now - last.load(ordering: .relaxed)))
    }

    /// Nanoseconds of a clock that stands still while the machine sleeps.
    fileprivate static var clock: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// All parts that have to move.
package final class Heartbeats: Sendable {
    package struct Late: Sendable, Equatable {
        package let name: String
        package let stillness: Duration
    }

    private let all = Mutex<[Heartbeat]>([])
    /// For a part that does not ask for more.
    package let deadline: Duration

    /// - Parameter watchdog: the time that systemd waits for a sign of life; a part that hangs is
    ///   found before that is over.
    package init(watchdog: Duration?) { deadline = watchdog.map { $0 * 3 / 4 } ?? .seconds(60) }

    /// Begins to watch a part, which has just moved.
    /// - Parameter deadline: of a part that may wait for others for long, such as for a network.
    package func add(_ name: String, within deadline: Duration = .zero) -> Heartbeat {
        let part = Heartbeat(name, within: max(deadline, self.deadline))
        all.withLock { $0.append(part) }
        return part
    }

    /// Which have been still for too long, the longest first.
    /// - Parameter limit: in place of the deadline of each.
    package func late(after limit: Duration? = nil) -> [Late] {
        let now = Heartbeat.clock
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
