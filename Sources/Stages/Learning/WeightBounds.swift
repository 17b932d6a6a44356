import Domain

/// Between which limits the enabled strategies' weights may lie.
///
/// Configured limits that no simplex can meet are widened just so far that one can: with n enabled
/// strategies the floor is at most 1/n and the ceiling at least 1/n.
struct WeightBounds: Sendable, Equatable {
    /// The floor is never lower: an enabled strategy always keeps a say.
    static let floorMin = 0.001

    let enabled: [Bool]
    let floor: Double
    let ceiling: Double
    let stepMax: Double

    init(_ config: LearningConfig, enabled: [Bool]) {
        let even = 1 / Double(max(1, enabled.filter { $0 }.count))
        self.enabled = enabled
        floor = min(max(config.floor.isFinite ? config.floor : 0, Self.floorMin), even)
        ceiling = max(min(config.ceiling.isFinite ? config.ceiling : 1, 1), even)
        stepMax = config.dailyStepMax.isFinite ? max(0, config.dailyStepMax) : 0
    }

    /// Whether the weights lie within floor and ceiling, and disabled ones are exactly 0.
    func admit(_ values: [Double]) -> Bool {
        values.indices.allSatisfy { index in
            guard enabled[index] else { return values[index] == 0 }
            return values[index] >= floor - StrategyWeights.tolerance
                && values[index] <= ceiling + StrategyWeights.tolerance
        }
    }

    /// The nearest weights within floor and ceiling; disabled strategies get exactly 0.
    func fit(_ values: [Double]) -> [Double]? {
        project(
            // What lies below the floor is brought there anyway; zero could not be scaled.
            values.map { max($0, Self.floorMin) }, lower: values.map { _ in floor },
            upper: values.map { _ in ceiling })
    }

    /// `values` brought within floor, ceiling and a day's step from `base`, where a strategy that is
    /// not `movable` keeps its weight.
    ///
    /// The weights of now are always within the limits, even where the settings were tightened
    /// since: so there is always a solution, and nothing moves away from the limits.
    func step(
        from current: [Double], to values: [Double], base: [Double], movable: [Bool]
    ) -> [Double]? {
        var lower = current
        var upper = current
        for index in current.indices where movable[index] {
            lower[index] = min(current[index], max(floor, base[index] - stepMax))
            upper[index] = max(current[index], min(ceiling, base[index] + stepMax))
        }
        return project(values, lower: lower, upper: upper)
    }

    private func project(_ values: [Double], lower: [Double], upper: [Double]) -> [Double]? {
        let active = values.indices.filter { enabled[$0] }
        // With one strategy there is nothing to share, and no rounding either.
        if active.count == 1 { return enabled.map { $0 ? 1 : 0 } }
        guard
            let projected = BoundedSimplex.project(
                active.map { values[$0] }, lower: active.map { lower[$0] },
                upper: active.map { upper[$0] })
        else { return nil }
        var result = [Double](repeating: 0, count: values.count)
        for (index, weight) in zip(active, projected) { result[index] = weight }
        return result
    }
}
