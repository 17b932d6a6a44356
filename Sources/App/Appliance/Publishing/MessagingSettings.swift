import Domain
import Messaging
import Primitives

extension MessagingConfig {
    /// - Throws: where a secret that is named is not to be had.
    package init(
        _ configuration: Configuration, _ environment: [String: String], id: String, boot: Int64
    ) throws {
        let mqtt = configuration.mqtt
        let credentials = Credentials(environment: environment, store: configuration.storage.path)
        var password: String?
        if mqtt.username != nil {
            guard let secret = try credentials.read(mqtt.password) else {
                throw MessagingSetupError.absent(
                    key: "mqtt.password_credential",
                    places: credentials.places(for: mqtt.password.text))
            }
            guard let text = secret.text else { throw MessagingSetupError.passwordIsNoText }
            password = text
        }
        self.init(
            host: mqtt.host, port: mqtt.port, base: mqtt.base, id: id, username: mqtt.username,
            password: password, keepalive: Int(mqtt.keepalive.seconds),
            tls: mqtt.tls ? try TLS(mqtt, credentials) : nil, plainTextOK: mqtt.plainTextOK,
            boot: boot)
        homeAssistantStatus = mqtt.discoveryPrefix + "/status"
    }
}

extension MessagingConfig.TLS {
    fileprivate init(_ mqtt: MQTTSettings, _ credentials: Credentials) throws {
        self.init(certificate: mqtt.cert, isInsecure: mqtt.insecure)
        trust(mqtt.ca)
        if let reference = mqtt.key {
            guard let path = try credentials.path(of: reference) else {
                throw MessagingSetupError.absent(
                    key: "mqtt.key_credential", places: credentials.places(for: reference.text))
            }
            key = path
        }
    }
}

/// What keeps MQTT from being set up; a broker that is not there does not.
package enum MessagingSetupError: Error, Sendable, Equatable, CustomStringConvertible {
    case absent(key: String, places: String)
    case passwordIsNoText

    package var description: String {
        switch self {
        case .absent(let key, let places): "\(key): there is no credential \(places)"
        case .passwordIsNoText: "mqtt.password_credential: the password is not UTF-8"
        }
    }
}

extension PublishingSettings {
    init(_ configuration: Configuration) {
        self.init()
        positionsEvery = .seconds(configuration.mqtt.positionsEvery.seconds)
        telemetryEvery = .seconds(configuration.mqtt.telemetryEvery.seconds)
        if case .max = configuration.market.speed { isUnpaced = true }
    }
}
