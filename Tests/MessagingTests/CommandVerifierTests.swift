import Domain
import Messaging
import Primitives
import TestSupport
import Testing

@Suite struct CommandVerifierTests {
    @Test(
        "A05: a signed command is taken with what it says, by every algorithm",
        arguments: CommandKey.Algorithm.allCases)
    func taken(algorithm: CommandKey.Algorithm) throws {
        let fixture = try CommandFixture(algorithm)
        let command = try fixture.verify(try fixture.token())
        #expect(command.transaction == "t1")
        #expect(command.verb == "resume")
        #expect(command.args.map(\.name) == ["reason"])
        #expect(command.args.first?.value == .string("all is well"))
        #expect(command.jti == "j-0123456789abcdef")
        #expect(command.kid == "k1")
        #expect(command.client == "k1")
        #expect(command.proof?.issuer == "test")
        #expect(command.exp == CommandFixture.now + Span(seconds: 60))
        #expect(command.isProven)
    }

    @Test(
        "A05: what the signer makes holds, with an id of its own each time",
        arguments: CommandKey.Algorithm.allCases)
    func signer(algorithm: CommandKey.Algorithm) throws {
        let fixture = try CommandFixture(algorithm)
        var ids: Set<String> = []
        for _ in 0..<20 {
            let token = try #require(
                CommandSigner.sign(
                    verb: "resume", args: [("latch", .string("daily-loss"))], transaction: "t2",
                    issuer: "ctl", deviceID: CommandFixture.device, now: CommandFixture.now,
                    key: fixture.key))
            let command = try fixture.verify(token)
            #expect(command.args.first?.value == .string("daily-loss"))
            ids.insert(try #require(command.jti))
        }
        #expect(ids.count == 20)
    }

    @Test(
        "A key that only verifies signs nothing", arguments: [CommandKey.Algorithm.edDSA, .es256])
    func publicOnly(algorithm: CommandKey.Algorithm) throws {
        let key = try CommandKey.mint(algorithm)
        let part = try #require(key.publicPart)
        #expect(key.canSign && !part.canSign)
        #expect(CommandSigner.token(claims: CommandFixture.claims(), key: part) == nil)
        let token = try #require(CommandSigner.token(claims: CommandFixture.claims(), key: key))
        let command = try CommandVerifier.verify(
            Array(token.utf8), topicVerb: "resume", deviceID: CommandFixture.device,
            now: CommandFixture.now, keys: try CommandKeys([part]))
        #expect(command.isProven)
    }

    @Test("A05: a plain request brings its arguments, inside args or beside it, and no proof")
    func plain() throws {
        let fixture = try CommandFixture()
        let command = try fixture.verify(
            #" {"transaction":"t9","exits":true,"args":{"reason":"lunch"}}"#, verb: "pause")
        #expect(command.transaction == "t9")
        #expect(command.args.map(\.name) == ["exits", "reason"])
        #expect(!command.isProven)
        #expect(command.client == "plain")
        #expect(try fixture.verify("{}", verb: "pause").transaction == nil)
        #expect(try fixture.verify("", verb: "pause").args.isEmpty)
        let made = CommandSigner.plain(transaction: "t3", args: [("reason", .string("x"))])
        #expect(try fixture.verify(made, verb: "pause").args.count == 1)
    }

    @Test("Without a clock the signature is checked and the time left open")
    func noClock() throws {
        let fixture = try CommandFixture()
        let command = try fixture.verify(try fixture.token(), at: nil)
        #expect(command.proof?.isTimely == false)
        #expect(!command.isProven)
    }

    // MARK: - Refusals

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let code: CommandRefusal
        var verb = "resume"
        var at: Timestamp? = CommandFixture.now
        let payload: @Sendable (CommandFixture) throws -> String
        var testDescription: String { "\(name): \(code.rawValue)" }
    }

    static let header = #"{"alg":"HS256","kid":"k1","typ":"bw-cmd+jws"}"#

