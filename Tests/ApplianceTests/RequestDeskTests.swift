import Appliance
import Domain
import Foundation
import Host
import Messaging
import Primitives
import Synchronization
import TestSupport
import Testing

@Suite struct RequestDeskTests {
    private final class Box: Sendable {
        let answers = Mutex<[String]>([])
        let reports = Mutex<[RequestDesk.Report]>([])
        /// Goes with the test.
        let folder: ScratchFolder

        init() throws { folder = try ScratchFolder() }

        var last: JSONValue? {
            answers.withLock { $0.last }.flatMap { try? JSONReader.read(Array($0.utf8)[...]) }
        }
    }

    /// Time, as the test lets it pass.
    private final class Passed: Sendable {
        private let start = ContinuousClock.now
        let seconds = Mutex(0.0)
        var now: ContinuousClock.Instant { start + .seconds(seconds.withLock { $0 }) }
    }

    private static func make(
        _ inbox: Inbox, distrust: String? = nil, passed: Passed = Passed()
    ) throws -> (desk: RequestDesk, box: Box, file: CommandKeyFile) {
        let box = try Box()
        let file = CommandKeyFile(box.folder("command.key"))
        let keys = try CommandKeySource(file, makes: true) { _ in }
        let desk = RequestDesk(
            RequestGate.Config(deviceID: "bw-1a2b", commands: CommandSettings()), keys: keys,
            inbox: inbox, distrust: distrust, instant: { passed.now },
            answer: { _, _, payload in box.answers.withLock { $0.append(payload) } },
            onRefusal: { report in box.reports.withLock { $0.append(report) } })
        return (desk, box, file)
    }

    private static func request(
        _ verb: String, _ payload: String, answerTo: String? = nil
    ) -> IncomingRequest {
        IncomingRequest(
            verb: verb, payload: Array(payload.utf8), isRetained: false, responseTopic: answerTo,
            correlation: nil)
    }

