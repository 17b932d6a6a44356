// Says whether a request may be carried out, as far as bytes and keys can tell.
//
// (bytes, verb of the topic, own id, time, keys) -> `VerifiedCommand` or `RequestRefusal`. A pure
// function; checked in this order: size, shape, key, signature, device and verb, time. The caller
// then asks the table of ids that were used, and the rate.
//
// Invariants: no claim is looked at before the signature holds, but for the transaction and the id
// that a refusal names; the key decides the algorithm; comparisons take the same time however much
// of a signature is right.
import Domain
import Primitives

package enum CommandVerifier {
    package struct Limits: Sendable {
        package var bytes = 4096
        /// How far the sender's clock may be from this one.
        package var skew = Span(seconds: 60)
        /// How long a token may live.
        package var life = Span(seconds: 60)
        package var jtiBytes = 64
        package var transactionBytes = 64

        package init() {}
    }

    /// - Parameters:
    ///   - bytes: the payload as it came.
    ///   - topicVerb: the last level of its topic.
    ///   - deviceID: what `aud` has to be.
    ///   - now: nil while the clock cannot be trusted: whether the token's time is now is then left
    ///     open, which `Proof.isTimely` says.
    package static func verify(
        _ bytes: [UInt8], topicVerb: String, deviceID: String, now: Timestamp?, keys: CommandKeys,
        limits: Limits = Limits()
    ) throws(RequestRefusal) -> VerifiedCommand {
        guard bytes.count <= limits.bytes else {
            throw RequestRefusal(.oversize, "a request has at most \(limits.bytes) bytes")
        }
        // Nothing at all is a request without arguments.
        if bytes.isEmpty {
            return VerifiedCommand(transaction: nil, verb: topicVerb, args: [], proof: nil)
        }
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        if first != UInt8(ascii: "{") {
            let token = try SignedCommand.parse(bytes)
            return try verify(token, topicVerb, deviceID, now, keys, limits)
        }
        return try plain(bytes, topicVerb, limits)
    }

    // MARK: - Plain

    private static func plain(
        _ bytes: [UInt8], _ topicVerb: String, _ limits: Limits
    ) throws(RequestRefusal) -> VerifiedCommand {
        let value: JSONValue
        do { value = try JSONReader.read(bytes[...]) } catch {
            throw RequestRefusal(.malformed, "the request \(error)")
        }
        guard case .object(let members) = value else {
            throw RequestRefusal(.malformed, "the request is \(value.kind), not an object")
        }
        let transaction = try transaction(value["transaction"], limits)
        do throws(RequestRefusal) {
            if let verb = value["verb"], verb != .string(topicVerb) {
                throw RequestRefusal(.conflict, "the request's verb is not that of its topic")
            }
            let beside = members.filter { !["transaction", "verb", "args"].contains($0.key) }
            let args = try arguments(value["args"], beside: beside)
            return VerifiedCommand(
                transaction: transaction, verb: topicVerb, args: args, proof: nil)
        } catch {
            var refusal = error
            refusal.transaction = transaction
            throw refusal
        }
    }

    private static func arguments(
        _ inner: JSONValue?, beside: [(key: String, value: JSONValue)]
    ) throws(RequestRefusal) -> [(name: String, value: JSONValue)] {
        var args = beside.map { (name: $0.key, value: $0.value) }
        switch inner {
        case nil, .null: break
        case .object(let members):
            for member in members {
                guard !args.contains(where: { $0.name == member.key }) else {
                    throw RequestRefusal(.malformed, "an argument is given twice")
                }
                args.append((member.key, member.value))
            }
        case .some(let other):
            throw RequestRefusal(.malformed, "args must be an object, is \(other.kind)")
        }
        return args
    }

    private static func transaction(
        _ value: JSONValue?, _ limits: Limits
    ) throws(RequestRefusal) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text) where isID(text, max: limits.transactionBytes): return text
        default:
            throw RequestRefusal(
                .malformed,
                "transaction must be a string of 1 to \(limits.transactionBytes) "
                    + "printable characters")
        }
    }

    private static func isID(_ text: String, max: Int) -> Bool {
        (1...max).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    // MARK: - Signed

    private static func verify(
        _ token: SignedCommand, _ topicVerb: String, _ deviceID: String, _ now: Timestamp?,
        _ keys: CommandKeys, _ limits: Limits
    ) throws(RequestRefusal) -> VerifiedCommand {
        var named = unproven(token.payload, limits)
        do throws(RequestRefusal) {
            // One sentence for all three: who guesses learns nothing.
            let wrong = RequestRefusal(.badSignature, "the signature does not hold")
            guard let key = keys[token.kid] else { throw wrong }
            named.kid = key.kid
            guard token.algorithm == key.algorithm.rawValue,
                key.isValid(token.signature, of: token.input)
            else { throw wrong }
            let claims = try Claims(token.payload, limits)
            guard claims.audience == deviceID else {
                throw RequestRefusal(.wrongDevice, "the token is for another device")
            }
            guard claims.verb == topicVerb else {
                throw RequestRefusal(.conflict, "the token's verb is not that of its topic")
            }
            let expires = try demandTime(claims, now, limits)
            return VerifiedCommand(
                transaction: claims.transaction ?? claims.jti, verb: claims.verb,
                args: claims.args,
                proof: VerifiedCommand.Proof(
                    kid: key.kid, issuer: claims.issuer, jti: claims.jti, expires: expires,
                    isTimely: now != nil))
        } catch {
            throw RequestRefusal(
                error.code, error.message, transaction: named.transaction, kid: named.kid,
                jti: named.jti)
        }
    }

    /// What a refusal may name of a token that nobody vouches for.
    private static func unproven(
        _ payload: [UInt8], _ limits: Limits
    ) -> (transaction: String?, kid: String?, jti: String?) {
        guard let value = try? JSONReader.read(payload[...]) else { return (nil, nil, nil) }
        var (transaction, jti): (String?, String?)
        if case .string(let text) = value["jti"], isID(text, max: limits.jtiBytes) { jti = text }
        if case .string(let text) = value["transaction"],
            isID(text, max: limits.transactionBytes)
        {
            transaction = text
        }
        return (transaction ?? jti, nil, jti.map { String($0.prefix(8)) })
    }

    /// - Returns: when the token ends.
    private static func demandTime(
        _ claims: Claims, _ now: Timestamp?, _ limits: Limits
    ) throws(RequestRefusal) -> Timestamp {
        let (issued, expires) = (claims.issued, claims.expires)
        guard expires > issued, expires <= issued + limits.life else {
            throw RequestRefusal(
                .invalidArgument,
                "exp must be after iat, and at most \(Int(limits.life.seconds)) s after it")
        }
        guard let now else { return expires }
        let seconds = Int(limits.skew.seconds)
        guard issued <= now + limits.skew else {
            throw RequestRefusal(
                .notYetValid, "iat lies more than \(seconds) s ahead of this clock, \(now)")
        }
        if let begins = claims.begins, begins > now {
            throw RequestRefusal(.notYetValid, "nbf lies ahead of this clock, \(now)")
        }
        guard issued >= now - limits.skew else {
            throw RequestRefusal(
                .expired, "iat lies more than \(seconds) s behind this clock, \(now)")
        }
        guard now < expires else {
            throw RequestRefusal(.expired, "exp has passed by this clock, \(now)")
        }
        return expires
    }

    /// What a token says, once its signature holds. Unknown claims are refused: who misspells one
    /// shall not believe that it counts.
    private struct Claims {
        let issuer, audience, verb, jti: String
        let transaction: String?
        let issued, expires: Timestamp
        let begins: Timestamp?
        let args: [(name: String, value: JSONValue)]

        private static let names = [
            "iss", "aud", "verb", "iat", "exp", "nbf", "jti", "transaction", "args",
        ]

        init(_ payload: [UInt8], _ limits: Limits) throws(RequestRefusal) {
            let value: JSONValue
            do { value = try JSONReader.read(payload[...]) } catch {
                throw RequestRefusal(.malformed, "what was signed \(error)")
            }
            guard case .object(let members) = value else {
                throw RequestRefusal(.malformed, "what was signed is \(value.kind), not an object")
            }
            if let other = members.first(where: { !Self.names.contains($0.key) }) {
                throw RequestRefusal(
                    .malformed,
                    "there is no claim “\(FeedDefect.shown(Array(other.key.utf8), max: 40))”; "
                        + "there are \(Self.names.joined(separator: ", "))")
            }
            func text(_ name: String, _ max: Int) throws(RequestRefusal) -> String {
                guard case .string(let text) = value[name], isID(text, max: max) else {
                    throw RequestRefusal(
                        .malformed,
                        "the claim \(name) must be a string of 1 to \(max) printable characters")
                }
                return text
            }
            func time(_ name: String) throws(RequestRefusal) -> Timestamp {
                // Years until 2262 have at most ten digits.
                guard case .number(let digits) = value[name], digits.utf8.count <= 10,
                    let seconds = Int64(digits), (0...9_000_000_000).contains(seconds)
                else {
                    throw RequestRefusal(
                        .malformed, "the claim \(name) must be whole seconds since 1970")
                }
                return Timestamp(seconds: seconds)
            }
            issuer = try text("iss", 64)
            audience = try text("aud", 64)
            verb = try text("verb", 64)
            jti = try text("jti", limits.jtiBytes)
            issued = try time("iat")
            expires = try time("exp")
            begins = value["nbf"] == nil ? nil : try time("nbf")
            transaction = try CommandVerifier.transaction(value["transaction"], limits)
            args = try arguments(value["args"], beside: [])
        }
    }
}
