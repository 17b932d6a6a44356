import Domain
import Primitives

/// Learns from closed trades how much each strategy's vote should count.
///
/// A closed trade in -> credit to the strategies that voted for or against it, new weights out.
/// The update is multiplicative (exponentiated gradient, Kivinen and Warmuth 1997): each weight is
/// scaled by e^(rate × credit), then all are brought back within their bounds.
///
/// Invariants: weights are a simplex over the enabled strategies; a disabled one is exactly 0, an
/// enabled one never below the floor; none moves more than the daily step from where the New York
/// day found it; input that is no number changes nothing.
package struct Learner: Sendable, Equatable {
    package let config: LearningConfig
    package private(set) var weights: StrategyWeights
    /// Trades credited so far, by `StrategyID.index`: those with a credit other than zero.
    package private(set) var creditedTrades: [Int]
    private let bounds: WeightBounds
    private var dayStart: StrategyWeights
    private var day: String
    private var isUnrecorded: Bool

    /// A fresh start from the configured weights.
    ///
    /// - Parameters:
    ///   - enabled: by `StrategyID.index`.
    ///   - prior: the configured weights, by the same index; need not sum to one.
    /// - Returns: nil when no strategy is enabled: there is nothing to weigh.
    package init?(_ config: LearningConfig, enabled: [Bool], prior: [Double]) {
        guard let first = Self.priorWeights(config, enabled: enabled, prior: prior) else {
            return nil
        }
        self.config = config
        weights = first
        creditedTrades = enabled.map { _ in 0 }
        bounds = WeightBounds(config, enabled: enabled)
        dayStart = first
        day = ""
        isUnrecorded = true
    }

    /// Goes on after a restart. Stored weights that do not fit the settings, as after a strategy was
    /// switched on or off, are brought within them as the next version.
    ///
    /// - Parameter day: the New York day of the checkpoint, `YYYY-MM-DD`, also after its close: the
    ///   daily step goes on from where that day found the weights.
    package init?(
        _ config: LearningConfig, enabled: [Bool], prior: [Double], restoring state: LedgerState,
        day: String
    ) {
        self.init(config, enabled: enabled, prior: prior)
        if state.creditedTrades.count == creditedTrades.count {
            creditedTrades = state.creditedTrades.map { max(0, $0) }
        }
        guard let stored = state.weights?.weights else { return }
        let first = weights
        guard let current = Self.fitted(stored, config, bounds, to: first) else { return nil }
        weights = current
        isUnrecorded = current.version != stored.version
        let base = state.weightsAtDayStart ?? first
        dayStart = Self.fitted(base, config, bounds, to: first) ?? current
        self.day = day
    }

    /// The configured weights over the enabled strategies, as version 0: scaled to sum one and, when
    /// learning is on, within floor and ceiling. Weights that are no numbers or negative count as 0;
    /// when nothing is left, all are equal. Nil when no strategy is enabled.
    package static func priorWeights(
        _ config: LearningConfig, enabled: [Bool], prior: [Double]
    ) -> StrategyWeights? {
        let count = StrategyID.allCases.count
        guard enabled.count == count, enabled.contains(true) else { return nil }
        var values = enabled.indices.map { index in
            enabled[index] && index < prior.count && prior[index].isFinite
                ? max(0, prior[index]) : 0
        }
        if let largest = values.max(), largest > 0 {
            // First by the largest, so that the sum of huge weights stays finite.
            values = values.map { $0 / largest }
            let sum = values.reduce(0, +)
            values = values.map { $0 / sum }
        } else {
            let even = 1 / Double(enabled.filter { $0 }.count)
            values = enabled.map { $0 ? even : 0 }
        }
        if config.enabled {
            let bounds = WeightBounds(config, enabled: enabled)
            if !bounds.admit(values), let fitted = bounds.fit(values) { values = fitted }
        }
        return StrategyWeights(version: 0, values: values)
    }

    /// The weights as a row for the ledger, once: when they are new or not the ones restored.
    package mutating func unrecordedChange(at: Timestamp) -> WeightsChange? {
        guard isUnrecorded else { return nil }
        isUnrecorded = false
        return WeightsChange(
            weights: weights, at: at, cause: nil, credits: weights.values.map { _ in 0 })
    }

    /// Takes in a closed trade.
    ///
    /// - Parameters:
    ///   - votes: those behind the entry; a strategy that is not among them gets no credit.
    ///   - day: the New York day of `at`, `YYYY-MM-DD`.
    /// - Returns: the next version, also while a strategy that has too few trades keeps its weight:
    ///   the row is the evidence. Nil, with nothing changed, when learning is off, fewer than two
    ///   strategies are enabled, nobody earned credit, or a figure is no number.
    package mutating func credit(
        _ trade: ClosedTrade, votes: [Vote], at: Timestamp, day: String
    ) -> WeightsChange? {
        guard config.enabled, config.rate.isFinite, bounds.enabled.filter({ $0 }).count > 1,
            let credits = credits(for: trade, votes: votes), credits.contains(where: { $0 != 0 })
        else { return nil }
        let base = day == self.day ? dayStart : weights
        let samples = zip(creditedTrades, credits).map { $1 == 0 ? $0 : Self.increment($0) }
        let movable = samples.indices.map {
            bounds.enabled[$0] && samples[$0] >= config.samplesMin
        }
        let scaled = weights.values.indices.map { index in
            let exponent = movable[index] ? config.rate * credits[index] : 0
            // e^±20 takes any weight to a limit; more would only lose digits.
            return weights.values[index]
                * exp2Deterministic(min(max(exponent, -20), 20) * 1.442695040888963407)
        }
        guard
            let values = bounds.step(
                from: weights.values, to: scaled, base: base.values, movable: movable),
            let next = Self.version(after: weights, values: values)
        else { return nil }
        (weights, creditedTrades) = (next, samples)
        (dayStart, self.day) = (base, day)
        isUnrecorded = false
        return WeightsChange(weights: next, at: at, cause: trade.id, credits: credits)
    }

    /// Weights set by hand or taken back from an older version: they must lie within floor and
    /// ceiling, and the day's steps count from them. Nil, with nothing changed, when they do not, or
    /// when learning is off: then the weights are those of the configuration.
    package mutating func adopt(
        _ values: [Double], at: Timestamp, day: String
    ) -> WeightsChange? {
        guard config.enabled, let next = Self.version(after: weights, values: values),
            bounds.admit(values)
        else { return nil }
        (weights, dayStart, self.day) = (next, next, day)
        isUnrecorded = false
        return WeightsChange(
            weights: next, at: at, cause: WeightsChange.byOperator,
            credits: values.map { _ in 0 })
    }

    /// Per strategy: clamp(return / returnScale) × agreement with the trade × strength. Nil when the
    /// trade has no return (S08) or a figure is no number.
    private func credits(for trade: ClosedTrade, votes: [Vote]) -> [Double]? {
        let invested = trade.entryPrice.double * trade.quantity.double
        guard invested > 0, config.returnScale.isFinite, config.returnScale > 0 else { return nil }
        let outcome = min(max(trade.pnl.double / invested / config.returnScale, -1), 1)
        var credits = [Double](repeating: 0, count: weights.values.count)
        var hasVoted = [Bool](repeating: false, count: weights.values.count)
        for vote in votes {
            guard vote.strength.isFinite else { return nil }
            let index = vote.strategy.index
            guard bounds.enabled[index], !hasVoted[index] else { continue }
            hasVoted[index] = true
            let agreement = Double(vote.direction.signum() * Int(trade.side.sign))
            credits[index] = outcome * agreement * min(max(vote.strength, 0), 1)
        }
        return credits.allSatisfy(\.isFinite) ? credits : nil
    }

    /// `weights` as they are when they fit the settings, else brought within them as the next
    /// version. A strategy that was off starts from the configured weights.
    private static func fitted(
        _ weights: StrategyWeights, _ config: LearningConfig, _ bounds: WeightBounds,
        to first: StrategyWeights
    ) -> StrategyWeights? {
        guard config.enabled else {
            return weights.values == first.values
                ? weights : version(after: weights, values: first.values)
        }
        if bounds.admit(weights.values) { return weights }
        let values = weights.values.indices.map {
            weights.values[$0] > 0 ? weights.values[$0] : first.values[$0]
        }
        return version(after: weights, values: bounds.fit(values) ?? first.values)
    }

    /// Nil when the values are not valid weights, or the version cannot be counted up.
    private static func version(
        after weights: StrategyWeights, values: [Double]
    ) -> StrategyWeights? {
        let (number, overflow) = weights.version.addingReportingOverflow(1)
        return overflow ? nil : StrategyWeights(version: number, values: values)
    }

    private static func increment(_ count: Int) -> Int { count == .max ? count : count + 1 }
}
