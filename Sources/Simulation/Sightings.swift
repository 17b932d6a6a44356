import Domain
import Execution
import Primitives

/// Counts what the broker and the market do without a fault being ordered, so that a run shows
/// whether it met them.
struct Sightings {
    private(set) var washTrades = 0
    private(set) var fillsBeforeCancel = 0
    /// When the first cancel of an order left, in the exchange's time.
    private var cancels: [ClientOrderID: Timestamp] = [:]
    private var counted: Set<String> = []

    mutating func see(_ fact: Fact, _ truth: Truth) {
        switch fact {
        case .cancelSent(let id): cancels[id] = cancels[id] ?? truth.now
        case .told(.broker(let report)):
            switch report.event {
            case .rejected(let reason) where reason.hasPrefix("potential wash trade"):
                washTrades += 1
            case .fill(let execution, _, _, _):
                guard let sent = cancels[report.orderID], report.at >= sent,
                    counted.insert(execution).inserted
                else { return }
                fillsBeforeCancel += 1
            default: break
            }
        default: break
        }
    }
}
