import Domain
import Foundation
import Messaging
import TestSupport
import Testing

private let absent: Comment = "mosquitto is not installed; Packaging/setup test installs it"

/// `etc/mosquitto` of the checkout.
private let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("etc/mosquitto")

/// A broker with the example's configuration: its paths and ports are those of the test, all else
/// is as it stands in the file.
private func exampleServer(authority: Authority) throws -> MosquittoServer {
    let text = try String(
        contentsOf: examples.appendingPathComponent("bellwether.conf"), encoding: .utf8)
    let config =
        text
        .replacing("/etc/mosquitto/certs/broker", with: authority.path("broker"))
        .replacing("/etc/mosquitto/", with: "FOLDER/")
        .replacing("/var/lib/mosquitto/", with: "FOLDER/")
        .replacing("listener 1883 127.0.0.1\n", with: "")
        .replacing("listener 8883", with: "listener PORT 127.0.0.1")
    let server = try MosquittoServer(config: config, isStarted: false)
    try server.write(
        "bellwether.acl",
        String(contentsOf: examples.appendingPathComponent("bellwether.acl"), encoding: .utf8))
    for (number, user) in ["bellwether", "operator", "homeassistant"].enumerated() {
        let outcome = try ChildProcess(
            "/usr/bin/mosquitto_passwd",
            [number == 0 ? "-c" : "-b"] + (number == 0 ? ["-b"] : [])
                + [
                    server.folder.appendingPathComponent("bellwether.passwd").path, user,
                    "pw-\(user)",
                ]
        ).wait()
        #expect(outcome.status == 0, "\(outcome)")
    }
    try server.start()
    return server
}

@Suite("The example for mosquitto", .serialized, .disabled(if: MosquittoServer.isAbsent, absent))
struct AccessListTests {
    private func options(_ user: String, _ authority: Authority) -> [String] {
        ["-u", user, "-P", "pw-\(user)", "--cafile", authority.path("ca.crt"), "-h", "127.0.0.1"]
    }

    @Test("A05, S14: with TLS, passwords and the access list of etc/, everything passes")
    func allPasses() throws {
        let authority = try Authority()
        let server = try exampleServer(authority: authority)
        var config = TestClient.quick(server.port, id: "your-id")
        config.username = "bellwether"
        config.password = "pw-bellwether"
        config.tls = .init(caFile: authority.path("ca.crt"))
        let client = try TestClient(config) { _ in #"{"status":"ok"}"# }
        for topic in RetainedTopic.allCases { client.client.publish(topic, "{}") }
        client.client.announce(discovery: (topic: "homeassistant/device/b/config", payload: "{}"))
        for (number, kind) in OutgoingEvent.Kind.allCases.enumerated() {
            #expect(client.client.offer(event(number, kind: kind)) == .taken)
        }
        client.client.publish(telemetry: "{}")
        #expect(client.connects())
        #expect(client.settles())
        #expect(client.status.faults.isEmpty)
        #expect(client.delivered.count == OutgoingEvent.Kind.allCases.count)

        let readers = try ["operator", "homeassistant"].map { user in
            try server.subscribe("bellwether/your-id/#", options: options(user, authority))
        }

        let answer = try server.request(
            "bellwether/your-id/request/resume", "{}",
            answerTopic: "bellwether/your-id/response/me", options: options("operator", authority))
        #expect(answer.output.contains(#"{"status":"ok"}"#), "\(answer)")
        try server.publish(
            "bellwether/your-id/request/pause", "{}", options: options("homeassistant", authority))
        #expect(comesTrue { client.requests.map(\.verb) == ["resume", "pause"] })
        #expect(client.settles())
        #expect(client.status.faults.isEmpty)

        // Who reads all that there is hears answers, and no request of another.
        for reader in readers {
            try reader.wait(for: "bellwether/your-id/response/pause")
            reader.kill(SIGTERM)
            let output = try reader.wait().output
            #expect(!output.contains("/request/"), "\(output)")
            #expect(output.contains("bellwether/your-id/state|"), "\(output)")
        }

        // Neither may Home Assistant resume, nor the appliance's own password command it.
        for user in ["homeassistant", "bellwether"] {
            let refused = try server.publish(
                "bellwether/your-id/request/resume", "{}",
                options: ["-V", "5"] + options(user, authority))
            #expect(refused.errors.contains("ot authorized"), "\(refused)")
        }
        try server.publish(
            "bellwether/your-id/request/pause", "{}", options: options("operator", authority))
        #expect(comesTrue { client.requests.map(\.verb) == ["resume", "pause", "pause"] })
    }

    @Test("A05: what the access list does not grant is a fault in status, by topic")
    func refusedTopics() throws {
        let server = try MosquittoServer(
            config: """
                listener PORT 127.0.0.1
                allow_anonymous true
                acl_file FOLDER/acl
                """, isStarted: false)
        try server.write(
            "acl",
            """
            topic write bellwether/box-1/availability
            topic write bellwether/box-1/event/trade
            topic read homeassistant/status
            """)
        try server.start()
        var config = TestClient.quick(server.port)
        config.limits.refusedPause = .milliseconds(100)
        let client = try TestClient(config)
        client.client.publish(.state, "{}")
        #expect(client.client.offer(event(1, kind: .alert)) == .taken)
        #expect(client.client.offer(event(2, kind: .trade)) == .taken)
        #expect(comesTrue { client.delivered == ["e2"] })
        #expect(comesTrue { client.status.faults.count >= 2 })
        let faults = client.status.faults.joined(separator: "\n")
        #expect(faults.contains("bellwether/box-1/state: Not authorized (0x87)"), "\(faults)")
        #expect(faults.contains("bellwether/box-1/event/alert"), "\(faults)")
        // The refused event is kept and passes when it may.
        #expect(client.status.isConnected)
        try server.write("acl", "topic readwrite #")
        try server.restart()
        #expect(comesTrue { client.delivered == ["e2", "e1"] })
        #expect(comesTrue { client.status.faults.isEmpty })
    }
}
