import Domain
import Host
import Primitives
import TestSupport
import Testing

/// What a line may ask, and what it may not.
@Suite struct ControlRequestTests {
    struct Bad: CustomTestStringConvertible, Sendable {
        let line: String
        let code: CommandRefusal
        let words: String
        var testDescription: String { "\(code.rawValue): \(line.prefix(60))" }

        init(_ line: String, _ code: CommandRefusal, _ words: String = "") {
            (self.line, self.code, self.words) = (line, code, words)
        }
    }

    private static let long = String(repeating: "k", count: 300)

    static let bad = [
        Bad("", .malformed), Bad(" ", .malformed), Bad("null", .malformed, "null, not an object"),
        Bad("[]", .malformed, "a list"), Bad("\"pause\"", .malformed), Bad("7", .malformed),
        Bad("{", .malformed), Bad("{}", .malformed, "no verb"),
        Bad("{\"verb\":\"pause\"", .malformed), Bad("{\"verb\":\"pause\"} x", .malformed),
        Bad("{\"verb\":\"pause\"}{\"verb\":\"resume\"}", .malformed),
        Bad("{\"verb\":\"pause\",\"verb\":\"resume\"}", .malformed),
        Bad("{\"verb\":\"pause\",\"reason\":\"a\",\"reason\":\"b\"}", .malformed),
        Bad("{\"a\\n<0>b\\u001b[31m\":1,\"a\\n<0>b\\u001b[31m\":2}", .malformed, "“a�<0>b�[31m”"),
        Bad("{\"\(Self.long)\":1,\"\(Self.long)\":2}", .malformed, "“\(Self.long.prefix(40))…”"),
        Bad(
            "{\"verb\":\"pause\",\"reason\":\"a\",\"args\":{\"reason\":\"b\"}}", .malformed, "twice"
        ),
        Bad("{\"verb\":null}", .malformed, "verb must be a string"),
        Bad("{\"verb\":7}", .malformed), Bad("{\"verb\":[\"pause\"]}", .malformed),
        Bad("{\"verb\":\"\"}", .unknownVerb), Bad("{\"verb\":\"PAUSE\"}", .unknownVerb),
        Bad("{\"verb\":\"pause \"}", .unknownVerb, "there is no verb “pause ”"),
        Bad("{\"verb\":\"buy\"}", .unknownVerb, "flatten, limits"),
        Bad("{\"verb\":\"pause\",\"args\":7}", .malformed, "args must be an object"),
        Bad("{\"verb\":\"pause\",\"args\":[]}", .malformed),
        Bad("{\"verb\":\"pause\",\"transaction\":7}", .malformed, "transaction"),
        Bad("{\"verb\":\"pause\",\"transaction\":\"\"}", .malformed),
        Bad("{\"verb\":\"pause\",\"transaction\":\"a b\"}", .malformed),
        Bad("{\"verb\":\"pause\",\"transaction\":\"é\"}", .malformed),
        Bad(
            "{\"verb\":\"pause\",\"transaction\":\"\(String(repeating: "t", count: 65))\"}",
            .malformed),
        Bad("{\"verb\":\"pause\",\"untill\":\"2026-01-01T00:00:00Z\"}", .invalidArgument, "untill"),
        Bad("{\"verb\":\"pause\",\"until\":7}", .invalidArgument, "until must be a string"),
        Bad("{\"verb\":\"pause\",\"until\":\"tomorrow\"}", .invalidArgument, "must be a market"),
        Bad("{\"verb\":\"pause\",\"until\":\"2026-02-30T00:00:00Z\"}", .invalidArgument),
        Bad("{\"verb\":\"pause\",\"exits\":\"true\"}", .invalidArgument, "true or false"),
        Bad("{\"verb\":\"pause\",\"exits\":1}", .invalidArgument),
        Bad("{\"verb\":\"pause\",\"token\":\"x\"}", .invalidArgument, "no argument “token”"),
        Bad("{\"verb\":\"pause\",\"reason\":{}}", .invalidArgument, "an object"),
        Bad("{\"verb\":\"pause\",\"reason\":\"\\u0000\"}", .invalidArgument, "zero"),
        Bad(
            "{\"verb\":\"pause\",\"reason\":\"\(String(repeating: "r", count: 201))\"}",
            .invalidArgument,
            "201 bytes"),
        Bad("{\"verb\":\"resume\",\"latch\":true}", .invalidArgument),
        Bad("{\"verb\":\"flatten\",\"token\":7}", .invalidArgument),
        Bad("{\"verb\":\"status\",\"reason\":\"x\"}", .invalidArgument),
        Bad("{\"verb\":\"explain\"}", .invalidArgument, "needs an order"),
        Bad("{\"verb\":\"explain\",\"order\":\"\"}", .invalidArgument),
        Bad("{\"verb\":\"backup\",\"to\":\"relative\"}", .invalidArgument, "absolute"),
        Bad("{\"verb\":\"backup\",\"keep\":0}", .invalidArgument, "1 to 1000"),
        Bad("{\"verb\":\"backup\",\"keep\":1.5}", .invalidArgument),
        Bad("{\"verb\":\"backup\",\"keep\":1e2}", .invalidArgument),
        Bad("{\"verb\":\"backup\",\"keep\":99999999999999999999}", .invalidArgument),
        Bad("{\"verb\":\"backup\",\"keep\":\"7\"}", .invalidArgument),
        Bad("{\"verb\":\"weights\",\"set\":7}", .invalidArgument, "an object"),
        Bad("{\"verb\":\"weights\",\"set\":{}}", .invalidArgument, "empty"),
        Bad("{\"verb\":\"weights\",\"set\":{\"trend\":1.5}}", .invalidArgument, "sum is 1"),
        Bad("{\"verb\":\"weights\",\"set\":{\"trend\":-1,\"sentiment\":2}}", .invalidArgument),
        Bad("{\"verb\":\"weights\",\"set\":{\"trend\":\"1\"}}", .invalidArgument, "a number"),
        Bad("{\"verb\":\"weights\",\"set\":{\"trend\":1e999}}", .invalidArgument),
        Bad("{\"verb\":\"weights\",\"set\":{\"luck\":1}}", .invalidArgument, "“luck”"),
        Bad("{\"verb\":\"weights\",\"set\":{\"trend\":1,\"trend\":0}}", .malformed),
        Bad("{\"verb\":\"weights\",\"freeze\":\"yes\"}", .invalidArgument, "true or false"),
        Bad("{\"verb\":\"weights\",\"rollback\":-1}", .invalidArgument, "from 0"),
        Bad("{\"verb\":\"weights\",\"rollback\":\"3\"}", .invalidArgument),
        Bad(
            "{\"verb\":\"weights\",\"freeze\":true,\"rollback\":3}", .invalidArgument, "only one"),
        Bad("{\"verb\":\"weights\",\"reason\":\"x\"}", .invalidArgument, "needs set"),
        Bad("{\"verb\":\"limits\",\"set\":[]}", .invalidArgument, "an object"),
        Bad("{\"verb\":\"limits\",\"set\":{}}", .invalidArgument, "empty"),
        Bad("{\"verb\":\"limits\",\"set\":{\"cooldown\":1}}", .invalidArgument, "positions_max"),
        Bad("{\"verb\":\"limits\",\"set\":{\"positions_max\":0}}", .invalidArgument, "from 1 on"),
        Bad("{\"verb\":\"limits\",\"set\":{\"positions_max\":1.5}}", .invalidArgument),
        Bad("{\"verb\":\"limits\",\"set\":{\"positions_max\":null}}", .invalidArgument),
        Bad(
            "{\"verb\":\"limits\",\"set\":{\"exposure_share_max\":0}}", .invalidArgument,
            "from 0.0001 on"),
        Bad(
            "{\"verb\":\"limits\",\"set\":{\"notional_per_day_max\":5e-324}}", .invalidArgument,
            "notional_per_day_max must be a number from 0.0001 on"),
        Bad(
            "{\"verb\":\"limits\",\"set\":{\"drawdown_share_max\":1e400}}", .invalidArgument,
            "set.drawdown_share_max is out of range"),
        Bad("{\"verb\":\"limits\",\"reason\":\"x\"}", .invalidArgument, "needs set"),
        Bad("{\"verb\":\"limits\",\"positions_max\":3}", .invalidArgument, "no argument"),
        Bad("{\"verb\":\"report\",\"from\":7}", .invalidArgument, "from must be a string"),
        Bad("{\"verb\":\"report\",\"to\":\"2026-02-30\"}", .invalidArgument, "a date"),
        Bad(
            "{\"verb\":\"report\",\"from\":\"2026-02-02\",\"to\":\"2026-02-01\"}",
            .invalidArgument, "before from"),
        Bad("{\"verb\":\"reload\",\"reason\":\"x\"}", .invalidArgument),
        Bad("{'verb':'pause'}", .malformed), Bad("{\"verb\":pause}", .malformed),
        Bad("\u{FEFF}{\"verb\":\"pause\"}", .malformed),
        Bad("{\"verb\":\"pause\",}", .malformed),
        Bad(String(repeating: "[", count: 4000), .malformed),
        Bad(String(repeating: "x", count: 4097), .oversize, "4096"),
    ]

