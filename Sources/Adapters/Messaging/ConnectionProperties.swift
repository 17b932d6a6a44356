import CMosquitto
import Glibc

/// A list of MQTT 5 properties; always empty when the connection speaks 3.1.1, which has none.
final class Properties {
    private(set) var list: OpaquePointer?
    private let isUsed: Bool

    init(for wire: MessagingStatus.Wire) { isUsed = wire == .mqtt5 }

    deinit { mosquitto_property_free_all(&list) }

    /// The library owns the list now.
    func forget() { list = nil }

    func addJSON() {
        guard isUsed else { return }
        mosquitto_property_add_byte(&list, Int32(MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue), 1)
        mosquitto_property_add_string(
            &list, Int32(MQTT_PROP_CONTENT_TYPE.rawValue), "application/json")
    }

    /// How long a message is worth to be delivered.
    func addLife(_ life: Duration) {
        guard isUsed else { return }
        mosquitto_property_add_int32(
            &list, Int32(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue),
            UInt32(clamping: max(1, life.components.seconds)))
    }

    func addCorrelation(_ bytes: [UInt8]?) {
        guard isUsed, let bytes else { return }
        mosquitto_property_add_binary(
            &list, Int32(MQTT_PROP_CORRELATION_DATA.rawValue), bytes, UInt16(clamping: bytes.count))
    }

    /// Where the answer is wanted.
    func addAnswerTopic(_ topic: String) {
        guard isUsed else { return }
        mosquitto_property_add_string(
            &list, Int32(MQTT_PROP_RESPONSE_TOPIC.rawValue), topic)
    }

    func addBoot(_ boot: Int64) {
        guard isUsed else { return }
        mosquitto_property_add_string_pair(
            &list, Int32(MQTT_PROP_USER_PROPERTY.rawValue), "boot", String(boot))
    }

    func addPacketMaximum(_ bytes: Int) {
        guard isUsed else { return }
        mosquitto_property_add_int32(
            &list, Int32(MQTT_PROP_MAXIMUM_PACKET_SIZE.rawValue), UInt32(clamping: bytes))
    }

    /// At most 256 bytes of text, else nil.
    static func responseTopic(in list: OpaquePointer?) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard let list,
            mosquitto_property_read_string(
                list, Int32(MQTT_PROP_RESPONSE_TOPIC.rawValue), &text, false) != nil,
            let text
        else { return nil }
        defer { free(text) }
        return strlen(text) <= 256 ? String(cString: text) : nil
    }

    /// At most 1 kB, else nil: half of it would be of no use to anybody.
    static func correlation(in list: OpaquePointer?) -> [UInt8]? {
        var bytes: UnsafeMutableRawPointer?
        var count: UInt16 = 0
        guard let list,
            mosquitto_property_read_binary(
                list, Int32(MQTT_PROP_CORRELATION_DATA.rawValue), &bytes, &count, false) != nil
        else { return nil }
        defer { free(bytes) }
        guard count <= 1_024 else { return nil }
        return bytes.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: Int(count))) } ?? []
    }
}
