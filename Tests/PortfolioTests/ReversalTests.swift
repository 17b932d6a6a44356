import Domain
import Portfolio
import Primitives
import TestSupport
import Testing

/// Executions that are taken back.
@Suite struct ReversalTests {
    @Test("Property: whatever is taken back, position and cash are as if it had never been")
    func undone() throws {
        try forAll(500) { draw in
            let symbol = Symbol("TEST")!
            let id = SymbolID(index: 0)
            let at = Timestamp(seconds: 1_750_000_000)
            var books = Portfolio(PortfolioConfig())
            books.register(symbol, id)
            let order = ClientOrderID("bw-1")!
            var ledger = MemoryLedger()
            ledger.commit([
                .record(
                    .intent(
                        OrderIntent(
                            id: order, decisionKey: "d", signalID: "s", symbol: symbol, side: .buy,
                            quantity: Quantity(whole: 400), type: .market, timeInForce: .day,
                            role: .entry, createdAt: at, expiresAt: at, referencePrice: .zero,
                            reservation: .zero, bodyHash: "")))
            ])
            func post(_ fill: Fill, _ books: inout Portfolio) throws {
                var entries: [LedgerEntry] = []
                _ = try books.apply(fill, symbol: id, reason: .external, entries: &entries)
                ledger.commit(entries.map { .record($0) } + [.record(.fill(fill))])
            }
            var fills: [Fill] = []
            for index in 0..<draw.int(in: 1...8) {
                let fill = Fill(
                    executionID: "x\(index)", orderID: order, symbol: symbol,
                    side: draw.chance(0.5) ? .buy : .sell,
                    quantity: Quantity(units: Int64(draw.int(in: 1...50)) * 333_333_333),
                    price: Price(units: Int64(draw.int(in: 1...9_999)) * 10_000_001),
                    fee: Money(units: Int64(draw.int(in: 0...3)) * 111_111_111),
                    at: at + Span(seconds: Int64(index)))
                fills.append(fill)
                try post(fill, &books)
            }
            let taken = fills.filter { _ in draw.chance(0.4) }
            for fill in taken {
                try post(
                    Fill(
                        executionID: fill.executionID + "-busted", orderID: order, symbol: symbol,
                        side: fill.side, quantity: try fill.quantity.negated(), price: fill.price,
                        fee: try fill.fee.negated(), at: at + Span(seconds: 60),
                        reverses: fill.executionID), &books)
            }
            var plain = Portfolio(PortfolioConfig())
            plain.register(symbol, id)
            for fill in fills where !taken.contains(fill) {
                var entries: [LedgerEntry] = []
                _ = try plain.apply(fill, symbol: id, reason: .external, entries: &entries)
            }
            #expect(books.quantity(id) == plain.quantity(id))
            #expect(books.cash == plain.cash)
            #expect(books.fees == plain.fees)
            let problems = ledger.bookProblems
            #expect(problems.isEmpty, "\(problems)")
        }
    }

    @Test("What opened a lot and is taken back at once leaves no trade and no lot")
    func own() throws {
        let symbol = Symbol("TEST")!
        let id = SymbolID(index: 0)
        let order = ClientOrderID("bw-1")!
        var books = Portfolio(PortfolioConfig())
        books.register(symbol, id)
        func fill(_ name: String, _ shares: Int64, _ fee: Int64, _ reverses: String? = nil) -> Fill
        {
            Fill(
                executionID: name, orderID: order, symbol: symbol, side: .buy,
                quantity: Quantity(whole: shares), price: Price(whole: 7), fee: Money(whole: fee),
                at: Timestamp(seconds: 1), reverses: reverses)
        }
        var entries: [LedgerEntry] = []
        _ = try books.apply(fill("a", 5, 1), symbol: id, reason: .external, entries: &entries)
        _ = try books.apply(fill("b", 3, 1), symbol: id, reason: .external, entries: &entries)
        let trades = try books.apply(
            fill("b-busted", -3, -1, "b"), symbol: id, reason: .external, entries: &entries)
        #expect(trades.isEmpty)
        #expect(books.openLots(id).map(\.id) == ["a"])
        #expect(books.realizedPnL.isZero)
    }
}
