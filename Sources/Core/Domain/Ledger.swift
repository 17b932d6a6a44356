import Primitives

/// An account of the double-entry books.
package enum LedgerAccount: Sendable, Hashable {
    case capital
    case cash
    /// Shares held, at cost; negative when short.
    case securities(Symbol)
    /// Gains are credits: a profit of 5 posts -5.
    case realized
    case fees

    package var name: String {
        switch self {
        case .capital: "capital"
        case .cash: "cash"
        case .securities(let symbol): "securities:\(symbol.name)"
        case .realized: "realized"
        case .fees: "fees"
        }
    }

    package init?(name: String) {
        switch name {
        case "capital": self = .capital
        case "cash": self = .cash
        case "realized": self = .realized
        case "fees": self = .fees
        default:
            guard name.hasPrefix("securities:"), let symbol = Symbol(name.dropFirst(11)) else {
                return nil
            }
            self = .securities(symbol)
        }
    }
}

/// One line of a booking. The lines of one `cause` sum to zero.
package struct Posting: Sendable, Equatable {
    /// An execution id, or `opening`.
    package let cause: String
    package let account: LedgerAccount
    package let amount: Money
    package let at: Timestamp

    package init(cause: String, account: LedgerAccount, amount: Money, at: Timestamp) {
        self.cause = cause
        self.account = account
        self.amount = amount
        self.at = at
    }
}

/// Shares opened by one fill and not yet closed. Quantity and cost carry the side's sign:
/// positive long, negative short.
package struct Lot: Sendable, Equatable {
    /// The execution id of the opening fill.
    package let id: String
    package let symbol: Symbol
    package let openedAt: Timestamp
    package let openedBy: ClientOrderID
    package let price: Price
    /// What is left; zero once closed.
    package var quantity: Quantity
    package var cost: Money
    /// Fees of the opening fill that are not yet attributed to a closed trade.
    package var openFees: Money

    package init(
        id: String, symbol: Symbol, openedAt: Timestamp, openedBy: ClientOrderID, price: Price,
        quantity: Quantity, cost: Money, openFees: Money
    ) {
        self.id = id
        self.symbol = symbol
        self.openedAt = openedAt
        self.openedBy = openedBy
        self.price = price
        self.quantity = quantity
        self.cost = cost
        self.openFees = openFees
    }
}

/// Shares opened by one fill and closed by another: a round trip, or a part of one.
package struct ClosedTrade: Sendable, Equatable {
    /// Opening and closing execution ids, joined: unique.
    package let id: String
    package let symbol: Symbol
    /// The side that opened it: buy for a long trade.
    package let side: OrderSide
    package let quantity: Quantity
    package let entryOrder: ClientOrderID
    package let exitOrder: ClientOrderID
    package let entryTime: Timestamp
    package let exitTime: Timestamp
    package let entryPrice: Price
    package let exitPrice: Price
    /// Fees of both sides, this trade's share.
    package let costs: Money
    /// After costs.
    package let pnl: Money
    package let reason: TradeReason

    package init(
        id: String, symbol: Symbol, side: OrderSide, quantity: Quantity,
        entryOrder: ClientOrderID, exitOrder: ClientOrderID, entryTime: Timestamp,
        exitTime: Timestamp, entryPrice: Price, exitPrice: Price, costs: Money, pnl: Money,
        reason: TradeReason
    ) {
        self.id = id
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.entryOrder = entryOrder
        self.exitOrder = exitOrder
        self.entryTime = entryTime
        self.exitTime = exitTime
        self.entryPrice = entryPrice
        self.exitPrice = exitPrice
        self.costs = costs
        self.pnl = pnl
        self.reason = reason
    }
}

/// How the weights came to be what they are.
package struct WeightsChange: Sendable, Equatable {
    package let weights: StrategyWeights
    package let at: Timestamp
    /// The closed trade that taught it; `byOperator`; nil for the first version, and for one that
    /// follows from other settings.
    package let cause: String?
    /// Per strategy, the credit in -1 ... 1 of that trade; 0 for one that did not vote.
    package let credits: [Double]

    package init(weights: StrategyWeights, at: Timestamp, cause: String?, credits: [Double]) {
        self.weights = weights
        self.at = at
        self.cause = cause
        self.credits = credits
    }

    /// The cause of what a person has set.
    package static let byOperator = "operator"
}

