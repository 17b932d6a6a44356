import Domain
import Host
import Storage

/// A ledger that failed at its disk twice within an hour is not trusted to a third start: the hold
/// `storage` is put into it before the engine is built.
/// - Returns: the hold; nil when all is well, or when it stands already.
package func holdAfterTroubles(
    _ ledger: LedgerStore, mode: TradingMode
) throws(StorageError) -> TradingHold? {
    let troubles = ledger.recentTroubles(now: wallTime())
    guard troubles.count >= 2, let last = troubles.last else { return nil }
    let state = try ledger.loadState { $0 }
    guard !state.holds.contains(where: { $0.cause == .storage }) else { return nil }
    let at = state.checkpoint?.at ?? wallTime()
    let hold = TradingHold(
        id: "h\(state.holdCount + 1)", cause: .storage, mode: .halted, by: "machine",
        why: "the ledger failed \(troubles.count) times within an hour, last: \(last.text)",
        since: at, until: nil)
    try ledger.commit([
        .hold(.set(hold)),
        .alert(Alert(code: "storage", severity: .critical, message: hold.why, at: at)),
    ])
    return hold
}
