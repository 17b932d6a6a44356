import Domain
import Primitives
import Testing

@testable import Portfolio

/// A sequence of fills and what must come of it.
struct LotCase: Sendable, CustomTestStringConvertible {
    let name: String
    let fills: [String]
    /// side quantity entry exit costs pnl
    let trades: [String]
    let position: String
    let cash: String
    let roundTrips: Int
    var testDescription: String { name }
}

private let lotCases = [
    LotCase(
        name: "buy to open", fills: ["buy 10 @ 100 fee 1"], trades: [], position: "10 1000.00",
        cash: "98999.00", roundTrips: 0),
    LotCase(
        name: "full close", fills: ["buy 10 @ 100 fee 1", "sell 10 @ 110 fee 2"],
        trades: ["buy 10 100.00 110.00 3.00 97.00"], position: "flat", cash: "100097.00",
        roundTrips: 1),
    LotCase(
        name: "partial closes", fills: ["buy 10 @ 100 fee 1", "sell 4 @ 110", "sell 6 @ 90 fee 1"],
        trades: ["buy 4 100.00 110.00 0.40 39.60", "buy 6 100.00 90.00 1.60 -61.60"],
        position: "flat", cash: "99978.00", roundTrips: 1),
    LotCase(
        name: "two lots, one close: the oldest first",
        fills: ["buy 10 @ 100", "buy 10 @ 120", "sell 15 @ 110 fee 3"],
        trades: ["buy 10 100.00 110.00 2.00 98.00", "buy 5 120.00 110.00 1.00 -51.00"],
        position: "5 600.00", cash: "99447.00", roundTrips: 0),
    LotCase(
        name: "sell to open, buy to cover", fills: ["sell 10 @ 100 fee 1", "buy 10 @ 90 fee 1"],
        trades: ["sell 10 100.00 90.00 2.00 98.00"], position: "flat", cash: "100098.00",
        roundTrips: 1),
    LotCase(
        name: "short, covered in parts at a loss", fills: ["sell 4 @ 50", "buy 1 @ 60"],
        trades: ["sell 1 50.00 60.00 0.00 -10.00"], position: "-3 -150.00", cash: "100140.00",
        roundTrips: 0),
    LotCase(
        name: "long through zero to short", fills: ["buy 10 @ 100", "sell 15 @ 110 fee 3"],
        trades: ["buy 10 100.00 110.00 2.00 98.00"], position: "-5 -550.00", cash: "100647.00",
        roundTrips: 1),
    LotCase(
        name: "short through zero to long over two lots",
        fills: ["sell 2 @ 10", "sell 2 @ 12", "buy 5 @ 11 fee 5"],
        trades: ["sell 2 10.00 11.00 2.00 -4.00", "sell 2 12.00 11.00 2.00 0.00"],
        position: "1 11.00", cash: "99984.00", roundTrips: 1),
    LotCase(
        name: "a fee that does not divide: the last part takes the rest",
        fills: ["buy 3 @ 1 fee 0.000000001", "sell 1 @ 1", "sell 1 @ 1", "sell 1 @ 1"],
        trades: [
            "buy 1 1.00 1.00 0.00 0.00", "buy 1 1.00 1.00 0.00 0.00",
            "buy 1 1.00 1.00 0.000000001 -0.000000001",
        ], position: "flat", cash: "99999.999999999", roundTrips: 1),
    LotCase(
        name: "fractional shares", fills: ["buy 0.333333333 @ 3", "sell 0.333333333 @ 6"],
        trades: ["buy 0.333333333 3.00 6.00 0.00 0.999999999"], position: "flat",
        cash: "100000.999999999", roundTrips: 1),
    LotCase(
        name: "a rebate is a negative fee", fills: ["buy 1 @ 5 fee -0.01", "sell 1 @ 5"],
        trades: ["buy 1 5.00 5.00 -0.01 0.01"], position: "flat", cash: "100000.01",
        roundTrips: 1),
    LotCase(
        name: "no shares: the fee alone", fills: ["buy 0 @ 5 fee 1"], trades: [],
        position: "flat", cash: "99999.00", roundTrips: 0),
]

struct LotTests {
    @Test("S23: every kind of sequence gives its trades, position and cash", arguments: lotCases)
    func sequences(_ row: LotCase) throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        for (index, text) in row.fills.enumerated() {
            var entries: [LedgerEntry] = []
            _ = try portfolio.apply(
                fill(index, text), symbol: firstID, reason: .flip, entries: &entries)
            ledger.take(entries)
        }
        let trades = ledger.trades.map {
            "\($0.side.rawValue) \($0.quantity) \($0.entryPrice) \($0.exitPrice) \($0.costs) \($0.pnl)"
        }
        #expect(trades == row.trades)
        let position = portfolio.position(firstID).map { "\($0.quantity) \($0.cost)" } ?? "flat"
        #expect(position == row.position)
        #expect(portfolio.cash == money(row.cash))
        #expect(portfolio.roundTrips == row.roundTrips)
        #expect(Set(ledger.trades.map(\.id)).count == ledger.trades.count)
    }

    @Test("The postings of a buy, of a sale at a gain and of their fees")
    func postings() throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        for (index, text) in ["buy 10 @ 100", "sell 10 @ 110 fee 2"].enumerated() {
            _ = try portfolio.apply(
                fill(index, text), symbol: firstID, reason: .stop, entries: &entries)
        }
        ledger.take(entries)
        #expect(
            ledger.postings.map { "\($0.cause) \($0.account.name) \($0.amount)" } == [
                "opening cash 100000.00", "opening capital -100000.00",
                "e0 cash -1000.00", "e0 securities:AAPL 1000.00",
                "e1 cash 1098.00", "e1 securities:AAPL -1000.00", "e1 realized -100.00",
                "e1 fees 2.00",
            ])
    }

    @Test("A trade carries both orders, both times and the reason of the closing one")
    func tradeIsComplete() throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        _ = try portfolio.apply(
            fill(1, "buy 10 @ 100"), symbol: firstID, reason: .entry, entries: &entries)
        let trade = try #require(
            try portfolio.apply(
                fill(2, "sell 4 @ 101"), symbol: firstID, reason: .takeProfit, entries: &entries
            ).first)
        #expect(trade.entryOrder == order("o1") && trade.exitOrder == order("o2"))
        #expect(trade.entryTime == start + Span(seconds: 1))
        #expect(trade.exitTime == start + Span(seconds: 2))
        #expect(trade.reason == .takeProfit && trade.id == "e1/e2")
    }

    @Test("The capital is booked once")
    func opensOnce() {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        #expect(portfolio.open(at: start).isEmpty)
        #expect(portfolio.cash == Money(whole: 100_000))
        #expect(portfolio.equity == portfolio.capital)
    }

    @Test("The same execution twice traps nothing")
    func twice() throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        for text in ["buy 2 @ 10", "buy 2 @ 10", "sell 3 @ 11", "sell 3 @ 11"] {
            _ = try portfolio.apply(
                fill(1, text), symbol: firstID, reason: .external, entries: &entries)
        }
        #expect(portfolio.quantity(firstID) == Quantity(whole: -2))
    }

    @Test("S23: the oldest lot is closed first, also when its fill was reported late")
    func late() throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        for (number, second) in [(1, 10), (2, 5), (3, 10)] {
            _ = try portfolio.apply(
                fill(number, .buy, quantity("1"), at: price("1"), at: second), symbol: firstID,
                reason: .entry, entries: &entries)
        }
        #expect(portfolio.openLots(firstID).map(\.id) == ["e2", "e1", "e3"])
    }
}
