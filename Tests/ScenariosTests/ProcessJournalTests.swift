import Foundation
import Glibc
import Host
import TestSupport
import Testing

/// The real program with its standard error in the journal: that of the test, which takes the place
/// of journald's socket in a file system of the program's own.
@Suite(.serialized) struct ProcessJournalTests {
    let folder: ScratchFolder
    let journal: DatagramSocket

    init() throws {
        folder = try ScratchFolder()
        try FileManager.default.createDirectory(
            atPath: folder("journal"), withIntermediateDirectories: true)
        journal = try DatagramSocket(path: folder("journal/socket"))
    }

    /// Whether this user may make file systems for a child alone; see unshare(1).
    private static let works: Bool = {
        let child = try? ChildProcess(
            "/usr/bin/unshare", ["-m", "mount", "-t", "tmpfs", "none", "/run"])
        return (try? child?.wait().status) == 0
    }()

    /// - Parameter hasSocket: without it standard error still leads to the journal.
    private func start(
        _ more: [String], hasSocket: Bool = true, journal: String = "journal",
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let bind =
            hasSocket
            ? "mkdir -p /run/systemd/journal && mount --bind \"$0\" /run/systemd/journal && " : ""
        let script =
            "mount -t tmpfs none /run && \(bind)"
            + "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \"$@\""
        return try ChildProcess(
            "/usr/bin/unshare",
            ["-m", "/bin/sh", "-c", script, folder(journal), Program.path, "run"]
                + settings(
                    [
                        "storage.path=\(folder("store"))", "market.seed=11", "market.speed=max",
                        "market.news_per_day=40", "risk.cooldown=1m", "exits.hold_max=1h",
                        "strategies.reversion.entry_z=1.5", "ensemble.entry_threshold=0.2",
                        "risk.latches=false", "mqtt.enabled=false",
                    ] + more), environment: environment)
    }

    private var entries: [[String: String]] { journal.all.map(journalEntry) }

    private func entries(of kind: MessageKind) -> [[String: String]] {
        entries.filter { $0["MESSAGE_ID"] == kind.id }
    }

