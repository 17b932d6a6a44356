import Primitives
import Storage

/// Which devices for Home Assistant a broker may still keep, over restarts: a topic that is ours no
/// more, because the prefix or the id changed or discovery was switched off, is to be emptied.
struct DeviceMemory {
    private let ledger: LedgerStore
    private var topics: Set<String>
    /// Topics that hold a device of before.
    let old: [String]
    private static let topicsMax = 16

    /// - Parameter current: where the device is announced from now on; nil: nowhere. It is remembered
    ///   before it is announced.
    init(_ ledger: LedgerStore, current: String?) throws(StorageError) {
        self.ledger = ledger
        let stored = try ledger.memo(.devices) ?? ""
        let lines = stored.split(separator: "\n").map(String.init)
        old = lines.filter { $0 != current }.prefix(Self.topicsMax).map { $0 }
        topics = Set(old + [current].compactMap { $0 })
        try remember()
    }

    /// The broker has none there any more.
    mutating func removed(_ gone: [String]) {
        if gone.isEmpty { return }
        topics.subtract(gone)
        // What cannot be remembered is emptied once more after the next start.
        try? remember()
    }

    private func remember() throws(StorageError) {
        try ledger.remember(.devices, topics.sorted().joined(separator: "\n"))
    }
}
