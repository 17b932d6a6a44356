import Domain

extension RiskConfig {
    /// What limits entries now; nil: nothing does.
    package subscript(limit: RiskLimit) -> Double? {
        switch limit {
        case .positionShareMax: positionShareMax
        case .positionsMax: positionsMax.map { Double($0) }
        case .exposureShareMax: exposureShareMax
        case .ordersPerMinuteMax: ordersPerMinuteMax.map { Double($0) }
        case .ordersPerDayMax: ordersPerDayMax.map { Double($0) }
        case .notionalPerDayMax: notionalPerDayShareMax
        case .dailyLossShareMax: dailyLossShareMax
        case .drawdownShareMax: drawdownShareMax
        }
    }

    /// The stricter of each of these limits and `limits`; what is no limit is passed over.
    package func lowered(by limits: [RiskLimit: Double]) -> RiskConfig {
        var config = self
        for limit in RiskLimit.allCases {
            guard let value = limits[limit], limit.admits(value), value < self[limit] ?? .infinity
            else { continue }
            switch limit {
            case .positionShareMax: config.positionShareMax = value
            case .positionsMax: config.positionsMax = Int(value)
            case .exposureShareMax: config.exposureShareMax = value
            case .ordersPerMinuteMax: config.ordersPerMinuteMax = Int(value)
            case .ordersPerDayMax: config.ordersPerDayMax = Int(value)
            case .notionalPerDayMax: config.notionalPerDayShareMax = value
            case .dailyLossShareMax: config.dailyLossShareMax = value
            case .drawdownShareMax: config.drawdownShareMax = value
            }
        }
        return config
    }
}
