import Foundation
import Messaging
import Testing

@Suite struct CommandKeyTests {
    // MARK: - Vectors

    @Test("RFC 7515, A.1: HS256 over the exact bytes")
    func hmacVector() throws {
        let secret = try #require(
            Base64URL.decode(
                ("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75"
                    + "aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow").utf8))
        let input =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
            + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let key = try CommandKey(kid: "a1", secret: secret)
        #expect(key.signature(of: input.utf8).map { Base64URL.encode($0) } == signature)
        #expect(key.isValid(try #require(Base64URL.decode(signature.utf8)), of: input.utf8))
    }

    @Test("RFC 8037, A.4: Ed25519 signs and verifies")
    func edwardsVector() throws {
        let seed = try #require(
            Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".utf8))
        let point = try #require(
            Base64URL.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".utf8))
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        let signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"
            + "9g7sVvpAr_MuM0KAg"
        let key = try CommandKey(kid: "a4", edwards: point, seed: seed)
        #expect(key.signature(of: input.utf8).map { Base64URL.encode($0) } == signature)
        let part = try #require(key.publicPart)
        #expect(part.isValid(try #require(Base64URL.decode(signature.utf8)), of: input.utf8))
    }

    @Test("RFC 7515, A.3: ES256 with r and s side by side")
    func curveVector() throws {
        let point = try [
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ]
        .flatMap { try #require(Base64URL.decode($0.utf8)) }
        let number = try #require(
            Base64URL.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI".utf8))
        let input =
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog"
            + "Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        let signature = try #require(
            Base64URL.decode(
                ("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
                    + "pmWQxfKTUJqPP3-Kg6NU1Q").utf8))
        let key = try CommandKey(kid: "a3", p256: point, number: number)
        #expect(key.isValid(signature, of: input.utf8))
        #expect(!key.isValid(signature, of: (input + "x").utf8))
        // Every signature is another one, and holds; short numbers keep their zeros.
        for _ in 0..<600 {
            let made = try #require(key.signature(of: input.utf8))
            #expect(made.count == 64 && key.isValid(made, of: input.utf8))
        }
        #expect(!key.isValid([UInt8](repeating: 0, count: 64), of: input.utf8))
        #expect(!key.isValid(Array(signature.dropLast()), of: input.utf8))
    }

    // MARK: - Strength

    struct Weak: Sendable, CustomTestStringConvertible {
        let name: String
        let secret: [UInt8]
        let reason: String
        var testDescription: String { name }
    }

    static let weak: [Weak] = [
        Weak(name: "none", secret: [], reason: "0 bytes"),
        Weak(name: "31 random bytes", secret: CommandKey.randomBytes(31), reason: "31 bytes"),
        Weak(name: "too long", secret: CommandKey.randomBytes(4097), reason: "4097 bytes"),
        Weak(name: "zeros", secret: [UInt8](repeating: 0, count: 32), reason: "one byte"),
        Weak(
            name: "a word again and again", secret: Array("password".utf8) * 8,
            reason: "the same 8 bytes"),
        Weak(
            name: "half of it twice", secret: CommandKey.randomBytes(16) * 2,
            reason: "the same 16 bytes"),
        Weak(name: "counted up", secret: Array(0..<64), reason: "sequence"),
        Weak(name: "counted down", secret: Array((0..<64).reversed()), reason: "sequence"),
        Weak(
            name: "the alphabet", secret: Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8),
            reason: "sequence"),
        Weak(
            name: "few different bytes", secret: Array("changemechangemechangemenowplease".utf8),
            reason: "too few different bytes"),
    ]

    @Test("S10: a short or guessable secret is refused with the reason", arguments: weak)
    func refused(row: Weak) throws {
        let reason = try #require(SecretStrength.weakness(row.secret))
        #expect(reason.contains(row.reason), "\(reason)")
        #expect(throws: CommandKeyError.self) { try CommandKey(kid: "k1", secret: row.secret) }
        let line = #"{"kid":"k1","alg":"HS256","k":""# + Base64URL.encode(row.secret) + #""}"#
        #expect(throws: CommandKeyError.self) {
            try CommandKeys.parse(Array(line.utf8), path: "key")
        }
    }

    @Test("S10: random secrets are taken, also as hexadecimal digits")
    func taken() throws {
        for _ in 0..<2_000 {
            #expect(SecretStrength.weakness(CommandKey.randomBytes(32)) == nil)
            let digits = CommandKey.randomBytes(32).map {
                ($0 < 16 ? "0" : "") + String($0, radix: 16)
            }.joined()
            #expect(SecretStrength.weakness(Array(digits.utf8)) == nil)
        }
        #expect(SecretStrength.weakness(CommandKey.randomBytes(4096)) == nil)
    }

    @Test("S11: every key that is made is another one", arguments: CommandKey.Algorithm.allCases)
    func fresh(algorithm: CommandKey.Algorithm) throws {
        let keys = try (0..<50).map { _ in try CommandKey.mint(algorithm) }
        #expect(Set(keys.map(\.line)).count == 50)
        #expect(Set(keys.map(\.kid)).count == 50)
    }

    @Test("No secret shows in what is written, dumped or thrown")
    func hidden() throws {
        for algorithm in CommandKey.Algorithm.allCases {
            let key = try CommandKey.mint(algorithm)
            let line = try #require(key.line.split(separator: "\"").last { $0.utf8.count > 40 })
            var text = ""
            dump(key, to: &text)
            dump(try CommandKeys([key]), to: &text)
            text += "\(key) \(String(reflecting: key)) \([key])"
            #expect(!text.contains(line))
        }
        let secret = "s3cret-in-a-wrong-place"
        for line in [
            #"{"kid":"k1","alg":"HS256","k":"\#(secret)"}"#, #"{"\#(secret)":1,"\#(secret)":2}"#,
            #"{"kid":"k1","alg":"\#(secret)"}"#, secret,
        ] {
            #expect {
                try CommandKeys.parse(Array(line.utf8), path: "key")
            } throws: { !"\($0)".contains(secret) }
        }
    }

    // MARK: - Text

    @Test("A key reads back as it was written", arguments: CommandKey.Algorithm.allCases)
    func text(algorithm: CommandKey.Algorithm) throws {
        let key = try CommandKey.mint(algorithm, kid: "desk.1")
        let all = [key] + (key.publicPart.map { _ in [] } ?? [])
        let text = "# mine\n\n" + key.line + "\r\n"
        #expect(try CommandKeys.parse(Array(text.utf8), path: "key").all == all)
        if let part = key.publicPart {
            #expect(try CommandKeys.parse(Array(part.line.utf8), path: "key").all == [part])
        }
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let text: String
        let reason: String
        var testDescription: String { reason }
    }

    static let secret = Base64URL.encode(CommandKey.randomBytes(32))

    static let broken: [Broken] = [
        Broken(text: "secret", reason: "no JSON object"),
        Broken(text: "[1]", reason: "no JSON object"),
        Broken(text: #"{"alg":"HS256","k":"\#(secret)"}"#, reason: "kid is missing"),
        Broken(text: #"{"kid":"a","k":"\#(secret)"}"#, reason: "alg must be"),
        Broken(text: #"{"kid":"a","alg":"none"}"#, reason: "alg must be"),
        Broken(text: #"{"kid":"a","alg":"HS256"}"#, reason: "k is missing"),
        Broken(text: #"{"kid":"a","alg":"HS256","k":"\#(secret)="}"#, reason: "not base64url"),
        Broken(text: #"{"kid":"a","alg":"HS256","k":7}"#, reason: "not base64url"),
        Broken(text: #"{"kid":"a","alg":"HS256","k":"\#(secret)","x":""}"#, reason: "no others"),
        Broken(text: #"{"kid":"plain","alg":"HS256","k":"\#(secret)"}"#, reason: "names no key"),
        Broken(text: #"{"kid":"a b","alg":"HS256","k":"\#(secret)"}"#, reason: "names no key"),
        Broken(text: #"{"kid":"a","alg":"EdDSA","x":"AAAA"}"#, reason: "no point"),
        Broken(
            text: #"{"kid":"a","alg":"EdDSA","x":"\#(secret)","d":"\#(secret)"}"#,
            reason: "does not belong"),
        Broken(
            text: #"{"kid":"a","alg":"ES256","x":"\#(secret)","y":"\#(secret)"}"#,
            reason: "no point"),
        Broken(
            text: #"{"kid":"a","alg":"HS256","k":"\#(secret)"}"# + "\n"
                + #"{"kid":"a","alg":"HS256","k":"\#(secret)"}"#, reason: "twice"),
    ]

    @Test("S39: a broken line is named with what is wrong", arguments: broken)
    func brokenLines(row: Broken) throws {
        #expect {
            try CommandKeys.parse(Array(row.text.utf8), path: "key")
        } throws: { "\($0)".contains(row.reason) }
    }

    @Test("More keys than can be told apart are refused")
    func tooMany() throws {
        let keys = try (0..<17).map { try CommandKey.mint(.hs256, kid: "k\($0)") }
        #expect(throws: CommandKeyError.tooMany(17)) { try CommandKeys(keys) }
    }
}

private func * (bytes: [UInt8], count: Int) -> [UInt8] {
    (0..<count).flatMap { _ in bytes }
}
