import Foundation
import Glibc
import TestSupport

/// A socket that takes connections one after the other and answers each with given bytes, for what
/// no real broker can be made to do.
final class FakeBroker: @unchecked Sendable {
    // @unchecked: what both threads touch is behind the lock.
    let port: Int
    private let listener: Int32
    private let lock = NSLock()
    private var seen: [[UInt8]] = []

    /// The first bytes that each client sent.
    var greetings: [[UInt8]] { lock.withLock { seen } }

    /// - Parameter answer: to the first bytes of a client; nil answers nothing and holds the line,
    ///   no bytes close it.
    init(answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = descriptor
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard code == 0 else { throw ChildProcess.Failure(description: "no free port") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [weak self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    // By this thread: the number must not become another's while it is waited on.
                    close(descriptor)
                    return
                }
                var buffer = [UInt8](repeating: 0, count: 1_024)
                let count = read(client, &buffer, buffer.count)
                let bytes = Array(buffer.prefix(max(0, count)))
                if let self { self.lock.withLock { self.seen.append(bytes) } }
                guard let reply = answer(bytes) else {
                    while read(client, &buffer, buffer.count) > 0 {}
                    close(client)
                    continue
                }
                if reply.isEmpty {
                    close(client)
                    continue
                }
                _ = write(client, reply, reply.count)
                // Held open until the client has had enough or says no more.
                while read(client, &buffer, buffer.count) > 0 {}
                close(client)
            }
        }.start()
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// The protocol level in a CONNECT packet: 4 is MQTT 3.1.1, 5 is MQTT 5.
    static func level(_ connect: [UInt8]) -> UInt8? {
        guard let name = connect.firstRange(of: Array("MQTT".utf8)),
            connect.indices.contains(name.upperBound)
        else { return nil }
        return connect[name.upperBound]
    }
}
