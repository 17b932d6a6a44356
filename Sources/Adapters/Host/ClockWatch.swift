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

/// Whether the wall clock can be trusted, from one reading to the next.
package struct ClockJudge: Sendable {
    /// A step of the wall clock against the monotonic one by more than this is a jump.
    package static let jumpMax = Span(seconds: 2)
    /// After a jump the clock has to run evenly for so long.
    package static let calm = Span(seconds: 60)

    private let earliest: Timestamp
    private var last: ClockReading?
    private var jump: (at: Span, by: Span)?

    /// - Parameter earliest: a clock before this is wrong: the newest stamp that is stored, say.
    package init(earliest: Timestamp) { self.earliest = earliest }

    /// - Returns: why the clock cannot be trusted; nil when it can.
    package mutating func judge(_ reading: ClockReading) -> String? {
        if let last {
            let wall = reading.wall - last.wall
            let passed = reading.monotonic.nanoseconds &- last.monotonic.nanoseconds
            let step = Span(nanoseconds: wall.nanoseconds &- passed)
            if step > Self.jumpMax || step < Span(nanoseconds: -Self.jumpMax.nanoseconds) {
                jump = (reading.monotonic, step)
            }
        }
        last = reading
        if reading.wall < earliest {
            return "it shows \(reading.wall), which was before \(earliest)"
        }
        if !reading.isSynchronised { return "the kernel says that it is not synchronised" }
        guard let jump else { return nil }
        let since = reading.monotonic.nanoseconds - jump.at.nanoseconds
        if since >= Self.calm.nanoseconds {
            self.jump = nil
            return nil
        }
        return "it jumped by \(Int64(jump.by.seconds)) s"
    }
}

/// Looks at the clocks once a second on a thread of its own.
package final class ClockWatch: Sendable {
    private let earliest: Timestamp
    private let onChange: @Sendable (String?) -> Void
    private let isOver: @Sendable () -> Bool

    /// - Parameter onChange: why the clock cannot be trusted, or nil; at the start and when that
    ///   changes.
    package init(
        earliest: Timestamp, isOver: @escaping @Sendable () -> Bool,
        onChange: @escaping @Sendable (String?) -> Void
    ) {
        self.earliest = earliest
        self.isOver = isOver
        self.onChange = onChange
    }

    package func start() {
        let thread = Thread { [self] in
            var judge = ClockJudge(earliest: earliest)
            var shown: String??
            while !isOver() {
                let verdict = judge.judge(.now)
                if shown != .some(verdict) { onChange(verdict) }
                shown = verdict
                Thread.sleep(forTimeInterval: 1)
            }
        }
        thread.name = "clock"
        thread.start()
    }
}
