import Foundation
import Storage

/// The stores of a folder, held under its lock: nobody else opens them meanwhile.
package struct StoreAccess: ~Copyable {
    /// Beside the stores of a backtest, which may be made anew at any time; all others are kept.
    package static let backtestMark = ".bellwether-backtest"

    package let ledger: LedgerStore
    package let history: HistoryStore
    private let lock: StoreLock?
    private let copy: TemporaryCopy?

    /// - Parameters:
    ///   - purpose: what the holder does, for the message that others get.
    ///   - mustExist: refuse a folder without a ledger rather than begin one in it.
    ///   - reserve: bytes kept free on the disk for the ledger.
    package init(
        folder: String, purpose: String, mustExist: Bool = false,
        reserve: Int64 = StoreReserve.bytes
    ) throws(StorageError) {
        if mustExist { try Self.demandLedger(folder) }
        let lock = try StoreLock(folder: folder, purpose: purpose)
        let ledger = try LedgerStore(folder: folder, reserve: reserve)
        let history = try HistoryStore(folder: folder)
        (self.lock, self.ledger, self.history, copy) = (lock, ledger, history, nil)
    }

    /// A copy of the stores of a folder in which nothing can be written, for those who only ask; what
    /// is done to it goes with it.
    package init(copyOf folder: String, purpose: String) throws(StorageError) {
        try Self.demandLedger(folder)
        let lock = try StoreLock.ifPresent(folder: folder, purpose: purpose)
        let copy = try TemporaryCopy(ofStore: folder)
        let ledger = try LedgerStore(folder: copy.folder, reserve: 0)
        let history = try HistoryStore(folder: copy.folder)
        (self.lock, self.ledger, self.history, self.copy) = (lock, ledger, history, copy)
    }

    /// New stores for a backtest, in place of those of an earlier one.
    /// - Throws: `folder` where the folder holds stores that no backtest made; they stay.
    package init(backtestIn folder: String) throws(StorageError) {
        let lock = try StoreLock(folder: folder, purpose: "bellwether backtest")
        try Self.clear(folder)
        let ledger = try LedgerStore(folder: folder)
        let history = try HistoryStore(folder: folder)
        (self.lock, self.ledger, self.history, copy) = (lock, ledger, history, nil)
    }

    private static func clear(_ folder: String) throws(StorageError) {
        let files = FileManager.default
        let mark = folder + "/" + backtestMark
        let stores = StoreFile.allCases.flatMap { file in
            ["", "-wal", "-shm"].map { folder + "/" + file.rawValue + $0 }
        }.filter { files.fileExists(atPath: $0) }
        if let store = stores.first, !files.fileExists(atPath: mark) {
            throw .folder(
                path: store, reason: "was not made by a backtest and is kept; give another folder")
        }
        do {
            try Data().write(to: URL(fileURLWithPath: mark))
            let beside = LedgerStore.companions.map { folder + "/" + $0 }
                .filter { files.fileExists(atPath: $0) }
            for path in stores + beside { try files.removeItem(atPath: path) }
        } catch {
            throw .folder(path: folder, reason: error.localizedDescription)
        }
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
