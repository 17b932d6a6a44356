import COpenSSL

/// A key as libcrypto holds it, freed exactly once.
final class CryptoKey {
    private let key: OpaquePointer

    private init?(_ key: OpaquePointer?) {
        guard let key else {
            // What went wrong is of no use to anybody, and must not be found by the next who asks.
            ERR_clear_error()
            return nil
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    static func edwards(point: [UInt8]) -> CryptoKey? {
        guard point.count == 32 else { return nil }
        return CryptoKey(
            EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, point, point.count))
    }

    static func edwards(seed: [UInt8]) -> CryptoKey? {
        guard seed.count == 32 else { return nil }
        return CryptoKey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count))
    }

    var edwardsPoint: [UInt8]? {
        var point = [UInt8](repeating: 0, count: 32)
        var count = point.count
        guard EVP_PKEY_get_raw_public_key(key, &point, &count) == 1, count == 32 else { return nil }
        return point
    }

    /// The head of a SubjectPublicKeyInfo (RFC 5480) for an uncompressed point of P-256.
    private static let pointHead: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
        0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    /// - Returns: nil for what does not lie on the curve.
    static func p256(point: [UInt8]) -> CryptoKey? {
        guard point.count == 64 else { return nil }
        let bytes = pointHead + point
        return bytes.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            return CryptoKey(d2i_PUBKEY(nil, &next, buffer.count))
        }
    }

    /// The order of the group, which a private number stays below. FIPS 186-4, D.1.2.3.
    private static let order: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63,
        0x25, 0x51,
    ]

    static func p256(number: [UInt8]) -> CryptoKey? {
        guard number.count == 32, number.contains(where: { $0 != 0 }),
            number.lexicographicallyPrecedes(order)
        else { return nil }
        // ECPrivateKey (RFC 5915) with the name of the curve; libcrypto reckons the point.
        let bytes: [UInt8] =
            [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + number
            + [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        return bytes.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            return CryptoKey(d2i_PrivateKey(EVP_PKEY_EC, nil, &next, buffer.count))
        }
    }

    var p256Point: [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_PUBKEY(key, &bytes))
        guard let bytes else { return nil }
        defer { CRYPTO_free(bytes, #file, #line) }
        guard count == Self.pointHead.count + 64 else { return nil }
        return Array(UnsafeBufferPointer(start: bytes, count: count).suffix(64))
    }

    private var digest: OpaquePointer? {
        EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nil : EVP_sha256()
    }

    func sign(_ bytes: [UInt8]) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 128)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return Array(signature.prefix(count))
    }

    func verify(_ signature: [UInt8], _ bytes: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let isValid =
            EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }
}

/// The two forms of a P-256 signature: r and s side by side (RFC 7518, section 3.4), and the
/// sequence of two integers that libcrypto speaks (RFC 3279, section 2.2.3).
enum ECDSASignature {
    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 64 else { return nil }
        let body = integer(raw[..<32]) + integer(raw[32...])
        return [0x30, UInt8(body.count)] + body
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var number = Array(bytes.drop { $0 == 0 })
        if number.isEmpty || number[0] >= 0x80 { number.insert(0, at: 0) }
        return [0x02, UInt8(number.count)] + number
    }

    static func raw(der: [UInt8]) -> [UInt8]? {
        guard der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var rest = der[2...]
        guard let r = take(&rest), let s = take(&rest), rest.isEmpty else { return nil }
        return r + s
    }

    private static func take(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.popFirst() == 0x02, let count = rest.popFirst(), rest.count >= count else {
            return nil
        }
        let number = rest.prefix(Int(count)).drop { $0 == 0 }
        rest = rest.dropFirst(Int(count))
        guard number.count <= 32 else { return nil }
        return [UInt8](repeating: 0, count: 32 - number.count) + number
    }
}
