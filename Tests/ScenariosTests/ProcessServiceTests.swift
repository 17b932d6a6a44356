import Foundation
import Glibc
import TestSupport
import Testing

/// The real program as systemd starts it, with the sockets of systemd and journald in the hands of
/// the test.
@Suite(.serialized) struct ProcessServiceTests {
    let folder: ScratchFolder
    let systemd: DatagramSocket

    init() throws {
        folder = try ScratchFolder(inMemory: true)
        systemd = try DatagramSocket(path: folder("notify"))
    }

    /// A market that goes on for long, with orders now and then.
    private var arguments: [String] {
        ["run"]
            + settings([
                "storage.path=\(folder("store"))", "market.seed=11", "market.days=400",
                "market.speed=4000", "risk.latches=false", "news.spool=\(folder("store/spool"))",
            ])
    }

    private func environment(watchdog: Int? = nil) -> [String: String] {
        var variables = ["NOTIFY_SOCKET": systemd.path]
        if let watchdog { variables["WATCHDOG_USEC"] = "\(watchdog * 1_000_000)" }
        return variables
    }

    private func start(watchdog: Int? = nil, _ more: [String] = []) throws -> ChildProcess {
        try Program.start(arguments + more, environment: environment(watchdog: watchdog))
    }

    private func end(_ child: ChildProcess) throws {
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(outcome.status == 0, "\(outcome)")
    }

