import Calendar
import Domain

/// Finds the session a bar belongs to; consecutive bars cost two comparisons.
package struct BarHours: Sendable {
    let calendar: MarketCalendar
    private var cached: Session?
    /// No session in here.
    private var closedFrom = Timestamp.distantFuture
    private var closedUntil = Timestamp.distantPast

    package init(calendar: MarketCalendar) { self.calendar = calendar }

    /// Whether a session contains `time`: of a bar that causes nothing no more is asked.
    package mutating func isOpen(at time: Timestamp) -> Bool {
        if let cached, time >= cached.open, time < cached.close { return true }
        return session(of: time) != nil
    }

    /// The session that contains `time`, nil outside.
    package mutating func session(of time: Timestamp) -> Session? {
        if let cached, time >= cached.open, time < cached.close { return cached }
        if time >= closedFrom && time < closedUntil { return nil }
        if let found = calendar.session(containing: time) {
            cached = found
            return found
        }
        closedFrom = time
        // Before and after the calendar's years nothing is known of the next session.
        closedUntil = calendar.session(atOrAfter: time)?.open ?? time
        return nil
    }
}
