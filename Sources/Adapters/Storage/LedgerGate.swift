import Domain
import GRDB

/// The last gate before a broker once more, from the stored rows, inside the transaction that lets an
/// order out: whatever the engine believes, an order never leaves while a durable hold forbids it.
enum LedgerGate {
    /// Entries need that no hold stands, exits that none is `paused` or `halted`, unless they are
    /// those of a `flatten` that stands.
    private static let closedBy = """
        SELECT h.id FROM orders o JOIN holds h ON h.lifted_at IS NULL AND h.mode <> 'active'
        WHERE o.id = ? AND (o.role = 'entry' OR h.mode IN ('paused', 'halted') AND NOT (
            o.role = 'exit' AND o.reason = 'flatten' AND EXISTS (
                SELECT 1 FROM holds WHERE lifted_at IS NULL AND cause = 'flatten')))
        ORDER BY h.seq LIMIT 1
        """

    /// To be asked when all of the transaction is written.
    ///
    /// - Parameter departing: the orders that leave in the same transaction: a protective stop that
    ///   travels with its entry follows it, one that leaves alone is an exit.
    /// - Throws: `gateClosed`.
    static func check(
        _ step: OrderTransition, departing: Set<String>, _ session: StoreSession
    ) throws {
        if departing.count > 1 {
            var parent: String?
            try session.rows(
                "SELECT parent FROM orders WHERE id = ? AND role = 'protective-stop'", step.id.text
            ) { row throws in parent = try row.textIfAny(0, "orders.parent") }
            if let parent, departing.contains(parent) { return }
        }
        try session.rows(closedBy, step.id.text) { row throws in
            throw StorageError.gateClosed(
                order: step.id.text, hold: try row.text(0, "holds.id"))
        }
    }
}
