import Domain
import Foundation
import Host
import NewsFeeds
import Synchronization

/// Looks into the spool folder once a second on its own thread and posts what it finds.
///
/// A file counts as done only when its news is in the ledger; after a crash before that it is
/// delivered again, and the ids of its items make the second time harmless (S25).
package final class SpoolWatcher: Sendable {
    private let inbox: Inbox
    private let onProblem: @Sendable (FeedDefect) -> Void
    private let heartbeat: Heartbeat?
    private let ended = DispatchSemaphore(value: 0)

    package init(
        inbox: Inbox, heartbeat: Heartbeat? = nil,
        onProblem: @escaping @Sendable (FeedDefect) -> Void
    ) {
        self.inbox = inbox
        self.heartbeat = heartbeat
        self.onProblem = onProblem
    }

    /// Starts the thread; it ends when the inbox is stopped.
    /// - Throws: when the folder cannot be used.
    package func start(path: String) throws(FeedError) {
        try FileManager.default.makeFolder(path)
        let folder = try SpoolFolder(path: path)
        // The folder goes to the thread and stays there.
        nonisolated(unsafe) let owned = folder
        let thread = Thread { [self] in watch(owned) }
        thread.name = "spool"
        thread.start()
    }

    private func watch(_ folder: SpoolFolder) {
        while !inbox.stopRequested {
            heartbeat?.beat()
            let (items, problems) = folder.poll()
            problems.forEach(tell)
            if !items.isEmpty, let refused = deliver(items) {
                folder.confirm(refused: refused).forEach(tell)
            }
            Thread.sleep(forTimeInterval: 1)
        }
        heartbeat?.rest()
        folder.release()
        ended.signal()
    }

    /// What was set aside is also a row of the ledger.
    private func tell(_ problem: FeedDefect) {
        onProblem(problem)
        inbox.alert("news-set-aside", "\(problem)")
    }

    /// Waits for the thread after the inbox was stopped: what it holds has its own name then.
    package func finish() { _ = ended.wait(timeout: .now() + 3) }

    /// Hands over in pieces that fit, each after the one before was taken.
    /// - Returns: what was refused, by id, when the last item's effects are durable; nil when stopped
    ///   before.
    private func deliver(_ items: [NewsItem]) -> [String: String]? {
        let refused = Refused()
        for first in stride(from: 0, to: items.count, by: inbox.capacity) {
            let piece = items[first..<min(first + inbox.capacity, items.count)]
            let events = piece.map { InputEvent.news($0) }
            let taken = DispatchSemaphore(value: 0)
            while !inbox.post(
                events,
                onTaken: {
                    refused.add($0)
                    taken.signal()
                })
            {
                if inbox.stopRequested { return nil }
                heartbeat?.beat()
                Thread.sleep(forTimeInterval: 0.2)
            }
            while taken.wait(timeout: .now() + 1) != .success {
                heartbeat?.beat()
                if inbox.stopRequested { return nil }
            }
        }
        return refused.reasons
    }
}

/// Filled by the loop's thread, read by the spool's after the semaphore.
private final class Refused: Sendable {
    private let lock = Mutex<[String: String]>([:])
    var reasons: [String: String] { lock.withLock { $0 } }

    func add(_ news: [PoisonedNews]) {
        lock.withLock { reasons in
            for item in news { reasons[item.id] = item.reason }
        }
    }
}

extension FileManager {
    fileprivate func makeFolder(_ path: String) throws(FeedError) {
        do {
            try createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .cannotRead(path: path, reason: error.localizedDescription)
        }
    }
}
