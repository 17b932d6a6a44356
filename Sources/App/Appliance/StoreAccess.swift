import Foundation
import Storage

/// The stores of a folder, held under its lock: nobody else opens them meanwhile.
package struct StoreAccess: ~Copyable {
    package let ledger: LedgerStore
    package let history: HistoryStore
    private let lock: StoreLock

    /// - Parameters:
    ///   - purpose: what the holder does, for the message that others get.
    ///   - mustExist: refuse a folder without a ledger rather than begin one in it.
    package init(
        folder: String, purpose: String, mustExist: Bool = false
    ) throws(StorageError) {
        if mustExist { try Self.demandLedger(folder) }
        let lock = try StoreLock(folder: folder, purpose: purpose)
        let ledger = try LedgerStore(folder: folder)
        let history = try HistoryStore(folder: folder)
        (self.lock, self.ledger, self.history) = (lock, ledger, history)
    }

    private static func demandLedger(_ folder: String) throws(StorageError) {
        let name = StoreFile.ledger.rawValue
        guard FileManager.default.fileExists(atPath: folder + "/" + name) else {
            throw .folder(
                path: folder,
                reason: "holds no \(name); give the folder that is storage.path of the run")
        }
    }

    /// Writes what is buffered and closes both.
    package func close() throws(StorageError) {
        try history.close()
        try ledger.close()
    }
}
