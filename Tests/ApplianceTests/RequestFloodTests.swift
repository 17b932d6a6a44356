import Appliance
import Domain
import Host
import Messaging
import Primitives
import TestSupport
import Testing

/// What many requests of one kind may take from the others.
@Suite struct RequestFloodTests {
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
        let codes = try (0..<8).map { _ in gate.judge("resume", try gate.token("resume")).code }
        #expect(codes == [nil, nil, nil, nil, nil, .rateLimited, .rateLimited, .rateLimited])
        #expect(gate.judge("status", "{}").code == nil)
        #expect(gate.judge("resume", try gate.token("resume"), after: 6).code == nil)
        let token = try gate.token("resume")
        guard case .refuse(let refusal) = gate.judge("resume", token, after: 6) else {
            Issue.record("it was taken")
            return
        }
        #expect(refusal.client == "k1")
        #expect(refusal.answer.transaction == "t1")
        #expect(refusal.jti?.utf8.count == 8)
        #expect(!token.contains(try #require(refusal.jti)))
    }

    @Test("S13: what was overheard and is sent again takes nothing from its signer")
    func replayed() throws {
        let gate = try Gate(perMinute: 10)
        let token = try gate.token("resume")
        let pause = try gate.token("pause", [("until", .string("2026-11-23T14:30:00Z"))])
        let question = try gate.token("status")
        for (verb, payload) in [("resume", token), ("pause", pause), ("status", question)] {
            #expect(gate.judge(verb, payload).code == nil)
        }
        for _ in 0..<200 {
            #expect(gate.judge("resume", token).code == .replayed)
            #expect(gate.judge("pause", pause).code == .replayed)
            _ = gate.judge("status", question)
        }
        // A question that is delivered twice is a question, but as anybody's.
        #expect(gate.judge("status", question).code == .rateLimited)
        #expect(gate.judge("resume", try gate.token("resume")).isProven == true)
        #expect(gate.judge("status", try gate.token("status")).isProven == true)
    }

    @Test(
        "S13: reports, which are dear, are made for strangers once a minute, for a key at its rate")
    func reports() throws {
        let gate = try Gate()
        let codes = (0..<4).map { _ in gate.judge("report", "{}").code }
        #expect(codes == [nil, nil, .rateLimited, .rateLimited])
        #expect(gate.judge("status", "{}").code == nil)
        for _ in 0..<5 {
            #expect(gate.judge("report", try gate.token("report")).isProven == true)
        }
        #expect(gate.judge("report", "{}", after: 61).code == nil)
    }

    @Test("A signed message that found no room may come again")
    func noRoom() throws {
        let gate = try Gate()
        let token = try gate.token("resume")
        gate.giveBack(try #require(gate.judge("resume", token).taken))
        #expect(gate.judge("resume", token).isProven == true)
        #expect(gate.judge("resume", token).code == .replayed)
    }

    @Test("S13: pauses that end at once do not keep out one that holds, nor do others that hold")
    func pauses() throws {
        let gate = try Gate()
        let void = #"{"until":"2001-01-01T00:00:00Z"}"#
        let codes = (0..<40).map { _ in gate.judge("pause", void).code }
        #expect(
            codes == Array(repeating: nil, count: 15) + Array(repeating: .rateLimited, count: 25))
        #expect(gate.judge("pause", "{}").taken?.isSurplus == false)
        // Without a clock a signature says nothing of who sends it now.
        gate.distrust = "it is not synchronised"
        let late = try gate.token("pause", [("until", .string("2001-01-01T00:00:00Z"))])
        #expect(gate.judge("pause", late).code == .rateLimited)
        gate.distrust = nil
        for number in 0..<1_000 {
            let taken = try #require(gate.judge("pause", #"{"reason":"\#(number)"}"#).taken)
            #expect(taken.isSurplus == (number >= 14))
        }
        #expect((900...1_000).contains(gate.counters.unanswered))
    }

    @Test("S13: refusals are answered as long as they push out no other answer")
    func answered() throws {
        let gate = try Gate()
        let isAnswered = (0..<100).map { _ in
            if case .refuse(let refusal) = gate.judge("resume", "{}") {
                refusal.isAnswered
            } else {
                false
            }
        }
        #expect(isAnswered.filter { $0 }.count == 32)
        #expect(isAnswered.prefix(32).allSatisfy { $0 })
        #expect(gate.counters.unanswered == 68)
        #expect(gate.judge("resume", try gate.token("resume")).taken?.isAnswered == true)
    }
}
