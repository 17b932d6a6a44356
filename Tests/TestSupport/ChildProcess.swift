import Foundation
import Glibc

/// A program that runs as a child of the test: its output is collected while it runs, it can be
/// waited for with a deadline, and killed at any moment.
///
/// Nothing here waits on a clock for luck: reader threads and a reaper thread wake who waits.
package final class ChildProcess: @unchecked Sendable {
    // @unchecked: everything that changes is behind the condition's lock.

    /// How it ended and all that it wrote.
    package struct Outcome: Sendable, CustomStringConvertible {
        /// The exit code; nil when a signal ended it.
        package let status: Int32?
        package let signal: Int32?
        package let output: String
        package let errors: String
        package let seconds: Double

        package var lines: [Substring] { output.split(separator: "\n") }

        package var description: String {
            let end = status.map { "exit code \($0)" } ?? "signal \(signal ?? 0)"
            return "\(end) after \(seconds) s\nstandard output:\n\(output.suffix(4_000))"
                + "\nstandard error:\n\(errors.suffix(4_000))"
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package let pid: pid_t
    private let began = ContinuousClock.now
    private let condition = NSCondition()
    private var output: [UInt8] = []
    private var errors: [UInt8] = []
    private var openStreams = 2
    private var ended: (status: Int32?, signal: Int32?)?

    /// Starts `path` with `arguments`; it reads `input` and then the end of its standard input.
    ///
    /// - Parameters:
    ///   - environment: in addition to that of the test.
    ///   - onLine: told of every line of standard output as it comes, on a thread of its own.
    package init(
        _ path: String, _ arguments: [String], input: [UInt8] = [],
        environment: [String: String] = [:],
        onLine: (@Sendable (pid_t, Substring) -> Void)? = nil
    ) throws {
        let standardInput = try Self.file(holding: input)
        defer { close(standardInput) }
        // Another child must not inherit the ends of these pipes before they are marked.
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        let out = try Self.pipe()
        let error = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
        posix_spawn_file_actions_adddup2(&actions, out.write, 1)
        posix_spawn_file_actions_adddup2(&actions, error.write, 2)
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let values = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (words + values).forEach { free($0) } }
        var child: pid_t = 0
        // Threads of a pool keep signals away from themselves; a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let code = posix_spawn(&child, path, &actions, &attributes, words, values)
        close(out.write)
        close(error.write)
        guard code == 0 else {
            close(out.read)
            close(error.read)
            throw Failure(description: "\(path): \(String(cString: strerror(code)))")
        }
        pid = child
        read(out.read, onLine: onLine) { self.output += $0 }
        read(error.read, onLine: nil) { self.errors += $0 }
        Thread { self.reap() }.start()
    }

    deinit { kill(SIGKILL) }

    private static let spawning = NSLock()

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// A file without a name, at its beginning.
    private static func file(holding bytes: [UInt8]) throws -> Int32 {
        let path = NSTemporaryDirectory() + "/bellwether-input-\(UUID().uuidString)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(description: "no temporary file") }
        unlink(path)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw Failure(description: "the input cannot be written") }
            written += count
        }
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    private func read(
        _ descriptor: Int32, onLine: (@Sendable (pid_t, Substring) -> Void)?,
        _ take: @escaping (ArraySlice<UInt8>) -> Void
    ) {
        // Called by the one reader thread only.
        nonisolated(unsafe) let take = take
        let pid = pid
        Thread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            var rest: [UInt8] = []
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                self.condition.lock()
                if count > 0 { take(buffer[..<count]) } else { self.openStreams -= 1 }
                self.condition.broadcast()
                self.condition.unlock()
                if count <= 0 { break }
                guard let onLine else { continue }
                rest += buffer[..<count]
                guard let end = rest.lastIndex(of: 10) else { continue }
                for line in String(decoding: rest[..<end], as: UTF8.self).split(separator: "\n") {
                    onLine(pid, line)
                }
                rest.removeFirst(end + 1)
            }
            close(descriptor)
        }.start()
    }

    /// Waits without taking the child's number, so that `kill` can never meet another process.
    private func reap() {
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        condition.lock()
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let signal = status & 0x7F
        ended = signal == 0 ? (status >> 8 & 0xFF, nil) : (nil, signal)
        condition.broadcast()
        condition.unlock()
    }

    /// Sends a signal, unless the child has ended.
    package func kill(_ signal: Int32) {
        condition.lock()
        defer { condition.unlock() }
        if ended == nil { _ = Glibc.kill(pid, signal) }
    }

    package var isRunning: Bool {
        condition.lock()
        defer { condition.unlock() }
        return ended == nil
    }

    private func wait(seconds: Double, until isTrue: () -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !isTrue() { if !condition.wait(until: deadline) { return isTrue() } }
        return true
    }

    /// Waits for the end; a child that takes longer is killed, and that is an error.
    @discardableResult
    package func wait(seconds: Double = 60) throws -> Outcome {
        let isOver = wait(seconds: seconds) { ended != nil && openStreams == 0 }
        let outcome = outcomeSoFar
        if isOver { return outcome }
        kill(SIGKILL)
        throw Failure(description: "no end within \(seconds) s; \(outcome)")
    }

    /// Sends a signal after so many seconds, or finds that it ended before.
    package func kill(after seconds: Double, _ signal: Int32 = SIGKILL) throws -> Outcome {
        _ = wait(seconds: seconds) { ended != nil }
        kill(signal)
        return try wait()
    }

    /// Waits until `text` was written to standard output or standard error.
    package func wait(for text: String, seconds: Double = 60) throws {
        let bytes = Array(text.utf8)
        let isThere = wait(seconds: seconds) {
            output.firstRange(of: bytes) != nil || errors.firstRange(of: bytes) != nil
                || (ended != nil && openStreams == 0)
        }
        let outcome = outcomeSoFar
        guard isThere, outcome.output.contains(text) || outcome.errors.contains(text) else {
            throw Failure(description: "“\(text)” never came; \(outcome)")
        }
    }

    private var outcomeSoFar: Outcome {
        condition.lock()
        defer { condition.unlock() }
        let spent = began.duration(to: .now).components
        return Outcome(
            status: ended?.status, signal: ended?.signal,
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self),
            seconds: Double(spent.seconds) + Double(spent.attoseconds / 1_000_000_000_000_000) / 1e3
        )
    }
}

