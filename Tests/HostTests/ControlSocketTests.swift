import Domain
import Foundation
import Glibc
import Host
import Primitives
import Synchronization
import TestSupport
import Testing

/// The real socket, with clients that behave in every way.
@Suite struct ControlSocketTests {
    /// Answers on the spot; remembers who asked.
    final class Door: Sendable {
        let seen = Mutex<[(request: ControlRequest, peer: ControlPeer)]>([])
        let socket: ControlSocket
        let folder: ScratchFolder
        var path: String { socket.path }
        private static let kept = Mutex<[ControlReply]>([])

        init(
            holds: Bool = false, limits: ControlSocket.Limits = .init(),
            accepting: @escaping ControlSocket.Accepting = { accept($0, nil, nil) }
        ) throws {
            folder = try ScratchFolder()
            let own = Own<Door>()
            socket = try ControlSocket(path: folder("s"), limits: limits, accepting: accepting) {
                request, peer, reply in
                own.value?.seen.withLock { $0.append((request, peer)) }
                if holds && !request.isPause {
                    Door.kept.withLock { $0.append(reply) }
                    return
                }
                let size = request.reason == "large" ? 4_000_000 : 1
                reply.give(
                    ControlAnswer(
                        transaction: request.transaction, message: request.verb.name,
                        data: .string(String(repeating: "x", count: size))))
            }
            own.value = self
            socket.start()
        }

        deinit { socket.stop() }
    }

    // @unchecked: written once, before the socket's thread starts.
    final class Own<Value: AnyObject>: @unchecked Sendable {
        weak var value: Value?
    }

    /// A client that writes bytes as it likes.
    final class Client {
        let descriptor: Int32

