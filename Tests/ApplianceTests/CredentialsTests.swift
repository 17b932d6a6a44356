import Domain
import Foundation
import Testing

@testable import Appliance

@Suite struct CredentialsTests {
    let folder: ConfigurationFolder

    init() throws { folder = try ConfigurationFolder() }

    private var credentials: Credentials {
        Credentials(
            environment: ["CREDENTIALS_DIRECTORY": folder.path + "/service"],
            store: folder.path + "/store")
    }

    @discardableResult
    private func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let file = try folder.write(text, to: name)
        chmod(file, mode)
        return file
    }

    @Test("A09: a credential of the service comes before a file beside the store")
    func order() throws {
        #expect(try credentials.read(.name("pw")) == nil)
        #expect(try credentials.path(of: .name("pw")) == nil)
        let own = try write("own", to: "store/credentials/pw")
        #expect(try credentials.read(.name("pw"))?.text == "own")
        #expect(try credentials.path(of: .name("pw")) == own)
        // The service manager's files are readable by its own means, whatever their mode says.
        let service = try write("service\n", to: "service/pw", mode: 0o440)
        #expect(try credentials.read(.name("pw"))?.text == "service")
        #expect(try credentials.path(of: .name("pw")) == service)
        let without = Credentials(environment: [:], store: folder.path + "/store")
        #expect(try without.read(.name("pw"))?.text == "own")
        let relative = Credentials(
            environment: ["CREDENTIALS_DIRECTORY": "service"], store: folder.path + "/store")
        #expect(try relative.read(.name("pw"))?.text == "own")
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        let content: String
        var mode: mode_t = 0o600
        /// The secret, or words of the refusal.
        var secret: String?
        var refusal = ""
        var testDescription: String { name }
    }

    @Test(
        "A09, S39: a file is read when nobody else may read it, without the line break at its end",
        arguments: [
            Row(name: "plain", content: "s", secret: "s"),
            Row(name: "line break", content: "s e c\n", secret: "s e c"),
            Row(name: "Windows", content: "sec\r\n", secret: "sec"),
            Row(name: "one line break only", content: "sec\n\n", secret: "sec\n"),
            Row(name: "read only", content: "sec", mode: 0o400, secret: "sec"),
            Row(name: "group", content: "sec", mode: 0o640, refusal: "mode is 640: chmod 600"),
            Row(name: "world", content: "sec", mode: 0o604, refusal: "mode is 604"),
            Row(name: "empty", content: "", refusal: "is empty"),
            Row(name: "only a line break", content: "\n", refusal: "is empty"),
            Row(
                name: "largest", content: String(repeating: "x", count: 16_384),
                secret: String(repeating: "x", count: 16_384)),
            Row(
                name: "too large", content: String(repeating: "x", count: 16_385),
                refusal: "larger than 16384"),
        ])
    func files(_ row: Row) throws {
        let file = try write(row.content, to: "file", mode: row.mode)
        do {
            #expect(try credentials.read(.file(file))?.text == row.secret)
            #expect(row.refusal.isEmpty)
        } catch {
            #expect(row.secret == nil && error.description.contains(row.refusal), "\(error)")
            #expect(error.description.contains(file))
            #expect(!"\(error)".contains("sec"))
        }
    }

    @Test("S39: what is no file is refused, and never waited for")
    func noFiles() throws {
        let none = #expect(throws: CredentialError.self) {
            _ = try credentials.read(.file(folder.path + "/none"))
        }
        #expect(none?.description.contains("No such file") == true)
        let isFolder = #expect(throws: CredentialError.self) {
            _ = try credentials.read(.file(folder.path))
        }
        #expect(isFolder == .notAFile(path: folder.path))
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let isPipe = #expect(throws: CredentialError.self) {
            _ = try credentials.read(.file(pipe))
        }
        #expect(isPipe == .notAFile(path: pipe))
        #expect(credentials.places(for: "pw").contains("/service/pw or "))
    }

    @Test("A07: a secret shows itself in no text, dump or mirror")
    func hidden() {
        struct Holder {
            let name = "n"
            let secret = Secret(Array("hunter2".utf8))
        }
        let secret = Holder().secret
        var dumped = ""
        dump(Holder(), to: &dumped)
        for text in [
            "\(secret)", String(reflecting: secret), "\(Holder())", "\(Optional(secret) as Any)",
            "\([secret])", dumped, String(describing: Mirror(reflecting: secret).children.count),
        ] {
            // The bytes as a list and as a dump has them; the address of a type may hold any digits.
            for shown in ["hunter2", "104, 117", "- 104"] {
                #expect(!text.contains(shown), "\(text)")
            }
        }
        #expect("\(secret)" == "<hidden>")
    }

    struct Reference: CustomTestStringConvertible, Sendable {
        let text: String
        let isGood: Bool
        var testDescription: String { text.isEmpty ? "empty" : String(text.prefix(40)) }
    }

    @Test(
        "S39: a credential is named by a plain word or an absolute path",
        arguments: [
            Reference(text: "mqtt-password", isGood: true),
            Reference(text: "a.b_c-1", isGood: true), Reference(text: "/a", isGood: true),
            Reference(text: "", isGood: false), Reference(text: "/", isGood: false),
            Reference(text: "..", isGood: false), Reference(text: ".hidden", isGood: false),
            Reference(text: "a/b", isGood: false), Reference(text: "ä", isGood: false),
            Reference(text: "a b", isGood: false), Reference(text: "/a\0b", isGood: false),
            Reference(text: String(repeating: "a", count: 64), isGood: true),
            Reference(text: String(repeating: "a", count: 65), isGood: false),
        ])
    func references(_ row: Reference) {
        let reference = CredentialReference(row.text)
        #expect((reference != nil) == row.isGood)
        if let reference { #expect(reference.text == row.text) }
    }
}

