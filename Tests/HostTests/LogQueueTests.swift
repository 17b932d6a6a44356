import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Host

/// A journald that can be made to stand still.
private final class Journald: Sendable {
    let entries = Mutex<[[String: String]]>([])
    private let isStuck = Mutex(false)
    private let goesOn = DispatchSemaphore(value: 0)

    var texts: [String] { entries.withLock { $0.compactMap { $0["MESSAGE"] } } }

    func stick() { isStuck.withLock { $0 = true } }

    func move() {
        isStuck.withLock { $0 = false }
        goesOn.signal()
    }

    func take(_ fields: [JournalField]) -> Int32 {
        if isStuck.withLock({ $0 }) { goesOn.wait() }
        let entry = Dictionary(
            fields.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        entries.withLock { $0.append(entry) }
        return 0
    }

    func log(_ kind: LogOutput.Kind = .journal) -> ServiceLog {
        ServiceLog(
            LogSink(
                output: LogOutput(kind: kind), level: LogLevelSwitch(.debug),
                limiter: MessageLimiter(perMinute: 60, burst: 100_000), isQueued: true,
                journal: { self.take($0) },
                errorLine: { _ = self.take([JournalField(name: "MESSAGE", value: $0)]) }))
    }
}

@Suite struct LogQueueTests {
    @Test("A07: entries arrive in order, and a flush waits for the last")
    func order() {
        let journald = Journald()
        let log = journald.log()
        for number in 0..<500 { log(.fill, "fill \(number)") }
        #expect(log.sink.flush(within: .seconds(60)))
        #expect(journald.texts == (0..<500).map { "fill \($0)" })
    }

    @Test(
        "S27: a journal that stands still holds up nobody; what is lost is bounded and told later",
        arguments: [LogOutput.Kind.journal, .prefixed])
    func stuck(_ kind: LogOutput.Kind) {
        let journald = Journald()
        let log = journald.log(kind)
        journald.stick()
        for number in 0..<5_000 { log(.fill, "fill \(number)") }
        for number in 0..<10 { log(.stageHangs, "loop \(number)") }
        #expect(!log.sink.flush(within: .milliseconds(20)))
        #expect(journald.texts.isEmpty)
        journald.move()
        #expect(log.sink.flush(within: .seconds(60)))
        let texts = journald.texts
        // What matters found room still, and the count says what did not.
        #expect((600...1_024).contains(texts.count), "\(texts.count)")
        #expect(texts.count { $0.contains("loop ") } == 10)
        let lost = 5_010 - (texts.count - 1)
        #expect(
            texts.last?.hasSuffix("\(lost) more messages were left out: the journal took none")
                == true)
        if kind == .journal {
            let last = journald.entries.withLock { $0.last }
            #expect(last?["BW_COUNT"] == "\(lost)")
            #expect(last?["MESSAGE_ID"] == MessageKind.suppressed.id)
        }
    }

    @Test("A06: the watchdog's thread tells systemd of a hang though the journal stands still")
    func watchdog() {
        let journald = Journald()
        journald.stick()
        defer { journald.move() }
        let sent = Mutex<[String]>([])
        var environment = ServiceEnvironment()
        environment.isNotified = true
        environment.watchdog = .seconds(8)
        let manager = ServiceManager(environment) { text in sent.withLock { $0.append(text) } }
        let time = Mutex(Int64(0))
        let parts = Heartbeats(watchdog: .seconds(8), clock: { time.withLock { $0 } })
        let loop = parts.add("loop")
        let watchdog = Watchdog(manager, parts, log: journald.log())
        manager.ready("x")
        time.withLock { $0 += 7_000_000_000 }
        watchdog.look(at: .now)
        #expect(sent.withLock { $0.last } == "WATCHDOG=trigger")
        loop.beat()
        watchdog.look(at: .now)
        #expect(sent.withLock { $0.last } == "WATCHDOG=1")
    }
}
