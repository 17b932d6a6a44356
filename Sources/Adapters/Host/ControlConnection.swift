import Glibc
import Primitives

/// One client of the control socket: its bytes in and out and how long it may take.
///
/// One request at a time: while one waits for its answer the next line is not read, so that a
/// client fills its own socket and nothing of ours.
final class ControlConnection {
    let number: UInt64
    let descriptor: Int32
    let peer: ControlPeer
    var bucket: TokenBucket<ContinuousClock.Instant>
    private(set) var input: [UInt8] = []
    private(set) var output: [UInt8] = []
    private var written = 0
    /// A request was handed over and not answered yet.
    var isPending = false
    /// Nothing more is read; closed once the output is gone.
    var isEnding = false
    let accepted: ContinuousClock.Instant
    /// When it connected, or was last served.
    var since: ContinuousClock.Instant

    init(
        number: UInt64, descriptor: Int32, peer: ControlPeer,
        bucket: TokenBucket<ContinuousClock.Instant>,
        at now: ContinuousClock.Instant
    ) {
        self.number = number
        self.descriptor = descriptor
        self.peer = peer
        self.bucket = bucket
        accepted = now
        since = now
    }

    deinit { close(descriptor) }

    var hasOutput: Bool { written < output.count }
    var wantsInput: Bool { !isPending && !isEnding && !hasOutput }

    /// Reads what is there, up to one request's size.
    /// - Returns: false when the connection is broken.
    func read(max: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, min(buffer.count, max + 1 - input.count), 0)
        if count > 0 {
            input += buffer[..<count]
            return true
        }
        if count == 0 {
            isEnding = true
            return true
        }
        return errno == EAGAIN || errno == EINTR
    }

    /// The next whole line, without its end.
    func takeLine() -> [UInt8]? {
        guard let end = input.firstIndex(of: 10) else { return nil }
        let line = Array(input[..<end])
        input.removeFirst(end + 1)
        return line
    }

    func forgetInput() { input.removeAll() }

    func queue(_ line: String) {
        output += Array(line.utf8)
        output.append(10)
    }

    /// Writes what the client takes.
    /// - Returns: false when the connection is broken.
    func write(at now: ContinuousClock.Instant) -> Bool {
        while hasOutput {
            let count = output[written...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                written += count
                since = now
            } else if errno != EINTR {
                return errno == EAGAIN
            }
        }
        output.removeAll(keepingCapacity: output.capacity <= 65_536)
        written = 0
        return true
    }
}
