import Domain

/// Makes the effects of one event durable before anything is done about them.
package protocol EventJournal {
    /// One transaction over all `record`s of `effects`; `history` entries may follow later.
    /// Nothing may be submitted before this returns.
    mutating func commit(_ effects: [Effect], symbols: SymbolTable) throws
    /// A bar that was taken, for the history.
    mutating func took(_ bar: Bar, symbols: SymbolTable)
    /// What the ledger holds since then, to compare it with the broker's account.
    /// - Parameter ids: orders that are in it whatever their age: the broker lists what changed.
    mutating func extract(since: Timestamp, naming ids: Set<String>) throws -> LedgerExtract
    /// The command of that transaction, however old; nil: there was none.
    mutating func command(transaction: String) throws -> CommandRecord?
    /// The newest valid weights of that version; nil: there are none.
    mutating func weights(version: Int) throws -> StrategyWeights?
}

extension EventJournal {
    /// What keeps no commands knows of none.
    package mutating func command(transaction: String) throws -> CommandRecord? { nil }

    package mutating func weights(version: Int) throws -> StrategyWeights? { nil }
}
