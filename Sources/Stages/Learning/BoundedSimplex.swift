/// Weights that sum to one while each stays within bounds of its own.
enum BoundedSimplex {
    /// The point of { w : lower ≤ w ≤ upper, Σw = 1 } nearest to `values` in relative entropy.
    ///
    /// That point is clamp(λ × value, lower, upper) for the one λ at which the sum is 1. The sum grows
    /// with λ and is linear between the values of λ at which a weight reaches a bound, so these are
    /// tried in order and λ is solved for in the piece that holds it: no iteration, no tolerance.
    ///
    /// Source: the Bregman projection that belongs to multiplicative updates, Herbster and
    /// Warmuth, "Tracking the Best Linear Predictor" (2001); water-filling for the box.
    ///
    /// - Parameter values: finite and positive.
    /// - Returns: nil when the bounds admit no such point or a value is not as promised.
    static func project(_ values: [Double], lower: [Double], upper: [Double]) -> [Double]? {
        guard values.count == lower.count, values.count == upper.count,
            values.allSatisfy({ $0.isFinite && $0 > 0 }),
            zip(lower, upper).allSatisfy({ $0 >= 0 && $0 <= $1 && $1.isFinite }),
            lower.reduce(0, +) <= 1 + slack, upper.reduce(0, +) >= 1 - slack
        else { return nil }
        func clamped(_ scale: Double) -> [Double] {
            values.indices.map { min(max(scale * values[$0], lower[$0]), upper[$0]) }
        }
        let corners = (zip(lower, values).map { $0 / $1 } + zip(upper, values).map { $0 / $1 })
            .sorted()
        guard let last = corners.last, last.isFinite else { return nil }
        guard let end = corners.firstIndex(where: { clamped($0).reduce(0, +) >= 1 }) else {
            return clamped(last)
        }
        let below = end == 0 ? 0 : corners[end - 1]
        let middle = below + (corners[end] - below) / 2
        var (fixed, free) = (0.0, 0.0)
        for index in values.indices {
            let scaled = middle * values[index]
            if scaled <= lower[index] {
                fixed += lower[index]
            } else if scaled >= upper[index] {
                fixed += upper[index]
            } else {
                free += values[index]
            }
        }
        return clamped(free > 0 ? (1 - fixed) / free : corners[end])
    }

    /// Sums of bounds that are 1 but for rounding are taken as 1.
    static let slack = 1e-12
}
