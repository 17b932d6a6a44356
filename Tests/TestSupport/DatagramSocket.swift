import Foundation
import Glibc

/// A socket in the file system that takes datagrams: what systemd and journald listen on, in the
/// hands of a test.
package final class DatagramSocket: @unchecked Sendable {
    // @unchecked: everything that changes is behind the condition's lock.
    package let path: String
    private let descriptor: Int32
    private let condition = NSCondition()
    private var received: [(data: [UInt8], at: ContinuousClock.Instant)] = []

    /// - Parameter isRead: false: nobody takes what comes, until its buffer is full and who sends
    ///   more has to wait.
    package init(path: String, isRead: Bool = true) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ChildProcess.Failure(description: "\(path) is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0 else { throw ChildProcess.Failure(description: "\(path) is taken") }
        guard isRead else { return }
        Thread { [descriptor, weak self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 17)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0 && errno == EINTR { continue }
                // Shut down.
                if count <= 0 { break }
                self?.take(Array(buffer[..<count]))
            }
            close(descriptor)
        }.start()
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private func take(_ data: [UInt8]) {
        condition.lock()
        received.append((data, .now))
        condition.broadcast()
        condition.unlock()
    }

    /// What waits in a socket that is not read.
    package func drain() -> [[UInt8]] {
        var found: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count <= 0 { return found }
            found.append(Array(buffer[..<count]))
        }
    }

    /// Every datagram so far, in order.
    package var all: [[UInt8]] {
        condition.lock()
        defer { condition.unlock() }
        return received.map(\.data)
    }

    package var texts: [String] { all.map { String(decoding: $0, as: UTF8.self) } }

    /// When the datagrams came that begin so.
    package func times(of prefix: String) -> [ContinuousClock.Instant] {
        condition.lock()
        defer { condition.unlock() }
        return received.filter { String(decoding: $0.data, as: UTF8.self).hasPrefix(prefix) }
            .map(\.at)
    }

    /// Waits until what has come is enough; false when it never was.
    package func wait(seconds: Double = 60, until isEnough: ([String]) -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !isEnough(received.map { String(decoding: $0.data, as: UTF8.self) }) {
            if !condition.wait(until: deadline) { return false }
        }
        return true
    }

    /// Waits for `count` datagrams that begin with `prefix`.
    package func wait(for prefix: String, count: Int = 1, seconds: Double = 60) -> Bool {
        wait(seconds: seconds) { $0.count { $0.hasPrefix(prefix) } >= count }
    }
}

/// The fields of one entry as sd_journal_sendv(3) sends it: `NAME=value` lines, and for values of
/// several lines the name, eight bytes of length, and the value.
package func journalEntry(_ data: [UInt8]) -> [String: String] {
    var fields: [String: String] = [:]
    var rest = data[...]
    while let end = rest.firstIndex(of: 10) {
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        if let equals = line.firstIndex(of: 0x3D) {
            fields[String(decoding: line[..<equals], as: UTF8.self)] = String(
                decoding: line[(equals + 1)...], as: UTF8.self)
            continue
        }
        guard rest.count >= 8 else { break }
        let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(8)
        guard length <= rest.count else { break }
        fields[String(decoding: line, as: UTF8.self)] = String(
            decoding: rest.prefix(length), as: UTF8.self)
        rest = rest.dropFirst(length + 1)
    }
    return fields
}
