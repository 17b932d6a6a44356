import Domain

/// The bounded update of the strategies' weights from closed trades.
package struct LearningConfig: Sendable, Equatable {
    package var enabled = true
    /// How strongly one trade speaks, 0 ... 1.
    package var rate = 0.05
    /// No enabled strategy falls below this weight, none rises above the ceiling.
    package var floor = 0.05
    package var ceiling = 0.8
    /// No weight moves more than this in one New York day.
    package var dailyStepMax = 0.05
    /// Trades credited to a strategy before its weight may move.
    package var samplesMin = 5
    /// A return of this size counts as a full success or failure.
    package var returnScale = 0.02

    package init() {}
}
