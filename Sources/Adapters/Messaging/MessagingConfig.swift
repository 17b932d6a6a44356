import Glibc

/// Where the broker is, who we are there, and how the connection is kept.
package struct MessagingConfig: Sendable {
    /// How the connection is encrypted and the broker recognised. At least TLS 1.2.
    package struct TLS: Sendable, Equatable {
        /// PEM file of the authorities that may vouch for the broker.
        package var caFile: String?
        /// A folder of them, as `openssl rehash` makes it; used when there is no file.
        package var caFolder: String
        /// PEM files: what the broker recognises us by; both or none.
        package var certificate: String?
        package var key: String?
        /// Takes any certificate: whoever sits between can read and change everything.
        package var isInsecure: Bool

        package init(
            caFile: String? = nil, caFolder: String = "/etc/ssl/certs",
            certificate: String? = nil, key: String? = nil, isInsecure: Bool = false
        ) {
            self.caFile = caFile
            self.caFolder = caFolder
            self.certificate = certificate
            self.key = key
            self.isInsecure = isInsecure
        }
    }

    package var host: String
    package var port: Int
    /// The first level or levels of all our topics.
    package var base: String
    /// The level after it: which appliance this is.
    package var id: String
    /// Must be the same at every start and no one else's: brokers keep one session per client id.
    package var clientID: String
    package var username: String?
    package var password: String?
    /// Seconds; the broker publishes our last will after one and a half times as long a silence.
    package var keepalive: Int
    /// Nil is plain text.
    package var tls: TLS?
    /// Plain text to another machine is refused without this.
    package var plainTextOK: Bool
    /// How many times this appliance has started; travels with birth and will (MQTT 5).
    package var boot: Int64
    /// Where Home Assistant says that it has started.
    package var homeAssistantStatus = "homeassistant/status"
    package var limits = Limits()

    package init(
        host: String = "127.0.0.1", port: Int = 1883, base: String = "bellwether", id: String,
        clientID: String? = nil, username: String? = nil, password: String? = nil,
        keepalive: Int = 30, tls: TLS? = nil, plainTextOK: Bool = false, boot: Int64 = 0
    ) {
        self.host = host
        self.port = port
        self.base = base
        self.id = id
        self.clientID = clientID ?? String("bellwether-\(id)".prefix(65))
        self.username = username
        self.password = password
        self.keepalive = keepalive
        self.tls = tls
        self.plainTextOK = plainTextOK
        self.boot = boot
    }

    /// Bounds of everything that is kept or waited for; each has its overflow rule beside it.
    package struct Limits: Sendable {
        /// Unacknowledged messages: what libmosquitto and most brokers take at once.
        package var inflight = 20
        /// Of those, at most so many events, so that answers and state always find a place.
        package var inflightEvents = 16
        /// Waiting events, those on their way and confirmed ones not taken yet; full: refused.
        package var events = 256
        /// Full: the oldest answer goes, counted.
        package var answers = 64
        /// Full: the oldest message goes, counted.
        package var telemetry = 32
        /// Of the payloads in each of these three.
        package var ringBytes = 1 << 20
        /// A longer payload is refused, counted.
        package var payloadBytes = 1 << 20
        /// A broker that speaks MQTT 5 does not hand us more than that.
        package var packetBytes = 1 << 16
        /// An answer that could not be delivered for so long has nobody waiting for it.
        package var answerLife = Duration.seconds(60)
        /// From TCP connection to the broker's word on it.
        package var handshake = Duration.seconds(20)
        /// A message that is not acknowledged for so long ends the connection.
        package var acknowledgement = Duration.seconds(60)
        /// Refused events are tried again after so long.
        package var refusedPause = Duration.seconds(60)
        /// The first delay between attempts; doubles up to `retryMax`, each drawn from 0 up.
        package var retryFirst = Duration.seconds(1)
        package var retryMax = Duration.seconds(60)
        /// Delays grow on unless the session before stayed up so long.
        package var stableAfter = Duration.seconds(60)
        /// Home Assistant gets its device and the state again after 0 to so long.
        package var homeAssistantDelay = Duration.seconds(10)

        package init() {}
    }

    /// Throws the first thing that is wrong; nothing is opened but the named files.
    package func check() throws(MessagingError) {
        guard Topics.isBase(base) else { throw .badBase(base) }
        guard Topics.isIdentity(id) else { throw .badIdentity(id) }
        guard (1...65).contains(clientID.utf8.count), clientID.utf8.allSatisfy(Self.isClientByte)
        else { throw .badClientID(clientID) }
        guard (1...253).contains(host.utf8.count), host.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { throw .badHost(host) }
        guard (1...65_535).contains(port) else { throw .badPort(port) }
        guard (5...3600).contains(keepalive) else { throw .badKeepalive(keepalive) }
        guard let tls else {
            if !plainTextOK && !Self.isLoopback(host) { throw .plainText(host: host) }
            return
        }
        guard (tls.certificate == nil) == (tls.key == nil) else { throw .halfCertificate }
        for path in [tls.caFile ?? tls.caFolder, tls.certificate, tls.key] {
            guard let path, access(path, R_OK) != 0 else { continue }
            throw .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
    }

    private static func isClientByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }

    /// A name or address that never leaves the machine.
    package static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        var four = in_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            return UInt32(bigEndian: four.s_addr) >> 24 == 127
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        return withUnsafeBytes(of: six) { $0.dropLast().allSatisfy { $0 == 0 } && $0[15] == 1 }
    }
}
