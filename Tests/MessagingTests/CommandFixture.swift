import Domain
import Messaging
import Primitives
import Testing

/// A key made for this run, and the tokens that a test needs.
struct CommandFixture {
    static let now = Timestamp(seconds: 1_800_000_000)
    static let device = "bw-1a2b"

    let key: CommandKey
    let keys: CommandKeys

    init(_ algorithm: CommandKey.Algorithm = .hs256) throws {
        key = try CommandKey.mint(algorithm, kid: "k1")
        keys = try CommandKeys([key])
    }

    /// The claims of a good `resume`, but for those given; nil leaves one out.
    static func claims(_ changes: [String: OrderedJSON?] = [:]) -> OrderedJSON {
        var claims: [(key: String, value: OrderedJSON)] = [
            ("iss", .string("test")), ("aud", .string(device)), ("verb", .string("resume")),
            ("iat", .integer(1_800_000_000)), ("exp", .integer(1_800_000_060)),
            ("jti", .string("j-0123456789abcdef")), ("transaction", .string("t1")),
            ("args", .object([("reason", .string("all is well"))])),
        ]
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            claims.removeAll { $0.key == name }
            if let value { claims.append((name, value)) }
        }
        return .object(claims)
    }

    func token(_ changes: [String: OrderedJSON?] = [:]) throws -> String {
        try #require(CommandSigner.token(claims: Self.claims(changes), key: key))
    }

    /// Signed over any header and payload.
    func token(header: String, payload: String = claims().compact) throws -> String {
        let input = Base64URL.encode(header.utf8) + "." + Base64URL.encode(payload.utf8)
        return input + "." + Base64URL.encode(try #require(key.signature(of: input.utf8)))
    }

    func verify(
        _ payload: String, verb: String = "resume", at now: Timestamp? = CommandFixture.now,
        device: String = CommandFixture.device
    ) throws(RequestRefusal) -> VerifiedCommand {
        try CommandVerifier.verify(
            Array(payload.utf8), topicVerb: verb, deviceID: device, now: now, keys: keys)
    }

    func refusal(_ payload: String, verb: String = "resume", at now: Timestamp? = now)
        -> RequestRefusal?
    {
        do throws(RequestRefusal) {
            _ = try verify(payload, verb: verb, at: now)
            return nil
        } catch { return error }
    }
}
