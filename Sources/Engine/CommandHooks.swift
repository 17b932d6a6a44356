import Domain
import Primitives

extension TradingEngine {
    /// What keeps entries of the symbol back for now.
    func entryBlock(_ id: SymbolID) -> EntryBlock? { brokerBlock(id) }

    /// A comparison of broker and books has ended.
    mutating func finished(_ run: ReconciliationRun, _ effects: inout [Effect]) {}

    /// The machine makes the mode stricter.
    mutating func hold(
        _ cause: HoldCause, _ mode: TradingMode, _ why: String, _ effects: inout [Effect]
    ) {
        let change = HoldChange.set(
            TradingHold(
                id: "h-\(cause.rawValue)", cause: cause, mode: mode, by: "machine", why: why,
                since: now, until: nil))
        self.mode = max(self.mode, mode)
        effects.append(.record(.hold(change)))
        effects.append(.notice(.hold(change, mode: self.mode)))
    }
}
