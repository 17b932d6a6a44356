/// The three strategies, in the order in which they are shown and stored.
package enum StrategyID: String, Sendable, Codable, CaseIterable, Comparable {
    case sentiment, trend, reversion

    package var index: Int {
        switch self {
        case .sentiment: 0
        case .trend: 1
        case .reversion: 2
        }
    }

    package static func < (a: StrategyID, b: StrategyID) -> Bool { a.index < b.index }
}

/// What one strategy thinks of one symbol now. Not to vote is to abstain.
@frozen
package struct Vote: Sendable, Equatable, Codable {
    package let strategy: StrategyID
    /// -1, 0 or 1
    package let direction: Int
    /// 0 ... 1
    package let strength: Double

    package init(strategy: StrategyID, direction: Int, strength: Double) {
        self.strategy = strategy
        self.direction = direction
        self.strength = strength
    }
}

/// A named figure for the record: an indicator's value, a limit, a measured amount.
package struct Figure: Sendable, Equatable, Codable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Why a position is opened or closed.
package enum TradeReason: String, Sendable, Codable, CaseIterable {
    case entry
    /// The ensemble turned against the position.
    case flip
    case stop
    case takeProfit = "take-profit"
    case time
    /// A person's confirmed command to leave every position.
    case flatten
    /// Closed by the venue's own means or by hand.
    case external
}

/// The ensemble's opinion at the moment an order is considered, with all it was based on.
///
/// A signal without a price and that price's time cannot be built (S09).
package struct Signal: Sendable, Equatable, Codable {
    /// A function of symbol, time, side and reason: the same cause gives the same id.
    package let id: String
    package let symbol: Symbol
    package let at: Timestamp
    package let reason: TradeReason
    package let side: OrderSide
    /// The ensemble's weighted sum, -1 ... 1.
    package let score: Double
    /// |score| as it enters sizing, 0 ... 1.
    package let strength: Double
    package let price: Price
    package let priceTime: Timestamp
    package let votes: [Vote]
    package let indicators: [Figure]
    package let headlines: [SentimentReading]
    package let weightsVersion: Int

    package init(
        id: String, symbol: Symbol, at: Timestamp, reason: TradeReason, side: OrderSide,
        score: Double, strength: Double, price: Price, priceTime: Timestamp, votes: [Vote],
        indicators: [Figure], headlines: [SentimentReading], weightsVersion: Int
    ) {
        self.id = id
        self.symbol = symbol
        self.at = at
        self.reason = reason
        self.side = side
        self.score = score
        self.strength = strength
        self.price = price
        self.priceTime = priceTime
        self.votes = votes
        self.indicators = indicators
        self.headlines = headlines
        self.weightsVersion = weightsVersion
    }
}

/// A denial by the risk gate: a stable code and the numbers that were compared.
package struct Refusal: Sendable, Equatable, Codable {
    package let code: RefusalCode
    package let figures: [Figure]

    package init(_ code: RefusalCode, _ figures: [Figure]) {
        self.code = code
        self.figures = figures
    }
}

/// Stable: stored, published and documented; a code is never reused for another meaning.
package enum RefusalCode: String, Sendable, Codable, CaseIterable {
    case mode = "MODE"
    case sessionClosed = "SESSION_CLOSED"
    case sessionEdge = "SESSION_EDGE"
    case priceMissing = "PRICE_MISSING"
    case priceStale = "PRICE_STALE"
    case warming = "WARMING_UP"
    case cooldown = "COOLDOWN"
    case duplicate = "DUPLICATE"
    case shortsDisabled = "SHORTS_DISABLED"
    case positionNotional = "POSITION_NOTIONAL"
    case positionCount = "POSITION_COUNT"
    case exposure = "EXPOSURE"
    case ordersPerMinute = "ORDERS_PER_MINUTE"
    case ordersPerDay = "ORDERS_PER_DAY"
    case notionalPerDay = "NOTIONAL_PER_DAY"
    case dailyLoss = "DAILY_LOSS"
    case drawdown = "DRAWDOWN"
    case cash = "CASH"
    case quantityZero = "QUANTITY_ZERO"
    case clock = "CLOCK"
    case broker = "BROKER"
    case reconciling = "RECONCILING"
    case unresolved = "UNRESOLVED"
    case disk = "DISK"
    case suspended = "SUSPENDED"
}

/// What the risk gate said of a signal.
package enum Verdict: Sendable, Equatable, Codable {
    case approved(quantity: Quantity, figures: [Figure])
    case refused(Refusal)
}

/// The weights of the strategies: valid by construction (S21).
package struct StrategyWeights: Sendable, Equatable {
    package let version: Int
    /// By `StrategyID.index`; finite, in 0 ... 1, sum 1 within 1e-9; 0 for a disabled strategy.
    package let values: [Double]

    package static let tolerance = 1e-9

    /// Nil unless the values hold what the type promises.
    package init?(version: Int, values: [Double]) {
        guard values.count == StrategyID.allCases.count,
            values.allSatisfy({ $0.isFinite && $0 >= 0 && $0 <= 1 }),
            (values.reduce(0, +) - 1).magnitude <= Self.tolerance, version >= 0
        else { return nil }
        self.version = version
        self.values = values
    }

    package subscript(strategy: StrategyID) -> Double { values[strategy.index] }
}
