import Foundation
import Messaging
import TestSupport
import Testing

@Suite("Brokers that no one can install")
struct FallbackTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
    }

    static let refusals = [
        Refusal(testDescription: "without a word, closing the connection", bytes: []),
        Refusal(testDescription: "in words of MQTT 5", bytes: [0x20, 3, 0, 0x84, 0]),
        Refusal(testDescription: "in words of MQTT 3.1.1", bytes: [0x20, 2, 0, 1]),
    ]

    @Test("A04: a broker that refuses MQTT 5 is spoken to in 3.1.1", arguments: refusals)
    func oldBroker(_ refusal: Refusal) throws {
        let broker = try FakeBroker {
            FakeBroker.level($0) == 5 ? refusal.bytes : [0x20, 2, 0, 0]
        }
        let client = try TestClient(TestClient.quick(broker.port))
        #expect(comesTrue { client.status.isConnected })
        #expect(client.status.speaks == .mqtt311)
        #expect(broker.greetings.prefix(2).map { FakeBroker.level($0) } == [5, 4])
    }

    @Test("A04: 3.1.1 is tried once after a broker that hangs up, then MQTT 5 again")
    func hangsUp() throws {
        let broker = try FakeBroker { _ in [] }
        let client = try TestClient(TestClient.quick(broker.port))
        #expect(comesTrue { broker.greetings.count >= 4 })
        #expect(broker.greetings.prefix(4).map { FakeBroker.level($0) } == [5, 4, 5, 4])
        #expect(client.status.lastError?.contains("closes the connection") == true)
        #expect(client.status.faults.isEmpty)
    }

    @Test("A04: a wrong password is told as such and not a reason for another version")
    func wrongPassword() throws {
        let broker = try FakeBroker { _ in [0x20, 3, 0, 0x86, 0] }
        let client = try TestClient(TestClient.quick(broker.port))
        #expect(
            comesTrue {
                client.status.lastError?.contains("user name or the password is wrong") == true
            })
        #expect(comesTrue { broker.greetings.count >= 2 })
        #expect(broker.greetings.allSatisfy { FakeBroker.level($0) == 5 })
    }

    @Test("A04: a session that another client took is told as such until it stays ours")
    func takenOver() throws {
        let broker = try FakeBroker { _ in [0x20, 3, 0, 0, 0, 0xE0, 2, 0x8E, 0] }
        let client = try TestClient(TestClient.quick(broker.port))
        #expect(comesTrue { client.status.reconnects >= 2 })
        #expect(
            comesTrue {
                client.status.faults.contains {
                    $0.contains("session taken over") && $0.contains("bellwether-box-1")
                }
            })
    }

    @Test("A04: a port that takes connections and says nothing is given up and tried again")
    func silent() throws {
        let broker = try FakeBroker { _ in nil }
        var config = TestClient.quick(broker.port)
        config.limits.handshake = .milliseconds(300)
        let client = try TestClient(config)
        #expect(comesTrue { broker.greetings.count >= 2 })
        #expect(client.status.lastError?.contains("does not answer as an MQTT broker") == true)
    }

    @Test("A04: a server of another protocol is survived")
    func notABroker() throws {
        let broker = try FakeBroker { _ in Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8) }
        var config = TestClient.quick(broker.port)
        config.limits.handshake = .milliseconds(300)
        let client = try TestClient(config)
        #expect(comesTrue { broker.greetings.count >= 3 })
        #expect(!client.status.isConnected)
        #expect(client.status.lastError != nil)
    }

    @Test("S27: a broker that acknowledges nothing is left")
    func noAcknowledgement() throws {
        let broker = try FakeBroker { _ in [0x20, 3, 0, 0, 0] }
        var config = TestClient.quick(broker.port)
        config.limits.acknowledgement = .milliseconds(300)
        let client = try TestClient(config)
        #expect(client.client.offer(event(1)) == .taken)
        #expect(comesTrue { broker.greetings.count >= 2 })
        #expect(client.delivered.isEmpty)
        #expect(client.client.status.dropped.events == 0)
    }
}
