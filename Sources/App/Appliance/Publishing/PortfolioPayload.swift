import Domain
import Engine
import Portfolio
import Primitives

/// What of the closed trades is published: kept up to date trade by trade, so that nobody has to
/// read them all again.
package struct TradeTally: Sendable, Equatable {
    package private(set) var trades: Int
    private var heldSeconds: Double
    /// The newest fill of this store that is known of.
    package private(set) var lastFill: Fill?

    package init(trades: Int = 0, heldSeconds: Double = 0, lastFill: Fill? = nil) {
        self.trades = trades
        self.heldSeconds = heldSeconds
        self.lastFill = lastFill
    }

    package mutating func take(_ trade: ClosedTrade) {
        trades += 1
        heldSeconds += (trade.exitTime - trade.entryTime).seconds
    }

    package mutating func take(_ fill: Fill) { lastFill = fill }

    /// Σ (exit time - entry time) / trades; nil before the first.
    package var holdSecondsAverage: Double? { trades == 0 ? nil : heldSeconds / Double(trades) }
}

/// The figures of `portfolio`; equal ones are not sent twice.
package struct PortfolioFigures: Sendable, Equatable {
    let equity: Money
    let cash: Money
    let exposure: Money
    let capital: Money
    let dayStart: Money?
    let peak: Money?
    let drawdownMax: Money
    let drawdownMaxRatio: Double?
    let openPositions: Int
    let tally: TradeTally

    package init(_ engine: TradingEngine, _ tally: TradeTally) {
        let portfolio = engine.portfolio
        equity = portfolio.equity
        cash = portfolio.cash
        exposure = portfolio.exposure
        capital = portfolio.capital
        dayStart = engine.tracker.dayStartEquity
        // The instant at hand is looked at when it is over.
        peak = engine.tracker.peak.map { max($0, portfolio.equity) }
        drawdownMax = max(engine.tracker.drawdownMax, Self.fall(peak, portfolio.equity))
        drawdownMaxRatio = [
            engine.tracker.worstRatio,
            peak.flatMap { Self.fall($0, portfolio.equity).ratio(to: $0) },
        ].compactMap { $0 }.max()
        openPositions = portfolio.openPositionCount
        self.tally = tally
    }

    private static func fall(_ peak: Money?, _ equity: Money) -> Money {
        guard let peak, equity < peak else { return .zero }
        return (try? peak.subtracting(equity)) ?? Money(units: .max)
    }

    /// - Parameter asOf: the market's time; nil before the first.
    package func json(written: Timestamp, asOf: Timestamp?) -> OrderedJSON {
        let daily = dayStart.flatMap { try? equity.subtracting($0) }
        // Before the first session there is no capital to have gained anything on.
        let total = capital.isZero ? nil : try? equity.subtracting(capital)
        let drawdown = Self.fall(peak, equity)
        return .object([
            ("v", .integer(publishedVersion)), ("ts", .string(written.description)),
            ("as_of", OrderedJSON(text: asOf?.description)),
            ("currency", .string(publishedCurrency)), ("equity", .amount(equity)),
            ("cash", .amount(cash)), ("exposure", .amount(exposure)),
            ("daily_pnl", .amount(daily)),
            (
                "daily_pnl_pct",
                OrderedJSON(number: dayStart.flatMap { start in daily?.ratio(to: start) })
            ),
            ("total_pnl", .amount(total)),
            ("total_pnl_pct", OrderedJSON(number: total?.ratio(to: capital))),
            ("drawdown", .amount(drawdown)),
            ("drawdown_pct", OrderedJSON(number: peak.flatMap { drawdown.ratio(to: $0) } ?? 0)),
            ("max_drawdown", .amount(drawdownMax)),
            ("max_drawdown_pct", OrderedJSON(number: drawdownMaxRatio ?? 0)),
            ("hold_seconds_avg", OrderedJSON(number: tally.holdSecondsAverage)),
            ("closed_trades", .integer(tally.trades)),
            ("open_positions", .integer(openPositions)),
            ("last_trade", tally.lastFill.map(Self.lastTrade) ?? .null),
        ])
    }

    private static func lastTrade(_ fill: Fill) -> OrderedJSON {
        .object([
            ("at", .string(fill.at.description)), ("symbol", .string(fill.symbol.name)),
            ("side", .string(fill.side.rawValue)), ("quantity", .amount(fill.quantity)),
            ("price", .amount(fill.price)),
        ])
    }
}
