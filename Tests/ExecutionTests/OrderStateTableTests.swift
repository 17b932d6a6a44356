import Domain
import Execution
import TestSupport
import Testing

@Suite("Order table")
struct OrderStateTableTests {
    /// One row per status; a column per step in the order of `OrderStep.allCases`:
    /// submit accepted rejected partialFill completeFill canceled expired replaced ambiguous
    /// provenAbsent lapsed. A dot: cannot happen.
    static let table: [(OrderStatus, String)] = [
        (.intent, "SUBMITTING . . ACKED FILLED EXPIRED_LOCAL . . UNKNOWN . EXPIRED_LOCAL"),
        (
            .submitting,
            "SUBMITTING ACKED REJECTED ACKED FILLED CANCELED EXPIRED REPLACED UNKNOWN NOT_PLACED ."
        ),
        (
            .unknown,
            ". ACKED REJECTED ACKED FILLED CANCELED EXPIRED REPLACED . NOT_PLACED ."
        ),
        (.acked, ". ACKED REJECTED ACKED FILLED CANCELED EXPIRED REPLACED . . ."),
        (.filled, ". . . FILLED FILLED . . . . . ."),
        (.canceled, ". . . CANCELED CANCELED . . . . . ."),
        (.expired, ". . . EXPIRED EXPIRED . . . . . ."),
        (.rejected, ". . . REJECTED REJECTED . . . . . ."),
        (.replaced, ". . . REPLACED REPLACED . . . . . ."),
        (.notPlaced, ". . . NOT_PLACED NOT_PLACED . . . . . ."),
        (.expiredLocal, ". . . . . . . . . . ."),
    ]

    @Test("S33: every pair of status and step, listed or not", arguments: table)
    func pairs(status: OrderStatus, row: String) {
        let cells = row.split(separator: " ").map(String.init)
        #expect(cells.count == OrderStep.allCases.count)
        for (step, cell) in zip(OrderStep.allCases, cells) {
            let next = nextStatus(status, step)
            #expect(next?.rawValue ?? "." == cell, "\(status.rawValue) + \(step.rawValue)")
        }
    }

    @Test("A terminal status is never left, and unknown is not terminal")
    func terminal() {
        #expect(!OrderStatus.unknown.isTerminal)
        for status in OrderStatus.allCases where status.isTerminal {
            for step in OrderStep.allCases {
                #expect([nil, status].contains(nextStatus(status, step)))
            }
        }
        #expect(Self.table.map(\.0) == OrderStatus.allCases || Self.table.count == 11)
    }
}
