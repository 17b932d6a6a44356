/// Why a connection did not come about, or ended.
enum ConnectionTrouble: Error, Equatable {
    /// errno(3), in words.
    case network(String)
    case library(Int32, String, complaint: String?)
    /// The broker's answer to CONNECT.
    case refused(Int32, MessagingStatus.Wire)
    /// It closed the connection instead of answering CONNECT: a broker of old may do so on MQTT 5.
    case closedUngreeted(MessagingStatus.Wire)
    /// The broker's reason for ending the connection.
    case farewell(Int32)
    /// TCP is open, and nothing comes.
    case noGreeting
    /// A message was not acknowledged for too long.
    case noAcknowledgement
    case setup(MessagingError)
    /// It was our own will.
    case stopped

    /// The broker is older than MQTT 5, or may be: the next attempt finds out.
    var refusesVersion: Bool {
        switch self {
        case .refused(0x84, .mqtt5), .refused(1, .mqtt5), .closedUngreeted(.mqtt5): true
        default: false
        }
    }

    /// The other side closed the connection, or the network did, without a word why.
    var isLoss: Bool {
        switch self {
        case .network, .library: true
        default: false
        }
    }

    /// The other side closed the connection.
    var isClosed: Bool {
        if case .library(Connection.Code.lost, _, _) = self { true } else { false }
    }

    /// Brokers like mosquitto 2.0.11 take a session from one client for another without a word.
    static func rival(_ config: MessagingConfig) -> String {
        "connections to the MQTT broker \(config.host):\(config.port) end soon after they began, "
            + "again and again: does something else use the client id \(config.clientID)?"
    }

    /// A sentence for the person who looks after the appliance.
    func sentence(_ config: MessagingConfig) -> String {
        let place = "\(config.host):\(config.port)"
        switch self {
        case .network(let reason): return "the MQTT broker \(place) is not reached: \(reason)"
        case .library(Connection.Code.unknownName, _, _):
            return "the name of the MQTT broker \(config.host) is not known"
        case .library(Connection.Code.keepalive, _, _):
            return "the MQTT broker \(place) was silent for longer than \(config.keepalive) s"
        case .library(_, let text, let complaint):
            return "the connection to the MQTT broker \(place) failed: \(complaint ?? text)"
        case .refused(let reason, let wire):
            return "the MQTT broker \(place) refuses the connection: \(Self.refusal(reason, wire))"
        case .farewell(0x8E):
            return "the MQTT broker \(place) gave the session to another client: something else "
                + "uses the client id \(config.clientID) (session taken over)"
        case .farewell(let reason):
            return "the MQTT broker \(place) ended the connection: \(Connection.reason(reason))"
        case .closedUngreeted:
            return "\(place) closes the connection instead of answering as an MQTT broker"
        case .noGreeting: return "\(place) takes connections and does not answer as an MQTT broker"
        case .noAcknowledgement:
            return "the MQTT broker \(place) does not acknowledge what it is sent"
        case .setup(let error): return error.description
        case .stopped: return "the connection to the MQTT broker \(place) was closed"
        }
    }

    private static func refusal(_ reason: Int32, _ wire: MessagingStatus.Wire) -> String {
        switch (wire, reason) {
        case (.mqtt311, 1), (_, 0x84): "it does not speak this version of MQTT"
        case (.mqtt311, 2), (_, 0x85): "the client id is not accepted"
        case (.mqtt311, 3), (_, 0x88): "it is not available"
        case (.mqtt311, 4), (_, 0x86): "the user name or the password is wrong"
        case (.mqtt311, 5), (_, 0x87):
            "not authorized; check user name, password and that the access list lets this user "
                + "write its availability topic"
        default: Connection.reason(reason)
        }
    }
}
