import Domain

/// How the parts of the daemon are, as `status` tells it.
package struct ComponentHealth: Sendable {
    /// Wall time of the last instant of the market, and of the last news from outside.
    var marketAt: Timestamp?
    var newsAt: Timestamp?
    /// Why not; nil: well.
    var clock: String?
    var disk: String?
    var history: String?
    /// Alerts of the machine around the engine.
    var alerts = 0

    init() {}

    mutating func take(_ condition: HostCondition) {
        switch condition {
        case .clock(let distrust): clock = distrust
        case .disk(let shortage): disk = shortage
        }
    }
}
