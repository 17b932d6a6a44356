import Domain
import Foundation
import NewsFeeds

/// Looks into the spool folder once a second on its own thread and posts what it finds.
///
/// A file counts as done only when its news is in the ledger; after a crash before that it is
/// delivered again, and the ids of its items make the second time harmless (S25).
package final class SpoolWatcher: Sendable {
    private let inbox: Inbox
    private let onProblem: @Sendable (FeedDefect) -> Void

    package init(inbox: Inbox, onProblem: @escaping @Sendable (FeedDefect) -> Void) {
        self.inbox = inbox
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
            let (items, problems) = folder.poll()
            problems.forEach(onProblem)
            if !items.isEmpty {
                let taken = DispatchSemaphore(value: 0)
                let events = items.map { InputEvent.news($0) }
                var isPosted = false
                while !isPosted, !inbox.stopRequested {
                    isPosted = inbox.post(events) { taken.signal() }
                    if !isPosted { Thread.sleep(forTimeInterval: 0.2) }
                }
                while isPosted, !inbox.stopRequested {
                    guard taken.wait(timeout: .now() + 1) == .success else { continue }
                    folder.confirm().forEach(onProblem)
                    break
                }
            }
            Thread.sleep(forTimeInterval: 1)
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
