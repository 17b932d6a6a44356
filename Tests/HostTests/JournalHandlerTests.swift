import Foundation
import Logging
import Synchronization
import Testing

@testable import Host

@Suite struct JournalHandlerTests {
    /// What a log wrote: entries for the journal, and lines.
    final class Written: Sendable {
        let entries = Mutex<[[JournalField]]>([])
        let lines = Mutex<[String]>([])

        func log(
            _ kind: LogOutput.Kind, level: LogPriority = .debug, journalFails: Bool = false,
            secrets: [String] = [], limiter: MessageLimiter = MessageLimiter()
        ) -> ServiceLog {
            let sink = LogSink(
                output: LogOutput(kind: kind), level: LogLevelSwitch(level), limiter: limiter,
                journal: { entry in
                    self.entries.withLock { $0.append(entry) }
                    return journalFails ? -111 : 0
                }, errorLine: { line in self.lines.withLock { $0.append(line) } })
            secrets.forEach(sink.secrets.add)
            return ServiceLog(sink)
        }

        var fields: [String: String] {
            Dictionary(
                (entries.withLock { $0.last } ?? []).map { ($0.name, $0.value) },
                uniquingKeysWith: { $1 })
        }
        var last: String? { lines.withLock { $0.last } }
    }

    @Test("A07: an entry has its number, priority, place in the code and fields by name")
    func entry() {
        let written = Written()
        let log = written.log(.journal)
        log(
            .fill, "AAPL buy 10", [.symbol: "AAPL", .clientOrderID: "bw-1", .quantity: "10"])
        let fields = written.fields
        #expect(fields["MESSAGE"] == "AAPL buy 10")
        #expect(fields["MESSAGE_ID"] == MessageKind.fill.id)
        #expect(fields["PRIORITY"] == "6")
        #expect(fields["SYSLOG_IDENTIFIER"] == "bellwether")
        #expect(fields["SYMBOL"] == "AAPL" && fields["CLIENT_ORDER_ID"] == "bw-1")
        #expect(fields["BW_QUANTITY"] == "10" && fields["BW_KIND"] == "fill")
        #expect(fields["CODE_FILE"] == "HostTests/JournalHandlerTests.swift")
        #expect(fields["CODE_FUNC"] == "entry()" && Int(fields["CODE_LINE"] ?? "") ?? 0 > 0)
        log(.alert("unprotected"), "x", priority: .warning)
        #expect(written.fields["PRIORITY"] == "4")
        #expect(written.last == nil)
    }

    @Test(
        "A07: journald takes every name of a field, whatever a library calls it",
        arguments: [
            ("SYMBOL", "SYMBOL"), ("mode", "MODE"), ("BW_STAGE", "BW_STAGE"),
            ("_PID", "BW__PID"), ("MESSAGE", "BW_MESSAGE"), ("PRIORITY", "BW_PRIORITY"),
            ("request-id", "BW_REQUEST_ID"), ("9 lives é", "BW_9_LIVES__"),
            (String(repeating: "a", count: 99), "BW_" + String(repeating: "A", count: 61)),
        ])
    func names(_ name: String, _ expected: String) {
        #expect(journalName(name) == expected)
    }

    @Test("A07: what strangers write begins no line and moves no terminal, in text or field")
    func lines() {
        let written = Written()
        written.log(.journal)(
            .alert, "one\nPRIORITY=0\ntwo\u{1B}[2J", [.reason: "a\nMESSAGE_ID=x\u{9B}2J\u{2028}b"])
        #expect(written.entries.withLock { $0.count } == 1)
        #expect(written.fields["MESSAGE"] == "one PRIORITY=0 two [2J")
        #expect(written.fields["BW_REASON"] == "a MESSAGE_ID=x 2J b")
        #expect(written.fields["PRIORITY"] == "4")
    }

