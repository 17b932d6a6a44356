import Appliance
import Domain
import Host
import Messaging
import Primitives
import Testing

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
        let payload: @Sendable (Gate) throws -> String
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
}