    @Test("S39: a bad line is refused with the code of its fault", arguments: bad)
    func refused(_ row: Bad) throws {
        do {
            let request = try ControlRequest.parse(Array(row.line.utf8)[...])
            Issue.record("taken as \(request)")
        } catch {
            #expect(error.code == row.code, "\(error)")
            #expect(error.message.contains(row.words), "\(error)")
        }
    }

    @Test("A refusal names the transaction of its request, where that could be read")
    func transaction() {
        let line = Array("{\"transaction\":\"t1\",\"verb\":\"nope\"}".utf8)
        #expect(throws: ControlRefusal.self) { try ControlRequest.parse(line[...]) }
        do { _ = try ControlRequest.parse(line[...]) } catch { #expect(error.transaction == "t1") }
    }

    static let good: [ControlRequest] = {
        let time = Timestamp(seconds: 1_800_000_000)
        let verbs: [ControlRequest.Verb] = [
            .command(.pause(until: nil, exits: false)), .command(.pause(until: time, exits: true)),
            .command(.resume(latch: nil)), .command(.resume(latch: "daily-loss")),
            .command(.flatten(token: nil)), .command(.flatten(token: "abc")), .command(.reconcile),
            .command(.weights(.set([0.5, 0.25, 0.25]))), .command(.weights(.freeze)),
            .command(.weights(.unfreeze)), .command(.weights(.rollback(version: 7))),
            .command(.limits([.positionsMax: 3, .dailyLossShareMax: 0.015])),
            .limits, .report(from: nil, to: nil),
            .report(from: CivilDate("2026-02-01"), to: CivilDate("2026-02-28")), .reload,
            .status, .positions, .weights, .doctor, .explain(order: "bw"),
            .backup(folder: nil, keep: nil), .backup(folder: "/tmp/x", keep: 3),
        ]
        return verbs.map { verb in
            let hasReason = if case .command = verb { true } else { false }
            return ControlRequest(
                transaction: "t-1", verb: verb, reason: hasReason ? "a “reason”\n" : "")
        }
    }()

    @Test("S39: a request reads back from its own line", arguments: good)
    func roundTrip(_ request: ControlRequest) throws {
        #expect(try ControlRequest.parse(Array(request.line.utf8)[...]) == request)
    }

    @Test("A05: what changes something needs a proof, but for a pause")
    func proofs() {
        for request in Self.good {
            let isReading =
                switch request.verb {
                case .status, .positions, .weights, .limits, .report, .doctor, .explain: true
                default: request.isPause
                }
            #expect(request.needsProof != isReading, "\(request)")
        }
    }

    @Test("Arguments may stand beside the verb as well as in args; null is as absent")
    func places() throws {
        let inside = Array("{\"verb\":\"pause\",\"args\":{\"reason\":\"x\",\"exits\":true}}".utf8)
        let beside = Array(
            "{\"exits\":true,\"verb\":\"pause\",\"reason\":\"x\",\"until\":null,\"args\":null}".utf8
        )
        #expect(
            try ControlRequest.parse(inside[...]) == ControlRequest.parse(beside[...]))
    }

    @Test("S39: no bytes make the reader trap, and what it takes is well formed")
    func random() {
        var random = propertyRandom
        let seeds = Self.good.map { Array($0.line.utf8) }
        for _ in 0..<5_000 {
            var line = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) where !line.isEmpty {
                let place = Int.random(in: 0..<line.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line[place] = UInt8.random(in: 0...255, using: &random)
                case 1: line.remove(at: place)
                default: line.insert(UInt8.random(in: 32...126, using: &random), at: place)
                }
            }
            guard let request = try? ControlRequest.parse(line[...]) else { continue }
            #expect((request.transaction ?? "t").utf8.count <= 64)
            #expect(request.reason.utf8.count <= 200)
        }
    }

    @Test("An answer reads back as it was written")
    func answers() throws {
        let answer = ControlAnswer(
            transaction: "t", error: .conflict, message: "no\n", data: .object([("a", .integer(1))])
        )
        let value = try JSONReader.read(Array(answer.json.compact.utf8)[...])
        let read = try #require(ControlAnswer(value))
        #expect(read.json.compact == answer.json.compact)
        #expect(read.error == .conflict)
        #expect(ControlAnswer(.object([])) == nil)
    }
}
