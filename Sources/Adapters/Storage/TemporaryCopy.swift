import Foundation
import Glibc

/// Files of a store and their WALs in a folder of their own, which goes with it: the temporary folder, often
/// in memory, or where there is not twice the room for them there, beside the store or in it.
package final class TemporaryCopy {
    package let folder: String

    /// Both files, and how far the ledger had come: to be opened as the store they are a copy of.
    package convenience init(ofStore folder: String) throws(StorageError) {
        try self.init(
            of: StoreFile.allCases.map(\.rawValue) + [LedgerMark.name], in: folder,
            temporary: NSTemporaryDirectory())
    }

    /// - Parameter temporary: the folder to try first.
    convenience init(
        of file: StoreFile, in folder: String, temporary: String
    ) throws(StorageError) {
        try self.init(of: [file.rawValue], in: folder, temporary: temporary)
    }

    func path(_ file: StoreFile) -> String { StoreFiles.join(folder, file.rawValue) }

    private init(
        of names: [String], in folder: String, temporary: String
    ) throws(StorageError) {
        let all = names.flatMap { [$0, $0 + "-wal"] }
        let sources = all.map { StoreFiles.join(folder, $0) }
        let size = sources.reduce(Int64(0)) { $0 + (StoreFolder.size($1) ?? 0) }
        let beside = (folder as NSString).deletingLastPathComponent
        let roomy = [temporary, beside, folder].filter { place in
            StoreReserve.freeSpace(folder: place).map { $0 / 2 >= size } ?? false
        }
        var made: String?
        for place in roomy where made == nil { made = Self.make(in: place) }
        guard let made else {
            throw .folder(
                path: temporary,
                reason: "no room for twice \(size >> 20) MiB, nor beside the store; set TMPDIR")
        }
        self.folder = made
        do throws(StorageError) {
            for (name, source) in zip(all, sources) where StoreFiles.exists(source) {
                try StoreFiles.copy(source, StoreFiles.join(made, name))
            }
        } catch {
            StoreFiles.remove(made)
            throw error
        }
    }

    private static func make(in place: String) -> String? {
        var template = Array(StoreFiles.join(place, "bellwether-doctor-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        let made = String(
            decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        StoreFiles.handOver(folder: made)
        return made
    }

    deinit { StoreFiles.remove(folder) }
}
