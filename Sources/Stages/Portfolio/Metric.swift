import Domain

/// A figure of a report with the words that define it.
package struct Metric: Sendable, Equatable {
    /// Stable: a key of the machine format.
    package let key: String
    package let value: MetricValue
    /// How it is computed, and when it is undefined.
    package let formula: String

    package init(_ key: String, _ value: MetricValue, _ formula: String) {
        self.key = key
        self.value = value
        self.formula = formula
    }
}

package enum MetricValue: Sendable, Equatable {
    case money(Money)
    /// 0.0123 is 1.23 %.
    case ratio(Double)
    case count(Int)
    case seconds(Double)
    /// Undefined: shown as n/a, never as zero.
    case none

    init(money: Money?) { self = money.map(Self.money) ?? .none }
    init(seconds: Double?) { self = seconds.map(Self.seconds) ?? .none }

    init(ratio: Double?) {
        if let ratio, ratio.isFinite { self = .ratio(ratio) } else { self = .none }
    }
}