@Suite struct DeviceIDTests {
    let folder: ConfigurationFolder

    init() throws { folder = try ConfigurationFolder() }

    @Test("A04: the name is made once, kept, and stands in topics as it is")
    func made() throws {
        #expect(try DeviceID.read(folder: folder.path) == nil)
        var configuration = Configuration()
        configuration.storage.path = folder.path
        #expect(try configuration.deviceID() == nil)
        let name = try configuration.madeDeviceID()
        #expect(name.wholeMatch(of: /bw-[a-z0-9]{8}/) != nil)
        #expect(try configuration.madeDeviceID() == name)
        #expect(try configuration.deviceID() == name)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["device-id"])
        configuration.mqtt.id = "other"
        #expect(try configuration.madeDeviceID() == "other")
        #expect(try DeviceID.read(folder: folder.path) == name)
    }

    @Test("Many that make a name at the same time agree")
    func race() async throws {
        let path = folder.path
        let names = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<16 { group.addTask { try? DeviceID.make(folder: path) } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(names.count == 1 && names.first != .some(nil), "\(names)")
    }

    @Test(
        "S39: a damaged name is told, not replaced",
        arguments: ["", "\n", "Box\n", "-a\n", "a b\n", "a\n\n", String(repeating: "a", count: 33)])
    func damaged(_ text: String) throws {
        try folder.write(text, to: "device-id")
        let error = #expect(throws: DeviceIDError.self) {
            _ = try DeviceID.make(folder: folder.path)
        }
        #expect(error == .damaged(path: folder.path + "/device-id"))
    }

    @Test("A name may be given by hand, and a folder that is not there is told")
    func byHand() throws {
        try folder.write("attic", to: "device-id")
        #expect(try DeviceID.make(folder: folder.path) == "attic")
        let error = #expect(throws: DeviceIDError.self) {
            _ = try DeviceID.make(folder: folder.path + "/none")
        }
        #expect(error?.description.contains("cannot be written") == true)
    }
}