    @Test("A06: READY when trading can start, then signs of life, and STOPPING first at the end")
    func order() throws {
        let child = try start(watchdog: 8)
        #expect(systemd.wait(for: "WATCHDOG=1", count: 3))
        try end(child)
        #expect(systemd.wait(for: "STOPPING=1"))
        let texts = systemd.texts
        let ready = try #require(texts.firstIndex { $0.hasPrefix("READY=1") })
        #expect(texts[..<ready].allSatisfy { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
        #expect(texts[..<ready].contains { $0.contains("STATUS=opening the stores") })
        // Expectation 3: nobody can take it for real money.
        #expect(
            texts[ready].contains("STATUS=simulated market, paper money, cannot spend; active; "))
        #expect(texts[..<ready].allSatisfy { $0 != "WATCHDOG=1" })
        #expect(texts.last == "STOPPING=1\nSTATUS=stopping")
    }

    @Test("A06: the status names the pause, its reason and the positions, and is kept current")
    func status() throws {
        let child = try start()
        #expect(systemd.wait(for: "READY=1"))
        let store = settings(["storage.path=\(folder("store"))"])
        let pause = ["ctl", "pause", "--reason", "holiday"] + store
        #expect(try Program.run(pause).status == 0)
        #expect(systemd.wait { $0.last?.contains("; paused: holiday; ") ?? false })
        #expect(try Program.run(["ctl", "resume"] + store).status == 0)
        #expect(systemd.wait { $0.last?.contains("; active; ") ?? false })
        #expect(systemd.texts.last?.contains("position") == true)
        try end(child)
    }

    @Test(
        "A06: SIGHUP at the very first moment does not end it (expectation 15)",
        .enabled(if: Strace.works, "strace is not here, or may not trace"))
    func early() throws {
        // The first call that concerns signals is the one that blocks them.
        let child = try Strace.start(
            [Program.path] + arguments, .signal("HUP"), call: "rt_sigprocmask", number: 1,
            environment: environment())
        #expect(systemd.wait(for: "READY=1"))
        // It was not lost either.
        #expect(systemd.wait(for: "RELOADING=1"))
        kill(try Strace.traced(by: child), SIGTERM)
        #expect(try child.wait().status == 0)
    }

    @Test("A06: a reload is told with its time; a bad file changes nothing and is named")
    func reload() throws {
        let file = try folder.write("[risk]\npositions_max = 4\n", to: "bellwether.toml")
        let child = try start(["--config", file])
        #expect(systemd.wait(for: "READY=1"))
        try folder.write("[risk]\npositions_max = \"many\"\nno_such = 1\n", to: "bellwether.toml")
        child.kill(SIGHUP)
        #expect(systemd.wait(for: "READY=1", count: 2))
        try child.wait(for: "no_such")
        let texts = systemd.texts
        let reloading = try #require(texts.firstIndex { $0.hasPrefix("RELOADING=1\nMONOTONIC_") })
        #expect(texts[reloading + 1].hasPrefix("READY=1\nSTATUS="))
        #expect(texts[reloading + 1].contains("reload refused: \(file):2: risk.positions_max"))
        try folder.write("[risk]\npositions_max = 5\n", to: "bellwether.toml")
        child.kill(SIGHUP)
        #expect(systemd.wait(for: "READY=1", count: 3))
        #expect(systemd.texts.last { $0.hasPrefix("READY=1") }?.contains("refused") == false)
        try child.wait(for: "wait for a restart: risk.positions_max")
        child.kill(SIGUSR1)
        try child.wait(for: "log level is now debug")
        try end(child)
        let outcome = try child.wait()
        #expect(outcome.errors.contains("error: \(file):2: risk.positions_max: must be"))
        #expect(!outcome.errors.contains("<3>"))
    }

    @Test("A06: a process that is stopped gives no sign of life, and blames nobody when it goes on")
    func stopped() throws {
        let child = try start(watchdog: 4)
        #expect(systemd.wait(for: "WATCHDOG=1", count: 2))
        child.kill(SIGSTOP)
        // Longer than the time after which systemd would end it: nothing came.
        let before = systemd.times(of: "WATCHDOG=1").count
        #expect(!systemd.wait(for: "WATCHDOG=1", count: before + 2, seconds: 5))
        child.kill(SIGCONT)
        #expect(systemd.wait(for: "WATCHDOG=1", count: before + 2))
        #expect(!systemd.texts.contains("WATCHDOG=trigger"))
        try end(child)
    }

    struct Hang: CustomTestStringConvertible, Sendable {
        let stage: String
        let call: String
        /// Of these files only.
        let files: [String]
        /// The first that hangs, of each thread.
        var number = 2
        var seconds = 15
        let more: [String]
        var testDescription: String { stage }
    }

    @Test(
        "A06: a part that hangs is named and told to systemd, which restarts (expectation 20)",
        .enabled(if: Strace.works, "strace is not here, or may not trace"),
        arguments: [
            // Nothing is committed in so slow a market: it is the proof of the ledger that hangs.
            Hang(
                // For longer than a stop may take.
                stage: "store", call: "fdatasync", files: ["ledger.mark"], seconds: 40,
                more: settings(["market.speed=1"])),
            Hang(stage: "control socket", call: "poll", files: [], more: []),
            Hang(stage: "disk watch", call: "statfs", files: [""], more: []),
            Hang(
                stage: "spool", call: "getdents64", files: ["spool"], number: 6,
                more: settings(["news.sources=spool"])),
        ])
    func hanging(_ hang: Hang) throws {
        // The store is there, so that the start asks less of the disk.
        let first = try start()
        #expect(systemd.wait(for: "READY=1"))
        try end(first)
        let child = try Strace.start(
            [Program.path] + arguments + hang.more, .delay(hang.seconds), call: hang.call,
            number: hang.number, andAllAfter: true,
            paths: hang.files.map { folder($0.isEmpty ? "store" : "store/" + $0) },
            environment: environment(watchdog: 6))
        #expect(systemd.wait(for: "READY=1", count: 2))
        #expect(systemd.wait(for: "WATCHDOG=trigger", seconds: 100))
        try child.wait(for: "has not moved for")
        let count = systemd.times(of: "WATCHDOG=1").count
        #expect(!systemd.wait(for: "WATCHDOG=1", count: count + 1, seconds: 4))
        let program = try Strace.traced(by: child)
        if hang.stage == "store" {
            kill(program, SIGTERM)
            try child.wait(for: "not stopped after 20 s", seconds: 40)
            let outcome = try child.wait(seconds: 120)
            #expect(outcome.errors.contains("standing still: "), "\(outcome)")
            #expect(outcome.status == 75, "\(outcome)")
        } else {
            kill(program, SIGKILL)
            _ = try child.wait(seconds: 120)
        }
        let errors = try child.wait().errors
        #expect(errors.contains("error: \(hang.stage) has not moved for"), "\(errors)")
    }

    @Test("A06: the start, also a second one, is ready within ten seconds with nothing around it")
    func quick() throws {
        for times in 1...2 {
            let child = try start()
            #expect(systemd.wait(for: "READY=1", count: times, seconds: 10))
            try end(child)
        }
    }

    @Test("A06: a loop that hangs, here at a pipe that nobody reads, is named and told to systemd")
    func hangingLoop() throws {
        let fifo = folder("output")
        #expect(mkfifo(fifo, 0o600) == 0)
        let unread = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(unread) }
        let child = try ChildProcess(
            "/bin/sh",
            ["-c", "exec \"$@\" >\"$0\"", fifo, Program.path] + arguments
                + settings(["market.speed=max", "mqtt.enabled=false"]),
            environment: environment(watchdog: 6))
        #expect(systemd.wait(for: "READY=1"))
        #expect(systemd.wait(for: "WATCHDOG=trigger"))
        try child.wait(for: "error: loop has not moved for")
        child.kill(SIGTERM)
        // Nothing can end what hangs but its own end.
        let outcome = try child.wait()
        #expect(outcome.status == 75, "\(outcome)")
        // The thread of the loop is also that of the ledger.
        let still = outcome.errors.split(separator: "\n").last ?? ""
        #expect(still.contains("standing still: ") && still.contains("loop"), "\(outcome)")
    }

    @Test("A06: a broker that takes the connection and says nothing is no part that hangs")
    func silentBroker() throws {
        let broker = try SilentServer()
        let child = try start(
            watchdog: 4,
            settings(["mqtt.host=127.0.0.1", "mqtt.port=\(broker.port)", "mqtt.keepalive=5s"]))
        #expect(systemd.wait(for: "READY=1"))
        #expect(broker.waitForConnection(seconds: 30))
        let count = systemd.times(of: "WATCHDOG=1").count
        #expect(systemd.wait(for: "WATCHDOG=1", count: count + 5))
        #expect(!systemd.texts.contains("WATCHDOG=trigger"))
        try end(child)
    }

    @Test(
        "A run of a terminal that goes ends with it, wherever its output goes",
        .enabled(if: access("/usr/bin/script", X_OK) == 0, "script(1) is not here"))
    func terminal() throws {
        let log = folder("log")
        let words = [Program.path] + arguments + settings(["mqtt.enabled=false"])
        let terminal = try ChildProcess(
            "/usr/bin/script",
            ["-q", "-f", "-c", "exec \(words.joined(separator: " ")) >\(log) 2>&1", "/dev/null"])
        func said(_ text: String) -> Bool {
            (try? String(contentsOfFile: log, encoding: .utf8))?.contains(text) ?? false
        }
        #expect(comesTrue { said("paper venue") })
        terminal.kill(SIGKILL)
        #expect(comesTrue { said("Stopped at ") })
        #expect(!said("reloaded"))
    }
}

/// Takes connections, and never says a word.
private final class SilentServer {
    let port: UInt16
    private let listener: Int32

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw ChildProcess.Failure(description: "no port") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }

    /// Whether somebody came; the kernel has taken the connection.
    func waitForConnection(seconds: Int32) -> Bool {
        var state = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, seconds * 1_000) == 1
    }
}
