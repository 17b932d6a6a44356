import Domain
import Foundation
import Messaging
import TestSupport
import Testing

/// Against a real broker, with a daemon's client on the other side.
@Suite(.serialized, .enabled(if: !MosquittoServer.isAbsent, "mosquitto is not installed"))
struct RequestClientTests {
    private static func ask(
        _ port: Int, _ payload: String = #"{"transaction":"t1"}"#, seconds: Double = 20,
        wire: MessagingStatus.Wire? = nil, user: String? = nil
    ) throws(RequestClientError) -> String {
        var config = MessagingConfig(port: port, id: "box-1")
        if let user { (config.username, config.password) = (user, "open") }
        let bytes = try RequestClient.ask(
            config, verb: "status", payload: payload, transaction: "t1", seconds: seconds,
            wire: wire)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ body: () throws(RequestClientError) -> String)
        -> RequestClientError?
    {
        do throws(RequestClientError) {
            _ = try body()
            return nil
        } catch { return error }
    }

    @Test(
        "A05: a request is answered, by MQTT 5 at a topic of its own, by 3.1.1 by its transaction",
        arguments: [MessagingStatus.Wire.mqtt5, .mqtt311])
    func answered(wire: MessagingStatus.Wire) throws {
        let server = try MosquittoServer()
        let daemon = try TestClient(TestClient.quick(server.port)) { request in
            let own = request.responseTopic?.hasPrefix("bellwether/box-1/response/ctl-") == true
            return #"{"transaction":"t1","own":\#(own),"marked":\#(request.correlation != nil)}"#
        }
        #expect(daemon.connects())
        let watcher = try server.subscribe("bellwether/box-1/response/#")
        // An answer of another's, and one that the broker kept.
        try server.publish("bellwether/box-1/response/status", #"{"transaction":"t0"}"#)
        try server.publish(
            "bellwether/box-1/response/status", #"{"transaction":"t1","old":1}"#, options: ["-r"])
        let isFive = wire == .mqtt5
        #expect(
            try Self.ask(server.port, wire: wire)
                == #"{"transaction":"t1","own":\#(isFive),"marked":\#(isFive)}"#)
        try watcher.wait(for: #""own":\#(isFive)"#)
        #expect(daemon.requests.map(\.verb) == ["status"])
    }

    @Test("Whatever keeps an answer away is named")
    func failures() throws {
        let server = try MosquittoServer()
        let absent = Self.failure { () throws(RequestClientError) in try Self.ask(server.port) }
        #expect(absent == .absent(topic: "bellwether/box-1/request/status"))
        let mute = try TestClient(TestClient.quick(server.port))
        #expect(mute.connects())
        let silent = Self.failure { () throws(RequestClientError) in
            try Self.ask(server.port, seconds: 1)
        }
        #expect(silent == .silent(seconds: 1))
        try server.stop()
        let unreachable = Self.failure { () throws(RequestClientError) in
            try Self.ask(server.port)
        }
        guard case .unreachable = unreachable else {
            Issue.record("\(String(describing: unreachable))")
            return
        }
        let plain = Self.failure { () throws(RequestClientError) in
            let config = MessagingConfig(host: "broker.example", id: "box-1")
            return try String(
                decoding: RequestClient.ask(
                    config, verb: "status", payload: "{}", transaction: "t", seconds: 1),
                as: UTF8.self)
        }
        #expect(plain == .setup(.plainText(host: "broker.example")))
    }

    @Test("A broker that takes no word at all does not hold the caller for longer than asked")
    func frozen() throws {
        let server = try MosquittoServer()
        server.freeze()
        defer { server.thaw() }
        let began = ContinuousClock.now
        let error = Self.failure { () throws(RequestClientError) in
            try Self.ask(server.port, seconds: 1)
        }
        #expect(error == .silent(seconds: 1))
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test("What the broker's access list forbids is said, as is a wrong password")
    func denied() throws {
        let server = try MosquittoServer(
            config: """
                listener PORT 127.0.0.1
                allow_anonymous false
                password_file FOLDER/passwords
                acl_file FOLDER/acl
                """, isStarted: false)
        try server.write("passwords", "")
        for user in ["reader", "stranger"] {
            let made = try ChildProcess(
                "/usr/bin/mosquitto_passwd",
                ["-b", server.folder.appendingPathComponent("passwords").path, user, "open"]
            ).wait(seconds: 30)
            #expect(made.status == 0)
        }
        try server.write("acl", "user reader\ntopic read bellwether/box-1/#\n")
        try server.start()
        let reader = Self.failure { () throws(RequestClientError) in
            try Self.ask(server.port, user: "reader")
        }
        #expect(reader == .denied(topic: "bellwether/box-1/request/status"))
        let nobody = Self.failure { () throws(RequestClientError) in
            try Self.ask(server.port, user: "nobody")
        }
        guard case .refused = nobody else {
            Issue.record("\(String(describing: nobody))")
            return
        }
    }
}
