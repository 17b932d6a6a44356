import TestSupport
import Testing

/// What `ctl --mqtt` takes from the configuration, and what it keeps from other brokers. No broker
/// is asked: a name that ends in `.invalid` is none.
@Suite struct ProcessBrokerChoiceTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var way: [String] = []
        let set: [String]
        let status: Int32
        let says: String
        var testDescription: String { name }
    }

    static let rows = [
        Row(
            name: "a user whose password is not there", set: ["mqtt.username=me"], status: 78,
            says: "mqtt.password_credential"),
        Row(
            name: "a certificate whose key is not there",
            set: ["mqtt.tls=true", "mqtt.cert=/nowhere/me.crt", "mqtt.key_credential=me"],
            status: 78, says: "mqtt.key_credential"),
        Row(
            name: "another broker gets no user and no password",
            way: ["--host", "broker.invalid", "--plain-text-ok"], set: ["mqtt.username=me"],
            status: 69, says: "broker.invalid"),
        Row(
            name: "plain text to another broker, allowed for the configured one alone",
            way: ["--host", "broker.invalid"], set: ["mqtt.plain_text_ok=true"], status: 78,
            says: "--plain-text-ok"),
        Row(
            name: "plain text to the configured broker",
            set: ["mqtt.plain_text_ok=true", "mqtt.host=broker.invalid"], status: 69,
            says: "broker.invalid"),
    ]

    @Test("S14: secrets and leniency of the configuration are for its own broker", arguments: rows)
    func choice(row: Row) throws {
        let folder = try ScratchFolder()
        let settings = (["storage.path=\(folder.path)"] + row.set).flatMap { ["--set", $0] }
        let outcome = try Program.run(
            ["ctl", "--mqtt", "--id", "dev"] + row.way + ["status"] + settings)
        #expect(outcome.status == row.status, "\(outcome)")
        #expect(outcome.errors.contains(row.says), "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
    }
}
