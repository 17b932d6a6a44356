import Dispatch
import Foundation
import Synchronization

/// Entries on their way to journald, which may take its time: who logs never waits for it.
///
/// One thread of its own, made with the first entry, delivers them in order. When journald stands
/// still, what does not fit is dropped and counted; how much that was is told as soon as it moves.
final class LogQueue: Sendable {
    private struct State {
        var waiting: [LogEntry] = []
        var lost = 0
        var isDelivering = false
        var hasThread = false
        /// Who waits until nothing is left.
        var flushing: [DispatchSemaphore] = []

        var isEmpty: Bool { waiting.isEmpty && lost == 0 && !isDelivering }
    }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)
    private let deliver: @Sendable (LogEntry) -> Void
    private let capacity: Int

    /// - Parameters:
    ///   - capacity: entries that wait. The last quarter is for what matters, from a notice up.
    ///   - deliver: may block; called on the thread of the queue.
    init(capacity: Int = 1_024, deliver: @escaping @Sendable (LogEntry) -> Void) {
        (self.capacity, self.deliver) = (capacity, deliver)
    }

    /// Returns at once.
    func take(_ entry: LogEntry) {
        let startsThread = state.withLock { state in
            let room = entry.priority <= .notice ? capacity : capacity / 4 * 3
            guard state.waiting.count < room else {
                state.lost += 1
                return false
            }
            state.waiting.append(entry)
            defer { state.hasThread = true }
            return !state.hasThread
        }
        arrived.signal()
        guard startsThread else { return }
        let thread = Thread { [self] in
            while true {
                arrived.wait()
                while let entry = next() { deliver(entry) }
            }
        }
        thread.name = "journal"
        thread.start()
    }

    /// - Returns: false when the time was over before all was delivered.
    @discardableResult
    func flush(within time: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let isEmpty = state.withLock { state in
            if !state.isEmpty { state.flushing.append(done) }
            return state.isEmpty
        }
        return isEmpty || done.wait(timeout: .now() + time / .seconds(1)) == .success
    }

    private func next() -> LogEntry? {
        state.withLock { state in
            state.isDelivering = true
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            if state.lost > 0 {
                defer { state.lost = 0 }
                return LogEntry(lost: state.lost)
            }
            state.isDelivering = false
            for done in state.flushing { done.signal() }
            state.flushing.removeAll()
            return nil
        }
    }
}

extension LogEntry {
    fileprivate init(lost count: Int) {
        self.init(
            kind: .suppressed, priority: MessageKind.suppressed.priority,
            text: "\(count) more messages were left out: the journal took none",
            fields: [JournalField(name: LogField.count.rawValue, value: "\(count)")],
            file: #fileID, line: #line, function: #function)
    }
}
