import Domain
import Foundation
import Messaging
import Primitives
import TestSupport
import Testing

/// Against another implementation: Python's own hmac, and its package `cryptography`.
@Suite struct IndependentSigningTests {
    private static func python(_ script: String, _ input: String = "") throws
        -> ChildProcess.Outcome
    {
        try ChildProcess("/usr/bin/env", ["python3", "-c", script], input: Array(input.utf8))
            .wait(seconds: 60)
    }

    private static func has(_ module: String) -> Bool {
        (try? python("import \(module)"))?.status == 0
    }

    private static let script = """
        import base64, hashlib, hmac, json, sys
        def dec(t): return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
        def enc(b): return base64.urlsafe_b64encode(b).rstrip(b"=").decode()
        key = json.loads(sys.stdin.readline()); token = sys.stdin.readline().strip()
        claims = sys.stdin.readline().strip()
        header, payload, signature = token.split(".")
        alg = key["alg"]
        if alg != "HS256":
            from cryptography.hazmat.primitives import hashes
            from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
        def sign(data):
            if alg == "HS256": return hmac.new(dec(key["k"]), data, hashlib.sha256).digest()
            if alg == "EdDSA":
                return ed25519.Ed25519PrivateKey.from_private_bytes(dec(key["d"])).sign(data)
            own = ec.derive_private_key(int.from_bytes(dec(key["d"]), "big"), ec.SECP256R1())
            r, s = utils.decode_dss_signature(own.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        def verify(signature, data):
            if alg == "HS256": assert hmac.compare_digest(sign(data), signature)
            elif alg == "EdDSA":
                ed25519.Ed25519PublicKey.from_public_bytes(dec(key["x"])).verify(signature, data)
            else:
                n = ec.EllipticCurvePublicNumbers(
                    int.from_bytes(dec(key["x"]), "big"), int.from_bytes(dec(key["y"]), "big"),
                    ec.SECP256R1())
                n.public_key().verify(
                    utils.encode_dss_signature(
                        int.from_bytes(signature[:32], "big"),
                        int.from_bytes(signature[32:], "big")),
                    data, ec.ECDSA(hashes.SHA256()))
        verify(dec(signature), (header + "." + payload).encode())
        head = enc(json.dumps(
            {"typ": "bw-cmd+jws", "alg": alg, "kid": key["kid"]}, indent=1).encode())
        made = head + "." + enc(claims.encode())
        print(made + "." + enc(sign(made.encode())))
        """

    private func compare(_ algorithm: CommandKey.Algorithm) throws {
        let fixture = try CommandFixture(algorithm)
        let outcome = try Self.python(
            Self.script,
            [fixture.key.line, try fixture.token(), CommandFixture.claims().compact]
                .joined(separator: "\n"))
        #expect(outcome.status == 0, "\(outcome)")
        let token = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try fixture.verify(token).isProven)
    }

    @Test(
        "A05: tokens pass between this and Python's hmac",
        .enabled(if: has("hmac"), "there is no python3"))
    func hmac() throws { try compare(.hs256) }

    @Test(
        "A05: tokens pass between this and Python's cryptography",
        .enabled(if: has("cryptography"), "python3 has no package cryptography"),
        arguments: [CommandKey.Algorithm.edDSA, .es256])
    func cryptography(algorithm: CommandKey.Algorithm) throws { try compare(algorithm) }
}
