/// What keeps the client from being started; all of it is configuration or the machine's library.
package enum MessagingError: Error, Sendable, Equatable, CustomStringConvertible {
    case badBase(String)
    case badIdentity(String)
    case badClientID(String)
    case badHost(String)
    case badPort(Int)
    case badKeepalive(Int)
    /// Credentials and trading data would cross a network readable by all.
    case plainText(host: String)
    /// A certificate without its key or the other way round.
    case halfCertificate
    case unreadable(path: String, reason: String)
    case library(found: MessagingLibrary.Version)
    case setup(String)

    package var description: String {
        switch self {
        case .badBase(let text):
            "mqtt.base is \"\(text)\"; it takes one to four levels of A-Z, a-z, 0-9, _ and -, "
                + "joined by /, at most 64 characters"
        case .badIdentity(let text):
            "mqtt.id is \"\(text)\"; it takes 1 to 64 characters of a-z, 0-9 and -"
        case .badClientID(let text):
            "the MQTT client id is \"\(text)\"; it takes 1 to 65 characters of A-Z, a-z, 0-9, _ "
                + "and -"
        case .badHost(let text): "mqtt.host is \"\(text)\"; it takes a name or an address"
        case .badPort(let port): "mqtt.port is \(port); it takes 1 to 65535"
        case .badKeepalive(let seconds):
            "mqtt.keepalive is \(seconds) s; it takes 5 to 3600 s"
        case .plainText(let host):
            "the broker \(host) is not on this machine and mqtt.tls is off; turn it on, or set "
                + "mqtt.plain_text_ok if the network between is trusted"
        case .halfCertificate: "a client certificate needs both mqtt.cert and mqtt.key"
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .library(let found):
            "libmosquitto \(found) is older than \(MessagingLibrary.minimum), the oldest version "
                + "that is known to work"
        case .setup(let reason): "the MQTT client cannot be set up: \(reason)"
        }
    }
}
