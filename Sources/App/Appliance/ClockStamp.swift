import Domain
import Foundation
import Glibc

/// The newest time that this machine's clock showed while it was trusted, in `clock` beside the
/// stores: a clock that shows an earlier one at a later start has lost its time. The rows of the
/// ledger cannot tell, as they bear the market's time.
///
/// Best effort: without the file, or where it cannot be written, the other signs of a wrong clock
/// remain.
package struct ClockStamp: Sendable {
    static let name = "clock"
    private let path: String

    package init(folder: String) { path = folder + "/" + Self.name }

    /// Nil where there is none that can be read.
    package func read() -> Timestamp? {
        guard let data = FileManager.default.contents(atPath: path), data.count < 100 else {
            return nil
        }
        return Timestamp(rfc3339: String(decoding: data, as: UTF8.self).prefix { $0 != "\n" })
    }

    /// Replaces the file, whoever it belongs to; not synced, as it may be a minute old anyway.
    package func write(_ time: Timestamp) {
        let part = path + ".part"
        unlink(part)
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        let line = Array("\(time)\n".utf8)
        let isWhole = Glibc.write(descriptor, line, line.count) == line.count
        close(descriptor)
        if !isWhole || rename(part, path) != 0 { unlink(part) }
    }
}
