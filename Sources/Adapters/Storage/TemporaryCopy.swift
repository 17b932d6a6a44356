import Foundation
import Glibc

/// A store's file and its WAL in a folder of their own, which goes with it: the temporary folder, often
/// in memory, or where there is not twice the room for them there, beside the store or in it.
final class TemporaryCopy {
    let path: String
    private let folder: String

    /// - Parameter temporary: the folder to try first.
    init(
        of file: StoreFile, in folder: String, temporary: String
    ) throws(StorageError) {
        let sources = ["", "-wal"].map { StoreFiles.join(folder, file.rawValue + $0) }
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
        path = StoreFiles.join(made, file.rawValue)
        do throws(StorageError) {
            for suffix in ["", "-wal"] {
                let source = StoreFiles.join(folder, file.rawValue + suffix)
                if StoreFiles.exists(source) { try StoreFiles.copy(source, path + suffix) }
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
