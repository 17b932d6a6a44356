import Domain
import Primitives
import Testing

@testable import Portfolio

struct RestoreTests {
    private func lot(_ id: String, _ units: Int64, cost: Int64, of symbol: Symbol = aapl) -> Lot {
        Lot(
            id: id, symbol: symbol, openedAt: start, openedBy: order("o1"), price: Price(whole: 1),
            quantity: Quantity(units: units), cost: Money(units: cost), openFees: .zero)
    }

    private func refusal(_ change: (inout LedgerState) -> Void) -> PortfolioError? {
        var state = LedgerState()
        state.lots = [lot("e1", 5, cost: 500)]
        state.balances = [
            .capital: Money(units: -1000), .cash: Money(units: 500),
            .securities(aapl): Money(units: 500),
        ]
        change(&state)
        do throws(PortfolioError) {
            _ = try Portfolio(PortfolioConfig(), restoring: state, symbolID: ids)
            return nil
        } catch { return error }
    }

    @Test("Damaged books are refused, each kind with what is wrong")
    func damaged() {
        #expect(refusal { _ in } == nil)
        #expect(
            refusal { $0.balances[.cash] = Money(units: 501) }
                == .unbalanced(sum: "0.000000001"))
        #expect(
            refusal { $0.lots[0].cost = Money(units: 499) }
                == .lotsDisagree(aapl, lots: Money(units: 499), balance: Money(units: 500)))
        #expect(
            refusal { $0.lots = [] }
                == .lotsDisagree(aapl, lots: .zero, balance: Money(units: 500)))
        #expect(
            refusal { $0.lots.append(lot("e2", -1, cost: 0)) } == .lotInvalid(id: "e2"))
        #expect(refusal { $0.lots[0].quantity = .zero } == .lotInvalid(id: "e1"))
        #expect(refusal { $0.lots[0].quantity = Quantity(units: .min) } == .lotInvalid(id: "e1"))
        let other = SymbolTable.only("NVDA")
        #expect(
            refusal { $0.lots.append(lot("e2", 1, cost: 0, of: other)) }
                == .symbolRefused(other))
        #expect(
            refusal { $0.lots.append(lot("e2", .max, cost: 0)) } == .overflow)
        #expect(
            refusal {
                $0.balances[.cash] = Money(units: .min)
                $0.balances[.capital] = Money(units: .max)
                $0.balances[.fees] = Money(units: -499)
            } == nil)
    }

    @Test("The capital of the books stands, whatever is configured now")
    func capitalStands() throws {
        var ledger = BookRows()
        _ = openedPortfolio(&ledger, capital: Money(whole: 500))
        var restored = try Portfolio(PortfolioConfig(), restoring: ledger.state, symbolID: ids)
        #expect(restored.open(at: start).isEmpty)
        #expect(restored.capital == Money(whole: 500))
        var empty = try Portfolio(PortfolioConfig(), restoring: LedgerState(), symbolID: ids)
        #expect(empty.open(at: start).count == 1)
        #expect(empty.equity == PortfolioConfig().capital)
    }
}
