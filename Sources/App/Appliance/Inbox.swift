import Domain
import Foundation

/// Where the threads of the rim leave events for the loop: bounded, waited on with a deadline.
///
/// When it is full, `post` says so and the sender keeps what it has: a spool file stays where it
/// is, a socket is not read. Nothing is dropped silently.
package final class Inbox: @unchecked Sendable {
    // @unchecked: every access to the state goes through the condition's lock.
    private let condition = NSCondition()
    private var waiting: [InputEvent] = []
    private var isStopped = false
    package let capacity: Int

    package init(capacity: Int = 1_024) { self.capacity = capacity }

    /// - Returns: false when there is no room; the event was not taken.
    package func post(_ event: InputEvent) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard waiting.count < capacity else { return false }
        waiting.append(event)
        condition.signal()
        return true
    }

    /// Takes what is there, in order of arrival.
    package func drain() -> [InputEvent] {
        condition.lock()
        defer { condition.unlock() }
        if waiting.isEmpty { return [] }
        defer { waiting.removeAll(keepingCapacity: true) }
        return waiting
    }

    /// Sleeps until an event arrives, `stop` is called, or the seconds are over.
    package func wait(seconds: Double) {
        condition.lock()
        defer { condition.unlock() }
        if waiting.isEmpty && !isStopped {
            _ = condition.wait(until: Date(timeIntervalSinceNow: seconds))
        }
    }

    /// Ends the loop after the event at hand.
    package func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    package var stopRequested: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isStopped
    }
}
