import Foundation
import Glibc

/// A mosquitto of the test's own on a loopback port that stays the same over restarts; without
/// persistence, so that a restart forgets everything.
package final class MosquittoServer: @unchecked Sendable {
    // @unchecked: what changes is behind the lock; one thread at a time starts and stops it.
    package static let path = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    /// The broker or its command line clients are not installed.
    package static let isAbsent =
        path == nil || !FileManager.default.isExecutableFile(atPath: "/usr/bin/mosquitto_rr")

    package let port: Int
    package let folder: URL
    /// Holds the port: bound, never listening, so that no outgoing connection gets it meanwhile.
    private let reservation: Int32
    private let lock = NSLock()
    private var running: ChildProcess?
    private var subscribers = 0

    /// - Parameter config: lines of mosquitto.conf; `PORT` and `FOLDER` stand for the port and for
    ///   the server's temporary folder.
    package init(
        config: String = "listener PORT 127.0.0.1\nallow_anonymous true", isStarted: Bool = true
    ) throws {
        (reservation, port) = try Self.reservePort()
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("bellwether-mosquitto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // As root mosquitto becomes another user, who cannot read the folder.
        let text = (getuid() == 0 ? "user root\n" : "") + config + "\n"
        try text.replacingOccurrences(of: "PORT", with: String(port))
            .replacingOccurrences(of: "FOLDER", with: folder.path)
            .write(to: configuration, atomically: true, encoding: .utf8)
        if isStarted { try start() }
    }

    deinit {
        running?.kill(SIGKILL)
        close(reservation)
        try? FileManager.default.removeItem(at: folder)
    }

    private var process: ChildProcess? {
        get { lock.withLock { running } }
        set { lock.withLock { running = newValue } }
    }

    private var configuration: URL { folder.appendingPathComponent("mosquitto.conf") }

    private static func reservePort() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard code == 0 else { throw ChildProcess.Failure(description: "no free port") }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A file in the server's folder, to be named `FOLDER/name` in its configuration.
    package func write(_ name: String, _ text: String) throws {
        let url = folder.appendingPathComponent(name)
        try text.write(to: url, atomically: true, encoding: .utf8)
        chmod(url.path, 0o600)
    }

    package func start() throws {
        guard let path = Self.path else {
            throw ChildProcess.Failure(description: "mosquitto is not installed")
        }
        let server = try ChildProcess(path, ["-c", configuration.path, "-v"])
        process = server
        try server.wait(for: " running", seconds: 30)
    }

    package func stop() throws {
        guard let process else { return }
        process.kill(SIGCONT)
        // It misses one that comes just after it said that it is running.
        for _ in 0..<30 where process.isRunning {
            process.kill(SIGTERM)
            _ = comesTrue(seconds: 1) { !process.isRunning }
        }
        try process.wait(seconds: 30)
        self.process = nil
    }

    package func restart() throws {
        try stop()
        try start()
    }

    /// It takes no byte and says nothing until `thaw`; the kernel still takes connections.
    package func freeze() { process?.kill(SIGSTOP) }
    package func thaw() { process?.kill(SIGCONT) }

    package func wait(forLog text: String, seconds: Double = 30) throws {
        try process?.wait(for: text, seconds: seconds)
    }

    // MARK: Clients

    /// `mosquitto_sub`, one line a message: `topic|retain flag|payload`. It has subscribed when
    /// this returns.
    package func subscribe(_ topics: String..., options: [String] = []) throws -> ChildProcess {
        let number = lock.withLock {
            subscribers += 1
            return subscribers
        }
        let name = "watcher-\(number)"
        let client = try ChildProcess(
            "/usr/bin/mosquitto_sub",
            ["-p", String(port), "-V", "5", "-q", "1", "-i", name, "-F", "%t|%r|%p"]
                + topics.flatMap { ["-t", $0] } + options)
        if !options.contains("-i") { try wait(forLog: "Sending SUBACK to \(name)\n") }
        return client
    }

    /// `mosquitto_pub`, to its end.
    @discardableResult
    package func publish(
        _ topic: String, _ payload: String, options: [String] = []
    ) throws -> ChildProcess.Outcome {
        try ChildProcess(
            "/usr/bin/mosquitto_pub",
            ["-p", String(port), "-t", topic, "-m", payload, "-q", "1"] + options
        ).wait(seconds: 30)
    }

    /// `mosquitto_rr -V 5`: sends a request and waits for one answer on `answerTopic`.
    package func request(
        _ topic: String, _ payload: String, answerTopic: String, options: [String] = []
    ) throws -> ChildProcess.Outcome {
        try ChildProcess(
            "/usr/bin/mosquitto_rr",
            ["-p", String(port), "-V", "5", "-t", topic, "-m", payload, "-e", answerTopic]
                + ["-q", "1", "-W", "30"] + options
        ).wait(seconds: 60)
    }
}
