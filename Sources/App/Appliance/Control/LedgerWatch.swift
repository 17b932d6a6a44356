import Foundation
import Host
import Storage
import Synchronization

/// Looks daily at what nobody reads while the daemon runs: the loop makes a copy of the ledger after
/// the close, a thread of its own examines all of it, and the loop is told what was found.
final class LedgerWatch: Sendable {
    enum Finding: Equatable {
        case broken(String)
        /// No copy could be made or read, which says nothing of the ledger.
        case unknown(String)
    }

    private struct State {
        var due: ContinuousClock.Instant
        var finding: Finding?
    }

    /// The checks of the doctor that speak of what is in the ledger.
    private static let contents: Set = [
        "structure", "references", "chain", "books", "copy", "state",
    ]

    private let period: Duration
    private let state: Mutex<State>

    /// - Parameter period: at least so long from the start, and from one copy to the next: a market
    ///   that is played faster than life closes more often than once a day.
    init(every period: Duration = .seconds(20 * 3600)) {
        self.period = period
        state = Mutex(State(due: .now + period))
    }

    /// After a close. Left for the next one while another copy is being verified.
    func look(at ledger: LedgerStore, in folder: String, _ desk: CopyDesk) {
        guard state.withLock({ $0.due <= .now }), desk.claim() else { return }
        state.withLock { $0.due = .now + period }
        let examined = folder + "/examined"
        let copy: UnverifiedBackup
        do throws(StorageError) {
            copy = try ledger.copy(to: examined, at: wallTime(), keep: 1)
        } catch {
            tell(.unknown("\(error)"))
            return desk.release()
        }
        let thread = Thread { [self] in
            defer { desk.release() }
            let failed = copy.examine(store: folder, now: wallTime())
                .filter { $0.verdict == .failed }
            let broken = failed.filter { Self.contents.contains($0.check) }
            if !broken.isEmpty {
                tell(.broken(broken.map(\.detail).joined(separator: "; ")))
            } else if let unread = failed.first(where: { $0.check == "ledger" }) {
                tell(.unknown(unread.detail))
            }
        }
        thread.name = "ledger watch"
        thread.start()
    }

    private func tell(_ finding: Finding) { state.withLock { $0.finding = finding } }

    /// What was found since it was last asked.
    func take() -> Finding? {
        state.withLock { state in
            defer { state.finding = nil }
            return state.finding
        }
    }
}
