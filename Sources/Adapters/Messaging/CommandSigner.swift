import Domain
import Primitives

/// Makes requests, signed or plain.
package enum CommandSigner {
    /// The payload of a request that bears no signature.
    package static func plain(
        transaction: String, args: [(key: String, value: OrderedJSON)]
    ) -> String {
        OrderedJSON.object([("transaction", .string(transaction)), ("args", .object(args))]).compact
    }

    /// A token for one request.
    /// - Parameters:
    ///   - life: whole seconds, at most 60.
    ///   - jti: nil: a random one.
    /// - Returns: nil where the key only verifies.
    package static func sign(
        verb: String, args: [(key: String, value: OrderedJSON)], transaction: String,
        issuer: String, deviceID: String, now: Timestamp, life: Int = 60, jti: String? = nil,
        key: CommandKey
    ) -> String? {
        let issued = Int(now.seconds)
        return token(
            claims: .object([
                ("iss", .string(issuer)), ("aud", .string(deviceID)), ("verb", .string(verb)),
                ("iat", .integer(issued)), ("exp", .integer(issued + life)),
                ("jti", .string(jti ?? Base64URL.encode(CommandKey.randomBytes(16)))),
                ("transaction", .string(transaction)), ("args", .object(args)),
            ]), key: key)
    }

    /// A token of any claims.
    package static func token(claims: OrderedJSON, key: CommandKey) -> String? {
        let header = OrderedJSON.object([
            ("alg", .string(key.algorithm.rawValue)), ("kid", .string(key.kid)),
            ("typ", .string(SignedCommand.type)),
        ])
        let input =
            Base64URL.encode(header.compact.utf8) + "." + Base64URL.encode(claims.compact.utf8)
        return key.signature(of: input.utf8).map { input + "." + Base64URL.encode($0) }
    }
}
