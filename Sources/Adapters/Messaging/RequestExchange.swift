import CMosquitto
import Glibc
import Primitives

/// One connection with one request and its answer; used by one thread, thrown away afterwards.
final class RequestExchange {
    /// What the broker says that knows no MQTT 5.
    static let oldBroker = "it does not speak MQTT 5"

    private let handle: OpaquePointer
    private let config: MessagingConfig
    private let wanted: RequestClient.Wanted
    private let wire: MessagingStatus.Wire
    private let requestTopic: String
    private let answerTopic: String
    private let correlation = CommandKey.randomBytes(16)

    // What the callbacks bring, each during a turn of the loop.
    private var greeting: Int32?
    private var granted: Int32?
    private var acknowledged: Int32?
    private var answer: [UInt8]?

    init(
        _ config: MessagingConfig, _ wanted: RequestClient.Wanted, _ wire: MessagingStatus.Wire
    ) throws(RequestClientError) {
        (self.config, self.wanted, self.wire) = (config, wanted, wire)
        let root = "\(config.base)/\(config.id)/"
        let name = "ctl-" + CommandKey.randomBytes(8).map { String($0, radix: 16) }.joined()
        requestTopic = root + "request/" + wanted.verb
        answerTopic = root + "response/" + (wire == .mqtt5 ? name : wanted.verb)
        guard let handle = mosquitto_new(name, true, nil) else {
            throw .setup(.setup(String(cString: strerror(errno))))
        }
        self.handle = handle
        try setUp()
    }

    deinit { mosquitto_destroy(handle) }

    // MARK: - Setting up

    private func did(_ code: Int32) throws(RequestClientError) {
        if code != MOSQ_ERR_SUCCESS.rawValue { throw .setup(.setup(Connection.text(code))) }
    }

    private func setUp() throws(RequestClientError) {
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        let version = wire == .mqtt5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try did(mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, version))
        if config.username != nil || config.password != nil {
            try did(mosquitto_username_pw_set(handle, config.username, config.password))
        }
        if let tls = config.tls {
            let code = tls.apply(to: handle)
            try did(code)
        }
        mosquitto_connect_v5_callback_set(handle) { _, context, reason, _, _ in
            RequestExchange.at(context)?.greeting = reason
        }
        mosquitto_subscribe_v5_callback_set(handle) { _, context, _, count, granted, _ in
            guard count > 0, let granted else { return }
            RequestExchange.at(context)?.granted = granted[0]
        }
        mosquitto_publish_v5_callback_set(handle) { _, context, _, reason, _ in
            RequestExchange.at(context)?.acknowledged = reason
        }
        mosquitto_message_v5_callback_set(handle) { _, context, message, properties in
            guard let message else { return }
            RequestExchange.at(context)?.received(message.pointee, properties)
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> RequestExchange? {
        // The library only calls while `self` is in one of its calls.
        context.map { Unmanaged<RequestExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Others' answers come by, too; a retained one is of another time.
    private func received(_ message: mosquitto_message, _ properties: OpaquePointer?) {
        guard answer == nil, !message.retain, let payload = message.payload,
            message.payloadlen > 0
        else { return }
        let bytes = [UInt8](
            UnsafeRawBufferPointer(start: payload, count: Int(message.payloadlen)))
        if wire == .mqtt5 {
            guard Properties.correlation(in: properties) == correlation else { return }
        } else {
            guard let value = try? JSONReader.read(bytes[...]),
                value["transaction"] == .string(wanted.transaction)
            else { return }
        }
        answer = bytes
    }

    // MARK: - Steps

    func run() throws(RequestClientError) -> [UInt8] {
        let code = mosquitto_connect_bind_v5(
            handle, config.host, Int32(config.port), Int32(config.keepalive), nil, nil)
        let reason = errno
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            throw .unreachable(
                host: config.host, port: config.port,
                reason: code == MOSQ_ERR_ERRNO.rawValue
                    ? String(cString: strerror(reason)) : Connection.text(code))
        }
        defer { mosquitto_disconnect_v5(handle, 0, nil) }
        try greet(try turn { $0.greeting })
        try did(mosquitto_subscribe_v5(handle, nil, answerTopic, 1, 0, nil))
        guard try turn({ $0.granted }) < 0x80 else { throw .denied(topic: answerTopic) }
        try send()
        // MQTT 3.1.1 has no word for what the broker did not like: silence is all there is.
        let taken = try turn { $0.answer == nil ? $0.acknowledged : 0 }
        if taken == MQTT_RC_NO_MATCHING_SUBSCRIBERS.rawValue { throw .absent(topic: requestTopic) }
        guard taken < 0x80 else { throw .denied(topic: requestTopic) }
        return try turn { $0.answer }
    }

    private func greet(_ greeting: Int32) throws(RequestClientError) {
        if greeting == 0 { return }
        if wire == .mqtt5 && (greeting == 1 || greeting == 0x84) {
            throw .refused(reason: Self.oldBroker)
        }
        throw .refused(
            reason: wire == .mqtt5
                ? Connection.reason(greeting) : String(cString: mosquitto_connack_string(greeting)))
    }

    private func send() throws(RequestClientError) {
        let properties = Properties(for: wire)
        properties.addJSON()
        // Nobody waits for what is carried out later.
        properties.addLife(.seconds(wanted.seconds.rounded(.up)))
        properties.addCorrelation(correlation)
        properties.addAnswerTopic(answerTopic)
        var payload = wanted.payload
        let code = payload.withUTF8 {
            mosquitto_publish_v5(
                handle, nil, requestTopic, Int32($0.count), $0.baseAddress, 1, false,
                properties.list)
        }
        try did(code)
    }

    /// Turns the loop until there is a value.
    private func turn<Value>(
        _ value: (RequestExchange) -> Value?
    ) throws(RequestClientError) -> Value {
        while true {
            if let value = value(self) { return value }
            let left = wanted.deadline - .now
            guard left > .zero else { throw .silent(seconds: wanted.seconds) }
            let code = mosquitto_loop(handle, left < .milliseconds(100) ? 10 : 100, 1)
            let reason = errno
            if code == MOSQ_ERR_SUCCESS.rawValue { continue }
            if let value = value(self) { return value }
            // A broker of old may just close on what it does not understand.
            if wire == .mqtt5, greeting == nil, code == MOSQ_ERR_CONN_LOST.rawValue {
                throw .refused(reason: Self.oldBroker)
            }
            throw .broken(
                reason: code == MOSQ_ERR_ERRNO.rawValue
                    ? String(cString: strerror(reason)) : Connection.text(code))
        }
    }
}
