import Foundation
import Glibc

/// A file that only holds room on the disk of the ledger, given up when nothing else is left: the last
/// orders can then still be written down.
package enum StoreReserve {
    static let name = "reserve"
    /// Some ten thousand commits.
    package static let bytes: Int64 = 16 << 20

    private static func path(_ folder: String) -> String {
        (folder as NSString).appendingPathComponent(name)
    }

    static func size(folder: String) -> Int64 { StoreFolder.size(path(folder)) ?? 0 }

    /// Makes the file where it is missing or short and four times its size is free.
    /// - Returns: whether it is there now.
    @discardableResult
    package static func make(folder: String, bytes: Int64) -> Bool {
        let path = path(folder)
        guard (try? StoreFiles.demandOwn(path)) != nil else { return false }
        if StoreFolder.size(path) ?? 0 >= bytes { return true }
        guard freeSpace(folder: folder) ?? 0 >= 4 * bytes else { return false }
        guard let descriptor = try? StoreFiles.openOwn(path, O_RDWR | O_CREAT) else { return false }
        defer { close(descriptor) }
        StoreFiles.handOver(descriptor, path)
        if posix_fallocate(descriptor, 0, off_t(bytes)) == 0 { return true }
        unlink(path)
        return false
    }

    static func release(folder: String) { unlink(path(folder)) }

    /// Bytes that this user may still write on the disk of `folder`; nil when it cannot be asked.
    package static func freeSpace(folder: String) -> Int64? {
        var information = statvfs()
        guard statvfs(folder, &information) == 0 else { return nil }
        let (bytes, overflow) = UInt64(information.f_bavail)
            .multipliedReportingOverflow(by: UInt64(information.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }
}
