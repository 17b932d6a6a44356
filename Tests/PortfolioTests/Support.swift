import Domain
import Primitives
import Simulation

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

func openedPortfolio(_ ledger: inout BookRows, capital: Money = Money(whole: 100_000))
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

/// The rows of the books, as a store keeps them, and each posting.
struct BookRows {
    private(set) var postings: [Posting] = []
    private var model = LedgerModel()

    mutating func take(_ entries: [LedgerEntry]) {
        for entry in entries {
            if case .postings(let lines) = entry { postings += lines }
            if let refusal = model.take(entry) { preconditionFailure(refusal) }
        }
    }

    var trades: [ClosedTrade] { model.trades }
    var state: LedgerState { model.state { $0 } }
    func balance(_ account: LedgerAccount) -> Money { model.balances[account] ?? .zero }
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