    static let rows: [Row] = [
        // Size.
        Row(name: "more than 4 kB", code: .oversize) { _ in
            #"{"reason":""# + String(repeating: "x", count: 4096) + #""}"#
        },
        Row(name: "a token of more than 4 kB", code: .oversize) {
            try $0.token([
                "args": .object([("reason", .string(String(repeating: "x", count: 4096)))])
            ])
        },
        // Shape, plain.
        Row(name: "spaces", code: .malformed) { _ in " \n" },
        Row(name: "a word", code: .malformed) { _ in "PRESS" },
        Row(name: "a list", code: .malformed) { _ in "[]" },
        Row(name: "no end", code: .malformed) { _ in #"{"reason":"x""# },
        Row(name: "a key twice", code: .malformed) { _ in #"{"exits":true,"exits":false}"# },
        Row(name: "an argument twice", code: .malformed) { _ in
            #"{"exits":true,"args":{"exits":false}}"#
        },
        Row(name: "args of a wrong type", code: .malformed) { _ in #"{"args":7}"# },
        Row(name: "transaction of a wrong type", code: .malformed) { _ in #"{"transaction":7}"# },
        Row(name: "transaction empty", code: .malformed) { _ in #"{"transaction":""}"# },
        Row(name: "transaction too long", code: .malformed) { _ in
            #"{"transaction":""# + String(repeating: "t", count: 65) + #""}"#
        },
        Row(name: "transaction with a line", code: .malformed) { _ in #"{"transaction":"a\nb"}"# },
        Row(name: "another verb than the topic's", code: .conflict) { _ in
            #"{"verb":"pause"}"#
        },
        // Shape, signed.
        Row(name: "two parts", code: .malformed) { _ in "e30.e30" },
        Row(name: "four parts", code: .malformed) { try $0.token() + ".e30" },
        Row(name: "padding", code: .malformed) { try $0.token() + "=" },
        Row(name: "a space at the end", code: .malformed) { try $0.token() + " " },
        Row(name: "a line break inside", code: .malformed) {
            try $0.token().replacing(".", with: ".\n", maxReplacements: 1)
        },
        Row(name: "bits left over", code: .malformed) { fixture in
            // The last character of 32 bytes bears two bits too many; they must be zero.
            let token = try fixture.token()
            let last = try #require(token.last)
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            let place = try #require(alphabet.firstIndex(of: last))
            return token.dropLast() + String(alphabet[place + 1])
        },
        Row(name: "a header that is no JSON", code: .malformed) { try $0.token(header: "x") },
        Row(name: "a header that is a list", code: .malformed) { try $0.token(header: "[]") },
        Row(name: "no kid", code: .malformed) {
            try $0.token(header: #"{"alg":"HS256","typ":"bw-cmd+jws"}"#)
        },
        Row(name: "no typ", code: .malformed) {
            try $0.token(header: #"{"alg":"HS256","kid":"k1"}"#)
        },
        Row(name: "typ of another use", code: .malformed) {
            try $0.token(header: #"{"alg":"HS256","kid":"k1","typ":"JWT"}"#)
        },
        Row(name: "an unknown crit", code: .malformed) {
            try $0.token(
                header: #"{"alg":"HS256","kid":"k1","typ":"bw-cmd+jws","crit":["x"],"x":1}"#)
        },
        Row(name: "an own key in the header", code: .malformed) {
            try $0.token(header: #"{"alg":"HS256","kid":"k1","typ":"bw-cmd+jws","jwk":{}}"#)
        },
        Row(name: "alg twice", code: .malformed) {
            try $0.token(
                header: #"{"alg":"none","kid":"k1","typ":"bw-cmd+jws","alg":"HS256"}"#)
        },
        Row(name: "kid of a wrong type", code: .malformed) {
            try $0.token(header: #"{"alg":"HS256","kid":1,"typ":"bw-cmd+jws"}"#)
        },
        // Key and signature.
        Row(name: "no such key", code: .badSignature) {
            try $0.token(header: #"{"alg":"HS256","kid":"k2","typ":"bw-cmd+jws"}"#)
        },
        Row(name: "alg none", code: .badSignature) {
            try $0.token(header: #"{"alg":"none","kid":"k1","typ":"bw-cmd+jws"}"#)
        },
        Row(name: "alg none without a signature", code: .badSignature) { _ in
            Base64URL.encode(#"{"alg":"none","kid":"k1","typ":"bw-cmd+jws"}"#.utf8) + "."
                + Base64URL.encode(CommandFixture.claims().compact.utf8) + "."
        },
        Row(name: "the algorithm of another key", code: .badSignature) {
            try $0.token(header: #"{"alg":"EdDSA","kid":"k1","typ":"bw-cmd+jws"}"#)
        },
        Row(name: "signed with another secret", code: .badSignature) { _ in
            try CommandFixture().token()
        },
        Row(name: "another payload under the signature", code: .badSignature) { fixture in
            let parts = try fixture.token().split(separator: ".")
            let other = CommandFixture.claims(["aud": .string("bw-ffff")]).compact
            return "\(parts[0]).\(Base64URL.encode(other.utf8)).\(parts[2])"
        },
        // Claims.
        Row(name: "claims that are no JSON", code: .malformed) {
            try $0.token(header: header, payload: "{")
        },
        Row(name: "claims that are a list", code: .malformed) {
            try $0.token(header: header, payload: "[]")
        },
        Row(name: "no iss", code: .malformed) { try $0.token(["iss": nil]) },
        Row(name: "no aud", code: .malformed) { try $0.token(["aud": nil]) },
        Row(name: "no verb", code: .malformed) { try $0.token(["verb": nil]) },
        Row(name: "no iat", code: .malformed) { try $0.token(["iat": nil]) },
        Row(name: "no exp", code: .malformed) { try $0.token(["exp": nil]) },
        Row(name: "no jti", code: .malformed) { try $0.token(["jti": nil]) },
        Row(name: "jti empty", code: .malformed) { try $0.token(["jti": .string("")]) },
        Row(name: "jti too long", code: .malformed) {
            try $0.token(["jti": .string(String(repeating: "j", count: 65))])
        },
        Row(name: "aud as a list", code: .malformed) {
            try $0.token(["aud": .array([.string(CommandFixture.device)])])
        },
        Row(name: "iat as text", code: .malformed) { try $0.token(["iat": .string("1800000000")]) },
        Row(name: "iat with a fraction", code: .malformed) {
            try $0.token(["iat": .number(1_800_000_000.5)])
        },
        Row(name: "exp beyond every clock", code: .malformed) {
            try $0.token(["exp": .integer(.max)])
        },
        Row(name: "iat below zero", code: .malformed) { try $0.token(["iat": .integer(-1)]) },
        Row(name: "args as a list", code: .malformed) { try $0.token(["args": .array([])]) },
        Row(name: "a claim that is none", code: .malformed) {
            try $0.token(["arg": .object([])])
        },
        Row(name: "another device", code: .wrongDevice) {
            try $0.token(["aud": .string("bw-ffff")])
        },
        Row(name: "another verb", code: .conflict) { try $0.token(["verb": .string("flatten")]) },
        Row(name: "on another topic", code: .conflict, verb: "flatten") { try $0.token() },
        // Time.
        Row(name: "exp not after iat", code: .invalidArgument) {
            try $0.token(["exp": .integer(1_800_000_000)])
        },
        Row(name: "a life of 61 s", code: .invalidArgument) {
            try $0.token(["exp": .integer(1_800_000_061)])
        },
        Row(
            name: "a long life also without a clock", code: .invalidArgument, at: nil
        ) { try $0.token(["exp": .integer(1_800_000_061)]) },
        Row(
            name: "at its end", code: .expired, at: CommandFixture.now + Span(seconds: 60)
        ) { try $0.token() },
        Row(
            name: "a minute later", code: .expired, at: CommandFixture.now + Span(seconds: 61)
        ) { try $0.token() },
        Row(
            name: "a minute early", code: .notYetValid, at: CommandFixture.now - Span(seconds: 61)
        ) { try $0.token() },
        Row(name: "nbf ahead", code: .notYetValid) {
            try $0.token(["nbf": .integer(1_800_000_001)])
        },
    ]

    @Test(
        "S39: everything that is wrong with a request is refused with its own code", arguments: rows
    )
    func refused(row: Row) throws {
        let fixture = try CommandFixture()
        let refusal = fixture.refusal(try row.payload(fixture), verb: row.verb, at: row.at)
        #expect(refusal?.code == row.code, "\(refusal?.message ?? "it was taken")")
        #expect(refusal?.message.isEmpty == false)
    }

    @Test("The edges of a token's time are taken")
    func edges() throws {
        let fixture = try CommandFixture()
        for seconds in [-60, 0, 59] {
            let now = CommandFixture.now + Span(seconds: Int64(seconds))
            #expect(try fixture.verify(try fixture.token(), at: now).isProven)
        }
    }

    @Test("A05: a refusal bears the transaction and names the token without giving it away")
    func refusalNames() throws {
        let fixture = try CommandFixture()
        let refusal = try #require(fixture.refusal(try fixture.token(["aud": .string("bw-ffff")])))
        #expect(refusal.transaction == "t1")
        #expect(refusal.kid == "k1")
        #expect(refusal.jti == "j-012345")
        let strange = try #require(fixture.refusal(try CommandFixture().token()))
        #expect(strange.transaction == "t1")
        #expect(
            try #require(fixture.refusal(#"{"transaction":"t5","args":1}"#)).transaction == "t5")
    }

    @Test("S39: 20,000 changed tokens never hold and never trap")
    func mutated() throws {
        print("seed \(propertySeed)")
        let fixtures = try CommandKey.Algorithm.allCases.map { try CommandFixture($0) }
        let originals = try fixtures.map { Array(try $0.token().utf8) }
        forAll(20_000) { draw in
            // ES256 takes ten times as long as the others.
            let which = draw.chance(0.1) ? 2 : draw.random.below(2)
            let original = originals[which]
            var bytes = original
            for _ in 0...draw.random.below(3) { mutate(&bytes, original, &draw) }
            guard bytes != original else { return }
            do throws(RequestRefusal) {
                let command = try CommandVerifier.verify(
                    bytes, topicVerb: "resume", deviceID: CommandFixture.device,
                    now: CommandFixture.now, keys: fixtures[which].keys)
                #expect(
                    !command.isProven, "\(draw): \(String(decoding: bytes, as: UTF8.self))")
            } catch {
                #expect(!error.message.isEmpty, "\(draw)")
            }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ original: [UInt8], _ draw: inout Draw) {
        guard !bytes.isEmpty else { return bytes = original }
        let place = draw.random.below(bytes.count)
        let alphabet = Array("AQgwz019-_.={}\" ".utf8)
        switch draw.random.below(7) {
        case 0: bytes[place] ^= 1 << UInt8(draw.random.below(8))
        case 1: bytes[place] = draw.element(of: alphabet)
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(draw.element(of: alphabet), at: place)
        case 4: bytes.removeSubrange(place...)
        case 5: bytes += bytes[place...]
        default: bytes.swapAt(place, draw.random.below(bytes.count))
        }
    }
}
