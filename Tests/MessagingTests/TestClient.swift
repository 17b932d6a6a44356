import Domain
import Foundation
import Messaging
import TestSupport

/// A client whose requests are kept, and answered by `answering` where there is one.
final class TestClient: @unchecked Sendable {
    // @unchecked: what the client's thread touches is behind the lock.
    private let lock = NSLock()
    private var taken: [IncomingRequest] = []
    private var confirmed: [String] = []
    private(set) var client: MessagingClient!

    static func quick(_ port: Int, id: String = "box-1") -> MessagingConfig {
        var config = MessagingConfig(port: port, id: id, boot: 7)
        config.limits.retryFirst = .milliseconds(20)
        config.limits.retryMax = .milliseconds(200)
        config.limits.homeAssistantDelay = .milliseconds(50)
        return config
    }

    init(
        _ config: MessagingConfig, isStarted: Bool = true,
        answering: (@Sendable (IncomingRequest) -> String)? = nil
    ) throws {
        client = MessagingClient(
            config: config,
            now: { Timestamp(seconds: 1_800_000_000) },
            onRequest: { [weak self] request in
                guard let self else { return }
                lock.withLock { taken.append(request) }
                if let answering {
                    client.answer(request, verb: request.verb, payload: answering(request))
                }
            },
            onDelivered: { [weak self] in
                guard let self else { return }
                let ids = client.takeDelivered()
                lock.withLock { confirmed += ids }
            })
        if isStarted { try client.start() }
    }

    deinit { client.stop(within: .seconds(2)) }

    var status: MessagingStatus { client.status }
    var requests: [IncomingRequest] { lock.withLock { taken } }
    var delivered: [String] { lock.withLock { confirmed } }

    func connects(seconds: Double = 60) -> Bool {
        comesTrue(seconds: seconds) { status.isConnected && status.queued.retained == 0 }
    }

    /// Everything was acknowledged.
    func settles() -> Bool {
        comesTrue(seconds: 60) {
            let queued = status.queued
            return queued.events == 0 && queued.retained == 0 && queued.answers == 0
                && queued.telemetry == 0 && queued.unacknowledged == 0
        }
    }
}

func event(_ number: Int, kind: OutgoingEvent.Kind = .trade) -> OutgoingEvent {
    OutgoingEvent(id: "e\(number)", kind: kind, payload: #"{"n":\#(number)}"#)
}
