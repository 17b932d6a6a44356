import Domain
import Primitives

/// Commands that were answered, so that none has its effect twice, and those that wait.
struct CommandMemory: Sendable {
    /// A `reconcile` that is answered when its run is finished.
    struct Waiter: Sendable {
        let command: Command
        let run: String
        let due: Timestamp
    }

    /// The newest, and of the older those that came again.
    private(set) var records = RingBuffer<CommandRecord>(capacity: Limits.commands)
    private(set) var waiters: [Waiter] = []
    /// A version that a command goes back to, out of the ledger.
    var weights: StrategyWeights?
    /// When the first waiter has waited for long enough.
    private(set) var due = Timestamp.distantFuture

    init() {}

    init(restoring stored: [CommandRecord]) {
        for record in stored { records.append(record) }
    }

    mutating func keep(_ record: CommandRecord) { records.append(record) }

    func record(_ transaction: String) -> CommandRecord? {
        records.last { $0.command.transaction == transaction }
    }

    mutating func wait(_ waiter: Waiter) {
        waiters.append(waiter)
        settle()
    }

    mutating func takeWaiters(where isTaken: (Waiter) -> Bool) -> [Waiter] {
        let taken = waiters.filter(isTaken)
        waiters.removeAll(where: isTaken)
        settle()
        return taken
    }

    private mutating func settle() { due = waiters.map(\.due).min() ?? .distantFuture }
}

extension Command {
    /// The same sender asks for the same once more.
    func isSame(as other: Command) -> Bool { by == other.by && verb == other.verb }
}
