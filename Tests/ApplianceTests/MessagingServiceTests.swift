import Foundation
import Host
import Messaging
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Appliance

@Suite struct MessagingServiceTests {
    /// A configuration with a password and a key of its own, and no broker.
    private func configuration(_ folder: ScratchFolder) throws -> Configuration {
        var configuration = Configuration()
        configuration.storage.path = folder("store")
        configuration.mqtt.port = 1
        configuration.mqtt.username = "box"
        let credentials = folder("store/credentials")
        try FileManager.default.createDirectory(
            atPath: credentials, withIntermediateDirectories: true)
        try folder.write("correct horse battery\n", to: "store/credentials/mqtt-password")
        chmod(credentials + "/mqtt-password", 0o600)
        return configuration
    }

    @Test("A07: the log knows the password and the key of commands as soon as they are read")
    func secrets() throws {
        let folder = try ScratchFolder()
        let configuration = try configuration(folder)
        let access = try StoreAccess(folder: configuration.storage.path, purpose: "a test")
        let secrets = LogSecrets()
        let messaging = try MessagingService(
            configuration, environment: [:], ledger: access.ledger, boot: 1, inbox: Inbox(),
            secrets: secrets, isQuiet: true, tell: { _, _, _ in })
        defer { messaging.stop() }
        #expect(secrets.hide(in: "login correct horse battery: no") == "login ***: no")
        let keys = try CommandKeyFile(
            folder("store/" + Configuration.commandKeyName)
        ).load()
        let text = try #require(keys.secretTexts.first)
        #expect(text.utf8.count >= 43 && secrets.hide(in: "key \(text)") == "key ***")
        let line = try #require(keys.all.first?.line)
        #expect(!secrets.hide(in: line).contains(text))
        try access.close()
    }

    @Test("A07: a key that replaces another is known to the log too")
    func rotated() throws {
        let folder = try ScratchFolder()
        let secrets = LogSecrets()
        let file = CommandKeyFile(folder("command.key"))
        let source = try CommandKeySource(
            file, makes: true, onKeys: { $0.secretTexts.forEach(secrets.add) },
            onTrouble: { _ in })
        _ = try file.rotate()
        let text = try #require(source.keys.secretTexts.first)
        #expect(try file.load().secretTexts == [text])
        #expect(secrets.hide(in: text) == "***")
        let edwards = try CommandKeys([try CommandKey.mint(.edDSA, kid: "a")])
        let p256 = try CommandKeys([try CommandKey.mint(.es256, kid: "b")])
        #expect(edwards.secretTexts.count == 1 && p256.secretTexts.count == 1)
    }
}
