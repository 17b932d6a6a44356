import Domain
import Primitives
import Testing

@testable import Portfolio

struct MarkTests {
    @Test("Equity, exposure and unrealized gains follow the marks, long and short")
    func figures() throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        _ = try portfolio.apply(
            fill(1, "buy 10 @ 100 fee 1"), symbol: firstID, reason: .entry, entries: &entries)
        _ = try portfolio.apply(
            fill(2, "sell 2.5 @ 40", of: msft), symbol: secondID, reason: .entry,
            entries: &entries)
        // Worth their cost until there is a price.
        #expect(portfolio.equity == money("99999"))
        #expect(portfolio.exposure == money("1100"))
        #expect(portfolio.position(firstID)?.unrealized == nil)

        try portfolio.mark(firstID, price("110"))
        try portfolio.mark(secondID, price("44"))
        #expect(portfolio.cash == money("99099"))
        #expect(portfolio.equity == money("100089"))
        #expect(portfolio.exposure == money("1210"))
        #expect(portfolio.totals.unrealized == money("90"))
        #expect(portfolio.position(firstID)?.unrealized == money("100"))
        #expect(portfolio.position(secondID)?.unrealized == money("-10"))
        #expect(portfolio.position(secondID)?.averagePrice == price("40"))
        #expect(portfolio.positions.map(\.symbol) == [aapl, msft])
        #expect(portfolio.openPositionCount == 2)
        let snapshot = portfolio.snapshot(at: start, isSessionClose: true)
        #expect(snapshot.equity == portfolio.equity && snapshot.openPositions == 2)
    }

    @Test("Positions come sorted by symbol, whatever their ids")
    func sorted() throws {
        var portfolio = Portfolio(PortfolioConfig())
        var entries: [LedgerEntry] = []
        for (index, name) in ["ZM", "A", "MSFT", "B"].enumerated() {
            let symbol = SymbolTable.only(name)
            _ = try portfolio.apply(
                fill(index, "buy 1 @ 1", of: symbol), symbol: SymbolID(index: 3 - index),
                reason: .entry, entries: &entries)
        }
        #expect(portfolio.positions.map(\.symbol.name) == ["A", "B", "MSFT", "ZM"])
    }

    @Test("S08: nothing held gives no position; a price of zero gives no average")
    func noValue() throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        #expect(portfolio.position(firstID) == nil)
        #expect(portfolio.position(SymbolID(index: 99)) == nil)
        #expect(portfolio.quantity(SymbolID(index: 99)) == .zero)
        _ = try portfolio.apply(
            fill(1, "buy 10 @ 0"), symbol: firstID, reason: .entry, entries: &entries)
        let position = try #require(portfolio.position(firstID))
        #expect(position.averagePrice == nil)
        #expect(position.quantity == quantity("10"))
        _ = try portfolio.apply(
            fill(2, "sell 10 @ 1"), symbol: firstID, reason: .flip, entries: &entries)
        #expect(portfolio.position(firstID) == nil)
        #expect(portfolio.realizedPnL == money("10"))
    }

    @Test("S08: a mark that is no price changes nothing", arguments: [Int64(0), -1, .min])
    func markNotPositive(_ units: Int64) throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        try portfolio.mark(secondID, Price(units: units))
        #expect(portfolio.mark(of: secondID) == nil)
        _ = try portfolio.apply(
            fill(1, "buy 10 @ 5"), symbol: firstID, reason: .entry, entries: &entries)
        try portfolio.mark(firstID, price("6"))
        let before = portfolio
        try portfolio.mark(firstID, Price(units: units))
        #expect(portfolio == before)
    }
}
