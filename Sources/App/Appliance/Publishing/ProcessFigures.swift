import Foundation

/// What the kernel counts of this process; a file that cannot be read gives nil, never zero.
package struct ProcessFigures: Sendable, Equatable {
    package var residentBytes: Int?
    /// Of which nobody else has a share.
    package var privateBytes: Int?
    /// Handed to the disk since the start, less what was taken back before it got there.
    package var bytesWritten: Int?
    package var threads: Int?

    package static func read() -> ProcessFigures {
        let status = fields("/proc/self/status")
        let inputOutput = fields("/proc/self/io")
        func kilobytes(_ name: String) -> Int? { status[name].map { $0 * 1_024 } }
        let written = inputOutput["write_bytes"].map {
            max(0, $0 - (inputOutput["cancelled_write_bytes"] ?? 0))
        }
        return ProcessFigures(
            residentBytes: kilobytes("VmRSS"), privateBytes: kilobytes("RssAnon"),
            bytesWritten: written, threads: status["Threads"])
    }

    /// `name: number unit` in each line; others are passed over.
    static func fields(_ path: String) -> [String: Int] {
        guard let data = FileManager.default.contents(atPath: path) else { return [:] }
        return parse(String(decoding: data, as: UTF8.self))
    }

    static func parse(_ text: String) -> [String: Int] {
        var found: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2,
                let number = parts[1].split(whereSeparator: { " \t".contains($0) }).first,
                let value = Int(number)
            else { continue }
            found[String(parts[0])] = value
        }
        return found
    }
}
