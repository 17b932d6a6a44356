// One connection of libmosquitto, from TCP to the end; used by one thread, thrown away afterwards.
//
// Blocking connect, then `mosquitto_loop`: with the library's own thread or its asynchronous
// connect, 2.0.11 to 2.0.21 never reach a broker that was down at first, or burn a core. A new
// handle for each connection, because the library keeps messages that it failed to send.
// Callbacks only copy; `turn` hands over what they copied.
import CMosquitto
import Glibc

final class Connection {
    /// What came in during one turn, in the order of its kind.
    struct News {
        /// The broker's answer to CONNECT: 0 is yes.
        var greeting: Int32?
        var acknowledged: [(number: Int32, reason: Int32)] = []
        var subscribed: [(number: Int32, reason: Int32)] = []
        var messages: [Message] = []
        /// The broker's reason for ending the connection (MQTT 5).
        var farewell: Int32?
    }

    struct Message {
        let topic: String
        /// One byte more than a request may have, at most.
        let payload: [UInt8]
        let isRetained: Bool
        let responseTopic: String?
        let correlation: [UInt8]?
    }

    enum Handover {
        case taken(Int32)
        /// Never passes as it is.
        case refused(String)
        case lost(Int32)
    }

    private let handle: OpaquePointer
    private let config: MessagingConfig
    private let topics: Topics
    let speaks: MessagingStatus.Wire
    private var news = News()
    private(set) var subscriptions: [Int32: String] = [:]
    /// The library's last word on an error: what OpenSSL did not like, for instance.
    private(set) var complaint: String?

    init(
        _ config: MessagingConfig, topics: Topics, speaks: MessagingStatus.Wire
    ) throws(MessagingError) {
        self.config = config
        self.topics = topics
        self.speaks = speaks
        guard let handle = mosquitto_new(config.clientID, true, nil) else {
            throw .setup(String(cString: strerror(errno)))
        }
        self.handle = handle
        try setUp()
    }

    deinit {
        // Nothing may call back into what is going away.
        mosquitto_log_callback_set(handle, nil)
        mosquitto_disconnect_v5_callback_set(handle, nil)
        mosquitto_publish_v5_callback_set(handle, nil)
        mosquitto_destroy(handle)
    }

    // MARK: Setting up

