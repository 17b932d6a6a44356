import Domain

/// The tables `mqtt`, `commands` and `log`.
extension ConfigurationSchema {
    static let messaging: [ConfigurationKey] = [
        ConfigurationKey(
            "mqtt.enabled", \.mqtt.enabled, .flag,
            "Whether there is a connection to an MQTT broker; one that is away harms nothing."),
        ConfigurationKey(
            "mqtt.host", \.mqtt.host, .host,
            "The broker's name or address."),
        ConfigurationKey(
            "mqtt.port", \.mqtt.port, .integer(1...65535),
            "The broker's port: mostly 1883 for plain text, 8883 for TLS."),
        ConfigurationKey(
            "mqtt.base", \.mqtt.base, .topic,
            "The first level of every topic."),
        ConfigurationKey(
            "mqtt.id", \.mqtt.id, Codec.device.or("auto"),
            "The second level of every topic, the name of this appliance; \"auto\" is made at the "
                + "first start and never changes."),
        ConfigurationKey(
            "mqtt.username", \.mqtt.username, Codec.username.or("none"),
            "The name that the broker knows this client by."),
        ConfigurationKey(
            "mqtt.password_credential", \.mqtt.password, .credential,
            "Where the password to mqtt.username is kept."),
        ConfigurationKey(
            "mqtt.keepalive", \.mqtt.keepalive,
            .span(Span(seconds: 5)...Span(seconds: 3600)),
            "A broker that hears nothing for one and a half times this says that we are offline."),
        ConfigurationKey(
            "mqtt.tls", \.mqtt.tls, .flag,
            "Whether the connection is encrypted and the broker's certificate verified."),
        ConfigurationKey(
            "mqtt.ca", \.mqtt.ca, Codec.path.or("system"),
            "The certificates, in PEM, that may sign the broker's: a file or a folder."),
        ConfigurationKey(
            "mqtt.cert", \.mqtt.cert, Codec.path.or("none"),
            "The certificate, in PEM, that the broker asks of this client."),
        ConfigurationKey(
            "mqtt.key_credential", \.mqtt.key, Codec.credential.or("none"),
            "Where the private key to mqtt.cert is kept, in PEM."),
        ConfigurationKey(
            "mqtt.insecure", \.mqtt.insecure, .flag,
            "Whether any certificate of the broker will do; for tests only."),
        ConfigurationKey(
            "mqtt.plain_text_ok", \.mqtt.plainTextOK, .flag,
            "Whether a broker on another machine may be spoken to without TLS."),
        ConfigurationKey(
            "mqtt.telemetry_every", \.mqtt.telemetryEvery, .span(second...day), reload: true,
            "The time between two messages of counters and latencies."),
        ConfigurationKey(
            "mqtt.positions_every", \.mqtt.positionsEvery, .span(second...day), reload: true,
            "The list of positions is sent at least this often, besides at every change."),
        ConfigurationKey(
            "mqtt.discovery", \.mqtt.discovery, .flag,
            "Whether Home Assistant is told of this appliance."),
        ConfigurationKey(
            "mqtt.discovery_prefix", \.mqtt.discoveryPrefix, .topic,
            "The first level of the topics at which Home Assistant listens for devices."),
        ConfigurationKey(
            "commands.key_credential", \.commands.key, Codec.credential.or("auto"),
            "Where the key that signs commands is kept; \"auto\" is command.key in storage.path, "
                + "made at the first start."),
        ConfigurationKey(
            "commands.per_minute_max", \.commands.perMinuteMax, .integer(1...6000), reload: true,
            "Commands a minute over MQTT from one client."),
        ConfigurationKey(
            "commands.total_per_minute_max", \.commands.totalPerMinuteMax, .integer(1...6000),
            reload: true, "Commands a minute over MQTT from all clients together."),
        ConfigurationKey(
            "log.level", \.log.level, .choice(), reload: true,
            "The least important messages that are still written."),
    ]
}

extension Codec where T == String {
    /// A DNS name or an address; an IPv6 address without brackets. What is refused is not shown,
    /// as an address with a password in it is a likely mistake.
    static var host: Codec {
        let expectation = "a host's name or address, without scheme, port or user"
        return Codec(
            expectation,
            read: { (value, _) throws(KeyProblems) in
                guard case .string(let text) = value, (1...253).contains(text.utf8.count),
                    text.utf8.allSatisfy({ isWordByte($0) || $0 == 0x2E || $0 == 0x3A })
                else { throw KeyProblems("must be \(expectation)") }
                // One colon is a port, two or more are an IPv6 address.
                guard text.utf8.count(where: { $0 == 0x3A }) != 1 else {
                    throw KeyProblems("must be \(expectation): the port is mqtt.port")
                }
                return text
            }, write: quoted)
    }

    /// One to four levels of a topic.
    static var topic: Codec {
        Codec(
            "1 to 4 topic levels of A-Z a-z 0-9 _ -, 64 bytes at most, with / between them",
            match: { value in
                guard case .string(let text) = value, (1...64).contains(text.utf8.count)
                else { return nil }
                let levels = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
                guard (1...4).contains(levels.count),
                    levels.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isWordByte) })
                else { return nil }
                return text
            }, write: quoted)
    }

    /// The name of an appliance in topics and signed commands.
    static var device: Codec {
        Codec(
            "1 to 32 of a-z 0-9 -, a letter or digit first",
            match: { value in
                guard case .string(let text) = value, DeviceID.isValid(text), text != "auto"
                else { return nil }
                return text
            }, write: quoted)
    }

    static var username: Codec {
        Codec(
            "a name of 1 to 128 bytes",
            match: { value in
                guard case .string(let text) = value, (1...128).contains(text.utf8.count),
                    text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
                else { return nil }
                return text
            }, write: quoted)
    }
}

extension Codec where T == CredentialReference {
    /// Where a secret is. What is refused is not shown: it may be the secret itself.
    static var credential: Codec {
        let expectation = "the name of a credential or the absolute path of a file"
        return Codec(
            expectation, isHidden: true,
            read: { (value, _) throws(KeyProblems) in
                guard case .string(let text) = value, let reference = CredentialReference(text)
                else { throw KeyProblems("must be \(expectation), never the secret itself") }
                return reference
            }, write: { quoted($0.text) })
    }
}

private func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x2D || byte == 0x5F
}
