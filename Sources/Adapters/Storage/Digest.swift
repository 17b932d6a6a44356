import COpenSSL

/// SHA-256 (FIPS 180-4) of the system's libcrypto: one context for all digests of its owner.
final class Digest {
    /// Bytes of a digest.
    static let size = 32
    private let context: OpaquePointer
    private let algorithm: OpaquePointer

    init() {
        guard let context = EVP_MD_CTX_new(), let algorithm = EVP_sha256() else {
            preconditionFailure("libcrypto has no memory or no SHA-256")
        }
        (self.context, self.algorithm) = (context, algorithm)
        begin()
    }

    deinit { EVP_MD_CTX_free(context) }

    private func begin() {
        precondition(EVP_DigestInit_ex(context, algorithm, nil) == 1, "SHA-256 is not available")
    }

    func update(_ bytes: [UInt8]) {
        let taken = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(taken == 1, "libcrypto did not take the bytes")
    }

    /// The digest of everything since the last call; the next one begins.
    func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Self.size)
        var count: UInt32 = 0
        precondition(EVP_DigestFinal_ex(context, &digest, &count) == 1 && count == Self.size)
        begin()
        return digest
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
