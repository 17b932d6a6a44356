// Reading what stands on `request/<verb>`.
//
// Bytes of a stranger -> a token taken apart, or a refusal. Nothing here trusts or remembers
// anything: whether a signature holds is said by `CommandVerifier`. Sources: RFC 7515 (compact
// serialization), RFC 8725 (best practice).
import Domain
import Primitives

/// Why a request was not taken, and as much of who asked as could be read.
package struct RequestRefusal: Error, Sendable, Equatable {
    package let code: CommandRefusal
    /// A sentence for who asked; without any part of the token.
    package let message: String
    /// As it claims: for the answer, and never for more.
    package var transaction: String?
    /// Of the key that was named, where there is such a key.
    package var kid: String?
    /// The first characters of its id, for the log.
    package var jti: String?

    package init(
        _ code: CommandRefusal, _ message: String, transaction: String? = nil,
        kid: String? = nil, jti: String? = nil
    ) {
        (self.code, self.message) = (code, message)
        (self.transaction, self.kid, self.jti) = (transaction, kid, jti)
    }
}

/// A JWS in compact serialization, of the one kind that commands have.
package struct SignedCommand: Sendable, Equatable {
    package static let type = "bw-cmd+jws"

    /// As the header claims; the key says what holds.
    package let algorithm: String
    package let kid: String
    /// What was signed: header and payload as they came, and the point between them.
    package let input: [UInt8]
    package let payload: [UInt8]
    package let signature: [UInt8]

    /// - Throws: `malformed`.
    package static func parse(_ bytes: [UInt8]) throws(RequestRefusal) -> SignedCommand {
        let parts = bytes.split(
            separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw RequestRefusal(
                .malformed, "is neither a JSON object nor a token of three parts")
        }
        guard let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else {
            throw RequestRefusal(.malformed, "the token is not base64url without padding")
        }
        let value: JSONValue
        do { value = try JSONReader.read(header[...]) } catch {
            throw RequestRefusal(.malformed, "the token's header \(error)")
        }
        guard case .object(let members) = value else {
            throw RequestRefusal(.malformed, "the token's header is no object")
        }
        let names = ["alg", "kid", "typ"]
        guard members.count == names.count, members.allSatisfy({ names.contains($0.key) }),
            case .string(let algorithm) = value["alg"], case .string(let kid) = value["kid"],
            case .string(let type) = value["typ"]
        else {
            throw RequestRefusal(
                .malformed, "the token's header must have alg, kid and typ, and nothing else")
        }
        guard type == Self.type else {
            throw RequestRefusal(.malformed, "the token's typ must be \(Self.type)")
        }
        return SignedCommand(
            algorithm: algorithm, kid: kid,
            input: Array(bytes[..<parts[1].endIndex]), payload: payload, signature: signature)
    }
}

/// A request that may be carried out as far as its form and its signature go; what its arguments
/// mean, whether it came before and whether its sender asks too often, is for others to say.
package struct VerifiedCommand: Sendable, Equatable {
    /// What a signature brings.
    package struct Proof: Sendable, Equatable {
        package let kid: String
        /// Who signed, in its own words.
        package let issuer: String
        package let jti: String
        package let expires: Timestamp
        /// False: no clock could tell whether the token's time is now.
        package let isTimely: Bool
    }

    /// The sender's own name for the request; nil: it gave none.
    package let transaction: String?
    package let verb: String
    /// No name comes twice.
    package let args: [(name: String, value: JSONValue)]
    /// Nil: it was plain.
    package let proof: Proof?

    package var isProven: Bool { proof?.isTimely == true }
    package var jti: String? { proof?.jti }
    package var kid: String? { proof?.kid }
    package var exp: Timestamp? { proof?.expires }
    /// Whose share of the rate it takes.
    package var client: String { proof?.kid ?? CommandKey.plainClient }

    package static func == (a: VerifiedCommand, b: VerifiedCommand) -> Bool {
        (a.transaction, a.verb, a.proof) == (b.transaction, b.verb, b.proof)
            && a.args.count == b.args.count && zip(a.args, b.args).allSatisfy { $0 == $1 }
    }
}
