import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Host

/// What was sent, without a socket.
private final class Sent: Sendable {
    let all = Mutex<[String]>([])
    var texts: [String] { all.withLock { $0 } }

    func manager(watchdog: Duration? = nil) -> ServiceManager {
        var environment = ServiceEnvironment()
        environment.isNotified = true
        environment.watchdog = watchdog
        return ServiceManager(environment) { text in self.all.withLock { $0.append(text) } }
    }
}

@Suite struct ServiceManagerTests {
    @Test("A06: the environment says whether somebody listens and watches")
    func environment() {
        let pid = getpid()
        func read(_ variables: [String: String]) -> ServiceEnvironment {
            ServiceEnvironment(variables, pid: pid)
        }
        #expect(!read([:]).isNotified && !read(["NOTIFY_SOCKET": ""]).isNotified)
        let watched = ["NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "30000000"]
        #expect(read(watched).watchdog == .seconds(30))
        #expect(read(watched.merging(["WATCHDOG_PID": "\(pid)"]) { $1 }).watchdog != nil)
        #expect(read(watched.merging(["WATCHDOG_PID": "\(pid + 1)"]) { $1 }).watchdog == nil)
        for bad in ["", "0", "-1", "soon"] {
            #expect(read(["NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": bad]).watchdog == nil)
        }
        #expect(read(["WATCHDOG_USEC": "30000000"]).watchdog == nil)
    }

    @Test("A06: nothing is sent where nobody listens")
    func silent() {
        let count = Mutex(0)
        let manager = ServiceManager(ServiceEnvironment()) { _ in count.withLock { $0 += 1 } }
        manager.ready("x")
        manager.status("y")
        manager.reloading()
        manager.alive()
        manager.stopping()
        #expect(count.withLock { $0 } == 0)
        #expect(manager.isReady)
    }

    @Test("A06: READY, RELOADING with the monotonic time, READY, STOPPING, in this order and once")
    func order() throws {
        let sent = Sent()
        let manager = sent.manager(watchdog: .seconds(10))
        manager.alive()
        manager.reloading()
        #expect(sent.texts.isEmpty)
        manager.ready("a\nWATCHDOG=1")
        manager.reloading()
        manager.ready("b")
        manager.alive()
        manager.stopping()
        manager.stopping()
        manager.status("c")
        manager.reloading()
        manager.ready("d")
        let texts = sent.texts
        #expect(texts.count == 5)
        #expect(texts[0] == "READY=1\nSTATUS=a WATCHDOG=1")
        let time = try #require(texts[1].wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=(\d+)/))
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = try #require(Int(time.1))
        #expect(abs(now.tv_sec - microseconds / 1_000_000) < 60)
        #expect(texts[2] == "READY=1\nSTATUS=b")
        #expect(texts[3] == "WATCHDOG=1")
        #expect(texts[4] == "STOPPING=1\nSTATUS=stopping")
    }

    @Test("A06: the status goes out on change only, at most once a second, and the newest of all")
    func status() {
        let sent = Sent()
        let manager = sent.manager()
        let start = SuspendingClock.now + .seconds(100)
        manager.status("a", at: start)
        manager.status("a", at: start + .seconds(5))
        #expect(sent.texts == ["STATUS=a"])
        for number in 0..<100 {
            manager.status("b\(number)", at: .now + .seconds(200) + .milliseconds(number))
        }
        #expect(sent.texts == ["STATUS=a", "STATUS=b0"])
        manager.flush(at: .now + .seconds(202))
        manager.flush(at: .now + .seconds(204))
        #expect(sent.texts == ["STATUS=a", "STATUS=b0", "STATUS=b99"])
        // Back to what is shown: nothing waits any more.
        manager.status("c", at: .now + .seconds(202))
        manager.status("b99", at: .now + .seconds(202))
        manager.flush(at: .now + .seconds(300))
        #expect(sent.texts.count == 3)
    }

    @Test("A06: a long start asks for more time, now and then, and no longer once it is ready")
    func extend() {
        let sent = Sent()
        let manager = sent.manager()
        let start = SuspendingClock.now
        manager.needs(.seconds(60), for: "catching up", at: start)
        manager.needs(.seconds(60), for: "catching up", at: start + .seconds(1))
        manager.needs(.seconds(90), for: "checking", at: start + .seconds(2))
        manager.needs(.seconds(90), for: "checking", at: start + .seconds(8))
        manager.ready("x")
        manager.needs(.seconds(60), for: "catching up", at: start + .seconds(60))
        #expect(
            sent.texts == [
                "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=catching up",
                "EXTEND_TIMEOUT_USEC=90000000\nSTATUS=checking",
                "EXTEND_TIMEOUT_USEC=90000000\nSTATUS=checking", "READY=1\nSTATUS=x",
            ])
    }