    @Test(
        "A07: as a service it writes entries with MESSAGE_ID, PRIORITY and own fields, no lines",
        .enabled(if: works, "only root may put a socket where journald has it"))
    func fields() throws {
        let child = try start(["market.days=2"])
        #expect(journal.wait { $0.contains { $0.contains(MessageKind.marketOver.id) } })
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome)")
        #expect(journal.wait { $0.contains { $0.contains(MessageKind.stopped.id) } })
        for entry in entries {
            let message = entry["MESSAGE"] ?? ""
            #expect(!message.isEmpty && !message.contains("\u{1B}"), "\(entry)")
            #expect(Int(entry["PRIORITY"] ?? "").map { (2...6).contains($0) } == true)
            #expect(entry["SYSLOG_IDENTIFIER"] == "bellwether")
            #expect(entry["MESSAGE_ID"]?.count == 32 && entry["CODE_FILE"] != nil, "\(entry)")
        }
        let fill = try #require(entries(of: .fill).first)
        let id = try #require(fill["CLIENT_ORDER_ID"])
        #expect(fill["SYMBOL"]?.isEmpty == false && fill["MODE"] == "active")
        #expect(fill["ORDER_ID"] == id && fill["BW_PRICE"] != nil && fill["BW_SIDE"] != nil)
        let order = try #require(entries(of: .order).first { $0["STRATEGY"] != nil })
        #expect(order["STRATEGY"]?.isEmpty == false && order["SYMBOL"] != nil)
        #expect(order["MODE"] == "active" && order["BW_SIGNAL"]?.isEmpty == false)
        let closed = try #require(entries(of: .tradeClosed).first)
        #expect(closed["SYMBOL"] != nil && closed["MODE"] == "active")
        #expect(closed["ORDER_ID"] != nil && closed["ORDER_ID"] == closed["CLIENT_ORDER_ID"])
        let starting = try #require(entries(of: .starting).first?["MESSAGE"])
        #expect(starting.contains("; SQLite 3.") && starting.contains(", libmosquitto 2."))
        #expect(starting.contains(", OpenSSL 3."))
        #expect(entries(of: .sessionClosed).count == 2)
        #expect(entries(of: .starting).count == 1 && entries(of: .ready).count == 1)
        #expect(entries(of: .ready)[0]["MESSAGE"]?.contains("paper money") == true)
        #expect(entries(of: .marketOver).count == 1)
        // Two of one kind within a moment are no flood, a thousand are.
        #expect(entries.count < 2_000)
    }

    @Test(
        "A07: what ends the start is an error in the journal, with its help",
        .enabled(if: works, "only root may put a socket where journald has it"))
    func failure() throws {
        let outcome = try start(["risk.no_such=1"]).wait()
        #expect(outcome.status == 78 && outcome.errors.isEmpty, "\(outcome)")
        #expect(journal.wait { $0.contains { $0.contains(MessageKind.failure.id) } })
        let entry = try #require(entries(of: .failure).first)
        #expect(entry["PRIORITY"] == "3" && entry["MESSAGE"]?.contains("risk.no_such") == true)
    }

    @Test(
        "A07: where journald's socket is out of reach, lines bear their priority",
        .enabled(if: works, "only root may take away the socket of journald"))
    func prefixed() throws {
        let child = try start(["market.days=1"], hasSocket: false)
        try child.wait(for: "the market is over at")
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("<5>ready: simulated market, paper money") })
        #expect(lines.allSatisfy { $0.wholeMatch(of: /<[2-7]>.+/) != nil }, "\(outcome)")
    }

    @Test(
        "A06: a service whose market is over stays up and answers, also when it starts again",
        .enabled(if: works, "only root may put a socket where journald has it"))
    func over() throws {
        let systemd = try DatagramSocket(path: folder("notify"))
        let store = settings(["storage.path=\(folder("store"))"])
        for round in 1...2 {
            let child = try start(
                ["market.days=1"], environment: ["NOTIFY_SOCKET": systemd.path])
            #expect(systemd.wait(for: "READY=1", count: round))
            #expect(
                journal.wait {
                    $0.count { $0.contains(MessageKind.marketOver.id) } >= round
                })
            for _ in 0..<2 {
                let pause = try Program.run(["ctl", "pause", "--reason", "lunch"] + store)
                #expect(pause.status == 0, "\(pause)")
                #expect(try Program.run(["ctl", "resume"] + store).status == 0)
            }
            #expect(systemd.wait { $0.last?.contains("; the market is over; ") ?? false })
            #expect(child.isRunning)
            child.kill(SIGTERM)
            let outcome = try child.wait()
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        }
        #expect(entries(of: .stopped).count == 2)
    }

    @Test(
        "S27: a journal that nobody reads stops neither trading nor the watchdog nor the end",
        .enabled(if: works, "only root may put a socket where journald has it"))
    func stuck() throws {
        try FileManager.default.createDirectory(
            atPath: folder("stuck"), withIntermediateDirectories: true)
        let unread = try DatagramSocket(path: folder("stuck/socket"), isRead: false)
        let systemd = try DatagramSocket(path: folder("notify"))
        let child = try start(
            ["market.days=400", "log.level=debug"], journal: "stuck",
            environment: ["NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "4000000"])
        #expect(systemd.wait(for: "READY=1"))
        let store = ProcessStore(path: folder("store"))
        // Many more than the socket's buffer takes.
        #expect(
            try comesTrue { try store.countLive("SELECT count(*) FROM fills") > 300 })
        #expect(systemd.wait(for: "WATCHDOG=1", count: 3))
        #expect(!systemd.texts.contains("WATCHDOG=trigger"))
        let before = ContinuousClock.now
        child.kill(SIGTERM)
        let outcome = try child.wait()
        // It waits a moment for the journal, and no longer.
        #expect(before.duration(to: .now) < .seconds(15))
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        let arrived = unread.drain().map(journalEntry)
        #expect(!arrived.isEmpty && arrived.count < 300)
        #expect(!arrived.contains { $0["MESSAGE_ID"] == MessageKind.stopping.id })
        try store.expectSound("after a journal that stood still")
    }
}
