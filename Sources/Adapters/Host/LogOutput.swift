import CSystemd
import Foundation
import Glibc

/// Where messages go, found out once from how the process was started, before any thread.
package struct LogOutput: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// With all fields, into journald's socket.
        case journal
        /// Standard error is read by journald, but its socket cannot be reached: lines that begin
        /// with `<N>`, sd-daemon(3).
        case prefixed
        /// Lines for a person; `colour` on a terminal only.
        case terminal(colour: Bool)
    }

    package let kind: Kind

    /// Standard error belongs to journald: this is a service.
    package var isService: Bool {
        if case .terminal = kind { false } else { true }
    }

    package init(kind: Kind) { self.kind = kind }

    /// - Parameters:
    ///   - environment: of the process; `JOURNAL_STREAM` names device and inode of the stream that
    ///     leads to the journal, systemd.exec(5).
    ///   - descriptor: of standard error.
    package init(
        environment: [String: String], descriptor: Int32 = STDERR_FILENO,
        socket: String = "/run/systemd/journal/socket"
    ) {
        var information = stat()
        if let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &information) == 0,
            stream == "\(information.st_dev):\(information.st_ino)"
        {
            kind = access(socket, W_OK) == 0 ? .journal : .prefixed
        } else {
            kind = .terminal(
                colour: isatty(descriptor) == 1 && environment["NO_COLOR"] == nil)
        }
    }

    package static let current = LogOutput(environment: ProcessInfo.processInfo.environment)
}

/// One field of an entry; journald takes names of A-Z, 0-9 and `_`.
struct JournalField: Equatable {
    let name: String
    let value: String
}

/// Hands one entry to journald.
/// - Returns: 0, or a negative error number; sd_journal_sendv(3).
func sendToJournal(_ fields: [JournalField]) -> Int32 {
    // One block of memory for all: the addresses have to hold until the call returns.
    var bytes: [UInt8] = []
    var lengths: [Int] = []
    for field in fields {
        let start = bytes.count
        bytes += Array(field.name.utf8)
        bytes.append(0x3D)
        bytes += Array(field.value.utf8)
        lengths.append(bytes.count - start)
    }
    return bytes.withUnsafeMutableBytes { memory in
        guard var place = memory.baseAddress else { return 0 }
        let vectors = lengths.map { length in
            defer { place += length }
            return iovec(iov_base: place, iov_len: length)
        }
        return sd_journal_sendv(vectors, Int32(vectors.count))
    }
}
