import Foundation
import Glibc

/// Runs programs so that a chosen system call fails, lies, or is the last; see strace(1),
/// “Tampering”. Calls are counted a thread at a time, from one.
package enum Strace {
    private static let path: String? = ["/usr/bin/strace", "/usr/local/bin/strace"].first {
        (path: String) in access(path, X_OK) == 0
    }

    /// False where it is not installed, or where this process may not trace its children.
    package static let works: Bool = {
        guard path != nil else { return false }
        let child = try? kill(["/bin/true"], atCall: "pwrite64", number: 60_000)
        let outcome = try? child?.wait()
        return outcome?.status == 0
    }()

    /// What becomes of a call.
    package enum Fault: Sendable, CustomStringConvertible {
        /// SIGKILL, as the call is made.
        case kill
        /// It does nothing and fails, e.g. with `ENOSPC`.
        case error(String)
        /// It does nothing and claims this result.
        case result(Int)
        /// It is made, but only after so many seconds.
        case delay(Int)
        /// It is made, and this signal comes with it, e.g. `HUP`.
        case signal(String)

        package var description: String {
            switch self {
            case .kill: "signal=KILL"
            case .error(let name): "error=\(name)"
            case .result(let value): "retval=\(value)"
            case .delay(let seconds): "delay_enter=\(seconds * 1_000_000)"
            case .signal(let name): "signal=\(name)"
            }
        }
    }

    /// Starts a program that is killed when it makes this system call for the `number`-th time.
    package static func kill(
        _ command: [String], atCall call: String, number: Int
    ) throws -> ChildProcess {
        try start(command, .kill, call: call, number: number)
    }

    /// Starts a program of which one call, or every one from it on, meets a fault.
    ///
    /// - Parameter paths: count and harm only calls that concern these files; empty: all.
    package static func start(
        _ command: [String], _ fault: Fault, call: String, number: Int, andAllAfter: Bool = false,
        paths: [String] = [], environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let when = "\(number)" + (andAllAfter ? "+" : "")
        return try start(
            command, calls: [call], paths: paths, log: "/dev/null",
            ["-e", "inject=\(call):\(fault):when=\(when)"], environment: environment)
    }

    /// The program itself, which is the only child of strace.
    package static func traced(by child: ChildProcess) throws -> pid_t {
        let path = "/proc/\(child.pid)/task/\(child.pid)/children"
        var found: pid_t?
        _ = try comesTrue {
            found = pid_t(
                try String(contentsOfFile: path, encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines))
            return found != nil
        }
        guard let found else { throw ChildProcess.Failure(description: "no child of strace") }
        return found
    }

    /// How often one thread of the program makes each of these calls, to its end: the most of any.
    ///
    /// - Throws: where several threads make the calls on `paths`, as a fault that is counted a thread
    ///   at a time would not reach them all.
    package static func count(
        _ command: [String], calls: [String], paths: [String] = []
    ) throws -> [String: Int] {
        let folder = try ScratchFolder(inMemory: true)
        let outcome = try start(command, calls: calls, paths: paths, log: folder("log"), []).wait()
        guard outcome.status == 0 else {
            throw ChildProcess.Failure(description: "\(command): \(outcome)")
        }
        var counts: [Substring: [String: Int]] = [:]
        for line in try String(contentsOfFile: folder("log"), encoding: .utf8).split(
            separator: "\n")
        {
            // “123   pwrite64(4, …”; one that another thread interrupts goes on as “<... resumed>”.
            let thread = line.prefix { $0.isNumber }
            let text = line.dropFirst(thread.count).drop { $0 == " " }
            guard let name = text.split(separator: "(").first.map(String.init) else { continue }
            if calls.contains(name) { counts[thread, default: [:]][name, default: 0] += 1 }
        }
        guard paths.isEmpty || counts.count <= 1 else {
            throw ChildProcess.Failure(description: "\(command): calls of threads \(counts)")
        }
        return counts.values.reduce(into: [:]) { $0.merge($1) { max($0, $1) } }
    }

    private static func start(
        _ command: [String], calls: [String], paths: [String], log: String, _ more: [String],
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        try ChildProcess(
            path ?? "strace",
            ["-f", "-qq", "-o", log, "-e", "trace=\(calls.joined(separator: ","))"]
                + paths.flatMap { ["-P", $0] } + more + command, environment: environment)
    }
}
