// What people change for good: the weights of the strategies, and the limits of the gate.
//
// Both take effect in the event of their command and are read back from its record at a start. A
// limit can only become stricter; weights are valid or they are not taken.

import Domain
import Learning
import Portfolio
import Primitives
import Risk

extension TradingEngine {
    /// Whether closed trades move the weights.
    package var isLearningFrozen: Bool { overrides.isFrozen }

    /// The limits that count now: the stricter of the configuration and of what commands have set;
    /// nil: none. In the order of their declaration.
    package var effectiveLimits: [(limit: RiskLimit, value: Double?, isLowered: Bool)] {
        RiskLimit.allCases.map {
            ($0, gate.config[$0], gate.config[$0] != config.risk[$0])
        }
    }

    /// For a command that goes back to a version of the weights: to be given before it is taken.
    package mutating func recall(_ weights: StrategyWeights) { memory.weights = weights }

    // MARK: - Weights

    mutating func weights(
        _ command: Command, _ order: WeightsOrder, _ effects: inout [Effect]
    ) {
        guard command.isProven else { return refuseUnsigned(command, &effects) }
        switch order {
        case .freeze:
            overrides.take(command.verb)
            answerWeights(command, "weights are frozen", &effects)
        case .unfreeze:
            overrides.take(command.verb)
            answerWeights(command, "closed trades move the weights", &effects)
        case .set(let values): adopt(values, command, &effects)
        case .rollback(let version):
            if version == learner.weights.version {
                return answerWeights(command, "version \(version) is in use already", &effects)
            }
            guard let old = memory.weights, old.version == version else {
                return refuse(
                    command, .invalidArgument,
                    "there is no valid version \(version) of the weights", &effects)
            }
            adopt(old.values, command, &effects)
        }
    }

    private mutating func adopt(
        _ values: [Double], _ command: Command, _ effects: inout [Effect]
    ) {
        guard now > .distantPast else {
            return refuse(
                command, .unavailable, "the market has not begun: weights have no time yet",
                &effects)
        }
        guard config.learning.enabled else {
            return refuse(
                command, .invalidArgument,
                "learning.enabled is false: the weights are those of the configuration", &effects)
        }
        guard StrategyWeights(version: 0, values: values) != nil else {
            return refuse(
                command, .invalidArgument,
                "weights are numbers from 0 to 1 whose sum is 1", &effects)
        }
        // The version before has its row first.
        if let first = learner.unrecordedChange(at: now) {
            effects.append(.record(.weights(first)))
        }
        guard let change = learner.adopt(values, at: now, day: learningDay) else {
            return refuse(
                command, .invalidArgument,
                "weights lie between learning.floor \(config.learning.floor) and "
                    + "learning.ceiling \(config.learning.ceiling), and a strategy that is off has 0",
                &effects)
        }
        effects.append(.record(.weights(change)))
        effects.append(.notice(.weights(change)))
        answerWeights(command, "weights version \(change.weights.version)", &effects)
    }

    private mutating func answerWeights(
        _ command: Command, _ message: String, _ effects: inout [Effect]
    ) {
        let weights = learner.weights
        var figures = [Figure("version", "\(weights.version)")]
        for strategy in StrategyID.allCases {
            figures.append(Figure(strategy.rawValue, "\(weights[strategy])"))
        }
        figures.append(Figure("frozen", "\(overrides.isFrozen)"))
        answer(command, message, figures: figures, &effects)
    }

    // MARK: - Limits

    mutating func limits(
        _ command: Command, _ wanted: [RiskLimit: Double], _ effects: inout [Effect]
    ) {
        guard command.isProven else { return refuseUnsigned(command, &effects) }
        var lowered: [String] = []
        // All of them or none.
        for limit in RiskLimit.allCases {
            guard let value = wanted[limit] else { continue }
            guard limit.admits(value) else {
                return refuse(
                    command, .invalidArgument,
                    "\(limit.rawValue) must be "
                        + (limit.isCount ? "a whole number from 1 on" : "a number above 0"),
                    &effects)
            }
            let present = gate.config[limit] ?? .infinity
            guard value <= present else {
                return refuse(
                    command, .invalidArgument,
                    "\(limit.rawValue) is \(limit.text(present)): a command only lowers it; "
                        + (overrides.limits[limit] == present
                            ? "it was lowered by one, which holds for as long as this ledger does"
                            : "to raise it, change the configuration and start again"),
                    &effects)
            }
            if value < present { lowered.append("\(limit.rawValue) \(limit.text(value))") }
        }
        overrides.take(command.verb)
        gate = RiskGate(config.risk.lowered(by: overrides.limits))
        // What is lost by the new limit holds trading now, not at the next price.
        if config.latches, now > .distantPast, !isUnmarked { judgeLosses(&effects) }
        let figures = effectiveLimits.compactMap { entry in
            entry.value.map { Figure(entry.limit.rawValue, entry.limit.text($0)) }
        }
        answer(
            command,
            lowered.isEmpty ? "the limits were so already" : lowered.joined(separator: ", "),
            figures: figures, &effects)
    }

    // MARK: - Restart

    mutating func restoreOverrides(_ state: LedgerState) {
        overrides = state.overrides
        gate = RiskGate(config.risk.lowered(by: overrides.limits))
    }
}
