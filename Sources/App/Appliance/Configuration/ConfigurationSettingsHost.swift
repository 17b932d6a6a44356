import Domain

/// The connection to the MQTT broker. It holds no secret, only where one is kept.
package struct MQTTSettings: Sendable, Equatable {
    package var enabled = true
    /// A name or an address; see `isLoopback`.
    package var host = "127.0.0.1"
    /// 1 to 65535. Brokers use 1883 for plain text and 8883 for TLS.
    package var port = 1883
    /// The first level, or levels, of every topic.
    package var base = "bellwether"
    /// The level below it; nil: the id that was made at the first start, see `deviceID`.
    package var id: String?
    /// Nil: without a name.
    package var username: String?
    /// Read only where `username` is given.
    package var password = CredentialReference.name("mqtt-password")
    package var keepalive = Span(seconds: 30)
    package var tls = false
    /// A file of certificates in PEM, or a folder of them as `c_rehash` makes it; nil: those that
    /// the system trusts.
    package var ca: String?
    /// The certificate, in PEM, that this client shows; nil: none.
    package var cert: String?
    /// The private key to `cert`; nil: none.
    package var key: CredentialReference?
    /// Take any certificate of the broker, whoever signed it and whatever name it bears.
    package var insecure = false
    /// Plain text off this machine is wanted (S14).
    package var plainTextOK = false
    /// The time between two messages of `telemetry`.
    package var telemetryEvery = Span(seconds: 60)
    /// The longest time between two lists of positions.
    package var positionsEvery = Span(seconds: 60)
    /// Tell Home Assistant of this device.
    package var discovery = true
    package var discoveryPrefix = "homeassistant"

    package init() {}

    /// Whether `host` is this machine by its very name, without asking anyone: `localhost`, `::1`
    /// and all of 127.0.0.0/8 (RFC 6761 and RFC 1122).
    package var isLoopback: Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

package struct LogSettings: Sendable, Equatable {
    /// From the fewest messages to the most.
    package enum Level: String, Sendable, CaseIterable { case error, warning, notice, info, debug }

    package var level = Level.info

    package init() {}
}

/// Commands that arrive over MQTT.
package struct CommandSettings: Sendable, Equatable {
    /// The key that signs them; nil: `command.key` in `storage.path`, made at the first start.
    package var key: CredentialReference?
    /// Commands a minute from one client.
    package var perMinuteMax = 30
    /// Commands a minute from all clients together.
    package var totalPerMinuteMax = 120

    package init() {}
}
