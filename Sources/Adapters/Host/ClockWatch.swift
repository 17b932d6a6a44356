import CLinux
import Domain
import Foundation
import Glibc

/// One look at the machine's clocks.
package struct ClockReading: Sendable, Equatable {
    /// CLOCK_REALTIME.
    package let wall: Timestamp
    /// CLOCK_BOOTTIME, which also counts sleep: since the machine's start.
    package let monotonic: Span
    /// The kernel's word: something keeps the clock right, and it is not lost.
    package let isSynchronised: Bool

    package init(wall: Timestamp, monotonic: Span, isSynchronised: Bool) {
        self.wall = wall
        self.monotonic = monotonic
        self.isSynchronised = isSynchronised
    }

    package static var now: ClockReading {
        var information = timex()
        let state = adjtimex(&information)
        return ClockReading(
            wall: wallTime(), monotonic: Span(nanoseconds: nanoseconds(CLOCK_BOOTTIME)),
            // TIME_ERROR: not synchronised; adjtimex(2).
            isSynchronised: state >= 0 && state != 5 && information.status & 0x40 == 0)
    }
}

/// The machine's own clock: for stamps that people read, never for a decision.
package func wallTime() -> Timestamp { Timestamp(nanoseconds: nanoseconds(CLOCK_REALTIME)) }

private func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Looks at the clocks once a second on a thread of its own; what the readings mean is judged
/// elsewhere.
package final class ClockWatch: Sendable {
    private let onLook: @Sendable (ClockReading) -> Void
    private let isOver: @Sendable () -> Bool
    private let heartbeat: Heartbeat?

    /// - Parameter onLook: given every reading, in order, on the watch's thread.
    package init(
        heartbeat: Heartbeat? = nil, isOver: @escaping @Sendable () -> Bool,
        onLook: @escaping @Sendable (ClockReading) -> Void
    ) {
        self.heartbeat = heartbeat
        self.isOver = isOver
        self.onLook = onLook
    }

    /// The first look is over when this returns.
    package func start() {
        onLook(.now)
        let thread = Thread { [self] in
            while !isOver() {
                heartbeat?.beat()
                onLook(.now)
                Thread.sleep(forTimeInterval: 1)
            }
            heartbeat?.rest()
        }
        thread.name = "clock"
        thread.start()
    }
}
