import Domain
import Primitives
import Risk
import Testing

func time(_ text: String) -> Timestamp {
    guard let time = Timestamp(rfc3339: "2025-06-10T\(text)Z") else {
        preconditionFailure("\(text) is not a time of day")
    }
    return time
}

func usd(_ text: String) -> Money { decimal(text) }
func price(_ text: String) -> Price { decimal(text) }
func shares(_ text: String) -> Quantity { decimal(text) }

private func decimal<Value: FixedDecimal>(_ text: String) -> Value {
    guard let value = try? Value(parsing: text) else {
        preconditionFailure("\(text) is not a decimal")
    }
    return value
}

func symbol(_ index: Int) -> Symbol {
    guard let symbol = Symbol("S\(index)") else { preconditionFailure("not a ticker") }
    return symbol
}

/// One judgement to be made: by itself an entry that every rule lets pass. 500 USD may be lost at
/// a stop 8 USD away: 62 shares.
struct Setup: Sendable {
    var config = RiskConfig()
    var context = RiskContext(
        now: time("15:00:00"), mode: .active,
        session: (open: time("13:30:00"), close: time("20:00:00")), price: price("100"),
        priceTime: time("15:00:00"), isWarm: true, position: .zero, workingOrders: 0,
        lastExit: nil, openPositions: 0, pendingEntries: 0, exposure: .zero,
        equity: usd("100000"), cash: usd("100000"), dayStartEquity: usd("100000"),
        equityPeak: usd("100000"), ordersLastMinute: 0, ordersToday: 0, atr: 1)
    var symbol = RiskTests.symbol(0)
    var reason = TradeReason.entry
    var side = OrderSide.buy
    var strength = 1.0
    var signalPrice = price("100")
    var signalPriceTime = time("15:00:00")

    init(_ change: (inout Setup) -> Void = { _ in }) { change(&self) }

    /// A fixed quantity of shares, for which all limits stay as they are.
    mutating func fixed(_ quantity: String) {
        config.sizing.mode = .fixed
        config.sizing.quantity = shares(quantity)
    }

    /// An exit of a position.
    mutating func exit(_ position: String, _ reason: TradeReason = .stop) {
        context.position = shares(position)
        side = context.position.isNegative ? .buy : .sell
        self.reason = reason
    }

    var signal: Signal {
        Signal(
            id: "\(symbol)-\(side.rawValue)-\(reason.rawValue)", symbol: symbol,
            at: context.now, reason: reason, side: side,
            score: side == .buy ? strength : -strength, strength: strength, price: signalPrice,
            priceTime: signalPriceTime, votes: [], indicators: [], headlines: [],
            weightsVersion: 1)
    }

    var verdict: RiskVerdict { RiskGate(config).judge(signal, context) }
}

extension RiskVerdict {
    var order: ApprovedOrder? {
        if case .approved(let order) = self { order } else { nil }
    }
    var refusal: Refusal? {
        if case .refused(let refusal) = self { refusal } else { nil }
    }
}

extension [Figure] {
    subscript(_ name: String) -> String? { first { $0.name == name }?.value }
}

/// A refusal shows at least what was measured and what it was compared with, in plain text.
func expectFigures(_ refusal: Refusal, _ comment: Comment) {
    #expect(refusal.figures.count >= 2, comment)
    #expect(refusal.figures.allSatisfy { !$0.name.isEmpty && !$0.value.isEmpty }, comment)
    #expect(Set(refusal.figures.map(\.name)).count == refusal.figures.count, comment)
}
