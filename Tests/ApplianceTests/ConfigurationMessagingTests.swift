import Domain
import Foundation
import Testing

@testable import Appliance

@Suite struct ConfigurationMessagingTests {
    struct Row: CustomTestStringConvertible, Sendable {
        /// Words of `--set`, with spaces between them.
        let overrides: String
        let errors: [String]
        let warnings: [String]
        var testDescription: String { overrides }

        init(_ overrides: String, errors: [String] = [], warnings: [String] = []) {
            (self.overrides, self.errors, self.warnings) = (overrides, errors, warnings)
        }
    }

    /// The keys that are blamed.
    private func blamed(_ words: [String]) -> (errors: [String], warnings: [String]) {
        do {
            let loaded = try loadConfiguration(path: nil, overrides: words)
            return ([], loaded.warnings.map { $0.key ?? "" })
        } catch {
            return (error.problems.map { $0.key ?? "" }, error.warnings.map { $0.key ?? "" })
        }
    }

    @Test(
        "S14: plain text off this machine needs TLS, or an explicit word that warns",
        arguments: [
            Row(""),
            Row("mqtt.host=localhost"),
            Row("mqtt.host=127.8.0.1"),
            Row("mqtt.host=::1"),
            Row("mqtt.host=10.0.0.2", errors: ["mqtt.host"]),
            Row("mqtt.host=broker.lan", errors: ["mqtt.host"]),
            Row("mqtt.host=127.0.0.1.example.org", errors: ["mqtt.host"]),
            Row("mqtt.host=127.0.0.256", errors: ["mqtt.host"]),
            Row("mqtt.host=localhost.example.org", errors: ["mqtt.host"]),
            Row("mqtt.host=fe80::1", errors: ["mqtt.host"]),
            Row("mqtt.host=broker.lan mqtt.enabled=false"),
            Row(
                "mqtt.host=broker.lan mqtt.plain_text_ok=true", warnings: ["mqtt.plain_text_ok"]),
            Row("mqtt.host=broker.lan mqtt.tls=true mqtt.port=8883"),
            Row("mqtt.host=broker.lan mqtt.tls=true", warnings: ["mqtt.tls"]),
            Row("mqtt.tls=true mqtt.port=1883", warnings: ["mqtt.port"]),
            Row(
                "mqtt.host=broker.lan mqtt.tls=true mqtt.port=8883 mqtt.insecure=true",
                warnings: ["mqtt.insecure"]),
            Row("mqtt.insecure=true", warnings: ["mqtt.insecure"]),
            Row("mqtt.ca=/etc/ca.pem", warnings: ["mqtt.ca"]),
            Row("mqtt.tls=true mqtt.port=8883 mqtt.cert=/c.pem", errors: ["mqtt.cert"]),
            Row(
                "mqtt.tls=true mqtt.port=8883 mqtt.key_credential=mqtt-key",
                errors: ["mqtt.key_credential"]),
            Row(
                "mqtt.tls=true mqtt.port=8883 mqtt.cert=/c.pem mqtt.key_credential=/k.pem"),
            Row("commands.per_minute_max=121", warnings: ["commands.per_minute_max"]),
        ])
    func plainText(_ row: Row) {
        let found = blamed(row.overrides.split(separator: " ").map(String.init))
        #expect(found.errors == row.errors)
        #expect(found.warnings == row.warnings)
    }

    @Test("S14: the refusal of plain text names both ways out")
    func waysOut() {
        let found = problems(in: "[mqtt]\nhost = \"broker.lan\"")
        #expect(found.count == 1)
        for words in ["2: mqtt.host: ", "mqtt.tls = true", "mqtt.plain_text_ok = true"] {
            #expect(found.first?.contains(words) == true, "\(found)")
        }
    }