        init(_ path: String) throws {
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, size)
                }
            }
            try #require(result == 0)
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }

        private var isKept = false

        deinit { if !isKept { close(descriptor) } }

        /// For who closes it.
        func descriptor(kept: Bool) -> Int32 {
            isKept = kept
            return descriptor
        }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        /// The next line; nil at the end.
        func line() -> String? {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) == 1 {
                if byte == 10 { return String(decoding: line, as: UTF8.self) }
                line.append(byte)
            }
            return nil
        }
    }

    private func code(_ line: String?) throws -> String? {
        let value = try JSONReader.read(Array(try #require(line).utf8)[...])
        if case .string(let code) = value["error"] { return code }
        return nil
    }

    private static let pause = "{\"verb\":\"pause\"}\n"
    private static let status = "{\"verb\":\"status\",\"transaction\":\"t\"}\n"

    @Test("A request is answered, and the kernel says who asked")
    func peer() throws {
        let door = try Door()
        let answer = try ControlClient.ask(
            ControlRequest(transaction: "t9", verb: .status).line, path: door.path, seconds: 10)
        #expect(answer.transaction == "t9" && answer.message == "status" && answer.error == nil)
        let seen = door.seen.withLock { $0 }
        #expect(seen.count == 1)
        #expect(seen[0].peer.uid == getuid() && seen[0].peer.pid == getpid())
        #expect(seen[0].peer.isProven)
        #expect(!seen[0].peer.user.isEmpty)
        var information = stat()
        #expect(stat(door.path, &information) == 0 && information.st_mode & 0o777 == 0o660)
    }

    @Test("S39: malformed, unknown and oversize requests are answered with their codes and counted")
    func refusals() throws {
        let door = try Door()
        let client = try Client(door.path)
        for (line, expected) in [
            ("nonsense\n", "malformed"), ("{\"verb\":\"sell\"}\n", "unknown-verb"),
            ("{\"verb\":\"pause\",\"exits\":3}\n", "invalid-argument"), ("\n", "malformed"),
        ] {
            client.send(line)
            #expect(try code(client.line()) == expected)
        }
        // The connection is good for more.
        client.send(Self.status)
        #expect(try code(client.line()) == nil)
        let long = try Client(door.path)
        long.send(String(repeating: "a", count: 5_000))
        #expect(try code(long.line()) == "oversize")
        #expect(long.line() == nil)
        let counters = door.socket.counters
        #expect(counters.refused[.malformed] == 2 && counters.refused[.unknownVerb] == 1)
        #expect(counters.refused[.invalidArgument] == 1 && counters.refused[.oversize] == 1)
        #expect(counters.requests == 1)
    }

    @Test("S39: requests that come together are all answered, in their order")
    func pipelined() throws {
        var limits = ControlSocket.Limits()
        limits.perConnection = (perSecond: 0.01, burst: 20)
        let door = try Door(limits: limits)
        let client = try Client(door.path)
        client.send(String(repeating: "nonsense\n", count: 6) + Self.status)
        for _ in 0..<6 { #expect(try code(client.line()) == "malformed") }
        #expect(try code(client.line()) == nil)
        let many = try Client(door.path)
        many.send(String(repeating: Self.status, count: 30))
        for number in 0..<30 {
            #expect(try code(many.line()) == (number < 20 ? nil : "rate-limited"), "\(number)")
        }
        // The connection is good for more.
        many.send("{}\n")
        #expect(try code(many.line()) == "malformed")
    }

    @Test("S39: a request without an end of line is answered before the end")
    func unfinished() throws {
        var limits = ControlSocket.Limits()
        limits.patience = .milliseconds(500)
        let door = try Door(limits: limits)
        for (text, ends) in [("{\"verb\":\"status\"}", true), ("{\"verb\":", false)] {
            let client = try Client(door.path)
            client.send(Self.status + text)
            if ends { shutdown(client.descriptor, Int32(SHUT_WR)) }
            #expect(try code(client.line()) == nil)
            let last = client.line()
            #expect(try code(last) == "malformed")
            #expect(last?.contains("no end of line") == true)
            #expect(client.line() == nil)
        }
        // Nothing was said: nothing is answered.
        let silent = try Client(door.path)
        shutdown(silent.descriptor, Int32(SHUT_WR))
        #expect(silent.line() == nil)
        #expect(door.socket.counters.refused[.malformed] == 2)
        #expect(door.socket.counters.requests == 2)
    }

    @Test("S39: fifty clients at once are all answered, each with its own")
    func concurrent() throws {
        let door = try Door()
        let answers = Mutex<[String]>([])
        let path = door.path
        DispatchQueue.concurrentPerform(iterations: 50) { number in
            let line = ControlRequest(transaction: "t\(number)", verb: .status).line
            let text: String
            do {
                let answer = try ControlClient.ask(line, path: path, seconds: 20)
                text = answer.transaction == "t\(number)" ? "own" : "another's"
            } catch { text = "\(error)" }
            answers.withLock { $0.append(text) }
        }
        #expect(answers.withLock { $0 } == Array(repeating: "own", count: 50))
    }

    @Test("S13: a client that asks too often is told so; a pause of another still goes through")
    func rate() throws {
        // Filled again so slowly that the pace of the machine says nothing.
        var limits = ControlSocket.Limits()
        limits.perConnection = (perSecond: 0.01, burst: 20)
        limits.all = (perSecond: 0.01, burst: 50)
        let door = try Door(limits: limits)
        let client = try Client(door.path)
        var refused = 0
        for _ in 0..<40 {
            client.send(Self.status)
            if try code(client.line()) == "rate-limited" { refused += 1 }
        }
        #expect(refused == 20)
        // The bucket of all is emptied too.
        for _ in 0..<2 {
            let other = try Client(door.path)
            for _ in 0..<20 {
                other.send(Self.status)
                _ = other.line()
            }
        }
        let other = try Client(door.path)
        other.send(Self.status)
        #expect(try code(other.line()) == "rate-limited")
        other.send(Self.pause)
        #expect(try code(other.line()) == nil)
        #expect(door.socket.counters.refused[.rateLimited] ?? 0 > refused)
    }

    @Test("S39: half a request, and silence, are ended after a while and cost nobody else a place")
    func halfSent() throws {
        var limits = ControlSocket.Limits()
        limits.patience = .milliseconds(700)
        limits.graceWhenFull = .milliseconds(100)
        let door = try Door(limits: limits)
        let half = try (0..<20).map { number in
            let client = try Client(door.path)
            client.send(number % 2 == 0 ? "{\"verb\":" : "")
            return client
        }
        let answer = try ControlClient.ask(
            ControlRequest(transaction: "t", verb: .command(.pause(until: nil, exits: false))).line,
            path: door.path, seconds: 10)
        #expect(answer.error == nil)
        for client in half {
            // Who had to make room for others is not told.
            if let last = client.line() { #expect(try code(last) == "malformed") }
            #expect(client.line() == nil)
        }
        #expect(comesTrue { door.socket.counters.dropped > 0 })
    }

    @Test("S39: who does not take a large answer is dropped; who sends half and leaves, too")
    func slowReader() throws {
        var limits = ControlSocket.Limits()
        limits.patience = .milliseconds(500)
        let door = try Door(limits: limits)
        let slow = try Client(door.path)
        slow.send("{\"verb\":\"pause\",\"reason\":\"large\"}\n")
        do {
            let gone = try Client(door.path)
            gone.send("{\"verb\":\"pa")
        }
        #expect(comesTrue { door.socket.counters.dropped > 0 })
        let answer = try ControlClient.ask(
            ControlRequest(transaction: nil, verb: .status).line, path: door.path, seconds: 10)
        #expect(answer.error == nil)
        // A quick reader gets all of it.
        let large = try ControlClient.ask(
            ControlRequest(
                transaction: nil, verb: .command(.reconcile), reason: "large"
            ).line,
            path: door.path, seconds: 20)
        #expect(large.data.compact.utf8.count == 4_000_002)
    }

    @Test("A client that leaves before its answer harms nothing, one that waits has a deadline")
    func unanswered() throws {
        let door = try Door(holds: true)
        do {
            let gone = try Client(door.path)
            gone.send(Self.status)
            #expect(comesTrue { door.seen.withLock { $0.count } == 1 })
        }
        #expect(throws: ControlError.silent(path: door.path, seconds: 0.2)) {
            try ControlClient.ask(
                ControlRequest(transaction: nil, verb: .status).line, path: door.path,
                seconds: 0.2)
        }
    }

    /// As a person would send it.
    private func pauseNow(_ door: Door) throws -> Duration {
        let clock = ContinuousClock()
        return try clock.measure {
            let answer = try ControlClient.ask(
                ControlRequest(
                    transaction: "p", verb: .command(.pause(until: nil, exits: false))
                ).line, path: door.path, seconds: 10)
            #expect(answer.error == nil && answer.message == "pause")
        }
    }

    @Test("S13: clients that keep every place and never fall silent do not keep a pause out")
    func polite() throws {
        let door = try Door()
        let isOver = Mutex(false)
        let ended = DispatchSemaphore(value: 0)
        let clients = try (0..<16).map { _ in try Client(door.path).descriptor(kept: true) }
        let thread = Thread {
            let line = Array(Self.status.utf8)
            while !isOver.withLock({ $0 }) {
                for client in clients {
                    _ = Glibc.send(client, line, line.count, Int32(MSG_NOSIGNAL))
                }
                // Their pace is what is tested; the pause itself is waited for by a poll.
                usleep(350_000)
            }
            ended.signal()
        }
        thread.start()
        #expect(comesTrue { door.socket.counters.requests >= 32 })
        let took = try pauseNow(door)
        #expect(took < .seconds(2), "\(took)")
        isOver.withLock { $0 = true }
        ended.wait()
        for client in clients { close(client) }
    }

    @Test("S13: requests that wait for their answer leave places for a pause")
    func pending() throws {
        let door = try Door(holds: true)
        let clients = try (0..<20).map { _ in
            let client = try Client(door.path)
            client.send(Self.status)
            return client
        }
        #expect(comesTrue { door.socket.counters.requests == 14 })
        let took = try pauseNow(door)
        #expect(took < .seconds(5), "\(took)")
        #expect(door.socket.counters.requests == 15)
        withExtendedLifetime(clients) {}
    }

    @Test("When the kernel lets nobody in, the socket waits a moment and does not spin")
    func noDescriptors() throws {
        let left = Mutex(3)
        let door = try Door(accepting: { listener in
            let fails = left.withLock { left in
                left -= 1
                return left >= 0
            }
            if fails {
                errno = EMFILE
                return -1
            }
            return accept(listener, nil, nil)
        })
        let took = try pauseNow(door)
        #expect(took >= .milliseconds(700), "\(took)")
        #expect(door.socket.counters.failures == 3)
    }

    @Test("A live socket is refused, a dead one replaced, a file left alone")
    func places() throws {
        let door = try Door()
        #expect(throws: ControlError.inUse(door.path)) {
            try ControlSocket(path: door.path) { _, _, _ in }
        }
        let folder = try ScratchFolder()
        let dead = folder("dead")
        do {
            // Bound and left, as by a process that was killed.
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(dead.utf8)) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            #expect(result == 0)
            close(descriptor)
        }
        let socket = try ControlSocket(path: dead) { _, _, reply in
            reply.give(ControlAnswer(transaction: nil, message: "here"))
        }
        socket.start()
        #expect(
            try ControlClient.ask("{\"verb\":\"status\"}", path: dead, seconds: 10).message
                == "here")
        socket.stop()
        #expect(throws: ControlError.absent(dead)) {
            try ControlClient.ask("{\"verb\":\"status\"}", path: dead, seconds: 1)
        }
        let file = try folder.write("text", to: "file")
        #expect(throws: ControlError.self) { try ControlSocket(path: file) { _, _, _ in } }
        #expect(FileManager.default.fileExists(atPath: file))
        let lost = folder("missing/s")
        #expect(throws: ControlError.noFolder(path: lost)) {
            try ControlSocket(path: lost) { _, _, _ in }
        }
        #expect("\(ControlError.noFolder(path: lost))".contains("set control.path"))
        let long = folder(String(repeating: "x", count: 120))
        #expect(throws: ControlError.pathTooLong(long)) {
            try ControlSocket(path: long) { _, _, _ in }
        }
    }
}
