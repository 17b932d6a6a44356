import Domain
import Primitives
import Testing

@testable import Portfolio

struct OverflowCase: Sendable, CustomTestStringConvertible {
    let name: String
    var before: [Fill] = []
    let fill: Fill
    var testDescription: String { name }
}

private let largest = Int64.max
private let overflowCases = [
    OverflowCase(
        name: "price × quantity",
        fill: fill(9, .buy, Quantity(units: largest), at: Price(units: largest))),
    OverflowCase(
        name: "the smallest quantity has no other sign",
        fill: fill(9, .sell, Quantity(units: .min), at: Price(whole: 1))),
    OverflowCase(
        name: "a buy of the smallest quantity",
        fill: fill(9, .buy, Quantity(units: .min), at: Price(units: 1))),
    OverflowCase(
        name: "the sum of quantities",
        before: [fill(1, .buy, Quantity(units: largest), at: Price(units: 1))],
        fill: fill(9, .buy, Quantity(units: largest), at: Price(units: 1))),
    OverflowCase(
        name: "cash",
        before: [fill(1, .sell, Quantity(whole: 9_000_000_000), at: Price(whole: 1))],
        fill: fill(9, .sell, Quantity(whole: 1), at: Price(whole: 9_000_000_000), of: msft)),
    OverflowCase(
        name: "the fee of a buy",
        before: [fill(1, .buy, Quantity(whole: 1), at: Price(whole: 1))],
        fill: fill(
            9, .buy, Quantity(whole: 1), at: Price(whole: 1), fee: Money(units: .min))),
    OverflowCase(
        name: "the amount of a buy plus its fee",
        fill: fill(
            9, .buy, Quantity(whole: 1), at: Price(units: largest), fee: Money(units: largest))),
    OverflowCase(
        name: "the gain of a closed lot",
        before: [
            fill(1, .buy, Quantity(whole: 1), at: Price(whole: 1), fee: Money(units: -largest / 2)),
            fill(2, .buy, Quantity(whole: 1), at: Price(whole: 1), fee: Money(units: largest / 2)),
        ],
        fill: fill(
            9, .sell, Quantity(whole: 1), at: Price(units: largest), fee: Money(units: 0))),
]

struct OverflowTests {
    @Test("What cannot be represented throws, and nothing has changed", arguments: overflowCases)
    func throwsBeforeChanging(_ row: OverflowCase) throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        for fill in row.before {
            _ = try portfolio.apply(fill, symbol: firstID, reason: .entry, entries: &entries)
        }
        let (before, count) = (portfolio, entries.count)
        #expect(throws: DecimalError.overflow) {
            _ = try portfolio.apply(
                row.fill, symbol: ids(row.fill.symbol) ?? firstID, reason: .entry,
                entries: &entries)
        }
        #expect(portfolio == before)
        #expect(entries.count == count)
    }

    @Test(
        "A mark that makes the account's worth too large throws, and nothing has changed",
        arguments: [quantity("1000"), quantity("1000.5"), quantity("-1000")])
    func markOverflow(_ held: Quantity) throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var entries: [LedgerEntry] = []
        _ = try portfolio.apply(
            fill(1, held.isNegative ? .sell : .buy, held.magnitude, at: Price(whole: 1)),
            symbol: firstID, reason: .entry, entries: &entries)
        try portfolio.mark(firstID, Price(whole: 2))
        let before = portfolio
        #expect(throws: DecimalError.overflow) {
            try portfolio.mark(firstID, Price(units: .max))
        }
        #expect(portfolio == before)
    }
}
