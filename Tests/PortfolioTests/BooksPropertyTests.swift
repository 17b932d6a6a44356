import Domain
import Primitives
import Testing

@testable import Portfolio

/// Matches share by share, each a row of its own: slow, and with nothing in common with the books.
private struct ShareByShare {
    struct Share {
        let lot: String
        let sign: Int64
        let price: Int128
    }

    struct Match: Hashable {
        let lot: String
        let execution: String
    }

    private(set) var open: [Share] = []
    private(set) var shares: [Match: Int] = [:]
    private(set) var gains: [Match: Int128] = [:]
    private(set) var cash = Int128(0)

    /// Whole shares only.
    mutating func apply(_ fill: Fill) {
        let price = Int128(fill.price.units)
        cash -= Int128(fill.fee.units)
        for _ in 0..<(fill.quantity.units / Quantity.scale) {
            cash -= price * Int128(fill.side.sign)
            if let oldest = open.first, oldest.sign != fill.side.sign {
                open.removeFirst()
                let match = Match(lot: oldest.lot, execution: fill.executionID)
                shares[match, default: 0] += 1
                gains[match, default: 0] += (price - oldest.price) * Int128(oldest.sign)
            } else {
                open.append(
                    Share(lot: fill.executionID, sign: fill.side.sign, price: price))
            }
        }
    }

    var quantity: Int64 { open.reduce(0) { $0 + $1.sign } }
    var cost: Int128 { open.reduce(0) { $0 + $1.price * Int128($1.sign) } }
}

struct BooksPropertyTests {
    private static let seeds = Array(UInt64(1)...16)

    @Test("S23: all sequences of four fills of one to three shares agree with share-by-share")
    func exhaustive() throws {
        let kinds = [OrderSide.buy, .sell].flatMap { side in (1...3).map { (side, Int64($0)) } }
        let prices = ["10", "11.5", "9.000000001", "10.25"].map(price)
        let fees = ["0.01", "0", "0.000000007", "1"].map(money)
        for code in 0..<(6 * 6 * 6 * 6) {
            var rest = code
            let fills = (0..<4).map { index in
                defer { rest /= 6 }
                let kind = kinds[rest % 6]
                return fill(
                    index, kind.0, Quantity(whole: kind.1), at: prices[index], fee: fees[index])
            }
            try compare(fills, "sequence \(code)")
        }
    }

    @Test("S23: long sequences of whole shares agree with share-by-share", arguments: seeds)
    func long(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let fills = (0..<60).map { index in
            fill(
                index, random.below(2) == 0 ? .buy : .sell,
                Quantity(whole: Int64(1 + random.below(12))),
                at: Price(units: Int64(1 + random.below(900_000_000_000))),
                fee: Money(units: Int64(random.below(2_000_000_000)) - 200_000_000))
        }
        try compare(fills, "seed \(seed)")
    }