    @Test("A06: libsystemd brings it to the socket that the environment names")
    func socket() throws {
        let folder = try ScratchFolder()
        let socket = try DatagramSocket(path: folder("notify"))
        // No other test of this program asks for it.
        setenv("NOTIFY_SOCKET", socket.path, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        var environment = ServiceEnvironment()
        environment.isNotified = true
        let manager = ServiceManager(environment)
        manager.ready("simulated market, paper money, cannot spend")
        manager.stopping()
        #expect(socket.wait(for: "STOPPING=1"))
        #expect(
            socket.texts == [
                "READY=1\nSTATUS=simulated market, paper money, cannot spend",
                "STOPPING=1\nSTATUS=stopping",
            ])
    }
}

/// A clock in the test's hands.
private final class Time: Sendable {
    private let nanoseconds = Mutex(Int64(0))
    @Sendable func read() -> Int64 { nanoseconds.withLock { $0 } }
    func pass(seconds: Int64) { nanoseconds.withLock { $0 += seconds * 1_000_000_000 } }
}

@Suite struct WatchdogTests {
    private let sent = Sent()
    private let written = JournalHandlerTests.Written()

    @Test("A06: the watchdog is fed at half its time, from READY on, while every part moves")
    func feeding() {
        let manager = sent.manager(watchdog: .seconds(8))
        let parts = Heartbeats(watchdog: .seconds(8))
        let loop = parts.add("loop")
        let watchdog = Watchdog(manager, parts, log: written.log(.journal))
        let start = SuspendingClock.now
        func look(_ seconds: Double) {
            loop.beat()
            watchdog.look(at: start + .seconds(seconds))
        }
        look(0)
        #expect(sent.texts.isEmpty)
        manager.ready("x")
        for second in 1...20 { look(Double(second)) }
        let count = sent.texts.count { $0 == "WATCHDOG=1" }
        // Every three to four seconds of eight.
        #expect((5...7).contains(count), "\(count)")
    }

    @Test("A06: one part that hangs is named, ends the feeding and is told to systemd at once")
    func hanging() {
        let manager = sent.manager(watchdog: .seconds(8))
        let time = Time()
        let parts = Heartbeats(watchdog: .seconds(8), clock: time.read)
        #expect(parts.deadline == .seconds(6))
        let (loop, mqtt) = (parts.add("loop"), parts.add("mqtt", within: .seconds(100)))
        let watchdog = Watchdog(manager, parts, log: written.log(.journal))
        manager.ready("x")
        let start = SuspendingClock.now
        func look(after seconds: Int = 0) {
            for _ in 0..<seconds {
                time.pass(seconds: 1)
                watchdog.look(at: start + .nanoseconds(time.read()))
            }
        }
        look(after: 6)
        #expect(sent.texts.last == "WATCHDOG=1" && parts.late() == [])
        // The mqtt part may wait for the network for longer, the loop may not.
        look(after: 3)
        #expect(sent.texts.last == "WATCHDOG=trigger")
        #expect(sent.texts.count { $0 == "WATCHDOG=trigger" } == 1)
        #expect(written.fields["MESSAGE_ID"] == MessageKind.stageHangs.id)
        #expect(written.fields["BW_STAGE"] == "loop")
        #expect(written.fields["MESSAGE"] == "loop has not moved for 7 s")
        loop.beat()
        look(after: 1)
        #expect(sent.texts.last == "WATCHDOG=1")
        #expect(written.fields["MESSAGE"] == "loop moves again")
        loop.rest()
        time.pass(seconds: 7)
        #expect(parts.late(after: .seconds(6)).map(\.name) == ["mqtt"])
        #expect(parts.late() == [])
        mqtt.beat()
    }

    @Test("A06: a process that was stopped blames none of its parts when it goes on")
    func stopped() {
        let manager = sent.manager(watchdog: .seconds(8))
        let time = Time()
        let parts = Heartbeats(watchdog: .seconds(8), clock: time.read)
        _ = parts.add("loop")
        let watchdog = Watchdog(manager, parts, log: written.log(.journal))
        manager.ready("x")
        let start = SuspendingClock.now
        watchdog.look(at: start)
        time.pass(seconds: 60)
        #expect(!parts.late().isEmpty)
        watchdog.look(at: start + .seconds(60))
        #expect(sent.texts.last == "WATCHDOG=1")
        #expect(written.entries.withLock { $0.isEmpty })
    }
}
