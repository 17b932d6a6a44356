// The daemon's local socket for commands: one line of JSON in, one out.
//
// Bytes of strangers -> checked `ControlRequest`s with the kernel's word on who sent them -> the
// handler, which only leaves them for the loop; answers come back from whatever thread.
//
// Invariants: one thread of its own serves all clients and never waits for the engine; clients,
// bytes, time and rate are bounded; every refusal is answered with its code and counted; what one
// client does, or fails to do, costs no other one its turn.
import CLinux
import Domain
import Foundation
import Glibc
import Primitives

// @unchecked: what both threads touch is behind `lock`; the rest belongs to the serving thread.
package final class ControlSocket: @unchecked Sendable {
    package struct Limits: Sendable {
        package var connections = 16
        /// For a whole request to arrive after connecting or the answer before, and for each part
        /// of an answer to be taken.
        package var patience = Duration.seconds(5)
        /// Places that requests waiting for their answer never take; a pause still does.
        package var newcomers = 2
        /// A client that came, or was silent, for so long ago makes room for one that waits.
        package var graceWhenFull = Duration.milliseconds(500)
        /// Nobody is let in for so long after the kernel refused to let one in.
        package var pauseAfterFailure = Duration.milliseconds(250)
        package var perConnection = (perSecond: 10.0, burst: 20.0)
        package var all = (perSecond: 50.0, burst: 100.0)

        package init() {}
    }

    package typealias Handler = @Sendable (ControlRequest, ControlPeer, ControlReply) -> Void
    /// accept(2): a descriptor, or -1 with `errno`.
    package typealias Accepting = @Sendable (Int32) -> Int32

    package let path: String
    private let limits: Limits
    private let handler: Handler
    private let accepting: Accepting
    private let heartbeat: Heartbeat?
    private let listener: Int32
    private let waker: Int32
    private let group: UInt32
    private let ended = DispatchSemaphore(value: 0)

    private let lock = NSLock()
    private var answers: [(number: UInt64, line: String)] = []
    private var isStopped = false
    private var counted = ControlCounters()

    private var connections: [ControlConnection] = []
    private var accepted: UInt64 = 0
    private var bucket: TokenBucket<ContinuousClock.Instant>
    /// The listener is left alone until then.
    private var acceptsAgain: ContinuousClock.Instant?

    /// Listens at `path`: the socket of a dead process is replaced, that of a live one refused.
    package init(
        path: String, limits: Limits = Limits(), heartbeat: Heartbeat? = nil,
        accepting: @escaping Accepting = { Glibc.accept($0, nil, nil) },
        handler: @escaping Handler
    ) throws(ControlError) {
        self.path = path
        self.limits = limits
        self.heartbeat = heartbeat
        self.handler = handler
        self.accepting = accepting
        bucket = TokenBucket(
            perSecond: limits.all.perSecond, burst: limits.all.burst, at: .now)
        listener = try Self.listen(path)
        waker = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        var information = stat()
        group = stat(path, &information) == 0 ? information.st_gid : getegid()
    }

    deinit {
        close(listener)
        close(waker)
    }

    private static func listen(_ path: String) throws(ControlError) -> Int32 {
        try clear(path)
        let descriptor = LocalSocket.open()
        guard descriptor >= 0 else {
            throw .cannotServe(path: path, reason: LocalSocket.text(errno))
        }
        func refuse(_ code: Int32) -> ControlError {
            close(descriptor)
            if code == ENOENT || code == ENOTDIR { return .noFolder(path: path) }
            return .cannotServe(path: path, reason: LocalSocket.text(code))
        }
        // The file has no wider mode for a moment: bind(2) takes that of the descriptor.
        _ = fchmod(descriptor, 0o600)
        let result = try LocalSocket.withAddress(path) { bind(descriptor, $0, $1) }
        guard result == 0 else { throw refuse(errno) }
        guard chmod(path, 0o660) == 0, Glibc.listen(descriptor, 64) == 0 else {
            let code = errno
            unlink(path)
            throw refuse(code)
        }
        return descriptor
    }

    /// Removes what a process left that is no more.
    private static func clear(_ path: String) throws(ControlError) {
        var information = stat()
        guard lstat(path, &information) == 0 else { return }
        guard information.st_mode & S_IFMT == S_IFSOCK else {
            throw .cannotServe(path: path, reason: "is there already and no socket")
        }
        let probe = LocalSocket.open()
        defer { close(probe) }
        let result = try LocalSocket.withAddress(path) { connect(probe, $0, $1) }
        if result == 0 || errno == EAGAIN { throw .inUse(path) }
        guard errno == ECONNREFUSED else {
            throw .cannotServe(path: path, reason: LocalSocket.text(errno))
        }
        unlink(path)
    }

    /// Starts the thread.
    package func start() {
        let thread = Thread { [self] in
            serve()
            ended.signal()
        }
        thread.name = "control"
        thread.start()
    }

    /// Removes the socket, gives out the answers that are there and closes. Call once, after `start`.
    package func stop() {
        unlink(path)
        lock.withLock { isStopped = true }
        wake()
        ended.wait()
    }

    package var counters: ControlCounters { lock.withLock { counted } }

    fileprivate func give(_ line: String, to number: UInt64) {
        lock.withLock { answers.append((number, line)) }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(waker, &one, 8)
    }

    // MARK: - The serving thread

    private func serve() {
        while true {
            heartbeat?.beat()
            let isOver = lock.withLock { isStopped }
            deliver()
            if isOver {
                for connection in connections { _ = connection.write(at: .now) }
                connections.removeAll()
                heartbeat?.rest()
                return
            }
            poll()
        }
    }

    private func poll() {
        let now = ContinuousClock.now
        let mayAccept = hasRoom(at: now)
        var entries = [
            pollfd(fd: waker, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mayAccept ? listener : -1, events: Int16(POLLIN), revents: 0),
        ]
        for connection in connections {
            var events = connection.hasOutput ? Int16(POLLOUT) : 0
            if connection.wantsInput { events |= Int16(POLLIN) }
            entries.append(pollfd(fd: connection.descriptor, events: events, revents: 0))
        }
        guard Glibc.poll(&entries, nfds_t(entries.count), 250) > 0 else {
            drop(at: .now)
            return
        }
        if entries[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(waker, &count, 8)
        }
        let ready = zip(connections, entries.dropFirst(2)).map { ($0, $1.revents) }
        for (connection, events) in ready where events != 0 {
            if !serve(connection, events) { remove(connection) }
        }
        drop(at: .now)
        if entries[1].revents != 0 { accept() }
    }

    private func remove(_ connection: ControlConnection) {
        connections.removeAll { $0 === connection }
    }

    /// Whether one may come in: there is a place, or somebody had one for long enough.
    private func hasRoom(at now: ContinuousClock.Instant) -> Bool {
        if let acceptsAgain {
            guard acceptsAgain <= now else { return false }
            self.acceptsAgain = nil
        }
        return connections.count < limits.connections || givesWay(at: now) != nil
    }

    /// Who leaves for a newcomer: the longest silent; else, for those who never fall silent would
    /// keep all others out, who came first, those last who are still taking an answer.
    private func givesWay(at now: ContinuousClock.Instant) -> ControlConnection? {
        let limit = now - limits.graceWhenFull
        let idle = connections.filter { $0.wantsInput && $0.since <= limit }
            .min { $0.since < $1.since }
        if let idle { return idle }
        let old = connections.filter { !$0.isPending && $0.accepted <= limit }
        return old.first { !$0.hasOutput } ?? old.first
    }

    private func accept() {
        for _ in 0..<limits.connections {
            let now = ContinuousClock.now
            guard hasRoom(at: now) else { return }
            let descriptor = accepting(listener)
            guard descriptor >= 0 else {
                // The queue is empty, or its head has left; all else would fail again at once.
                if ![EAGAIN, EINTR, ECONNABORTED].contains(errno) {
                    count { $0.failures += 1 }
                    acceptsAgain = now + limits.pauseAfterFailure
                }
                return
            }
            if connections.count >= limits.connections, let old = givesWay(at: now) {
                count { $0.dropped += 1 }
                remove(old)
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            guard let peer = ControlPeer(of: descriptor, group: group) else {
                close(descriptor)
                continue
            }
            accepted += 1
            count { $0.connections += 1 }
            connections.append(
                ControlConnection(
                    number: accepted, descriptor: descriptor, peer: peer,
                    bucket: TokenBucket(
                        perSecond: limits.perConnection.perSecond,
                        burst: limits.perConnection.burst, at: now),
                    at: now))
        }
    }

    /// - Returns: false when the connection is over.
    private func serve(_ connection: ControlConnection, _ events: Int16) -> Bool {
        if events & Int16(POLLERR | POLLNVAL) != 0 { return false }
        // Gone for good, its answer with it; one that only ended its own half still waits.
        if events & Int16(POLLHUP) != 0, !connection.wantsInput { return false }
        if connection.wantsInput {
            guard connection.read(max: ControlRequest.bytesMax) else { return false }
            takeLines(connection)
        }
        return advance(connection)
    }

    /// Goes on until a request waits, the client takes no more, or nothing is left: no poll tells
    /// of the lines that are here already.
    private func advance(_ connection: ControlConnection) -> Bool {
        while true {
            guard connection.write(at: .now) else { return false }
            if connection.hasOutput || connection.isPending { return true }
            takeLines(connection)
            if !connection.hasOutput { return !connection.isEnding || connection.isPending }
        }
    }

    private func takeLines(_ connection: ControlConnection) {
        while !connection.isPending, !connection.hasOutput {
            guard let line = connection.takeLine() else {
                guard connection.input.count > ControlRequest.bytesMax else {
                    if connection.isEnding { refuseHalf(connection) }
                    return
                }
                connection.forgetInput()
                connection.isEnding = true
                refuse(
                    ControlRefusal(
                        .oversize, "a request has at most \(ControlRequest.bytesMax) bytes"),
                    connection)
                return
            }
            take(line, connection)
        }
    }

    private func take(_ line: [UInt8], _ connection: ControlConnection) {
        let now = ContinuousClock.now
        connection.since = now
        do throws(ControlRefusal) {
            let isAllowed = connection.bucket.take(at: now)
            let request = try ControlRequest.parse(line[...])
            // The flood of others does not keep a pause away.
            guard isAllowed, bucket.take(at: now) || request.isPause else {
                throw ControlRefusal(
                    .rateLimited,
                    "at most \(Int(limits.perConnection.perSecond)) requests a second",
                    transaction: request.transaction)
            }
            let waiting = connections.count { $0.isPending }
            guard request.isPause || waiting < limits.connections - limits.newcomers else {
                throw ControlRefusal(
                    .rateLimited, "\(waiting) requests wait for their answer",
                    transaction: request.transaction)
            }
            count { $0.requests += 1 }
            connection.isPending = true
            handler(
                request, connection.peer, ControlReply(socket: self, number: connection.number))
        } catch { refuse(error, connection) }
    }

    private func refuse(_ refusal: ControlRefusal, _ connection: ControlConnection) {
        count { $0.refused[refusal.code, default: 0] += 1 }
        connection.queue(ControlAnswer(refusal).json.compact)
    }

    /// What came before the client ended, or fell silent, and is no whole line.
    private func refuseHalf(_ connection: ControlConnection) {
        guard !connection.input.isEmpty else { return }
        connection.forgetInput()
        refuse(ControlRefusal(.malformed, "the request has no end of line"), connection)
    }

    private func deliver() {
        let lines = lock.withLock {
            defer { answers.removeAll() }
            return answers
        }
        for (number, line) in lines {
            // The client may be gone by now.
            guard let connection = connections.first(where: { $0.number == number }) else {
                continue
            }
            connection.isPending = false
            connection.since = .now
            connection.queue(line)
            if !advance(connection) { remove(connection) }
        }
    }

    /// Ends those who take too long to send a request or to take an answer.
    private func drop(at now: ContinuousClock.Instant) {
        let late = connections.filter { !$0.isPending && $0.since + limits.patience <= now }
        for connection in late {
            // Having nothing to say for a while is no fault.
            if connection.hasOutput || !connection.input.isEmpty { count { $0.dropped += 1 } }
            if !connection.hasOutput {
                refuseHalf(connection)
                _ = connection.write(at: now)
            }
            remove(connection)
        }
    }

    private func count(_ change: (inout ControlCounters) -> Void) {
        lock.withLock { change(&counted) }
    }
}

/// How the control socket was used since the start.
package struct ControlCounters: Sendable, Equatable {
    package var connections: Int64 = 0
    package var requests: Int64 = 0
    /// Clients that were cut off: half a request, an answer not taken, no room.
    package var dropped: Int64 = 0
    /// Times the kernel let nobody in: no descriptors, no memory.
    package var failures: Int64 = 0
    package var refused: [CommandRefusal: Int64] = [:]

    package init() {}

    package var sortedRefused: [(code: CommandRefusal, count: Int64)] {
        refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
    }
}

/// Takes the answer to one request, from any thread; the first counts.
package final class ControlReply: Sendable {
    private let socket: ControlSocket
    private let number: UInt64

    fileprivate init(socket: ControlSocket, number: UInt64) {
        self.socket = socket
        self.number = number
    }

    package func give(_ answer: ControlAnswer) { socket.give(answer.json.compact, to: number) }
}
