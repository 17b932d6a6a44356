import Domain
import Foundation
import Messaging
import TestSupport
import Testing

private let absent: Comment = "mosquitto is not installed; Packaging/setup test installs it"

@Suite("A broker in trouble", .serialized, .disabled(if: MosquittoServer.isAbsent, absent))
struct BrokerTroubleTests {
    @Test("A04: a broker that is not there at start is found when it comes")
    func absentAtStart() throws {
        let server = try MosquittoServer(isStarted: false)
        let client = try TestClient(TestClient.quick(server.port))
        client.client.publish(.state, "{}")
        #expect(client.client.offer(event(1)) == .taken)
        #expect(comesTrue { client.status.attempts >= 3 })
        #expect(client.status.lastError?.contains("Connection refused") == true)
        let before = client.status.heartbeat
        #expect(comesTrue { client.status.heartbeat > before })
        try server.start()
        #expect(client.connects())
        #expect(comesTrue { client.delivered == ["e1"] })
        #expect(client.status.lastError == nil)
        #expect(client.status.reconnects == 0)
    }

    @Test(
        "A04, S27: a broker that was gone gets the newest values; no event is lost, memory has bounds"
    )
    func goneAndBack() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        client.client.publish(.weights, #"{"w":0}"#)
        #expect(client.connects())
        try server.stop()
        #expect(comesTrue { !client.status.isConnected })
        let limits = client.client.config.limits
        for number in 1...1_000 {
            client.client.publish(.state, #"{"seq":\#(number)}"#)
            client.client.publish(telemetry: #"{"t":\#(number)}"#)
        }
        let taken = (0..<1_000).prefix { client.client.offer(event($0)) == .taken }.count
        #expect(taken == limits.events)
        let status = client.status
        #expect(status.queued.telemetry == limits.telemetry)
        #expect(status.dropped.telemetry == 1_000 - UInt64(limits.telemetry))
        #expect(status.dropped.events == 1)

        // It comes back with nothing in memory.
        try server.start()
        #expect(client.connects())
        #expect(client.settles())
        #expect(comesTrue { client.delivered.count == taken })
        #expect(client.delivered == (0..<taken).map { "e\($0)" })
        #expect(client.status.reconnects == 1)
        let watcher = try server.subscribe("bellwether/#")
        try watcher.wait(for: #"bellwether/box-1/state|1|{"seq":1000}"#)
        try watcher.wait(for: #"bellwether/box-1/weights|1|{"w":0}"#)
        try watcher.wait(for: "bellwether/box-1/availability|1|online")
    }

    @Test("A05: requests arrive again after a restart of the broker")
    func subscribesAgain() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port)) { _ in "{}" }
        #expect(client.connects())
        try server.restart()
        #expect(comesTrue { client.status.reconnects == 1 && client.status.isConnected })
        let answer = try server.request(
            "bellwether/box-1/request/status", "{}",
            answerTopic: "bellwether/box-1/response/me")
        #expect(answer.status == 0, "\(answer)")
        #expect(client.requests.count == 1)
    }

    @Test("S27: with a broker that stands still every call returns, and what waits has a bound")
    func standsStill() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        server.freeze()
        let large = String(repeating: "x", count: 2_000)
        for number in 0..<5_000 {
            client.client.publish(.positions, "\(number)\(large)")
            client.client.publish(telemetry: "\(number)\(large)")
            _ = client.client.offer(event(number))
        }
        #expect(comesTrue { client.status.queued.unacknowledged > 0 })
        let status = client.status
        let limits = client.client.config.limits
        #expect(status.isConnected)
        #expect(status.queued.unacknowledged <= limits.inflight)
        #expect(status.queued.events <= limits.events)
        #expect(status.queued.telemetry <= limits.telemetry)
        // One that was on its way as the broker stopped may have its word still.
        #expect(status.dropped.events >= 5_000 - UInt64(limits.events + limits.inflight))
        #expect(status.dropped.telemetry > 0)
        server.thaw()
        #expect(client.settles())
        let taken = 5_000 - Int(status.dropped.events)
        #expect(comesTrue { client.delivered.count == taken })
        let watcher = try server.subscribe("bellwether/box-1/positions")
        try watcher.wait(for: "positions|1|4999xxx")
    }

    @Test("A04: a broker that falls silent is given up after the keepalive and found again")
    func fallsSilent() throws {
        let server = try MosquittoServer()
        var config = TestClient.quick(server.port)
        config.keepalive = 5
        let client = try TestClient(config)
        #expect(client.connects())
        server.freeze()
        #expect(comesTrue { !client.status.isConnected })
        #expect(client.status.lastError?.contains("silent for longer than 5 s") == true)
        server.thaw()
        #expect(client.connects())
    }

    @Test("A04: another client with our id is named as the cause")
    func twoWithOneID() throws {
        let server = try MosquittoServer()
        let first = try TestClient(TestClient.quick(server.port))
        #expect(first.connects())
        var config = TestClient.quick(server.port)
        config.limits.stableAfter = .milliseconds(500)
        let second = try TestClient(config)
        for one in [first, second] {
            #expect(
                comesTrue {
                    one.status.faults.contains {
                        $0.contains("use the client id bellwether-box-1?")
                    }
                })
        }
        #expect(first.client.stop(within: .seconds(10)))
        #expect(comesTrue { second.status.isConnected && second.status.faults.isEmpty })
    }

    @Test("A04: stopping without a broker, or in the middle of trying, ends the thread")
    func stopsAlways() throws {
        let server = try MosquittoServer(isStarted: false)
        let client = try TestClient(TestClient.quick(server.port))
        #expect(comesTrue { client.status.attempts >= 1 })
        #expect(client.client.stop(within: .seconds(10)))
        let never = try TestClient(TestClient.quick(server.port), isStarted: false)
        #expect(never.client.stop(within: .seconds(10)))
    }

    @Test("A04: stopping beside a broker that stands still ends in time")
    func stopsBesideSilence() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        server.freeze()
        #expect(client.client.offer(event(1)) == .taken)
        #expect(client.client.stop(within: .seconds(1)))
        server.thaw()
    }

    @Test(
        "S27, S39: many threads at once lose no event and mix up no answer, broker restarts included"
    )
    func manyThreads() throws {
        let server = try MosquittoServer()
        let client = try TestClient(TestClient.quick(server.port))
        #expect(client.connects())
        let threads = 6
        let each = 200
        DispatchQueue.concurrentPerform(iterations: threads + 1) { thread in
            if thread == threads {
                for _ in 0..<2 { try? server.restart() }
                return
            }
            for number in 0..<each {
                let id = thread * each + number
                client.client.publish(.state, #"{"seq":\#(id)}"#)
                client.client.publish(telemetry: "{}")
                let request = IncomingRequest(
                    verb: "status", payload: [], isRetained: false, responseTopic: nil,
                    correlation: nil)
                client.client.answer(request, verb: "status", payload: "{}")
                #expect(comesTrue(seconds: 60) { client.client.offer(event(id)) == .taken })
                _ = client.status
            }
        }
        #expect(comesTrue { client.delivered.count >= threads * each })
        #expect(Set(client.delivered).count == threads * each)
        #expect(client.delivered.count == threads * each)
        #expect(client.status.reconnects >= 1)
    }
}
