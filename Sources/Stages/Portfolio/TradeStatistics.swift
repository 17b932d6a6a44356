import Domain
import Primitives

/// Sums over closed trades, in 128 bits so that no number of trades can overflow them.
struct TradeStatistics {
    let count: Int
    private(set) var wins = 0
    private(set) var losses = 0
    private(set) var gross = Int128(0)
    private(set) var grossWin = Int128(0)
    private(set) var grossLoss = Int128(0)
    private(set) var best: Money?
    private(set) var worst: Money?
    private(set) var winsInARow = 0
    private(set) var lossesInARow = 0
    /// Σ of entry and exit notional, in USD.
    private(set) var traded = 0.0
    private var heldSeconds = 0.0
    private let results: [Double]

    init(_ trades: [ClosedTrade]) {
        count = trades.count
        results = trades.map(\.pnl.double)
        var (winRun, lossRun) = (0, 0)
        for trade in trades {
            let pnl = Int128(trade.pnl.units)
            gross += pnl
            if pnl > 0 {
                wins += 1
                grossWin += pnl
                (winRun, lossRun) = (winRun + 1, 0)
            } else if pnl < 0 {
                losses += 1
                grossLoss += pnl
                (winRun, lossRun) = (0, lossRun + 1)
            } else {
                (winRun, lossRun) = (0, 0)
            }
            winsInARow = max(winsInARow, winRun)
            lossesInARow = max(lossesInARow, lossRun)
            best = max(best ?? trade.pnl, trade.pnl)
            worst = min(worst ?? trade.pnl, trade.pnl)
            heldSeconds += (trade.exitTime - trade.entryTime).seconds
            traded += trade.quantity.double * (trade.entryPrice.double + trade.exitPrice.double)
        }
    }

    var pnl: Money? { Int64(exactly: gross).map(Money.init(units:)) }
    var mean: Money? { Self.mean(gross, count) }
    var meanWin: Money? { Self.mean(grossWin, wins) }
    var meanLoss: Money? { Self.mean(grossLoss, losses) }
    var winRate: Double? { count == 0 ? nil : Double(wins) / Double(count) }
    var holdSeconds: Double? { count == 0 ? nil : heldSeconds / Double(count) }

    var profitFactor: Double? {
        losses == 0 ? nil : Double(grossWin) / Double(grossLoss.magnitude)
    }

    /// The mean result in units of the mean loss.
    var expectancyRatio: Double? {
        guard losses > 0 else { return nil }
        return Double(gross) / Double(count) / (Double(grossLoss.magnitude) / Double(losses))
    }

    /// Source: Van Tharp's system quality number, on money instead of multiples of risk.
    var qualityNumber: Double? {
        let sample = Sample(results)
        guard let mean = sample.mean, let deviation = sample.deviation else { return nil }
        return Double(count).squareRoot() * mean / deviation
    }

    private static func mean(_ sum: Int128, _ count: Int) -> Money? {
        guard count > 0 else { return nil }
        return Int64(exactly: divideHalfEven(sum, Int128(count))).map(Money.init(units:))
    }
}

/// Mean and deviation of a series, summed in its order.
struct Sample {
    let mean: Double?
    /// Divisor n - 1; nil under two values and where the values do not differ.
    let deviation: Double?
    /// √(Σ min(x, 0)² / n); nil without a negative value.
    let downside: Double?

    init(_ values: [Double]) {
        guard !values.isEmpty else {
            (mean, deviation, downside) = (nil, nil, nil)
            return
        }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = values.count < 2 ? 0 : (squares / (count - 1)).squareRoot()
        // Equal values differ by rounding alone: far below any difference that money can have.
        let largest = values.reduce(0) { max($0, $1.magnitude) }
        self.deviation = deviation > 1e-12 * largest ? deviation : nil
        let below = values.reduce(0) { $0 + ($1 < 0 ? $1 * $1 : 0) }
        downside = below > 0 ? (below / count).squareRoot() : nil
    }
}
