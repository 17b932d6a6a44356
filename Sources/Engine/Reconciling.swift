import Domain
import Execution
import Primitives

/// Orders that fell silent, the connection, and the comparison of broker and books.
extension TradingEngine {
    /// When an unknown order is to be read again, or a comparison is due.
    var brokerDue: Timestamp { .distantFuture }

    /// What keeps entries back because of the broker.
    func brokerBlock(_ id: SymbolID) -> EntryBlock? { nil }

    /// Starts a comparison, or joins the one that is under way.
    /// - Returns: the id of the run.
    mutating func beginReconciliation(
        _ trigger: ReconciliationTrigger, _ effects: inout [Effect]
    ) -> String { "rec-\(trigger.rawValue)-\(now.nanoseconds)" }

    mutating func wakeBroker(_ effects: inout [Effect]) throws(EngineError) {}

    mutating func take(_ answer: OrderAnswer, _ effects: inout [Effect]) throws(EngineError) {}

    mutating func take(_ answer: AccountAnswer, _ effects: inout [Effect]) throws(EngineError) {}

    mutating func take(_ link: BrokerLink, _ effects: inout [Effect]) {}
}
