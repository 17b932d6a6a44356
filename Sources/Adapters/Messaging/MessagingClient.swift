// The connection to the MQTT broker.
//
// Values, events, telemetry and answers of the daemon -> bounded queues -> one thread -> the
// broker; requests from the broker -> the handler, unchecked but for their size.
//
// Invariants: no call waits for the broker, the network or the thread; every queue has a bound
// and a rule for when it is full (`Mail`); an event counts as delivered when the broker has
// acknowledged it; at most 20 messages are unacknowledged; after every connection the broker
// gets birth, device and the newest values again; the library's own queue, which has no bound,
// is never used: it gets messages while connected only, and is thrown away with the connection.
import Domain
import Foundation
import Glibc

// @unchecked: what several threads touch is behind `lock`; the rest belongs to the client's thread.
package final class MessagingClient: @unchecked Sendable {
    package let config: MessagingConfig
    let topics: Topics
    let now: @Sendable () -> Timestamp
    let onRequest: @Sendable (IncomingRequest) -> Void
    let onDelivered: @Sendable () -> Void
    let onChange: @Sendable () -> Void

    /// What the thread waits for besides the broker.
    let waker = Waker()
    private let ended = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var mail: Mail
    private var current = MessagingStatus()
    private var isStarted = false
    private var stopBy: ContinuousClock.Instant?

    /// - Parameters:
    ///   - now: the machine's clock, for `since` in `status`.
    ///   - onRequest: gets each message on `request/+`, on the client's thread; must return at once.
    ///   - onDelivered: `takeDelivered` has something; the same thread, the same haste.
    ///   - onChange: connection, error or faults in `status` changed; likewise.
    package init(
        config: MessagingConfig,
        now: @escaping @Sendable () -> Timestamp,
        onRequest: @escaping @Sendable (IncomingRequest) -> Void,
        onDelivered: @escaping @Sendable () -> Void,
        onChange: @escaping @Sendable () -> Void = {}
    ) {
        self.config = config
        self.now = now
        self.onRequest = onRequest
        self.onDelivered = onDelivered
        self.onChange = onChange
        topics = Topics(base: config.base, id: config.id)
        mail = Mail(topics: topics, limits: config.limits)
        current.since = now()
    }

    /// Starts the thread, which connects now and again until `stop`; a broker that is not there is
    /// no error. Throws what is wrong with the configuration or the library.
    package func start() throws(MessagingError) {
        try MessagingLibrary.check()
        try config.check()
        guard MessagingLibrary.isReady else { throw .setup("the library does not start") }
        guard waker.descriptor >= 0 else { throw .setup(String(cString: strerror(EMFILE))) }
        let isFirst = lock.withLock {
            defer { isStarted = true }
            return !isStarted
        }
        precondition(isFirst, "a messaging client starts once")
        let thread = Thread { [self] in
            var loop = ConnectionLoop(client: self)
            loop.run()
            ended.signal()
        }
        thread.name = "mqtt"
        thread.start()
    }

    /// Sends what waits in up to half of the time, then says `offline`, waits for the broker's
    /// word on it and ends the connection and the thread. Called once.
    ///
    /// - Returns: false when the thread had not ended in time: it was in an attempt to connect,
    ///   and ends after it.
    @discardableResult
    package func stop(within time: Duration) -> Bool {
        let deadline = ContinuousClock.now + time
        let isRunning = lock.withLock {
            stopBy = stopBy ?? deadline
            return isStarted
        }
        waker.wake()
        guard isRunning else { return true }
        let parts = time.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        return ended.wait(timeout: .now() + seconds + 0.25) == .success
    }

    // MARK: Messages

    /// The newest value of a retained topic; older ones that were not sent are forgotten.
    package func publish(_ topic: RetainedTopic, _ payload: String) {
        change { $0.publish(topic, payload) }
    }

    /// Takes an event to be delivered at least once; its id comes back in `takeDelivered`.
    ///
    package func offer(_ event: OutgoingEvent) -> OfferAnswer { change { $0.offer(event) } }

    /// The ids of events that the broker has acknowledged since the last call.
    package func takeDelivered() -> [String] { lock.withLock { mail.takeDelivered() } }

    /// At most once; when the broker is slow or away, the oldest are dropped.
    package func publish(telemetry payload: String) { change { $0.publish(telemetry: payload) } }

    /// Answers on `response/<verb>` and, where the request named an allowed topic, there too.
    ///
    /// - Parameter verb: one of our words, not the sender's. Of what is no word of a-z and `-`,
    ///   at most 32 of them, the topic's last level is `unknown`.
    package func answer(_ request: IncomingRequest, verb: String, payload: String) {
        change { $0.answer(request, verb: verb, payload: payload, at: .now) }
    }

    /// The device as Home Assistant finds it: sent when it changed, after every connection and
    /// when Home Assistant has started. Nil takes away one that was announced.
    package func announce(discovery: (topic: String, payload: String)?) {
        change { $0.announce(discovery) }
    }

    /// Takes away a device that an earlier start announced at another topic than this one's.
    package func retire(discovery topic: String) { change { $0.retire(discovery: topic) } }

    /// Topics of retired devices that the broker has emptied since the last call.
    package func takeRemovedDiscoveries() -> [String] { lock.withLock { mail.takeRemoved() } }

    package var status: MessagingStatus {
        lock.withLock {
            var status = current
            status.published = mail.published
            status.dropped = mail.dropped
            status.queued = mail.depths
            return status
        }
    }

    private func change<Result>(_ body: (inout Mail) -> Result) -> Result {
        let (result, isConnected) = lock.withLock { (body(&mail), current.isConnected) }
        if isConnected { waker.wake() }
        return result
    }

    // MARK: For the client's thread

    var stopDeadline: ContinuousClock.Instant? { lock.withLock { stopBy } }

    func withMail<Result>(_ body: (inout Mail) -> Result) -> Result {
        lock.withLock { body(&mail) }
    }

    func withStatus(_ body: (inout MessagingStatus) -> Void) {
        lock.withLock { body(&current) }
    }

    /// The thread lives: at least every 5 s, but for an attempt to connect, which can take minutes.
    func beat() { withStatus { $0.heartbeat = .now } }
}