    @Test("A07: no secret ever is written, in text or field")
    func secret() {
        let written = Written()
        let log = written.log(.journal, secrets: ["sk-0123456789abcdef", "short"])
        log(.warning, "login sk-0123456789abcdef refused", [.reason: "sk-0123456789abcdef!"])
        for (_, value) in written.fields { #expect(!value.contains("0123456789abcdef")) }
        #expect(written.fields["MESSAGE"] == "login *** refused")
        log(.warning, "too short to be one")
        #expect(written.fields["MESSAGE"] == "too short to be one")
    }

    @Test("Expectation 23: lines on a terminal are readable, with no codes of the journal")
    func terminal() {
        let plain = Written()
        let log = plain.log(.terminal(colour: false))
        log(.reloaded, "reloaded")
        #expect(plain.last == "reloaded")
        log(.reloadRefused, "a\u{1B}[31mb\nc")
        #expect(plain.last == "error: a [31mb c")
        let coloured = Written()
        coloured.log(.terminal(colour: true))(.warning, "hm")
        #expect(coloured.last == "\u{1B}[33mwarning: hm\u{1B}[0m")
        #expect(plain.entries.withLock { $0.isEmpty })
    }

    @Test("A07: with the journal behind standard error only, a line bears its priority")
    func prefixed() {
        let written = Written()
        written.log(.prefixed)(.holdSet, "hold\nh1")
        #expect(written.last == "<4>hold h1")
        let broken = Written()
        broken.log(.journal, journalFails: true)(.holdSet, "hold h1")
        #expect(broken.last == "<4>hold h1")
    }

    @Test("A07: the level is that of the process, and signals move it by a step")
    func level() {
        let written = Written()
        let log = written.log(.journal, level: .info)
        func count() -> Int { written.entries.withLock { $0.count } }
        log(.orderRefused, "debug")
        #expect(count() == 0)
        #expect(log.sink.level.more() == .debug && log.sink.level.more() == .debug)
        log(.orderRefused, "debug")
        #expect(count() == 1)
        for _ in 0..<9 { log.sink.level.less() }
        #expect(log.sink.level.current == .error)
        log(.warning, "not")
        #expect(count() == 1)
        log(.failure, "still")
        #expect(count() == 2)
        #expect(LogPriority(word: "notice") == .notice && LogPriority(word: "loud") == nil)
    }

    @Test("A07: one kind cannot flood the journal, and what was left out is told")
    func limit() {
        let written = Written()
        let log = written.log(.journal, limiter: MessageLimiter(perMinute: 1, burst: 3))
        for number in 0..<10 { log(.commandRefused, "refused \(number)") }
        log(.fill, "another kind")
        #expect(written.entries.withLock { $0.count } == 4)
        log.tellOmissions(olderThan: .zero)
        #expect(written.fields["MESSAGE"]?.hasPrefix("7 more messages “command-refused”") == true)
        #expect(written.fields["BW_COUNT"] == "7")
        let before = written.entries.withLock { $0.count }
        log.tellOmissions(olderThan: .zero)
        #expect(written.entries.withLock { $0.count } == before)
    }

    @Test("The limit lets a burst through, then so many a minute, each kind for itself")
    func limiter() {
        let limiter = MessageLimiter(perMinute: 60, burst: 2)
        let start = ContinuousClock.now
        #expect(limiter.admits("a", at: start) && limiter.admits("a", at: start))
        #expect(!limiter.admits("a", at: start) && limiter.admits("b", at: start))
        #expect(!limiter.admits("a", at: start + .milliseconds(500)))
        #expect(limiter.takeOmissions(at: start + .seconds(1)) == [])
        #expect(limiter.admits("a", at: start + .seconds(2)))
        #expect(
            limiter.takeOmissions(at: start + .seconds(31))
                == [.init(code: "a", count: 2, seconds: 31)])
        // Made-up kinds cannot use up memory: beyond a number they share one line.
        let admitted = (0..<10_000).count { limiter.admits("kind \($0)", at: start) }
        #expect(admitted < 600)
    }

    @Test("A07: the journal is where JOURNAL_STREAM says that standard error leads to it")
    func output() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        var information = stat()
        fstat(descriptor, &information)
        let stream = ["JOURNAL_STREAM": "\(information.st_dev):\(information.st_ino)"]
        func kind(_ environment: [String: String], _ socket: String) -> LogOutput {
            LogOutput(environment: environment, descriptor: descriptor, socket: socket)
        }
        #expect(kind(stream, "/dev/null").kind == .journal)
        #expect(kind(stream, "/nowhere").kind == .prefixed)
        #expect(kind(["JOURNAL_STREAM": "1:2"], "/dev/null").kind == .terminal(colour: false))
        #expect(kind([:], "/dev/null").isService == false)
    }
}
