import Glibc

/// Why the control socket does not serve, or was not reached.
package enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `sun_path` of unix(7) takes 107 bytes.
    case pathTooLong(String)
    /// Another daemon answers there.
    case inUse(String)
    case cannotServe(path: String, reason: String)
    case noFolder(path: String)
    /// Nobody listens.
    case absent(String)
    /// Nobody listens yet: the daemon has its store and is starting.
    case starting(path: String, holder: String)
    case denied(String)
    case silent(path: String, seconds: Double)
    case broken(path: String, reason: String)

    package var description: String {
        switch self {
        case .pathTooLong(let path):
            "\(path): a socket's path has at most \(LocalSocket.pathBytesMax) bytes; "
                + "set control.path to a shorter one"
        case .inUse(let path): "\(path): another daemon answers there; set control.path"
        case .cannotServe(let path, let reason):
            "\(path): the control socket cannot be made there: \(reason)"
        case .noFolder(let path):
            "\(path): the folder of the control socket is not there; make it, or set control.path "
                + "to a path in one that is"
        case .absent(let path): "\(path): no daemon listens there"
        case .starting(let path, let holder):
            "\(path): bellwether run is starting (\(holder)) and does not listen there yet; "
                + "ask again"
        case .denied(let path):
            "\(path): this user may not talk to the daemon; root and the socket's group may"
        case .silent(let path, let seconds):
            "\(path): no answer within \(Int(seconds)) s; the request may still be carried out"
        case .broken(let path, let reason): "\(path): \(reason)"
        }
    }
}

/// The calls of unix(7) that both ends need.
enum LocalSocket {
    static let pathBytesMax = 107

    static func open() -> Int32 {
        socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
                | Int32(SOCK_NONBLOCK.rawValue), 0)
    }

    /// Calls `body` with the address of `path`.
    static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(ControlError) -> Result {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= pathBytesMax, !bytes.contains(0) else {
            throw .pathTooLong(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// Milliseconds until `deadline`, for poll(2): at least 0, rounded up.
    static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let left = ContinuousClock.now.duration(to: deadline).components
        if left.seconds < 0 || (left.seconds == 0 && left.attoseconds <= 0) { return 0 }
        let whole = min(left.seconds, 1_000_000) * 1_000
        return Int32(whole + left.attoseconds / 1_000_000_000_000_000 + 1)
    }
}
