import Foundation
import TestSupport

/// A certificate authority of one test, with a broker's and a client's certificate; keys are fresh
/// and gone with the folder.
final class Authority {
    private let folder: URL

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// - Parameter brokerName: what the broker's certificate vouches for.
    init(brokerName: String = "IP:127.0.0.1") throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("bellwether-authority-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", "/CN=test authority", "-keyout", path("ca.key"), "-out",
            path("ca.crt"))
        try certificate("broker", subjectAltName: brokerName)
        try certificate("client", subjectAltName: "DNS:client")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func certificate(_ name: String, subjectAltName: String) throws {
        try "subjectAltName=\(subjectAltName)\n".write(
            toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=\(name)", "-keyout", path("\(name).key"), "-out", path("\(name).csr"))
        try openssl(
            "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.crt"), "-CAkey",
            path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", path("\(name).ext"),
            "-out", path("\(name).crt"))
    }

    private func openssl(_ arguments: String...) throws {
        let outcome = try ChildProcess("/usr/bin/openssl", arguments).wait()
        guard outcome.status == 0 else { throw ChildProcess.Failure(description: "\(outcome)") }
    }
}
