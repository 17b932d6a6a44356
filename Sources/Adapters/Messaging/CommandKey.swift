import COpenSSL

/// A key that commands are signed or verified with. It alone says which algorithm holds.
package struct CommandKey: Sendable, Equatable {
    package enum Algorithm: String, Sendable, CaseIterable {
        /// HMAC with SHA-256: the same secret signs and verifies. RFC 7518, section 3.2.
        case hs256 = "HS256"
        /// Ed25519. RFC 8037.
        case edDSA = "EdDSA"
        /// ECDSA on P-256 with SHA-256. RFC 7518, section 3.4.
        case es256 = "ES256"
    }

    enum Material: Sendable, Equatable {
        case secret([UInt8])
        /// 32 bytes each; RFC 8032.
        case edwards(point: [UInt8], seed: [UInt8]?)
        /// x and y, 32 bytes each; and the private number, 32 bytes.
        case p256(point: [UInt8], number: [UInt8]?)
    }

    /// 1 to 64 of letters, digits, `.`, `_` and `-`.
    package let kid: String
    let material: Material

    package static let kidBytesMax = 64

    /// Unsigned requests stand under this name: no key may have it.
    package static let plainClient = "plain"

    package var algorithm: Algorithm {
        switch material {
        case .secret: .hs256
        case .edwards: .edDSA
        case .p256: .es256
        }
    }

    package var canSign: Bool {
        switch material {
        case .secret: true
        case .edwards(_, let seed): seed != nil
        case .p256(_, let number): number != nil
        }
    }

    /// What others need to verify with; nil where they would need the secret itself.
    package var publicPart: CommandKey? {
        switch material {
        case .secret: nil
        case .edwards(let point, _): CommandKey(kid, .edwards(point: point, seed: nil))
        case .p256(let point, _): CommandKey(kid, .p256(point: point, number: nil))
        }
    }

    private init(_ kid: String, _ material: Material) {
        (self.kid, self.material) = (kid, material)
    }

    package static func isKid(_ text: String) -> Bool {
        (1...kidBytesMax).contains(text.utf8.count) && text != plainClient
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    private static func checked(
        _ kid: String, _ material: Material
    ) throws(CommandKeyError) -> CommandKey {
        guard isKid(kid) else { throw .name(kid) }
        return CommandKey(kid, material)
    }

    // MARK: - Making

    /// - Throws: `name`, `unfit`.
    package init(kid: String, secret: [UInt8]) throws(CommandKeyError) {
        if let reason = SecretStrength.weakness(secret) {
            throw .unfit(kid: kid, reason: "its secret " + reason)
        }
        self = try Self.checked(kid, .secret(secret))
    }

    /// - Parameter seed: for a key that signs; must belong to the point.
    package init(kid: String, edwards point: [UInt8], seed: [UInt8]? = nil) throws(CommandKeyError)
    {
        guard point.count == 32, Set(point).count >= 8 else {
            throw .unfit(kid: kid, reason: "x is no point of Ed25519")
        }
        if let seed, CryptoKey.edwards(seed: seed)?.edwardsPoint != point {
            throw .unfit(kid: kid, reason: "d does not belong to x")
        }
        self = try Self.checked(kid, .edwards(point: point, seed: seed))
    }

    /// - Parameters:
    ///   - point: x and then y.
    ///   - number: for a key that signs; must belong to the point.
    package init(kid: String, p256 point: [UInt8], number: [UInt8]? = nil) throws(CommandKeyError) {
        guard point.count == 64, CryptoKey.p256(point: point) != nil else {
            throw .unfit(kid: kid, reason: "x and y are no point of P-256")
        }
        if let number, CryptoKey.p256(number: number)?.p256Point != point {
            throw .unfit(kid: kid, reason: "d does not belong to x and y")
        }
        self = try Self.checked(kid, .p256(point: point, number: number))
    }

    /// A new key from the machine's random source.
    /// - Parameter kid: nil: a name is made, too.
    package static func mint(
        _ algorithm: Algorithm, kid: String? = nil
    ) throws(CommandKeyError) -> CommandKey {
        let name: String =
            kid ?? "k"
            + randomBytes(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        // A few of the numbers do not lie on the curve; a second try is not needed in a lifetime.
        for _ in 0..<8 {
            let bytes = randomBytes(32)
            switch algorithm {
            case .hs256: return try CommandKey(kid: name, secret: bytes)
            case .edDSA:
                guard let point = CryptoKey.edwards(seed: bytes)?.edwardsPoint else { continue }
                return try checked(name, .edwards(point: point, seed: bytes))
            case .es256:
                guard let point = CryptoKey.p256(number: bytes)?.p256Point else { continue }
                return try checked(name, .p256(point: point, number: bytes))
            }
        }
        throw .unfit(kid: name, reason: "libcrypto makes no \(algorithm.rawValue) key")
    }

    /// - Precondition: the machine has a random source.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "libcrypto has no random source")
        return bytes
    }

    // MARK: - Using

    /// The signature as a token bears it: ES256 as r and s, 32 bytes each.
    /// - Returns: nil where the key is one that only verifies.
    package func signature(of bytes: some Collection<UInt8>) -> [UInt8]? {
        let bytes = Array(bytes)
        switch material {
        case .secret(let secret): return Self.hmac(secret, bytes)
        case .edwards(_, let seed): return seed.flatMap { CryptoKey.edwards(seed: $0)?.sign(bytes) }
        case .p256(_, let number):
            return number.flatMap { CryptoKey.p256(number: $0)?.sign(bytes) }
                .flatMap { ECDSASignature.raw(der: $0) }
        }
    }

    /// In a time that does not tell how much of the signature was right.
    package func isValid(_ signature: [UInt8], of bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        switch material {
        case .secret(let secret):
            let right = Self.hmac(secret, bytes)
            return signature.count == right.count
                && CRYPTO_memcmp(signature, right, right.count) == 0
        case .edwards(let point, _):
            return signature.count == 64
                && CryptoKey.edwards(point: point)?.verify(signature, bytes) == true
        case .p256(let point, _):
            guard let der = ECDSASignature.der(raw: signature) else { return false }
            return CryptoKey.p256(point: point)?.verify(der, bytes) == true
        }
    }

    private static func hmac(_ secret: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        // The length fits: secrets are bounded.
        let made = HMAC(
            EVP_sha256(), secret, Int32(secret.count), bytes, bytes.count, &code, &count)
        precondition(made != nil && count == 32, "libcrypto has no HMAC with SHA-256")
        return code
    }
}

/// Nothing that is written or dumped shows a secret.
extension CommandKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(algorithm.rawValue) key \(kid)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The keys that commands may be signed with.
package struct CommandKeys: Sendable, Equatable {
    package let all: [CommandKey]
    package static let countMax = 16

    package static let none = CommandKeys(unchecked: [])

    private init(unchecked all: [CommandKey]) { self.all = all }

    /// - Throws: `tooMany`, `twice`.
    package init(_ all: [CommandKey]) throws(CommandKeyError) {
        guard all.count <= Self.countMax else { throw .tooMany(all.count) }
        for (index, key) in all.enumerated()
        where all[..<index].contains(where: { $0.kid == key.kid }) {
            throw .twice(key.kid)
        }
        self.all = all
    }

    package subscript(kid: String) -> CommandKey? { all.first { $0.kid == kid } }
}