    private func setUp() throws(MessagingError) {
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        // Publications are queued for the next turn instead of being written at once.
        try did(mosquitto_threaded_set(handle, true))
        let version = speaks == .mqtt5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try did(mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, version))
        try did(
            mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, Int32(config.limits.inflight)))
        if config.username != nil || config.password != nil {
            try did(mosquitto_username_pw_set(handle, config.username, config.password))
        }
        let properties = Properties(for: speaks)
        properties.addBoot(config.boot)
        // The library keeps the list when it takes it.
        try did(
            mosquitto_will_set_v5(
                handle, topics.availability, 7, "offline", 1, true, properties.list))
        properties.forget()
        if let tls = config.tls {
            let code = tls.apply(to: handle)
            try did(code)
        }
        setCallbacks()
    }

    private func did(_ code: Int32) throws(MessagingError) {
        if code != Code.success { throw .setup(Self.text(code)) }
    }

    private func setCallbacks() {
        mosquitto_connect_v5_callback_set(handle) { handle, context, reason, _, _ in
            Connection.at(context)?.greeted(reason)
        }
        mosquitto_disconnect_v5_callback_set(handle) { _, context, reason, _ in
            if reason >= 0x80 { Connection.at(context)?.news.farewell = reason }
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, number, reason, _ in
            Connection.at(context)?.news.acknowledged.append((number, reason))
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, context, number, count, granted, _ in
            guard count > 0, let granted else { return }
            Connection.at(context)?.news.subscribed.append((number, granted[0]))
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
            guard let message else { return }
            Connection.at(context)?.received(message.pointee, properties)
        }
        mosquitto_log_callback_set(handle) { _, context, level, text in
            guard level == Int32(MOSQ_LOG_ERR), let text else { return }
            Connection.at(context)?.complaint = String(String(cString: text).prefix(200))
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> Connection? {
        // The library only calls while `self` is in one of its calls.
        context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Callbacks

    private func greeted(_ reason: Int32) {
        news.greeting = reason
        guard reason == 0 else { return }
        // None of what was kept, told which are, none of our own.
        let options =
            MQTT_SUB_OPT_SEND_RETAIN_NEVER.rawValue | MQTT_SUB_OPT_RETAIN_AS_PUBLISHED.rawValue
            | MQTT_SUB_OPT_NO_LOCAL.rawValue
        for (topic, quality) in [(topics.requests, Int32(1)), (config.homeAssistantStatus, 0)] {
            var number: Int32 = 0
            let code = mosquitto_subscribe_v5(
                handle, &number, topic, quality, speaks == .mqtt5 ? Int32(options) : 0, nil)
            if code == Code.success { subscriptions[number] = topic }
        }
    }

    private func received(_ message: mosquitto_message, _ properties: OpaquePointer?) {
        guard let topic = message.topic else { return }
        let size = min(max(0, Int(message.payloadlen)), IncomingRequest.sizeMax + 1)
        let payload = message.payload.map {
            [UInt8](UnsafeRawBufferPointer(start: $0, count: size))
        }
        news.messages.append(
            Message(
                topic: String(String(cString: topic).prefix(512)), payload: payload ?? [],
                isRetained: message.retain,
                responseTopic: Properties.responseTopic(in: properties),
                correlation: Properties.correlation(in: properties)))
    }

    // MARK: Steps

    /// Waits for TCP, at most for the system's patience with it, and sends the first bytes.
    ///
    /// - Returns: why it failed.
    func connect() -> ConnectionTrouble? {
        let properties = Properties(for: speaks)
        properties.addPacketMaximum(config.limits.packetBytes)
        let code = mosquitto_connect_bind_v5(
            handle, config.host, Int32(config.port), Int32(config.keepalive), nil, properties.list)
        let reason = errno
        return code == Code.success ? nil : trouble(code, errno: reason)
    }

    /// Waits for the broker, the waker or the time, then reads, writes and pings.
    ///
    /// - Returns: what came in, and why the connection has ended if it has.
    func turn(_ waker: borrowing Waker, milliseconds: Int32) -> (News, ConnectionTrouble?) {
        let socket = mosquitto_socket(handle)
        if socket >= 0 {
            let writes = mosquitto_want_write(handle) ? Int16(POLLOUT) : 0
            var watched = [
                pollfd(fd: socket, events: Int16(POLLIN) | writes, revents: 0),
                pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&watched, 2, milliseconds)
            if watched[1].revents != 0 { waker.clear() }
        }
        let code = mosquitto_loop(handle, 0, 1)
        let reason = errno
        defer { news = News() }
        return (news, code == Code.success ? nil : trouble(code, errno: reason))
    }

    /// The library has bytes that the socket does not take.
    var isBusy: Bool { mosquitto_want_write(handle) }

    func publish(_ parcel: Parcel) -> Handover {
        let properties = Properties(for: speaks)
        switch parcel.kind {
        case .availability: properties.addBoot(config.boot)
        case .answer(let answer):
            properties.addJSON()
            properties.addLife(config.limits.answerLife)
            properties.addCorrelation(answer.correlation)
        case .discovery, .retained, .event, .telemetry: properties.addJSON()
        }
        var number: Int32 = 0
        var payload = parcel.payload
        let code = payload.withUTF8 {
            mosquitto_publish_v5(
                handle, &number, parcel.topic, Int32($0.count), $0.baseAddress, parcel.quality,
                parcel.isRetained, properties.list)
        }
        switch code {
        case Code.success: return .taken(number)
        case MOSQ_ERR_OVERSIZE_PACKET.rawValue, MOSQ_ERR_PAYLOAD_SIZE.rawValue:
            // Without the size: the same sentence each time is told once.
            return .refused("it takes no message of that size")
        case MOSQ_ERR_RETAIN_NOT_SUPPORTED.rawValue, MOSQ_ERR_QOS_NOT_SUPPORTED.rawValue,
            MOSQ_ERR_MALFORMED_UTF8.rawValue, MOSQ_ERR_INVAL.rawValue,
            MOSQ_ERR_MALFORMED_PACKET.rawValue, MOSQ_ERR_DUPLICATE_PROPERTY.rawValue:
            return .refused(Self.text(code))
        default: return .lost(code)
        }
    }

    /// Tells the broker that this end is meant, so that it forgets the will.
    func disconnect() { mosquitto_disconnect_v5(handle, 0, nil) }

    private func trouble(_ code: Int32, errno reason: Int32) -> ConnectionTrouble {
        if code == MOSQ_ERR_ERRNO.rawValue {
            return .network(String(cString: strerror(reason)))
        }
        return .library(code, Self.text(code), complaint: complaint)
    }

    static func text(_ code: Int32) -> String { String(cString: mosquitto_strerror(code)) }
    static func reason(_ code: Int32) -> String {
        String(cString: mosquitto_reason_string(code)) + " (0x" + String(code, radix: 16) + ")"
    }

    enum Code {
        static let success = MOSQ_ERR_SUCCESS.rawValue
        static let keepalive = MOSQ_ERR_KEEPALIVE.rawValue
        static let lost = MOSQ_ERR_CONN_LOST.rawValue
        static let tls = MOSQ_ERR_TLS.rawValue
        static let unknownName = MOSQ_ERR_EAI.rawValue
    }
}
