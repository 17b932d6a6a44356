import Domain
import Execution

/// What is read from outside to check the engine against its ledger.
extension TradingEngine {
    /// What all working orders may still cost.
    package var reserved: Money { execution.reserved }
}
