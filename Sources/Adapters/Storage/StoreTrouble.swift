import Domain
import Foundation
import Glibc
import Primitives

/// `ledger.trouble`: when the ledger failed at its disk. Kept apart from the ledger, which takes
/// nothing more then; best effort, as the disk is failing.
package enum StoreTrouble {
    static let name = "ledger.trouble"
    /// Bytes, twice: the file before stays as `ledger.trouble.old`.
    private static let sizeMax = 65_536

    package struct Record: Sendable, Equatable {
        package let at: Timestamp
        package let text: String
    }

    private static func path(_ folder: String) -> String {
        (folder as NSString).appendingPathComponent(name)
    }

    package static func note(_ text: String, folder: String, at: Timestamp) {
        let path = path(folder)
        if StoreFolder.size(path) ?? 0 > sizeMax { rename(path, path + ".old") }
        guard let descriptor = try? StoreFiles.openOwn(path, O_WRONLY | O_CREAT | O_APPEND)
        else { return }
        defer { close(descriptor) }
        StoreFiles.handOver(descriptor, path)
        let oneLine = text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(1000)
        let line = Array("\(at.nanoseconds) \(oneLine)\n".utf8)
        _ = write(descriptor, line, line.count)
        _ = fdatasync(descriptor)
    }

    /// Puts an end to all so far: somebody who knows of them lets the ledger be used again. By its
    /// place among them and not by its time, which one of the two clocks may have had wrong.
    static func settle(folder: String, at: Timestamp) {
        if !all(folder: folder).isEmpty { note(settled, folder: folder, at: at) }
    }

    private static let settled = "the hold was lifted"

    /// All that are kept, oldest first; lines that are no record are stepped over.
    package static func all(folder: String) -> [Record] {
        lines(folder).filter { $0.text != settled }
    }

    private static func lines(_ folder: String) -> [Record] {
        let data = [path(folder) + ".old", path(folder)].map {
            StoreFiles.contents($0, max: 2 * sizeMax) ?? []
        }
        let lines = data.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
        return lines.compactMap { line in
            let words = line.split(separator: " ", maxSplits: 1)
            guard let nanoseconds = words.first.flatMap({ Int64($0) }) else { return nil }
            return Record(
                at: Timestamp(nanoseconds: nanoseconds),
                text: words.count > 1 ? String(words[1]) : "")
        }
    }

    /// Those of the last hour before `now` since the hold was last lifted. Of those later than `now`
    /// the last one too: a clock that went back hides nothing, and one that was ahead once does not
    /// halt for ever. Two or more mean that a restart alone does not help.
    package static func recent(folder: String, now: Timestamp) -> [Record] {
        let lines = lines(folder)
        let start = lines.lastIndex { $0.text == settled }.map { $0 + 1 } ?? 0
        let since = now - Span(seconds: 3600)
        let counted = lines[start...].filter { $0.at >= since }
        let lastAhead = counted.lastIndex { $0.at > now }
        return counted.enumerated().filter { $1.at <= now || $0 == lastAhead }.map(\.element)
    }

    static var wallClock: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