    static let wrong = [
        BadConfiguration("[mqtt]\nenabled = 1", "2: mqtt.enabled: must be true or false, is 1"),
        BadConfiguration(
            "[mqtt]\nport = 0", "2: mqtt.port: must be an integer from 1 to 65535, is 0"),
        BadConfiguration(
            "[mqtt]\nport = \"1883\"",
            "2: mqtt.port: must be an integer from 1 to 65535, is \"1883\""),
        BadConfiguration(
            "[mqtt]\nhost = \"\"",
            "2: mqtt.host: must be a host's name or address, without scheme, port or user"),
        BadConfiguration(
            "[mqtt]\nhost = \"mqtt://me:hunter2@box\"",
            "2: mqtt.host: must be a host's name or address, without scheme, port or user"),
        BadConfiguration(
            "[mqtt]\nhost = \"127.0.0.1:1883\"",
            "2: mqtt.host: must be a host's name or address, without scheme, port or user: the "
                + "port is mqtt.port"),
        BadConfiguration(
            "[mqtt]\nbase = \"a//b\"",
            "2: mqtt.base: must be 1 to 4 topic levels of A-Z a-z 0-9 _ -, 64 bytes at most, with "
                + "/ between them, is \"a//b\""),
        BadConfiguration(
            "[mqtt]\nbase = \"a/#\"",
            "2: mqtt.base: must be 1 to 4 topic levels of A-Z a-z 0-9 _ -, 64 bytes at most, with "
                + "/ between them, is \"a/#\""),
        BadConfiguration(
            "[mqtt]\nid = \"Box\"",
            "2: mqtt.id: must be 1 to 32 of a-z 0-9 -, a letter or digit first or \"auto\", is "
                + "\"Box\""),
        BadConfiguration(
            "[mqtt]\nkeepalive = 30",
            "2: mqtt.keepalive: must be a length of time from 5s to 1h, like \"90s\", \"5m\", "
                + "\"2h\" or \"3d\", is 30"),
        BadConfiguration(
            "[mqtt]\ntelemetry_every = \"0s\"",
            "2: mqtt.telemetry_every: must be a length of time from 1s to 1d, like \"90s\", "
                + "\"5m\", \"2h\" or \"3d\", is \"0s\""),
        BadConfiguration(
            "[log]\nlevel = \"verbose\"",
            "2: log.level: must be \"error\", \"warning\", \"notice\", \"info\" or \"debug\", is "
                + "\"verbose\""),
        BadConfiguration(
            "[commands]\nper_minute_max = 0",
            "2: commands.per_minute_max: must be an integer from 1 to 6000, is 0"),
        // What may be a secret is never shown.
        BadConfiguration(
            "[mqtt]\npassword = \"hunter2\"",
            "2: mqtt.password: unknown key; mqtt.password_credential says where it is kept, never "
                + "this file"),
        BadConfiguration(
            "[mqtt]\nkey = \"/k.pem\"",
            "2: mqtt.key: unknown key; mqtt.key_credential says where it is kept, never this file"),
        BadConfiguration(
            "[mqtt]\npassword_credential = \"hunter 2!\"",
            "2: mqtt.password_credential: must be the name of a credential or the absolute path of "
                + "a file, never the secret itself"),
        BadConfiguration(
            "[commands]\nkey_credential = \"s3cret/key\"",
            "2: commands.key_credential: must be the name of a credential or the absolute path of "
                + "a file or \"auto\", never the secret itself"),
    ]

    @Test("S39: one thing wrong is one clear message that shows no secret", arguments: wrong)
    func oneProblem(_ row: BadConfiguration) {
        #expect(problems(in: row.toml) == [row.problem])
    }

    @Test("A14: without a word the broker of this machine is asked, over plain text")
    func defaults() {
        let mqtt = Configuration().mqtt
        #expect(mqtt.enabled && mqtt.host == "127.0.0.1" && mqtt.port == 1883)
        #expect(mqtt.isLoopback && !mqtt.tls && !mqtt.plainTextOK && !mqtt.insecure)
        #expect(mqtt.id == nil && mqtt.username == nil)
        #expect(Configuration().log.level == .info)
        #expect(Configuration().commands.key == nil)
    }

    @Test("Credentials are named, or files by their absolute path")
    func credentials() throws {
        let configuration = try load(
            """
            [mqtt]
            tls = true
            port = 8883
            password_credential = "broker.password"
            cert = "cert.pem"
            key_credential = "/etc/bellwether/key.pem"
            [commands]
            key_credential = "operator_key"
            """
        ).configuration
        #expect(configuration.mqtt.password == .name("broker.password"))
        #expect(configuration.mqtt.cert == "/conf/cert.pem")
        #expect(configuration.mqtt.key == .file("/etc/bellwether/key.pem"))
        #expect(configuration.commands.key == .name("operator_key"))
    }
}