package enum AlertSeverity: String, Sendable, Codable { case warning, critical }

package struct Alert: Sendable, Equatable {
    /// Stable, e.g. `weights-corrupt`.
    package let code: String
    package let severity: AlertSeverity
    package let message: String
    package let at: Timestamp

    package init(code: String, severity: AlertSeverity, message: String, at: Timestamp) {
        self.code = code
        self.severity = severity
        self.message = message
        self.at = at
    }
}

/// The account at one instant, all marked at the last known prices.
package struct EquitySnapshot: Sendable, Equatable {
    package let at: Timestamp
    package let equity: Money
    package let cash: Money
    /// Σ |quantity × mark|
    package let exposure: Money
    package let openPositions: Int
    /// True for the one taken at a session's close.
    package let isSessionClose: Bool

    package init(
        at: Timestamp, equity: Money, cash: Money, exposure: Money, openPositions: Int,
        isSessionClose: Bool
    ) {
        self.at = at
        self.equity = equity
        self.cash = cash
        self.exposure = exposure
        self.openPositions = openPositions
        self.isSessionClose = isSessionClose
    }
}

/// Small facts that must survive a restart and cannot be read off other rows. One row, replaced
/// in the transaction of whatever changed it.
package struct Checkpoint: Sendable, Equatable {
    /// The newest instant the engine has seen.
    package var at: Timestamp
    /// How many events of the market feed were taken; a replay goes on after them.
    package var feedPosition: Int64
    package var equityPeak: Money
    package var drawdownMax: Money
    /// The day (`YYYY-MM-DD`, New York) that `dayStartEquity` opened; empty before the first.
    package var sessionDate: String
    package var dayStartEquity: Money
    /// What the daily loss and the drawdown are measured from, where a resume that lifted their
    /// latch has set it anew since the day began or the peak was reached; nil: from those.
    package var lossBase: Money?
    package var drawdownBase: Money?
    /// Round trips lost in a row, and of the latest 20 orders those that failed, one bit each with
    /// the newest lowest; the highest bit that is set only says how many orders there are.
    package var losingStreak: Int
    package var orderFailures: Int64
    /// Σ P&L of the trades of round trips that are not over, by symbol: when one began no other
    /// row says, for trades can be booked late and taken back.
    package var roundTrips: [Symbol: Money] = [:]
    /// Where the newest protective stop of a symbol rested that has none any more; for a position
    /// that is to have it back.
    package var lostStops: [Symbol: Price] = [:]
    /// Why positions are to be left, until they are gone: which exit belongs to which position no
    /// other row says, for executions can be booked late and taken back.
    package var exitsWanted: [Symbol: TradeReason] = [:]
    /// Executions that the broker takes back (`busted`, `corrected`) and that wait for their terms:
    /// it says so once.
    package var revisions: [BrokerReport] = []

    package init(
        at: Timestamp, feedPosition: Int64, equityPeak: Money, drawdownMax: Money,
        sessionDate: String, dayStartEquity: Money, lossBase: Money? = nil,
        drawdownBase: Money? = nil, losingStreak: Int = 0, orderFailures: Int64 = 0
    ) {
        self.at = at
        self.feedPosition = feedPosition
        self.equityPeak = equityPeak
        self.drawdownMax = drawdownMax
        self.sessionDate = sessionDate
        self.dayStartEquity = dayStartEquity
        self.lossBase = lossBase
        self.drawdownBase = drawdownBase
        self.losingStreak = losingStreak
        self.orderFailures = orderFailures
    }
}

extension Checkpoint: CustomStringConvertible {
    /// By hand, so that equal ones read the same: in order of the symbols.
    package var description: String {
        let trips = roundTrips.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let stops = lostStops.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let exits = exitsWanted.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.rawValue)" }
        let bases = [lossBase, drawdownBase].map { $0?.description ?? "none" }
        return "Checkpoint(at: \(at), feed \(feedPosition), peak \(equityPeak), "
            + "drawdown \(drawdownMax), session \(sessionDate) from \(dayStartEquity), "
            + "bases \(bases), streak \(losingStreak), failures \(orderFailures), "
            + "round trips \(trips), lost stops \(stops), exits \(exits), "
            + "revisions \(revisions))"
    }
}
