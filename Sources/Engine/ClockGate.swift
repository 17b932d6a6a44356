import Domain
import Primitives

/// Whether the wall clock can be trusted, from one look at it to the next.
///
/// Machines without a clock that survives power cuts start in the past; a calendar asked with such
/// a time says that the market is open. No clock is read here: the caller brings both.
package struct ClockGate: Sendable, Equatable {
    /// The wall clock may be this far behind the newest row of the journal.
    static let behindMax = Span(seconds: 5)
    /// What the wall clock may gain or lose between two looks.
    static let jumpMax = Span(seconds: 2)
    /// Looks without fault after a jump before the clock is trusted again.
    static let looksAfterJump = 3

    private var last: (wall: Timestamp, monotonic: Span)?
    private var looksLeft = 0

    package init() {}

    package static func == (a: ClockGate, b: ClockGate) -> Bool {
        a.looksLeft == b.looksLeft && a.last?.wall == b.last?.wall
            && a.last?.monotonic == b.last?.monotonic
    }

    /// A look at the clocks.
    ///
    /// - Parameters:
    ///   - wall: what the wall clock shows.
    ///   - monotonic: time since some fixed moment, by a clock that nobody sets.
    ///   - isSynchronised: what the kernel or its time service says.
    ///   - build: when this program was made: no time before it is true.
    ///   - newestRow: the newest time that was ever stored by this clock.
    /// - Returns: why the clock is not to be trusted; nil: it is.
    package mutating func judge(
        wall: Timestamp, monotonic: Span, isSynchronised: Bool, build: Timestamp,
        newestRow: Timestamp
    ) -> String? {
        let jump = self.jump(wall, monotonic)
        last = (wall, monotonic)
        if jump.map({ $0 > Self.jumpMax || $0 < Span(nanoseconds: -Self.jumpMax.nanoseconds) })
            ?? false
        {
            looksLeft = Self.looksAfterJump
            return "it jumped by \(jump.map(\.seconds) ?? 0) s"
        }
        if !isSynchronised { return "it is not synchronised" }
        if wall < build { return "\(wall) is before \(build), when this program was made" }
        if newestRow - wall > Self.behindMax {
            return "\(wall) is before the newest row of the journal, \(newestRow)"
        }
        guard looksLeft > 0 else { return nil }
        looksLeft -= 1
        return looksLeft == 0 ? nil : "it jumped: \(looksLeft) more looks without fault to go"
    }

    /// What the wall clock gained on the other; nil at the first look.
    private func jump(_ wall: Timestamp, _ monotonic: Span) -> Span? {
        guard let last else { return nil }
        let (passed, overflow) = monotonic.nanoseconds.subtractingReportingOverflow(
            last.monotonic.nanoseconds)
        let (gained, tooFar) = (wall - last.wall).nanoseconds.subtractingReportingOverflow(
            overflow ? 0 : passed)
        return Span(nanoseconds: tooFar ? .max : gained)
    }
}
