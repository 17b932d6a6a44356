import Glibc
import Primitives

/// Asks the daemon one thing.
package enum ControlClient {
    /// An answer with a longer line is no answer.
    static let answerBytesMax = 64 << 20

    /// Sends `line` and waits for the line that answers it.
    /// - Parameter seconds: for all of it, by the monotonic clock.
    /// - Throws: `absent` where nobody listens; after `silent` and `broken` the request may have been
    ///   carried out all the same.
    package static func ask(
        _ line: String, path: String, seconds: Double
    ) throws(ControlError) -> ControlAnswer {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let descriptor = LocalSocket.open()
        guard descriptor >= 0 else {
            throw .broken(path: path, reason: LocalSocket.text(errno))
        }
        defer { close(descriptor) }
        let limit = (deadline, path, seconds)
        try connect(descriptor, limit)
        try send(Array((line + "\n").utf8), descriptor, limit)
        let bytes = try receive(descriptor, limit)
        guard let value = try? JSONReader.read(bytes[...]), let answer = ControlAnswer(value) else {
            throw .broken(path: path, reason: "the answer is none of this daemon's")
        }
        return answer
    }

    private typealias Limit = (deadline: ContinuousClock.Instant, path: String, seconds: Double)

    private static func connect(_ descriptor: Int32, _ limit: Limit) throws(ControlError) {
        while true {
            let result = try LocalSocket.withAddress(limit.path) {
                Glibc.connect(descriptor, $0, $1)
            }
            if result == 0 { return }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // The queue of those who wait is full: it empties within moments.
                guard ContinuousClock.now < limit.deadline else { throw silent(limit) }
                usleep(20_000)
            case ENOENT, ECONNREFUSED, ENOTSOCK: throw .absent(limit.path)
            case EACCES, EPERM: throw .denied(limit.path)
            default: throw .broken(path: limit.path, reason: LocalSocket.text(errno))
            }
        }
    }

    private static func send(
        _ bytes: [UInt8], _ descriptor: Int32, _ limit: Limit
    ) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(descriptor, Int16(POLLOUT), limit)
            } else if errno == EPIPE {
                // Refused before it was read: the reason may be waiting.
                return
            } else if errno != EINTR {
                throw .broken(path: limit.path, reason: LocalSocket.text(errno))
            }
        }
    }

    private static func receive(_ descriptor: Int32, _ limit: Limit) throws(ControlError) -> [UInt8]
    {
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                line += buffer[..<count]
                if let end = buffer[..<count].firstIndex(of: 10) {
                    return Array(line[..<(line.count - count + end)])
                }
                guard line.count <= answerBytesMax else {
                    throw .broken(path: limit.path, reason: "the answer has no end")
                }
            } else if count == 0 || errno == ECONNRESET {
                throw .broken(
                    path: limit.path,
                    reason: "the daemon ended before it answered; the request may have been "
                        + "carried out")
            } else if errno == EAGAIN {
                try wait(descriptor, Int16(POLLIN), limit)
            } else if errno != EINTR {
                throw .broken(path: limit.path, reason: LocalSocket.text(errno))
            }
        }
    }

    private static func wait(
        _ descriptor: Int32, _ events: Int16, _ limit: Limit
    ) throws(ControlError) {
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        let milliseconds = LocalSocket.milliseconds(until: limit.deadline)
        guard milliseconds > 0 else { throw silent(limit) }
        _ = poll(&entry, 1, milliseconds)
    }

    private static func silent(_ limit: Limit) -> ControlError {
        .silent(path: limit.path, seconds: limit.seconds)
    }
}
