// MQTT in one piece, as the loop sees it: the connection, what is published, what is asked.
//
// Configuration, ledger, inbox -> a running client. The loop's thread calls `look` at every turn;
// requests come on the client's thread and go to the inbox. A broker that is not there is a state
// of a component, told once, and never a reason to trade otherwise.
import Backtest
import Domain
import Engine
import Host
import Messaging
import Primitives
import Storage
import Synchronization

package final class MessagingService {
    /// Says something to the log: a kind, a sentence, fields.
    package typealias Tell = @Sendable (MessageKind, String, [LogField: String]) -> Void

    package let boot: Int64
    package let publisher: Publisher
    private let client: MessagingClient
    private let desk: RequestDesk
    private let place: String
    private let tell: Tell
    private let started = ContinuousClock.now
    /// Of the newest message on `state`.
    private(set) var sequence: Int64 = 0
    /// What the log was told last; nil before anything is known.
    private var toldConnected: Bool?
    private var toldReconnects: UInt64 = 0
    private var toldFaults = ToldFaults()
    private var toldStandstill = false
    private let ledger: LedgerStore
    private var devices: DeviceMemory
    /// The client's thread may be silent for so long: an attempt to connect is one step, that TCP
    /// gives minutes for each address of the broker.
    private static let stillMax = Duration.seconds(1_800)

    /// Reads the secrets, makes the key of commands at the first start, and connects.
    ///
    /// - Parameters:
    ///   - environment: of the process: where systemd put the credentials.
    ///   - secrets: told every one that is read, now and later.
    ///   - isQuiet: a broker that was never there is not spoken of: at a terminal nobody waits for
    ///     it.
    package init(
        _ configuration: Configuration, environment: [String: String], ledger: LedgerStore,
        boot: Int64, inbox: Inbox, secrets: LogSecrets, isQuiet: Bool, tell: @escaping Tell
    ) throws {
        let id = try configuration.madeDeviceID()
        self.boot = boot
        self.tell = tell
        toldConnected = isQuiet ? false : nil
        place = "\(configuration.mqtt.host):\(configuration.mqtt.port)"
        let config = try MessagingConfig(configuration, environment, id: id, boot: boot)
        if let password = config.password { secrets.add(password) }
        let port = RequestPort()
        client = MessagingClient(
            config: config,
            now: { wallTime() },
            onRequest: { port.take($0) },
            // The next look, a second later at most, is early enough: nobody waits for it.
            onDelivered: {})
        let keys = try CommandKeySource(
            try configuration.commandKeyFile(environment: environment),
            makes: configuration.makesCommandKey,
            onKeys: { $0.secretTexts.forEach(secrets.add) },
            onTrouble: {
                tell(.warning, "\($0); no signed command holds until that is mended", [:])
            })
        desk = RequestDesk(
            RequestGate.Config(deviceID: id, commands: configuration.commands), keys: keys,
            inbox: inbox,
            // Where the clock is watched, it is trusted from the first look on.
            distrust: configuration.clock.gate == .on ? "nobody has looked at it yet" : nil,
            answer: { [weak client] in client?.answer($0, verb: $1, payload: $2) },
            onRefusal: { report in
                let more = report.unreported > 0 ? "; \(report.unreported) more before it" : ""
                tell(
                    .commandRefused,
                    "\(report.verb) of \(report.client) refused as \(report.code.rawValue): "
                        + report.message + more,
                    [.verb: report.verb, .by: "mqtt:\(report.client)", .code: report.code.rawValue])
            })
        port.desk.withLock { [desk] in $0 = desk }
        publisher = Publisher(
            outlet: client, outbox: ledger,
            recorder: EventRecorder(
                boot: boot, tally: try ledger.publishedTally(),
                weights: try ledger.newestWeights()
            ) { id in
                (try? ledger.explanation(of: id.text))?.map { OrderOutline($0.intent) }
            },
            settings: PublishingSettings(configuration))
        self.ledger = ledger
        let device = HomeAssistantDevice(
            id: id, base: configuration.mqtt.base, prefix: configuration.mqtt.discoveryPrefix)
        let isAnnounced = configuration.mqtt.discovery
        devices = try DeviceMemory(ledger, current: isAnnounced ? device.topic : nil)
        for topic in devices.old { client.retire(discovery: topic) }
        if isAnnounced { client.announce(discovery: (device.topic, device.payload.compact)) }
        try client.start()
    }

    /// Counts the start and, where MQTT is not switched off, makes the connection.
    ///
    /// - Parameter complain: writes a line to whoever started the program at a terminal.
    package static func open(
        _ configuration: Configuration, environment: [String: String], ledger: LedgerStore,
        service: DaemonService, inbox: Inbox, complain: @escaping @Sendable (String) -> Void
    ) throws -> MessagingService? {
        let boot = try ledger.nextBoot()
        guard configuration.mqtt.enabled else { return nil }
        let log = service.log
        // Its thread is none of those whose standstill restarts the service: trading does not need
        // it. `component` and the log tell of it.
        let messaging = try MessagingService(
            configuration, environment: environment, ledger: ledger, boot: boot, inbox: inbox,
            secrets: log.sink.secrets, isQuiet: !log.isService
        ) { kind, text, fields in
            if log.isService { log(kind, text, fields) } else { complain(text) }
        }
        service.showMessaging { [weak messaging] in messaging?.component.word }
        service.onTakeUp = { [weak messaging] in messaging?.takeUp($0) }
        return messaging
    }

    // MARK: - The loop's thread

    /// Publishes what is due; cheap where nothing is.
    func look<Feed>(_ runner: LiveRunner<Feed>) {
        let now = ContinuousClock.now
        guard publisher.isDue(now) else { return }
        watch(now)
        let time = runner.loop.engine.now
        publisher.tick(
            PublishedView(
                engine: runner.loop.engine, time: time, mark: runner.stateMark), now: now
        ) {
            var report = runner.status(at: time)
            sequence += 1
            report.seq = sequence
            return report.json
        }
        guard publisher.wantsTelemetry(now: now) else { return }
        var figures = TelemetryFigures()
        figures.boot = boot
        let uptime = now - started
        figures.uptimeSeconds = Double(uptime.components.seconds)
        figures.engine = runner.loop.engine.counters
        figures.commits = runner.journal.ledger.statistics.commits
        figures.commit = runner.journal.latency
        figures.control = runner.controlCounters?()
        figures.refusedOverMQTT = desk.counters.refused.filter { $0.count > 0 }
            .map { (code: $0.code, count: Int64(clamping: $0.count)) }
        figures.process = .read()
        publisher.publish(figures, now: now)
    }

    /// One line for each change of the connection, not for each attempt.
    private func watch(_ now: ContinuousClock.Instant) {
        let status = client.status
        if status.isConnected, toldConnected != true || toldReconnects != status.reconnects {
            // Between two looks it may have been gone and come back.
            let again = status.reconnects > 0 ? "again " : ""
            let word = status.speaks.map { " with MQTT \($0.rawValue)" } ?? ""
            tell(.mqttUp, "connected \(again)to the MQTT broker at \(place)\(word)", [:])
            (toldConnected, toldReconnects) = (true, status.reconnects)
            tellDropped()
        } else if !status.isConnected, toldConnected != false, let error = status.lastError {
            toldConnected = false
            tell(.mqttDown, "no connection to the MQTT broker at \(place): \(error)", [:])
        }
        for fault in toldFaults.news(status.faults, at: now) { tell(.mqttRefused, fault, [:]) }
        let standstill = Self.standstill(since: status.heartbeat, at: now)
        if let standstill, !toldStandstill { tell(.mqttDown, standstill, [:]) }
        toldStandstill = standstill != nil
        devices.removed(client.takeRemovedDiscoveries())
        if let lost = publisher.courier.takeGivenUp() {
            tell(
                .warning,
                "not published, and taken out of the outbox: \(lost.count) event(s) from \(lost.id) "
                    + "on: \(lost.reason)", [:])
        }
    }

    /// Events that were too many to wait for this connection, also if an earlier start dropped them.
    private func tellDropped() {
        guard let dropped = ledger.counts?.dropped else { return }
        let told = (try? ledger.memo(.toldDropped)).flatMap { $0 }.flatMap { Int64($0) } ?? 0
        guard dropped > told else { return }
        tell(
            .warning,
            "\(dropped - told) events were dropped from the outbox, the oldest, because too many "
                + "waited for the MQTT broker; the ledger still has what they told of", [:])
        // What cannot be remembered is told once more.
        try? ledger.remember(.toldDropped, "\(dropped)")
    }

    /// Nil: the client's thread has shown a sign of life lately enough.
    static func standstill(
        since heartbeat: ContinuousClock.Instant, at now: ContinuousClock.Instant
    ) -> String? {
        let stillness = now - heartbeat
        guard stillness > stillMax else { return nil }
        return "the thread of the MQTT connection has not moved for "
            + "\(stillness.components.seconds / 60) minutes; only a restart of Bellwether mends that"
    }

    /// Ok, down, or refused: the last is a fault of the configuration that somebody has to mend.
    package var component: MessagingComponent {
        let status = client.status
        if let detail = Self.standstill(since: status.heartbeat, at: .now) {
            return MessagingComponent(health: .refused, detail: detail, since: status.since)
        }
        if let fault = status.faults.first {
            return MessagingComponent(health: .refused, detail: fault, since: status.since)
        }
        if status.isConnected {
            return MessagingComponent(health: .ok, detail: nil, since: status.since)
        }
        return MessagingComponent(
            health: .down, detail: status.lastError ?? "not connected yet", since: status.since)
    }

    /// The keys that a reload brings into force: the pace of what is published, the rates of
    /// commands.
    package func takeUp(_ configuration: Configuration) {
        publisher.settings = PublishingSettings(configuration)
        desk.take(configuration.commands)
    }

    /// What the clock watch says, for the time in signed commands.
    package func take(_ condition: HostCondition) {
        if case .clock(let distrust) = condition { desk.take(clockDistrust: distrust) }
    }

    /// Sends what waits, then `offline`; what is delivered by then is not sent again.
    package func stop() {
        client.stop(within: .seconds(3))
        publisher.close()
        devices.removed(client.takeRemovedDiscoveries())
    }
}

/// Where the client's thread finds the desk, which is made after the client.
private final class RequestPort: Sendable {
    let desk = Mutex<RequestDesk?>(nil)

    func take(_ request: IncomingRequest) { desk.withLock { $0 }?.take(request) }
}

/// How the connection is, as `status` tells it.
package struct MessagingComponent: Sendable, Equatable {
    package enum Health: String, Sendable { case ok, down, refused, disabled }

    let health: Health
    let detail: String?
    let since: Timestamp?

    package static let disabled = MessagingComponent(health: .disabled, detail: nil, since: nil)

    /// For the status line.
    package var word: String {
        switch health {
        case .ok: "mqtt up"
        case .down: "mqtt down"
        case .refused: "mqtt refused"
        case .disabled: "mqtt off"
        }
    }
}