    private func compare(_ fills: [Fill], _ note: String) throws {
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger, capital: Money(whole: 1_000_000))
        var oracle = ShareByShare()
        var gross: [ShareByShare.Match: Int128] = [:]
        for fill in fills {
            var entries: [LedgerEntry] = []
            let trades = try portfolio.apply(
                fill, symbol: firstID, reason: .flip, entries: &entries)
            ledger.take(entries)
            oracle.apply(fill)
            for trade in trades {
                let lot = String(trade.id.prefix { $0 != "/" })
                let match = ShareByShare.Match(lot: lot, execution: fill.executionID)
                gross[match] = Int128(trade.pnl.units) + Int128(trade.costs.units)
                guard oracle.shares[match] == Int(trade.quantity.units / Quantity.scale) else {
                    Issue.record("\(note): \(trade)")
                    return
                }
            }
            guard portfolio.quantity(firstID) == Quantity(whole: oracle.quantity),
                Int128(portfolio.position(firstID)?.cost.units ?? 0) == oracle.cost,
                Int128(portfolio.cash.units) - 1_000_000_000_000_000 == oracle.cash
            else {
                Issue.record("\(note), after \(fill): \(portfolio.positions)")
                return
            }
        }
        guard gross == oracle.gains else {
            Issue.record("\(note): \(gross) \(oracle.gains)")
            return
        }
    }

    @Test("S23: the books balance after every fill and mark, fractions included", arguments: seeds)
    func invariants(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        var signed: [Symbol: Int64] = [:]
        for number in 0..<120 {
            let isFirst = random.below(3) > 0
            let (symbol, id) = isFirst ? (aapl, firstID) : (msft, secondID)
            if random.below(3) == 0 {
                try portfolio.mark(id, randomPrice(&random))
            } else {
                let fill = randomFill(number, symbol, &random)
                var entries: [LedgerEntry] = []
                _ = try portfolio.apply(fill, symbol: id, reason: .flip, entries: &entries)
                ledger.take(entries)
                signed[symbol, default: 0] += fill.side.sign * fill.quantity.units
                try checkPostings(ledger, fill, "seed \(seed)")
            }
            for (symbol, id) in [(aapl, firstID), (msft, secondID)] {
                #expect(portfolio.quantity(id).units == signed[symbol] ?? 0, "seed \(seed)")
                let lots = portfolio.openLots(id)
                #expect(lots.reduce(0) { $0 + $1.quantity.units } == signed[symbol] ?? 0)
                #expect(
                    lots.reduce(0) { $0 + $1.cost.units }
                        == ledger.balance(.securities(symbol)).units, "seed \(seed)")
            }
            checkFigures(portfolio, ledger, "seed \(seed)")
        }
    }

    private func checkPostings(_ ledger: BookRows, _ fill: Fill, _ note: String) throws {
        let lines = ledger.postings.filter { $0.cause == fill.executionID }
        #expect(lines.reduce(0) { $0 + $1.amount.units } == 0, "\(note)")
        #expect(Set(lines.map(\.account)).count == lines.count, "\(note)")
        let paid = try fill.price * fill.quantity
        let cash = lines.filter { $0.account == .cash }.reduce(0) { $0 + $1.amount.units }
        #expect(cash == -fill.side.sign * paid.units - fill.fee.units, "\(note)")
    }

    private func checkFigures(_ portfolio: Portfolio, _ ledger: BookRows, _ note: String) {
        let equity =
            portfolio.capital.units + portfolio.realizedGross.units
            + portfolio.totals.unrealized.units - portfolio.fees.units
        #expect(portfolio.equity.units == equity, "\(note)")
        #expect(portfolio.realizedGross.units == -ledger.balance(.realized).units, "\(note)")
        #expect(portfolio.fees == ledger.balance(.fees), "\(note)")
        let openFees = ledger.state.lots.reduce(0) { $0 + $1.openFees.units }
        let costs = ledger.trades.reduce(0) { $0 + $1.costs.units }
        #expect(costs + openFees == portfolio.fees.units, "\(note)")
        #expect(
            portfolio.realizedPnL.units == portfolio.realizedGross.units - costs, "\(note)")
        #expect(
            portfolio.exposure.units
                == portfolio.positions.reduce(0) { $0 + $1.marketValue.magnitude.units }, "\(note)")
        #expect(
            portfolio.equity.units - portfolio.cash.units
                == portfolio.positions.reduce(0) { $0 + $1.marketValue.units }, "\(note)")
        #expect(portfolio.openPositionCount == portfolio.positions.count, "\(note)")
    }

    @Test("S05: restored at every fill, the books go on as if nothing had been", arguments: seeds)
    func restart(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var ledger = BookRows()
        var portfolio = openedPortfolio(&ledger)
        for number in 0..<60 {
            let isFirst = random.below(2) == 0
            let fill = randomFill(number, isFirst ? aapl : msft, &random)
            let id = isFirst ? firstID : secondID

            var restored = try Portfolio(
                portfolio.config, restoring: ledger.state, symbolID: ids)
            for id in [firstID, secondID] {
                guard let mark = portfolio.mark(of: id) else { continue }
                restored.register(id == firstID ? aapl : msft, id)
                try restored.mark(id, mark)
            }
            #expect(Books(restored) == Books(portfolio), "seed \(seed) fill \(number)")
            #expect(restored.open(at: start).isEmpty)

            var (entries, entriesRestored): ([LedgerEntry], [LedgerEntry]) = ([], [])
            _ = try portfolio.apply(fill, symbol: id, reason: .stop, entries: &entries)
            _ = try restored.apply(fill, symbol: id, reason: .stop, entries: &entriesRestored)
            #expect("\(entries)" == "\(entriesRestored)", "seed \(seed) fill \(number)")
            #expect(Books(restored) == Books(portfolio), "seed \(seed) fill \(number)")
            ledger.take(entries)
            if random.below(2) == 0 { try portfolio.mark(id, randomPrice(&random)) }
        }
    }

    private func randomPrice(_ random: inout SeededRandom) -> Price {
        Price(units: Int64(1 + random.below(400_000_000_000)))
    }

    /// Fractions, whole shares and single units; now and then reported after a younger one.
    private func randomFill(
        _ number: Int, _ symbol: Symbol, _ random: inout SeededRandom
    ) -> Fill {
        let units: Int64 =
            switch random.below(4) {
            case 0: Int64(1 + random.below(5)) * Quantity.scale
            case 1: 1
            case 2: 2 * Quantity.scale
            default: Int64(1 + random.below(5_000_000_000))
            }
        return fill(
            number, random.below(2) == 0 ? .buy : .sell, Quantity(units: units),
            at: randomPrice(&random), fee: Money(units: Int64(random.below(3_000_000_000))),
            of: symbol, at: number - random.below(4))
    }
}
