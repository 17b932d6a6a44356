import Foundation
import Messaging
import TestSupport
import Testing

private let absent: Comment = "mosquitto is not installed; Packaging/setup test installs it"

@Suite("TLS", .serialized, .disabled(if: MosquittoServer.isAbsent, absent))
struct EncryptionTests {
    private func server(_ authority: Authority, more: String = "") throws -> MosquittoServer {
        try MosquittoServer(
            config: """
                listener PORT 127.0.0.1
                allow_anonymous true
                certfile \(authority.path("broker.crt"))
                keyfile \(authority.path("broker.key"))
                cafile \(authority.path("ca.crt"))
                \(more)
                """)
    }

    @Test("S14: a broker that our authority vouches for is connected to, again after a restart")
    func verified() throws {
        let authority = try Authority()
        let server = try server(authority)
        var config = TestClient.quick(server.port)
        config.tls = .init(caFile: authority.path("ca.crt"))
        let client = try TestClient(config)
        #expect(client.connects())
        try server.restart()
        #expect(comesTrue { client.status.reconnects == 1 && client.status.isConnected })
        #expect(client.client.offer(event(1)) == .taken)
        #expect(comesTrue { client.delivered == ["e1"] })
        #expect(client.client.stop(within: .seconds(10)))
    }

    @Test("S14: a broker absent at start is found over TLS too")
    func absentAtStart() throws {
        let authority = try Authority()
        let server = try server(authority)
        try server.stop()
        var config = TestClient.quick(server.port)
        config.tls = .init(caFile: authority.path("ca.crt"))
        let client = try TestClient(config)
        #expect(comesTrue { client.status.attempts >= 2 })
        try server.start()
        #expect(client.connects())
    }

    @Test("S14: a broker that another authority vouches for is refused, unless told not to look")
    func wrongAuthority() throws {
        let authority = try Authority()
        let stranger = try Authority()
        let server = try server(authority)
        var config = TestClient.quick(server.port)
        config.tls = .init(caFile: stranger.path("ca.crt"))
        let client = try TestClient(config)
        #expect(comesTrue { client.status.attempts >= 2 })
        #expect(!client.status.isConnected)
        #expect(client.status.lastError?.contains("certificate verify failed") == true)
        config.tls?.isInsecure = true
        config.clientID = "other"
        let careless = try TestClient(config)
        #expect(careless.connects())
    }

    @Test("S14: a certificate for another name is refused")
    func wrongName() throws {
        let authority = try Authority(brokerName: "DNS:elsewhere.example")
        let server = try server(authority)
        var config = TestClient.quick(server.port)
        config.tls = .init(caFile: authority.path("ca.crt"))
        let client = try TestClient(config)
        #expect(comesTrue { client.status.attempts >= 2 })
        #expect(!client.status.isConnected)
        #expect(client.status.lastError != nil)
    }

    @Test("S14: a broker that asks for a certificate gets ours")
    func clientCertificate() throws {
        let authority = try Authority()
        let server = try server(authority, more: "require_certificate true")
        var config = TestClient.quick(server.port)
        config.tls = .init(caFile: authority.path("ca.crt"))
        let nameless = try TestClient(config)
        #expect(comesTrue { nameless.status.attempts >= 2 })
        #expect(!nameless.status.isConnected)
        config.tls?.certificate = authority.path("client.crt")
        config.tls?.key = authority.path("client.key")
        let client = try TestClient(config)
        #expect(client.connects())
    }

    @Test("S14: plain text to a port of TLS connects to nothing")
    func plainToEncrypted() throws {
        let authority = try Authority()
        let server = try server(authority)
        let client = try TestClient(TestClient.quick(server.port))
        #expect(comesTrue { client.status.attempts >= 2 })
        #expect(!client.status.isConnected)
    }

    @Test("S14: a folder of authorities serves as well as a file")
    func folderOfAuthorities() throws {
        let authority = try Authority()
        let server = try server(authority)
        let folder = server.folder.appendingPathComponent("authorities")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: authority.path("ca.crt"), toPath: folder.appendingPathComponent("a.crt").path)
        try ChildProcess("/usr/bin/openssl", ["rehash", folder.path]).wait()
        var config = TestClient.quick(server.port)
        config.tls = .init(caFolder: folder.path)
        let client = try TestClient(config)
        #expect(client.connects())
        // The system's own authorities know nothing of this broker.
        config.tls = .init()
        config.clientID = "other"
        let other = try TestClient(config)
        #expect(comesTrue { other.status.attempts >= 2 })
        #expect(!other.status.isConnected)
    }
}
