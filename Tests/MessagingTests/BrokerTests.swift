import Domain
import Foundation
import Messaging
import TestSupport
import Testing

private let absent: Comment = "mosquitto is not installed; Packaging/setup test installs it"

@Suite("A real broker", .serialized, .disabled(if: MosquittoServer.isAbsent, absent))
struct BrokerTests {
    @Test("A04: birth, device and newest values are retained; offline is said before leaving")
    func birthAndFarewell() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        client.client.publish(.state, #"{"seq":1}"#)
        client.client.announce(
            discovery: (topic: "homeassistant/device/bw_1/config", payload: #"{"dev":{}}"#))
        #expect(client.connects())
        client.client.publish(.state, #"{"seq":2}"#)
        #expect(client.settles())

        let watcher = try server.subscribe("#")
        try watcher.wait(for: "bellwether/box-1/availability|1|online")
        try watcher.wait(for: #"bellwether/box-1/state|1|{"seq":2}"#)
        try watcher.wait(for: #"homeassistant/device/bw_1/config|1|{"dev":{}}"#)
        #expect(client.status.speaks == .mqtt5)
        #expect(client.status.faults.isEmpty)

        #expect(client.client.stop(within: .seconds(10)))
        try watcher.wait(for: "bellwether/box-1/availability|0|offline")
        #expect(!client.status.isConnected)
        let late = try server.subscribe("bellwether/box-1/availability")
        try late.wait(for: "bellwether/box-1/availability|1|offline")
    }

    @Test("A04: the will says offline when the connection breaks without a word")
    func will() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        let watcher = try server.subscribe("bellwether/+/availability")
        try watcher.wait(for: "availability|1|online")
        // Another client takes the session over: the broker drops ours, which is its end.
        let thief = try server.subscribe(
            "nothing", options: ["-i", "bellwether-box-1", "-q", "1"])
        try watcher.wait(for: "availability|0|offline")
        thief.kill(SIGKILL)
        try watcher.wait(for: "availability|0|online")
    }

    @Test("A05: a request is answered where it asks, with its correlation, and on response/<verb>")
    func requestAndResponse() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port)) { _ in #"{"status":"ok"}"# }
        #expect(client.connects())
        let watcher = try server.subscribe(
            "bellwether/box-1/response/#", options: ["-F", "%t|%D|%C|%F|%E|%p"])
        let answer = try server.request(
            "bellwether/box-1/request/pause", #"{"transaction":"t1"}"#,
            answerTopic: "bellwether/box-1/response/to/me",
            options: ["-D", "publish", "correlation-data", "c-17"])
        #expect(answer.output.contains(#"{"status":"ok"}"#), "\(answer)")
        let request = try #require(client.requests.first)
        #expect(request.verb == "pause")
        #expect(request.payload == Array(#"{"transaction":"t1"}"#.utf8))
        #expect(request.responseTopic == "bellwether/box-1/response/to/me")
        #expect(request.correlation == Array("c-17".utf8))
        #expect(!request.isRetained)
        try watcher.wait(for: "response/pause|c-17|application/json|1|")
        try watcher.wait(for: "response/to/me|c-17|application/json|1|")
    }

    @Test("A05: a client of MQTT 3.1.1 finds the answer on response/<verb>")
    func oldClient() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port)) { _ in #"{"status":"ok"}"# }
        #expect(client.connects())
        let watcher = try server.subscribe(
            "bellwether/box-1/response/status", options: ["-V", "311"])
        try server.publish("bellwether/box-1/request/status", "{}", options: ["-V", "311"])
        try watcher.wait(for: #"response/status|0|{"status":"ok"}"#)
    }

    @Test("A05: no answer goes to a place outside our own response topics")
    func foreignResponseTopic() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port)) { _ in #"{"status":"ok"}"# }
        #expect(client.connects())
        let watcher = try server.subscribe("#")
        for place in ["bellwether/box-1/state", "elsewhere", "bellwether/box-1/response/"] {
            try server.publish(
                "bellwether/box-1/request/status", "{}",
                options: ["-V", "5", "-D", "publish", "response-topic", place])
        }
        #expect(comesTrue { client.requests.count == 3 })
        #expect(client.settles())
        try server.publish("end", "end")
        try watcher.wait(for: "end|0|end")
        watcher.kill(SIGTERM)
        let lines = try watcher.wait().lines
        #expect(lines.count { $0.hasPrefix("bellwether/box-1/response/status|") } == 3)
        #expect(!lines.contains { $0.hasPrefix("elsewhere|") })
        #expect(!lines.contains { $0.hasPrefix("bellwether/box-1/state|") })
        #expect(!lines.contains { $0.hasPrefix("bellwether/box-1/response/|") })
    }

    @Test("A05: a retained request is told as such; one kept from before is not delivered at all")
    func retainedRequest() throws {
        let server = try MosquittoServer()
        try server.publish("bellwether/box-1/request/resume", "old", options: ["-r"])
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        try server.publish("bellwether/box-1/request/resume", "new", options: ["-r"])
        try server.publish("bellwether/box-1/request/pause", "plain")
        #expect(comesTrue { client.requests.count >= 2 })
        #expect(client.requests.map(\.isRetained) == [true, false])
        #expect(
            client.requests.map(\.payload) == [Array("new".utf8), Array("plain".utf8)])
    }

    @Test("S39: a request that is too long arrives cut to one byte more than allowed")
    func oversizeRequest() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        let topic = "bellwether/box-1/request/pause"
        try server.publish(topic, String(repeating: "x", count: IncomingRequest.sizeMax))
        try server.publish(topic, String(repeating: "x", count: 20_000))
        try server.publish(topic, "")
        #expect(comesTrue { client.requests.count == 3 })
        #expect(
            client.requests.map(\.payload.count)
                == [IncomingRequest.sizeMax, IncomingRequest.sizeMax + 1, 0])
    }

    @Test("A04: Home Assistant's start brings device and state again")
    func homeAssistant() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        client.client.publish(.portfolio, #"{"equity":"1.00"}"#)
        client.client.announce(discovery: (topic: "homeassistant/device/b/config", payload: "{}"))
        #expect(client.connects())
        #expect(client.settles())
        let watcher = try server.subscribe("bellwether/box-1/#", "homeassistant/device/#")
        try watcher.wait(for: "homeassistant/device/b/config|1|{}")
        client.client.announce(discovery: (topic: "homeassistant/device/b/config", payload: "{}"))
        try server.publish("homeassistant/status", "offline")
        try server.publish("homeassistant/status", "online")
        try watcher.wait(for: "homeassistant/device/b/config|0|{}")
        try watcher.wait(for: #"bellwether/box-1/portfolio|0|{"equity":"1.00"}"#)
        client.client.announce(discovery: nil)
        try watcher.wait(for: "homeassistant/device/b/config|0|\n")
        watcher.kill(SIGTERM)
        let lines = try watcher.wait().lines
        // The same device announced again is not sent again.
        #expect(lines.count { $0 == "homeassistant/device/b/config|0|{}" } == 1)
    }

    @Test("A04: events come once each, in order, and are told as delivered")
    func events() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        let watcher = try server.subscribe("bellwether/box-1/event/#")
        for number in 0..<100 { #expect(client.client.offer(event(number)) == .taken) }
        client.client.publish(telemetry: #"{"rss":1}"#)
        #expect(comesTrue { client.delivered.count == 100 })
        #expect(client.delivered == (0..<100).map { "e\($0)" })
        try watcher.wait(for: #"event/trade|0|{"n":99}"#)
        watcher.kill(SIGTERM)
        let lines = try watcher.wait().lines.filter { $0.hasPrefix("bellwether/") }
        #expect(lines == (0..<100).map { #"bellwether/box-1/event/trade|0|{"n":\#($0)}"# })
    }
}
