import Domain
import Primitives
import Storage
import Testing

/// The last gate, from the stored rows, in the transaction that lets an order out.
@Suite struct GateTests {
    let folder = TemporaryFolder()
    private static let sample = Sample("AAA")

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let holds: [TradingHold]
        /// Which may leave under these holds.
        let entry: Bool
        let exit: Bool
        let flatten: Bool
        var testDescription: String { name }
    }

    private static let cases = [
        Case(name: "none", holds: [], entry: true, exit: true, flatten: true),
        Case(
            name: "reduce-only", holds: [pause("h1", .reduceOnly)], entry: false, exit: true,
            flatten: true),
        Case(
            name: "paused", holds: [pause("h1")], entry: false, exit: false, flatten: false),
        Case(
            name: "halted", holds: [pause("h1", .halted, cause: .identity)], entry: false,
            exit: false, flatten: false),
        Case(
            name: "flatten", holds: [pause("h1", cause: .flatten)], entry: false, exit: false,
            flatten: true),
        Case(
            name: "paused and flatten", holds: [pause("h1"), pause("h2", cause: .flatten)],
            entry: false, exit: false, flatten: true),
    ]

    private func intent(_ id: String, _ role: OrderRole) -> OrderIntent {
        let base = Self.sample.intent(exit: role != .entry)
        return OrderIntent(
            id: ClientOrderID(id)!, decisionKey: id, signalID: "", symbol: base.symbol,
            side: base.side, quantity: base.quantity, type: .stop(price("9")), timeInForce: .gtc,
            role: role, createdAt: base.createdAt, expiresAt: base.expiresAt,
            referencePrice: base.referencePrice, reservation: .zero, bodyHash: "h")
    }

    private func step(
        _ id: String, _ from: OrderStatus = .intent, _ to: OrderStatus = .submitting
    ) -> LedgerEntry {
        .transition(OrderTransition(id: ClientOrderID(id)!, from: from, to: to, at: time(30)))
    }

    private func store(_ holds: [TradingHold]) throws -> LedgerStore {
        let store = try LedgerStore(folder: folder.path, reserve: 0)
        try store.commit([
            .intent(intent("entry", .entry)), .intent(intent("exit", .exit(.stop))),
            .intent(intent("flatten", .exit(.flatten))),
            .intent(intent("stop", .protectiveStop(parent: ClientOrderID("entry")!))),
        ])
        try store.commit(holds.map { .hold(.set($0)) })
        return store
    }

    @Test("S34: no order leaves while a stored hold forbids it", arguments: cases)
    func gate(row: Case) throws {
        let store = try store(row.holds)
        for (id, passes) in [
            ("entry", row.entry), ("exit", row.exit), ("flatten", row.flatten),
            // Alone it is an exit.
            ("stop", row.exit),
        ] {
            let before = store.chainHead
            if passes {
                try store.commit([step(id)])
            } else {
                #expect(throws: StorageError.gateClosed(order: id, hold: "h1")) {
                    try store.commit([step(id)])
                }
                #expect(store.chainHead == before)
                // What does not leave may end.
                try store.commit([step(id, .intent, .expiredLocal)])
            }
        }
        #expect(try store.checkBooks() == [])
    }

    @Test("S34: a stop that travels with its entry follows it, also when it comes first")
    func travelling() throws {
        for order in [["entry", "stop"], ["stop", "entry"]] {
            let folder = TemporaryFolder()
            let store = try LedgerStore(folder: folder.path, reserve: 0)
            try store.commit([
                .intent(intent("entry", .entry)),
                .intent(intent("stop", .protectiveStop(parent: ClientOrderID("entry")!))),
                .hold(.set(pause("h1"))),
            ])
            #expect(throws: StorageError.gateClosed(order: "entry", hold: "h1")) {
                try store.commit(order.map { step($0) })
            }
            try store.commit([.hold(.lifted(id: "h1", by: "a", why: "b", at: time(11)))])
            try store.commit(order.map { step($0) })
        }
    }

    @Test("S34: a hold in the same commit as the step is seen, and one lifted there is not")
    func sameCommit() throws {
        let store = try store([])
        #expect(throws: StorageError.gateClosed(order: "entry", hold: "h1")) {
            try store.commit([.hold(.set(pause("h1"))), step("entry")])
        }
        try store.commit([.hold(.set(pause("h1")))])
        try store.commit([
            .hold(.lifted(id: "h1", by: "a", why: "b", at: time(11))), step("entry"),
        ])
        #expect(try store.loadState().openOrders.first?.status == .submitting)
    }

    @Test("S34: a hold that comes after the step in the same commit is seen as well")
    func laterInCommit() throws {
        let store = try store([])
        for id in ["entry", "exit", "flatten", "stop"] {
            let hold = LedgerEntry.hold(.set(pause("h1")))
            for entries in [[step(id), hold], [hold, step(id)]] {
                #expect(throws: StorageError.gateClosed(order: id, hold: "h1")) {
                    try store.commit(entries)
                }
            }
        }
        #expect(try store.loadState().holds == [])
        #expect(try store.loadState().openOrders.allSatisfy { $0.status == .intent })
        try store.commit([.hold(.set(pause("h1")))])
        try store.commit([
            step("entry"), .hold(.lifted(id: "h1", by: "a", why: "b", at: time(11))),
        ])
        #expect(try store.loadState().openOrders.first?.status == .submitting)
    }

    @Test("S34: sending again passes the gate again")
    func sendingAgain() throws {
        let store = try store([])
        try store.commit([step("entry"), step("exit")])
        try store.commit([step("exit", .submitting, .unknown), .hold(.set(pause("h1")))])
        for (id, from) in [("entry", OrderStatus.submitting), ("exit", .unknown)] {
            #expect(throws: StorageError.gateClosed(order: id, hold: "h1")) {
                try store.commit([step(id, from)])
            }
        }
    }

    @Test("S33: a step is only taken from where the order is, and leaves nothing else behind")
    func wrongStatus() throws {
        let store = try store([])
        try store.commit([step("entry"), step("entry", .submitting, .acked)])
        let before = (store.chainHead, try store.loadState())
        for (from, to) in [
            (OrderStatus.intent, OrderStatus.submitting), (.submitting, .acked),
            (.unknown, .acked), (.filled, .canceled),
        ] {
            #expect(
                throws: StorageError.wrongStatus(
                    order: "entry", expected: from.rawValue, found: "ACKED", to: to.rawValue)
            ) {
                try store.commit([.taken(newsID: "n", at: time(1)), step("entry", from, to)])
            }
        }
        #expect(store.chainHead == before.0)
        #expect(try store.loadState() == before.1)
        #expect(try !store.wasTaken(newsID: "n"))
    }
}
