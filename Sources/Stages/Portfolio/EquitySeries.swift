import Domain
import Primitives

/// The equity at session closes, with the first snapshot before them.
struct EquitySeries {
    static let sessionsPerYear = 252.0

    let count: Int
    /// Nil when an equity that would be divided by is not positive.
    let returns: [Double]?
    /// The last session's change; nil without a session.
    let lastChange: Money?
    let lastReturn: Double?
    /// Nil without a session or where it is not positive.
    let meanEquity: Double?
    let meanExposure: Double?
    let annualGrowth: Double?

    init(capital: Money, finalEquity: Money?, closes: [EquitySnapshot]) {
        count = closes.count
        let points = [capital] + closes.map(\.equity)
        let bases = points.dropLast()
        returns =
            bases.allSatisfy(\.isPositive)
            ? zip(bases, points.dropFirst()).map { ($1.double - $0.double) / $0.double } : nil

        let last = points.suffix(2)
        if last.count == 2, let base = last.first, let end = last.last {
            lastChange = try? end.subtracting(base)
            lastReturn = lastChange.flatMap { $0.ratio(to: base) }
        } else {
            (lastChange, lastReturn) = (nil, nil)
        }

        let sessions = Double(count)
        let mean = closes.reduce(0) { $0 + $1.equity.double } / sessions
        meanEquity = mean > 0 ? mean : nil
        meanExposure =
            count > 0 && closes.allSatisfy(\.equity.isPositive)
            ? closes.reduce(0) { $0 + $1.exposure.double / $1.equity.double } / sessions : nil

        if let finalEquity, count > 0, capital.isPositive, finalEquity.isPositive {
            annualGrowth = powDeterministic(
                finalEquity.double / capital.double, Self.sessionsPerYear / sessions
            ).map { $0 - 1 }
        } else {
            annualGrowth = nil
        }
    }

    /// Standard deviation of the returns, ddof 1; zero when all are equal, nil under two.
    var volatility: Double? {
        guard let returns, returns.count > 1 else { return nil }
        return Sample(returns).deviation ?? 0
    }
}
