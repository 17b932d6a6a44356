import Domain
import Foundation
import Testing

@testable import Host

@Suite struct MessageCatalogTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The source files of the program, as text.
    private static func sources() throws -> [(path: String, text: String)] {
        let folder = root.appendingPathComponent("Sources").path
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map {
            ($0, try text("Sources/" + $0))
        }
    }

    @Test("A07: every kind of message has an id of its own, for ever, and a help text")
    func unique() throws {
        let kinds = MessageKind.all
        #expect(Set(kinds.map(\.id)).count == kinds.count)
        #expect(Set(kinds.map(\.code)).count == kinds.count)
        #expect(Set(kinds.map(\.subject)).count == kinds.count)
        for kind in kinds {
            #expect(kind.id.wholeMatch(of: /[0-9a-f]{32}/) != nil, "\(kind.code)")
            #expect(kind.help.count > 20 && kind.help.hasSuffix("."), "\(kind.code)")
            #expect(!kind.subject.hasSuffix(".") && kind.subject.count < 76, "\(kind.code)")
        }
        // None that was given a name is forgotten.
        let named = try Self.text("Sources/Adapters/Host/MessageCatalogService.swift")
            .matches(of: /static let \w+ = MessageKind\(/).count
        #expect(MessageKind.ofService.count == named)
    }

    @Test("A07: the catalog that is installed is the one of the code (bellwether message-catalog)")
    func file() throws {
        let file = try Self.text("Packaging/debian/bellwether.catalog")
        let isSame = file == MessageKind.catalog
        #expect(isSame, "bellwether message-catalog > Packaging/debian/bellwether.catalog")
        for line in file.split(separator: "\n") { #expect(line.count <= 76, "\(line)") }
        // A field that stands in a text has the name of one that is written.
        for match in file.matches(of: /@([^@\s]+)@/) {
            #expect(LogField(rawValue: String(match.1)) != nil, "\(match.0)")
        }
    }

    @Test("A07: an alert of any code in the program has a text that says what to do")
    func alerts() throws {
        var codes = Set(HoldCause.allCases.map(\.rawValue))
        let calls = /(?:raise|alert|record|tell)\(\s*"([a-z][a-z-]*)",|Alert\(\s*code: "([a-z-]+)"/
        for (path, text) in try Self.sources() where !path.hasPrefix("Simulation") {
            for match in text.matches(of: calls) {
                if let code = match.1 ?? match.2 { codes.insert(String(code)) }
            }
        }
        #expect(codes.count > 30)
        for code in codes.sorted() {
            #expect(MessageKind.knows(alert: code), "\(code) has no text of its own")
        }
        #expect(MessageKind.alert("no-such-thing") == .alert)
        #expect(MessageKind.alert("unprotected").priority == .critical)
    }

    private static let journalctl = "/usr/bin/journalctl"

    @Test(
        "Expectation 22: journalctl reads the catalog and knows every message of it",
        .enabled(if: access(journalctl, X_OK) == 0, "journalctl is not here"))
    func reading() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "bellwether-catalog-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for name in ["usr/lib/systemd/catalog", "var/lib/systemd/catalog"] {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        try MessageKind.catalog.write(
            to: root.appendingPathComponent("usr/lib/systemd/catalog/bellwether.catalog"),
            atomically: true, encoding: .utf8)
        _ = try run("--root=\(root.path)", "--update-catalog")
        let listed = try run("--root=\(root.path)", "--list-catalog")
        for kind in MessageKind.all {
            #expect(listed.contains("\(kind.id) Bellwether: \(kind.subject)"), "\(kind.code)")
        }
    }

    private func run(_ arguments: String...) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.journalctl)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
