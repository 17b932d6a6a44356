import Domain
import Primitives
import Storage
import Testing

/// That a position was to be left is known from its orders alone.
@Suite struct ExitWishTests {
    let folder = TemporaryFolder()

    private func wishes(_ entries: [LedgerEntry]) throws -> [Symbol: TradeReason] {
        let store = try LedgerStore(folder: folder.path)
        try store.commit(entries)
        return try store.loadState().exitsWanted
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
        #expect(OrderTransition.leaving("requested") == nil)
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
        #expect(state.exitsWanted == [symbol("AAA"): .takeProfit], "it is no wish to leave")
    }

    @Test("A wish of a position that is gone is none of the next one's")
    func earlierPosition() throws {
        let first = Sample("AAA")
        let exit = first.steps(exit: true, to: [.submitting, .acked, .expired])
        let closed = first.lot(open: false)
        #expect(
            try wishes(
                first.opening + [.intent(first.intent(exit: true))] + exit + [.lot(closed)]
            ).isEmpty)
    }
}