    private static func token(_ verb: String, _ key: CommandKey) throws -> String {
        try #require(
            CommandSigner.sign(
                verb: verb, args: [("reason", .string("test"))], transaction: "t1",
                issuer: "test", deviceID: "bw-1a2b", now: wallTime(), key: key))
    }

    @Test("A05: a pause goes to its own slot, other commands to theirs, answers back")
    func toTheInbox() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox)
        desk.take(Self.request("pause", #"{"transaction":"t7","reason":"lunch"}"#))
        let pause = try #require(inbox.takePauses().first)
        #expect(pause.by == "mqtt:plain" && !pause.isProven && pause.request.reason == "lunch")
        pause.reply(ControlAnswer(transaction: "t7", message: "paused"))
        #expect(box.last?["transaction"] == .string("t7"))
        #expect(box.last?["status"] == .string("ok"))
        let key = try #require(try file.load().all.first)
        desk.take(Self.request("resume", try Self.token("resume", key)))
        let resume = try #require(inbox.takeRequests().first)
        #expect(resume.isProven && resume.proof?.kid == key.kid)
        #expect(box.reports.withLock { $0.isEmpty })
    }

    @Test("S10: a key that was replaced is refused from the next request on")
    func rotated() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox)
        let old = try #require(try file.load().all.first)
        let new = try file.rotate()
        desk.take(Self.request("resume", try Self.token("resume", old)))
        #expect(box.last?["error"] == .string("bad-signature"))
        desk.take(Self.request("resume", try Self.token("resume", new)))
        #expect(inbox.takeRequests().count == 1)
        // A file that others may read holds no key.
        chmod(file.path, 0o644)
        desk.take(Self.request("resume", try Self.token("resume", new)))
        #expect(box.last?["error"] == .string("bad-signature"))
        chmod(file.path, 0o600)
        desk.take(Self.request("resume", try Self.token("resume", new)))
        #expect(inbox.takeRequests().count == 1)
    }

    @Test("A05: a question that is repeated within a minute is answered alike and asked once")
    func repeated() throws {
        let inbox = Inbox()
        let passed = Passed()
        let (desk, box, _) = try Self.make(inbox, passed: passed)
        let question = Self.request("status", #"{"transaction":"t1"}"#)
        desk.take(question)
        try #require(inbox.takeRequests().first)
            .reply(ControlAnswer(transaction: "t1", message: "active"))
        desk.take(question)
        #expect(inbox.takeRequests().isEmpty)
        #expect(box.answers.withLock { $0.count == 2 && $0[0] == $0[1] })
        desk.take(Self.request("positions", #"{"transaction":"t1"}"#))
        #expect(inbox.takeRequests().count == 1)
        // Another client may have thought of the same name, and an hour later things have changed.
        desk.take(Self.request("status", #"{"transaction":"t1"}"#, answerTo: "other/answers"))
        #expect(inbox.takeRequests().count == 1)
        passed.seconds.withLock { $0 = 59 }
        desk.take(question)
        #expect(inbox.takeRequests().isEmpty)
        passed.seconds.withLock { $0 = 61 }
        desk.take(question)
        #expect(inbox.takeRequests().count == 1)
    }

    @Test("Where nobody takes a request it is refused: a full inbox, a daemon that ends")
    func noRoom() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox)
        let message = ControlMessage(
            ControlRequest(transaction: nil, verb: .status), by: "ctl:root", isProven: true
        ) { _ in }
        while inbox.post(message) {}
        desk.take(Self.request("status", #"{"transaction":"t1"}"#))
        #expect(box.last?["error"] == .string("rate-limited"))
        #expect(box.last?["transaction"] == .string("t1"))
        desk.take(Self.request("pause", "{}"))
        #expect(inbox.takePauses().count == 1)
        let key = try #require(try file.load().all.first)
        let token = try Self.token("resume", key)
        desk.take(Self.request("resume", token))
        #expect(box.last?["error"] == .string("rate-limited"))
        #expect(inbox.takeRequests().count == Inbox.requestsMax)
        desk.take(Self.request("resume", token))
        #expect(inbox.takeRequests().count == 1)
        inbox.stop()
        desk.take(Self.request("pause", "{}"))
        #expect(box.last?["error"] == .string("unavailable"))
    }

    @Test("S13: 1,000 bad requests are counted; few are answered or reported, none in full")
    func flood() throws {
        let inbox = Inbox()
        let (desk, box, _) = try Self.make(inbox)
        let strange = try Self.token("resume", try CommandKey.mint(.hs256, kid: "stranger"))
        desk.take(Self.request("a\u{1B}[31m", "{}"))
        for _ in 0..<1_000 { desk.take(Self.request("resume", strange)) }
        #expect(box.answers.withLock { $0.count } == 32)
        #expect(desk.counters.refusedTotal == 1_001)
        #expect(desk.counters.unanswered == 1_001 - 32)
        #expect(inbox.takeRequests().isEmpty)
        let reports = box.reports.withLock { $0 }
        #expect((1...100).contains(reports.count))
        let text = "\(reports)"
        #expect(!text.contains("\u{1B}") && !text.contains(strange.suffix(20)))
        #expect(reports.allSatisfy { $0.client == "plain" })
    }

    @Test("S13: in a flood of refused ones a signed command is taken and answered")
    func answeredInFlood() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox)
        let key = try #require(try file.load().all.first)
        for number in 0..<1_000 {
            desk.take(Self.request("resume", "{}"))
            guard number == 500 else { continue }
            desk.take(Self.request("resume", try Self.token("resume", key)))
            try #require(inbox.takeRequests().first)
                .reply(ControlAnswer(transaction: "t1", message: "lifted"))
        }
        let answers = box.answers.withLock { $0 }
        #expect(answers.count == 33)
        #expect(answers.last?.contains("lifted") == true)
    }

    @Test("S13: a flood of pauses, void or not, keeps out no pause; few wait, all waiters are told")
    func pauses() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox)
        let key = try #require(try file.load().all.first)
        let until = #"{"until":"2001-01-01T00:00:00Z"}"#
        for _ in 0..<100 { desk.take(Self.request("pause", until)) }
        for _ in 0..<2 { desk.take(Self.request("pause", try Self.token("pause", key))) }
        // Of the 16 places none is left for others, but for what holds.
        for number in 0..<40 {
            desk.take(Self.request("pause", "{\"transaction\":\"p\(number)\"}"))
            desk.take(Self.request("pause", #"{"exits":true}"#))
        }
        let waiting = inbox.takePauses()
        #expect(waiting.count <= Inbox.requestsMax + 2)
        box.answers.withLock { $0 = [] }
        for pause in waiting where pause.request.isEndlessPause {
            pause.reply(ControlAnswer(transaction: pause.request.transaction, message: "paused"))
        }
        let answers = box.answers.withLock { $0 }
        #expect(answers.allSatisfy { $0.contains("paused") })
        for number in 0..<7 {
            #expect(answers.contains { $0.contains("\"p\(number)\"") }, "\(number)")
        }
        desk.take(Self.request("pause", "{}"))
        let last = try #require(inbox.takePauses().first)
        #expect(last.isSurplus && last.request.isEndlessPause)
    }

    @Test("The watch over the clock decides whether a signed command is taken")
    func clock() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox, distrust: "nobody has looked at it yet")
        let key = try #require(try file.load().all.first)
        desk.take(Self.request("resume", try Self.token("resume", key)))
        #expect(box.last?["error"] == .string("clock"))
        desk.take(clockDistrust: "it is not synchronised")
        desk.take(Self.request("resume", try Self.token("resume", key)))
        #expect(box.last?["error"] == .string("clock"))
        desk.take(clockDistrust: nil)
        desk.take(Self.request("resume", try Self.token("resume", key)))
        #expect(inbox.takeRequests().count == 1)
    }
}
