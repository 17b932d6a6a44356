import Domain

/// How the parts of the daemon are, as `status` tells it.
package struct ComponentHealth: Sendable {
    /// Wall time of the last instant of the market, and of the last news that was taken.
    var marketAt: Timestamp?
    var newsAt: Timestamp?
    var isMarketOver = false
    /// What of the news was set aside after the last that was taken; nil: nothing.
    var newsTrouble: String?
    /// Why not; nil: well.
    var clock: String?
    var disk: String?
    var history: String?
    /// Alerts of the machine around the engine.
    var alerts = 0

    init() {}

    /// - Parameter isWhole: false when a part of what came was set aside.
    mutating func tookNews(at time: Timestamp, isWhole: Bool = true) {
        newsAt = time
        if isWhole { newsTrouble = nil }
    }

    mutating func take(alert code: String, _ message: String) {
        alerts += 1
        if code.hasPrefix("news-") { newsTrouble = message }
    }

    mutating func take(_ condition: HostCondition) {
        switch condition {
        case .clock(let distrust): clock = distrust
        case .disk(let shortage): disk = shortage
        }
    }
}
