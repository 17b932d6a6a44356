import Domain
import Primitives
import Storage
import Testing

/// A ledger of before the wish to leave had its place: it is read from the orders once.
@Suite struct ExitWishTests {
    let folder = TemporaryFolder()

    /// The ledger in the shape of before, and what its next start makes of it.
    private func wishes(_ entries: [LedgerEntry]) throws -> [Symbol: TradeReason]? {
        var store = try LedgerStore(folder: folder.path)
        try store.commit(entries + [.checkpoint(checkpoint(at: 200))])
        try store.close()
        try folder.execute(
            """
            ALTER TABLE checkpoint DROP COLUMN exits_wanted;
            ALTER TABLE checkpoint DROP COLUMN revisions;
            ALTER TABLE checkpoint DROP COLUMN digest;
            DELETE FROM meta WHERE key = 'checkpoint';
            DELETE FROM grdb_migrations WHERE identifier IN ('ledger-4', 'ledger-6')
            """)
        store = try LedgerStore(folder: folder.path)
        return try store.loadState().checkpoint?.exitsWanted
    }

    @Test("S05: an exit that ended before its position is still wanted")
    func exitEnded() throws {
        let held = Sample("AAA")
        let entries =
            held.opening + [.intent(held.intent(exit: true))]
            + held.steps(exit: true, to: [.submitting, .acked, .expired]) + Sample("BBB").opening
        #expect(try wishes(entries) == [symbol("AAA"): .takeProfit])
    }

    @Test("S05: the wish recorded with a partly filled entry counts while its shares are held")
    func entryUnwanted() throws {
        let held = Sample("AAA")
        let step = OrderTransition(
            id: held.entryID, from: .acked, to: .acked, at: time(9),
            reason: OrderTransition.leaving(.flip))
        var entries = held.opening
        let filled = entries.firstIndex {
            if case .transition(let step) = $0 { step.to == .filled } else { false }
        }
        entries.insert(.transition(step), at: try #require(filled))
        #expect(try wishes(entries) == [symbol("AAA"): .flip])
    }

    @Test("The wish to cancel an order counts for as long as it is open", arguments: [true, false])
    func cancelWanted(isOpen: Bool) throws {
        let held = Sample("AAA")
        let intent = held.intent(exit: true)
        let step = OrderTransition(
            id: intent.id, from: .acked, to: .acked, at: time(9),
            reason: OrderTransition.cancelWanted)
        var entries =
            held.opening + [.intent(intent)] + held.steps(exit: true, to: [.submitting, .acked])
            + [.transition(step)]
        if !isOpen {
            entries.append(
                .transition(
                    OrderTransition(id: intent.id, from: .acked, to: .canceled, at: time(9))))
        }
        let store = try LedgerStore(folder: folder.path)
        try store.commit(entries)
        let state = try store.loadState()
        #expect(state.cancelsWanted == (isOpen ? [intent.id] : []))
    }

    @Test("A wish of a position that is gone is none of the next one's")
    func earlierPosition() throws {
        let first = Sample("AAA")
        #expect(try wishes(first.opening + first.closing) == [:])
    }
}
