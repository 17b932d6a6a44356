import Domain
import Primitives
import TestSupport
import Testing

@testable import Messaging

@Suite("Configuration of the MQTT client")
struct ConfigTests {
    @Test("S32: the library found is told, and one that is too old is refused")
    func library() throws {
        #expect(MessagingLibrary.version >= MessagingLibrary.minimum)
        try MessagingLibrary.check()
        #expect(throws: MessagingError.library(found: .init(1, 6, 12))) {
            try MessagingLibrary.check(.init(1, 6, 12))
        }
        #expect(throws: MessagingError.self) { try MessagingLibrary.check(.init(2, 0, 10)) }
        try MessagingLibrary.check(.init(2, 0, 21))
        try MessagingLibrary.check(.init(2, 1, 0))
    }

    struct Host: Sendable, CustomTestStringConvertible {
        let name: String
        let isLoopback: Bool
        var testDescription: String { name }
    }

    @Test(
        "S14: plain text off this machine is refused without an explicit option",
        arguments: [
            Host(name: "localhost", isLoopback: true), Host(name: "127.0.0.1", isLoopback: true),
            Host(name: "127.3.2.1", isLoopback: true), Host(name: "::1", isLoopback: true),
            Host(name: "::2", isLoopback: false), Host(name: "::", isLoopback: false),
            Host(name: "128.0.0.1", isLoopback: false), Host(name: "0.0.0.0", isLoopback: false),
            Host(name: "broker.lan", isLoopback: false),
            Host(name: "127.0.0.1.example", isLoopback: false),
            Host(name: "localhost.example", isLoopback: false),
        ])
    func plainText(_ host: Host) throws {
        var config = MessagingConfig(host: host.name, id: "box-1")
        if host.isLoopback {
            try config.check()
            return
        }
        #expect(throws: MessagingError.plainText(host: host.name)) { try config.check() }
        config.plainTextOK = true
        try config.check()
        config.plainTextOK = false
        config.tls = .init(caFolder: "/")
        try config.check()
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout MessagingConfig) -> Void
    }

    static let faults: [Fault] = [
        Fault(testDescription: "no id") { $0.id = "" },
        Fault(testDescription: "capitals in the id") { $0.id = "Box" },
        Fault(testDescription: "a level in the id") { $0.id = "a/b" },
        Fault(testDescription: "a wildcard in the id") { $0.id = "+" },
        Fault(testDescription: "a long id") { $0.id = String(repeating: "a", count: 65) },
        Fault(testDescription: "no base") { $0.base = "" },
        Fault(testDescription: "a base that begins with a level") { $0.base = "/bw" },
        Fault(testDescription: "an empty level") { $0.base = "a//b" },
        Fault(testDescription: "a wildcard in the base") { $0.base = "a/#" },
        Fault(testDescription: "five levels") { $0.base = "a/b/c/d/e" },
        Fault(testDescription: "no host") { $0.host = "" },
        Fault(testDescription: "a space in the host") { $0.host = "a b" },
        Fault(testDescription: "port 0") { $0.port = 0 },
        Fault(testDescription: "port 65536") { $0.port = 65_536 },
        Fault(testDescription: "keepalive 4 s") { $0.keepalive = 4 },
        Fault(testDescription: "no client id") { $0.clientID = "" },
        Fault(testDescription: "a certificate without key") {
            $0.tls = .init(caFolder: "/", certificate: "/etc/hosts")
        },
        Fault(testDescription: "no such authority") { $0.tls = .init(caFile: "/nowhere/ca.crt") },
    ]

    @Test(
        "A04: a configuration that cannot work stops the start with a sentence", arguments: faults)
    func stopsTheStart(_ fault: Fault) {
        var config = MessagingConfig(id: "box-1")
        fault.change(&config)
        let client = MessagingClient(
            config: config, now: { .distantPast }, onRequest: { _ in }, onDelivered: {})
        #expect(throws: MessagingError.self) { try client.start() }
    }

    @Test(
        "A04: delays grow from the first to the most, drawn from 0 up, and start again after calm")
    func backoff() {
        var random = SeededRandom(seed: 7)
        var backoff = Backoff(MessagingConfig.Limits())
        for bound in [1, 2, 4, 8, 16, 32, 60, 60, 60, 60] {
            #expect(backoff.bound == .seconds(bound))
            let delay = backoff.next(afterConnection: .seconds(59), using: &random)
            #expect(delay >= .zero && delay <= .seconds(bound))
        }
        _ = backoff.next(afterConnection: nil, using: &random)
        #expect(backoff.bound == .seconds(60))
        let first = backoff.next(afterConnection: .seconds(60), using: &random)
        #expect(first <= .seconds(1))
    }
}
