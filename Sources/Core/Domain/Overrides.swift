import Primitives

/// What a person does to the weights of the strategies.
package enum WeightsOrder: Sendable, Equatable {
    /// By `StrategyID.index`.
    case set([Double])
    /// Closed trades move the weights no more, until `unfreeze`.
    case freeze, unfreeze
    /// The weights of that version once more, as a new one.
    case rollback(version: Int)

    package var name: String {
        switch self {
        case .set: "set"
        case .freeze: "freeze"
        case .unfreeze: "unfreeze"
        case .rollback: "rollback"
        }
    }
}

/// The limits of the gate that a command may lower, by the names of their keys without `risk.`; for
/// each the lower is the stricter.
package enum RiskLimit: String, Sendable, Codable, CaseIterable, Comparable {
    case positionShareMax = "position_share_max"
    case positionsMax = "positions_max"
    case exposureShareMax = "exposure_share_max"
    case ordersPerMinuteMax = "orders_per_minute_max"
    case ordersPerDayMax = "orders_per_day_max"
    case notionalPerDayMax = "notional_per_day_max"
    case dailyLossShareMax = "daily_loss_share_max"
    case drawdownShareMax = "drawdown_share_max"

    /// A number of things, not a share.
    package var isCount: Bool {
        switch self {
        case .positionsMax, .ordersPerMinuteMax, .ordersPerDayMax: true
        default: false
        }
    }

    /// What such a limit can be: a count from 1 on, or a share above zero.
    package func admits(_ value: Double) -> Bool {
        guard value.isFinite, value > 0, value <= 1_000_000 else { return false }
        return !isCount || value.rounded(.towardZero) == value
    }

    /// The value as a person writes it: `3`, `0.015`.
    package func text(_ value: Double) -> String {
        if isCount, let count = Int(exactly: value) { return "\(count)" }
        return OrderedJSON.plain(value)
    }

    package static func < (a: RiskLimit, b: RiskLimit) -> Bool { a.rawValue < b.rawValue }
}

/// What commands have changed for good, beside the configuration: it follows from their records.
package struct OperatorOverrides: Sendable, Equatable {
    package private(set) var isFrozen = false
    /// The lowest that each was ever set to. The stricter of it and the configuration counts.
    package private(set) var limits: [RiskLimit: Double] = [:]

    package init() {}

    /// A command that was carried out.
    package mutating func take(_ verb: Command.Verb) {
        switch verb {
        case .weights(.freeze): isFrozen = true
        case .weights(.unfreeze): isFrozen = false
        case .limits(let lowered):
            // Each limit for itself: the order does not matter.
            for (limit, value) in lowered where limit.admits(value) {
                limits[limit] = min(limits[limit] ?? value, value)
            }
        case .weights, .pause, .resume, .flatten, .reconcile: break
        }
    }

    package mutating func take(_ record: CommandRecord) {
        if record.answer.refusal == nil { take(record.command.verb) }
    }
}
