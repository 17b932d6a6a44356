import Domain
import Primitives

/// What people tell the daemon to do.
extension TradingEngine {
    mutating func take(_ command: Command, _ effects: inout [Effect]) throws(EngineError) {}
}
