import Domain

/// The three strategies' votes on one symbol, without an allocation: slot by `StrategyID.index`,
/// direction 0 and strength 0 for one that abstains.
package struct Ballot: Sendable, Equatable {
    private var directions: (Int8, Int8, Int8) = (0, 0, 0)
    private var strengths: (Double, Double, Double) = (0, 0, 0)

    package init() {}

    package static func == (a: Ballot, b: Ballot) -> Bool {
        a.directions == b.directions && a.strengths == b.strengths
    }

    /// - Parameters:
    ///   - direction: -1 or 1
    ///   - strength: clamped to 0 ... 1; a strength that is not finite is an abstention.
    package mutating func cast(_ strategy: StrategyID, direction: Int, strength: Double) {
        guard strength.isFinite, direction != 0 else { return }
        let bounded = min(1, max(0, strength))
        switch strategy {
        case .sentiment: (directions.0, strengths.0) = (Int8(direction.signum()), bounded)
        case .trend: (directions.1, strengths.1) = (Int8(direction.signum()), bounded)
        case .reversion: (directions.2, strengths.2) = (Int8(direction.signum()), bounded)
        }
    }

    package var isEmpty: Bool { directions == (0, 0, 0) }

    /// In the order of the strategies, abstentions left out.
    package var votes: [Vote] {
        var list: [Vote] = []
        for strategy in StrategyID.allCases {
            let (direction, strength) = slot(strategy)
            if direction != 0 {
                list.append(Vote(strategy: strategy, direction: direction, strength: strength))
            }
        }
        return list
    }

    func slot(_ strategy: StrategyID) -> (direction: Int, strength: Double) {
        switch strategy {
        case .sentiment: (Int(directions.0), strengths.0)
        case .trend: (Int(directions.1), strengths.1)
        case .reversion: (Int(directions.2), strengths.2)
        }
    }

    /// Σ weight × direction × strength over those who voted, their weights renormalised to 1:
    /// -1 ... 1. Nil when nobody with a weight voted.
    package func score(_ weights: StrategyWeights) -> Double? {
        var sum = 0.0
        var total = 0.0
        for strategy in StrategyID.allCases {
            let (direction, strength) = slot(strategy)
            guard direction != 0 else { continue }
            let weight = weights[strategy]
            sum += weight * Double(direction) * strength
            total += weight
        }
        return total > 0 ? sum / total : nil
    }
}
