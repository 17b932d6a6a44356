import Domain
import Primitives

/// Holds and blocks: what keeps orders back.
extension TradingEngine {
    /// When the next hold ends by itself.
    var holdsDue: Timestamp { .distantFuture }

    mutating func endHolds(_ effects: inout [Effect]) {}

    mutating func take(_ condition: HostCondition, _ effects: inout [Effect]) {}
}