/// Looks again and again, every few milliseconds, until `isTrue`; false when it never was.
package func comesTrue(seconds: Double = 30, _ isTrue: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !isTrue() {
        if ContinuousClock.now > deadline { return false }
        // A bounded poll: another process has no way to tell this one.
        usleep(10_000)
    }
    return true
}

/// The program as it was built beside these tests.
package enum Program {
    package static let path: String = {
        // The long runs name a release build.
        if let named = ProcessInfo.processInfo.environment["BELLWETHER_PROGRAM"] { return named }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        let folder = URL(fileURLWithPath: own ?? CommandLine.arguments[0])
            .deletingLastPathComponent()
        return folder.appendingPathComponent("bellwether").path
    }()

    package static func start(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        onLine: (@Sendable (pid_t, Substring) -> Void)? = nil
    ) throws -> ChildProcess {
        // A broker that happens to run on this machine has no part in a test that names none.
        let isAlone =
            arguments.first == "run"
            && !arguments.contains { $0.hasPrefix("mqtt.") || $0 == "--config" }
        return try ChildProcess(
            path, arguments + (isAlone ? ["--set", "mqtt.enabled=false"] : []), input: input,
            environment: environment, onLine: onLine)
    }

    package static func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        seconds: Double = 60
    ) throws -> ChildProcess.Outcome {
        try start(arguments, input: input, environment: environment).wait(seconds: seconds)
    }
}

/// A folder that is removed with its last reference.
package final class ScratchFolder: Sendable {
    package let path: String

    /// - Parameter inMemory: where the machine has a file system in memory with room: what a test of
    ///   a killed process needs, as only a power cut asks for more than the kernel's copy.
    package init(inMemory: Bool = false) throws {
        var parent = NSTemporaryDirectory()
        var space = statvfs()
        if inMemory, access("/dev/shm", W_OK) == 0, statvfs("/dev/shm", &space) == 0,
            UInt64(space.f_bavail) * UInt64(space.f_frsize) > 100 << 20
        {
            parent = "/dev/shm"
        }
        var template = Array((parent + "/bellwether-test-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ChildProcess.Failure(description: "no temporary folder")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of `name` in it.
    package func callAsFunction(_ name: String) -> String { path + "/" + name }

    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String) throws -> String {
        let url = URL(fileURLWithPath: self(name))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }
}
