import Domain
import Primitives

@testable import Portfolio

let start = Timestamp(seconds: 1_700_000_000)

let aapl = SymbolTable.only("AAPL")
let msft = SymbolTable.only("MSFT")

extension SymbolTable {
    /// A ticker that is known to be one.
    static func only(_ name: String) -> Symbol {
        guard let symbol = Symbol(name) else { preconditionFailure("\(name) is no ticker") }
        return symbol
    }
}

func order(_ text: String) -> ClientOrderID {
    guard let id = ClientOrderID(text) else { preconditionFailure("\(text) is no order id") }
    return id
}

func money(_ text: String) -> Money {
    do { return try Money(parsing: text) } catch { preconditionFailure("\(text) \(error)") }
}

func price(_ text: String) -> Price {
    do { return try Price(parsing: text) } catch { preconditionFailure("\(text) \(error)") }
}

func quantity(_ text: String) -> Quantity {
    do { return try Quantity(parsing: text) } catch { preconditionFailure("\(text) \(error)") }
}

func fill(
    _ number: Int, _ side: OrderSide, _ quantity: Quantity, at price: Price,
    fee: Money = .zero, of symbol: Symbol = aapl, at second: Int? = nil
) -> Fill {
    Fill(
        executionID: "e\(number)", orderID: order("o\(number)"), symbol: symbol, side: side,
        quantity: quantity, price: price, fee: fee,
        at: start + Span(seconds: Int64(second ?? number)))
}

/// `buy 10 @ 100 fee 1`
func fill(_ number: Int, _ text: String, of symbol: Symbol = aapl) -> Fill {
    let words = text.split(separator: " ").map(String.init)
    return fill(
        number, words[0] == "buy" ? .buy : .sell, quantity(words[1]), at: price(words[3]),
        fee: words.count > 5 ? money(words[5]) : .zero, of: symbol)
}

let firstID = SymbolID(index: 0)
let secondID = SymbolID(index: 1)

func ids(_ symbol: Symbol) -> SymbolID? {
    switch symbol {
    case aapl: firstID
    case msft: secondID
    default: nil
    }
}

func openedPortfolio(_ ledger: inout MemoryLedger, capital: Money = Money(whole: 100_000))
    -> Portfolio
{
    var config = PortfolioConfig()
    config.capital = capital
    var portfolio = Portfolio(config)
    portfolio.register(aapl, firstID)
    portfolio.register(msft, secondID)
    ledger.take(portfolio.open(at: start))
    return portfolio
}

/// What a store keeps of the books, kept in memory: rows in, `LedgerState` out.
struct MemoryLedger {
    private(set) var postings: [Posting] = []
    private(set) var trades: [ClosedTrade] = []
    private var lots: [Lot] = []

    mutating func take(_ entries: [LedgerEntry]) {
        for entry in entries {
            switch entry {
            case .postings(let lines): postings += lines
            case .closedTrade(let trade): trades.append(trade)
            case .lot(let lot):
                if let index = lots.firstIndex(where: { $0.id == lot.id }) {
                    lots[index] = lot
                } else {
                    lots.append(lot)
                }
            default: preconditionFailure("not a row of the books: \(entry)")
            }
        }
    }

    /// By time of opening, then in order of booking.
    var openLots: [Lot] {
        lots.enumerated().filter { !$0.element.quantity.isZero }
            .sorted { ($0.element.openedAt, $0.offset) < ($1.element.openedAt, $1.offset) }
            .map(\.element)
    }

    var state: LedgerState {
        var state = LedgerState()
        state.lots = openLots
        for posting in postings {
            let balance = state.balances[posting.account] ?? .zero
            state.balances[posting.account] = Money(units: balance.units + posting.amount.units)
        }
        state.closedTradeCount = trades.count
        state.realizedPnL = Money(units: trades.reduce(0) { $0 + $1.pnl.units })
        return state
    }

    func balance(_ account: LedgerAccount) -> Money { state.balances[account] ?? .zero }
}

/// Everything of the books that a restart must bring back.
struct Books: Equatable, CustomStringConvertible {
    let description: String

    init(_ portfolio: Portfolio) {
        let lots = [firstID, secondID].map { "\(portfolio.openLots($0))" }
        description = """
            \(portfolio.capital) \(portfolio.cash) \(portfolio.equity) \(portfolio.exposure) \
            \(portfolio.realizedPnL) \(portfolio.realizedGross) \(portfolio.totals.unrealized) \
            \(portfolio.fees) \(portfolio.openPositionCount) \(portfolio.positions) \(lots)
            """
    }
}
