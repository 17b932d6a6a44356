import Domain
import Foundation

/// Where the threads of the rim leave events for the loop: bounded, waited on with a deadline.
///
/// When it is full, `post` says so and the sender keeps what it has: a spool file stays where it
/// is, a socket is not read. Nothing is dropped silently.
package final class Inbox: @unchecked Sendable {
    // @unchecked: every access to the state goes through the condition's lock.
    private let condition = NSCondition()
    private var waiting: [Delivery] = []
    private var count = 0
    private var isStopped = false
    /// Events, not deliveries.
    package let capacity: Int

    /// Events that belong together, and who wants to know when their effects are durable.
    package struct Delivery: Sendable {
        package let events: [InputEvent]
        package let onTaken: (@Sendable () -> Void)?
    }

    package init(capacity: Int = 1_024) { self.capacity = capacity }

    /// - Parameter onTaken: called on the loop's thread after the last of the events was committed.
    /// - Returns: false when there is no room; nothing was taken.
    package func post(
        _ events: [InputEvent], onTaken: (@Sendable () -> Void)? = nil
    ) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopped, count + events.count <= capacity else { return false }
        waiting.append(Delivery(events: events, onTaken: onTaken))
        count += events.count
        condition.signal()
        return true
    }

    /// Takes what is there, in order of arrival.
    package func drain() -> [Delivery] {
        condition.lock()
        defer { condition.unlock() }
        if waiting.isEmpty { return [] }
        defer {
            waiting.removeAll(keepingCapacity: true)
            count = 0
        }
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
