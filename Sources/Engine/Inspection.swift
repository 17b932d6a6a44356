import Domain
import Execution

/// What is read from outside: to check the engine against its ledger, and to show how it stands.
extension TradingEngine {
    /// What all working orders may still cost.
    package var reserved: Money { execution.reserved }

    /// What keeps entries back because of the broker, with the symbols it is true for, in the order
    /// of the blocks' declaration; empty when nothing does.
    package var brokerBlocks: [(block: EntryBlock, symbols: [Symbol])] {
        var found: [EntryBlock: [Symbol]] = [:]
        for (index, symbol) in symbols.symbols.enumerated() {
            if let block = brokerBlock(SymbolID(index: index)) {
                found[block, default: []].append(symbol)
            }
        }
        return EntryBlock.allCases.compactMap { block in
            found[block].map { (block, $0.sorted()) }
        }
    }
}
