import Appliance
import Domain
import Foundation
import Host
import Messaging
import Primitives
import Synchronization
import TestSupport
import Testing

/// A gate with a key made for this run, and a clock that the test sets.
private final class Gate {
    static let wall = Timestamp(seconds: 1_800_000_000)
    let key: CommandKey
    let keys: CommandKeys
    private var gate: RequestGate
    private let start = ContinuousClock.now
    var distrust: String?

    init(perMinute: Int = 30, total: Int = 120) throws {
        key = try CommandKey.mint(.hs256, kid: "k1")
        keys = try CommandKeys([key])
        var commands = CommandSettings()
        (commands.perMinuteMax, commands.totalPerMinuteMax) = (perMinute, total)
        gate = RequestGate(
            RequestGate.Config(deviceID: "bw-1a2b", commands: commands), at: start)
    }

    var counters: RequestCounters { gate.counters }

    func token(
        _ verb: String, _ args: [(key: String, value: OrderedJSON)] = [],
        device: String = "bw-1a2b", at seconds: Int64 = 0, key: CommandKey? = nil
    ) throws -> String {
        try #require(
            CommandSigner.sign(
                verb: verb, args: args, transaction: "t1", issuer: "test", deviceID: device,
                now: Self.wall + Span(seconds: seconds), key: key ?? self.key))
    }

    func setRates(perMinute: Int, total: Int) {
        var commands = CommandSettings()
        (commands.perMinuteMax, commands.totalPerMinuteMax) = (perMinute, total)
        gate.take(commands)
    }

    func judge(
        _ verb: String, _ payload: String, isRetained: Bool = false, after seconds: Double = 0
    ) -> RequestGate.Verdict {
        gate.judge(
            IncomingRequest(
                verb: verb, payload: Array(payload.utf8), isRetained: isRetained,
                responseTopic: nil, correlation: nil),
            keys: keys,
            now: RequestGate.Now(
                instant: start + .seconds(seconds), wall: Self.wall, distrust: distrust))
    }
}

extension RequestGate.Verdict {
    fileprivate var code: CommandRefusal? {
        if case .refuse(let refusal) = self { refusal.answer.error } else { nil }
    }

    fileprivate var isProven: Bool? {
        if case .take(_, _, let isProven, _) = self { isProven } else { nil }
    }

    fileprivate var by: String? { if case .take(_, let by, _, _) = self { by } else { nil } }

    fileprivate var proof: CommandProof? {
        if case .take(_, _, _, let proof) = self { proof } else { nil }
    }
}

@Suite struct RequestGateTests {
    @Test("A09: other rates count at once, for clients that were there before as well")
    func rates() throws {
        let gate = try Gate(perMinute: 60, total: 1_000)
        func taken(_ count: Int, after seconds: Double) -> Int {
            (0..<count).count { _ in
                gate.judge("status", "{}", after: seconds).code == nil
            }
        }
        #expect(taken(5, after: 0) == 5)
        gate.setRates(perMinute: 4, total: 1_000)
        #expect(taken(20, after: 0) == 2)
        #expect(taken(20, after: 16) == 1)
        gate.setRates(perMinute: 600, total: 20)
        // Nothing is given back, and the share of all is the smaller now.
        #expect(taken(20, after: 16) == 0)
        #expect(taken(50, after: 76) == 10)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let verb: String
        let code: CommandRefusal
        var isRetained = false
        var distrust: String?
        fileprivate let payload: @Sendable (Gate) throws -> String
        var testDescription: String { "\(name): \(code.rawValue)" }
    }

