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
            defer { try? FileManager.default.removeItem(atPath: examined) }
            do throws(StorageError) {
                let found = try copy.examine()
                let problems = found.structure + found.references + found.chain + found.books
                if !problems.isEmpty {
                    tell(.broken(problems.prefix(5).joined(separator: "; ")))
                }
            } catch { tell(.unknown("\(error)")) }
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
