import Domain
import Primitives

extension ExecutionStage {
    /// An order that is alive, or came to its end of late.
    package func known(_ id: ClientOrderID) -> WorkingOrder? {
        orders[id] ?? recent.last { $0.intent.id == id }
    }
}