    static let rows: [Row] = [
        Row(name: "kept by the broker", verb: "pause", code: .retained, isRetained: true) { _ in
            "{}"
        },
        Row(
            name: "kept by the broker and signed", verb: "resume", code: .retained, isRetained: true
        ) { try $0.token("resume") },
        Row(name: "no such verb", verb: "explode", code: .unknownVerb) { _ in "{}" },
        Row(name: "a verb of the socket alone", verb: "backup", code: .unknownVerb) {
            try $0.token("backup")
        },
        Row(name: "an empty verb", verb: "", code: .unknownVerb) { _ in "{}" },
        Row(name: "too long", verb: "pause", code: .oversize) { _ in
            #"{"reason":""# + String(repeating: "x", count: 4_096) + #""}"#
        },
        Row(name: "no JSON", verb: "pause", code: .malformed) { _ in "PRESS" },
        Row(name: "half a JSON", verb: "pause", code: .malformed) { _ in #"{"reason":"# },
        Row(name: "no argument of the verb", verb: "pause", code: .invalidArgument) { _ in
            #"{"untill":"2026-11-23T14:30:00Z"}"#
        },
        Row(name: "an argument of a wrong type", verb: "pause", code: .invalidArgument) { _ in
            #"{"exits":"yes"}"#
        },
        Row(name: "a missing argument", verb: "explain", code: .invalidArgument) { _ in "{}" },
        Row(name: "a wrong argument, signed", verb: "resume", code: .invalidArgument) {
            try $0.token("resume", [("latch", .integer(1))])
        },
        Row(name: "resume", verb: "resume", code: .unsigned) { _ in "{}" },
        Row(name: "flatten", verb: "flatten", code: .unsigned) { _ in "{}" },
        Row(name: "reconcile", verb: "reconcile", code: .unsigned) { _ in "{}" },
        Row(name: "a stranger's key", verb: "resume", code: .badSignature) {
            try $0.token("resume", key: try CommandKey.mint(.hs256, kid: "k1"))
        },
        Row(name: "an unknown key", verb: "pause", code: .badSignature) {
            try $0.token("pause", key: try CommandKey.mint(.hs256, kid: "k2"))
        },
        Row(name: "another device", verb: "resume", code: .wrongDevice) {
            try $0.token("resume", device: "bw-ffff")
        },
        Row(name: "another verb", verb: "flatten", code: .conflict) { try $0.token("resume") },
        Row(name: "old", verb: "resume", code: .expired) { try $0.token("resume", at: -61) },
        Row(name: "early", verb: "resume", code: .notYetValid) { try $0.token("resume", at: 61) },
        Row(name: "no clock", verb: "resume", code: .clock, distrust: "it is not synchronised") {
            try $0.token("resume")
        },
    ]

    @Test("A05, S39: each request that is not taken has its code", arguments: rows)
    func refused(row: Row) throws {
        let gate = try Gate()
        gate.distrust = row.distrust
        let verdict = gate.judge(row.verb, try row.payload(gate), isRetained: row.isRetained)
        #expect(verdict.code == row.code, "\(verdict)")
        #expect(gate.counters[row.code] == 1)
        #expect(gate.counters.taken == 0)
    }

    @Test(
        "A05: a pause and questions need no signature", arguments: ["pause", "status", "positions"])
    func plain(verb: String) throws {
        let verdict = try Gate().judge(verb, #"{"transaction":"t1"}"#)
        #expect(verdict.isProven == false)
        #expect(verdict.by == "mqtt:plain")
        #expect(verdict.proof == nil)
    }

    @Test("A05: a signed command is proven and bears what is kept of it")
    func signed() throws {
        let gate = try Gate()
        for verb in ["pause", "resume", "flatten", "reconcile"] {
            let verdict = gate.judge(verb, try gate.token(verb))
            #expect(verdict.isProven == true)
            #expect(verdict.by == "mqtt:k1")
            #expect(verdict.proof?.kid == "k1")
            #expect(verdict.proof?.until == Gate.wall + Span(seconds: 60))
        }
        // A question changes nothing: it is asked again without harm.
        #expect(gate.judge("status", try gate.token("status")).proof == nil)
    }

    @Test("A pause is taken whatever the clock says, signed or not, but proves nothing then")
    func pauseWithoutClock() throws {
        let gate = try Gate()
        gate.distrust = "it is not synchronised"
        #expect(gate.judge("pause", "{}").isProven == false)
        // Signed by a clock that is years away.
        let verdict = gate.judge("pause", try gate.token("pause", at: -90_000_000))
        #expect(verdict.isProven == false)
        #expect(verdict.by == "mqtt:k1")
        #expect(verdict.proof == nil)
        // But only with a signature that holds.
        let strange = try gate.token("pause", key: try CommandKey.mint(.hs256, kid: "k1"))
        #expect(gate.judge("pause", strange).code == .badSignature)
    }

    @Test("S13: a flood of bad and plain requests takes nothing from signed ones nor from a pause")
    func flood() throws {
        let gate = try Gate()
        let strange = try gate.token("resume", key: try CommandKey.mint(.hs256, kid: "k1"))
        var reports = 0
        for number in 0..<1_000 {
            let second = Double(number) * 0.06
            let verdict = gate.judge("resume", number % 2 == 0 ? strange : "{}", after: second)
            if case .refuse(let refusal) = verdict, refusal.isReported { reports += 1 }
            _ = gate.judge("status", "{}", after: second)
        }
        #expect((60...180).contains(reports), "\(reports)")
        #expect(gate.counters[.badSignature] == 500)
        #expect(gate.counters[.unsigned] == 500)
        #expect(gate.counters[.rateLimited] > 900)
        #expect(gate.judge("status", "{}", after: 60).code == .rateLimited)
        #expect(gate.judge("pause", "{}", after: 60).isProven == false)
        #expect(gate.judge("resume", try gate.token("resume"), after: 60).isProven == true)
    }

    @Test("S13: one client that asks too often is refused, with the others untouched")
    func perClient() throws {
        let gate = try Gate(perMinute: 10)
        let token = try gate.token("resume")
        let codes = (0..<8).map { _ in gate.judge("resume", token).code }
        #expect(codes == [nil, nil, nil, nil, nil, .rateLimited, .rateLimited, .rateLimited])
        #expect(gate.judge("status", "{}").code == nil)
        #expect(gate.judge("resume", token, after: 6).code == nil)
        guard case .refuse(let refusal) = gate.judge("resume", token, after: 6) else {
            Issue.record("it was taken")
            return
        }
        #expect(refusal.client == "k1")
        #expect(refusal.answer.transaction == "t1")
        #expect(refusal.jti?.utf8.count == 8)
        #expect(!token.contains(try #require(refusal.jti)))
    }
}

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

    private static func make(
        _ inbox: Inbox
    ) throws -> (desk: RequestDesk, box: Box, file: CommandKeyFile) {
        let box = try Box()
        let file = CommandKeyFile(box.folder("command.key"))
        let keys = try CommandKeySource(file, makes: true) { _ in }
        let desk = RequestDesk(
            RequestGate.Config(deviceID: "bw-1a2b", commands: CommandSettings()), keys: keys,
            inbox: inbox,
            answer: { _, _, payload in box.answers.withLock { $0.append(payload) } },
            onRefusal: { report in box.reports.withLock { $0.append(report) } })
        return (desk, box, file)
    }

    private static func request(_ verb: String, _ payload: String) -> IncomingRequest {
        IncomingRequest(
            verb: verb, payload: Array(payload.utf8), isRetained: false, responseTopic: nil,
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

    @Test("A05: a question that is repeated is answered alike and asked once")
    func repeated() throws {
        let inbox = Inbox()
        let (desk, box, _) = try Self.make(inbox)
        let question = Self.request("status", #"{"transaction":"t1"}"#)
        desk.take(question)
        try #require(inbox.takeRequests().first)
            .reply(ControlAnswer(transaction: "t1", message: "active"))
        desk.take(question)
        #expect(inbox.takeRequests().isEmpty)
        #expect(box.answers.withLock { $0.count == 2 && $0[0] == $0[1] })
        desk.take(Self.request("positions", #"{"transaction":"t1"}"#))
        #expect(inbox.takeRequests().count == 1)
    }

    @Test("Where nobody takes a request it is refused: a full inbox, a daemon that ends")
    func noRoom() throws {
        let inbox = Inbox()
        let (desk, box, _) = try Self.make(inbox)
        let message = ControlMessage(
            ControlRequest(transaction: nil, verb: .status), by: "ctl:root", isProven: true
        ) { _ in }
        while inbox.post(message) {}
        desk.take(Self.request("status", #"{"transaction":"t1"}"#))
        #expect(box.last?["error"] == .string("rate-limited"))
        #expect(box.last?["transaction"] == .string("t1"))
        desk.take(Self.request("pause", "{}"))
        #expect(inbox.takePauses().count == 1)
        inbox.stop()
        desk.take(Self.request("pause", "{}"))
        #expect(box.last?["error"] == .string("unavailable"))
    }

    @Test("S13: each of 1,000 bad requests is answered and counted; few are reported, none in full")
    func flood() throws {
        let inbox = Inbox()
        let (desk, box, _) = try Self.make(inbox)
        let strange = try Self.token("resume", try CommandKey.mint(.hs256, kid: "stranger"))
        for _ in 0..<1_000 { desk.take(Self.request("resume", strange)) }
        desk.take(Self.request("a\u{1B}[31m", "{}"))
        #expect(box.answers.withLock { $0.count } == 1_001)
        #expect(desk.counters.refusedTotal == 1_001)
        #expect(inbox.takeRequests().isEmpty)
        let reports = box.reports.withLock { $0 }
        #expect((1...100).contains(reports.count))
        let text = "\(reports)"
        #expect(!text.contains("\u{1B}") && !text.contains(strange.suffix(20)))
        #expect(reports.allSatisfy { $0.client == "plain" })
    }

    @Test("The watch over the clock decides whether a signed command is taken")
    func clock() throws {
        let inbox = Inbox()
        let (desk, box, file) = try Self.make(inbox)
        let key = try #require(try file.load().all.first)
        desk.take(clockDistrust: "it is not synchronised")
        desk.take(Self.request("resume", try Self.token("resume", key)))
        #expect(box.last?["error"] == .string("clock"))
        desk.take(clockDistrust: nil)
        desk.take(Self.request("resume", try Self.token("resume", key)))
        #expect(inbox.takeRequests().count == 1)
    }
}
