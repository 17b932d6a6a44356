import Foundation
import Testing

/// As `#expect`, but a failure shows the sentence only and not the whole text that was searched.
private func expect(
    _ condition: Bool, _ sentence: String, location: SourceLocation = #_sourceLocation
) {
    if !condition { Issue.record("\(sentence)", sourceLocation: location) }
}

@Suite struct StyleTests {
    static let swift = SourceTree.swiftFiles(under: ["Sources", "Tests"])
    static let sources = SourceTree.swiftFiles(under: ["Sources"])

    /// Files of words, code and settings; golden data and recorded input are no prose.
    static let texts = SourceTree.files.filter { file in
        let data = [".csv", ".json", ".jsonl", ".png", ".gz", ".onnx", ".safetensors", ".db"]
        return !data.contains { file.hasSuffix($0) }
    }

    @Test("A stranger finds nothing unexpected at the top of the tree")
    func topLevel() {
        let allowed: Set<String> = [
            ".ci", ".editorconfig", ".gitignore", ".swift-format", "LICENSE", "Package.swift",
            "Packaging", "README.md", "Sources", "Tests", "etc", "man",
        ]
        #expect(SourceTree.topLevel.subtracting(allowed).isEmpty)
        for name in ["LICENSE", "Package.swift", "README.md"] {
            let present = SourceTree.topLevel.contains(name)
            #expect(present, "\(name) is missing")
        }
    }

    @Test("A file of code holds one concept: at most 500 lines")
    func length() {
        for file in Self.swift {
            #expect(file.lines.count <= 501, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test("Nothing is left to do, and nothing gives up at run time")
    func unfinished() throws {
        // Put together here, so that this file does not hold the words themselves.
        let words = ["TO" + "DO", "FIX" + "ME"]
        for path in Self.texts {
            for word in words {
                expect(!holds(SourceTree.text(path), word: word), "\(path) holds \(word)")
            }
        }
        let endings = try Regex(#"\bfatalError\b|\bunimplemented\b|\babort\(\)"#)
        for file in Self.sources {
            let places = file.places(of: endings)
            #expect(places.isEmpty, "\(places.joined(separator: "\n"))")
        }
    }

    @Test("Lines end clean: no tabs, no trailing spaces, one newline at the end")
    func whitespace() {
        for path in Self.texts where !path.hasSuffix("LICENSE") {
            let text = SourceTree.text(path)
            if path.hasSuffix("debian/rules") || path.hasSuffix("Makefile") { continue }
            // An empty line of the context is a space there.
            if path.hasSuffix(".patch") { continue }
            expect(!text.contains("\t"), "\(path) holds a tab")
            expect(!text.contains("\r"), "\(path) holds a carriage return")
            expect(!text.contains(" \n"), "\(path) has spaces at the end of a line")
            expect(text.isEmpty || text.hasSuffix("\n"), "\(path) does not end in a newline")
            expect(!text.hasSuffix("\n\n"), "\(path) ends in an empty line")
        }
    }

    @Test("The changelog of the package begins with the version of the program")
    func version() throws {
        let source = SourceTree.text("Sources/App/Appliance/Version.swift")
        let changelog = SourceTree.text("Packaging/debian/changelog")
        let program = try #require(source.firstMatch(of: /let version = "([^"]+)"/)).output.1
        let package = try #require(changelog.prefixMatch(of: /bellwether \(([^)]+)\)/)).output.1
        #expect(program == package)
    }

    @Test("The earliest time that a clock can show is that of the changelog's newest entry")
    func earliest() throws {
        let source = SourceTree.text("Sources/App/Appliance/Version.swift")
        let program = try #require(
            source.firstMatch(of: /clockEarliest = Timestamp\(rfc3339: "([^"]+)"/)
        ).output.1
        let changelog = SourceTree.text("Packaging/debian/changelog")
        let package = try #require(changelog.firstMatch(of: /\n -- [^>]+>  ([^\n]+)/)).output.1
        let form = DateFormatter()
        form.locale = Locale(identifier: "en_US_POSIX")
        form.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        let newest = try #require(form.date(from: String(package)))
        #expect(ISO8601DateFormatter().date(from: String(program)) == newest)
    }

    @Test("A document that is mentioned is in the tree")
    func mentions() throws {
        let present = Set(SourceTree.files.compactMap { $0.split(separator: "/").last })
        for path in Self.texts {
            let text = SourceTree.text(path)
            for match in text.matches(of: /[A-Za-z][\w-]*\.md\b/) {
                let known = present.contains(match.output)
                #expect(known, "\(path) mentions \(match.output)")
            }
        }
    }

    @Test("No folder of one machine is named")
    func machines() throws {
        let beside = ".." + "/shared"
        let folders = ["/wo" + "rk/", "/home" + "/", "/Us" + "ers/"]
        for path in Self.texts {
            let text = SourceTree.text(path)
            for folder in folders { expect(!text.contains(folder), "\(path) names \(folder)") }
            if path != "Tests/TestSupport/SharedData.swift" {
                expect(!text.contains(beside), "\(path) reaches beside the repository")
            }
        }
    }

    @Test("No file is larger than 400 kB: data is made, not committed")
    func size() {
        for path in SourceTree.files {
            #expect(SourceTree.size(path) <= 400_000, "\(path): \(SourceTree.size(path)) bytes")
        }
    }

    @Test("An unchecked promise of thread safety is made at the rim only, with its reason")
    func uncheckedSendable() throws {
        for file in Self.sources {
            for (index, line) in file.code.enumerated() {
                guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)")
                else { continue }
                let atRim = ["Sources/Adapters/", "Sources/App/"].contains(
                    where: file.path.hasPrefix)
                #expect(atRim, "\(file.place(index))")
                let before = index > 0 ? file.lines[index - 1] : ""
                let explained = before.trimmingCharacters(in: .whitespaces).hasPrefix("//")
                #expect(explained, "\(file.place(index))")
            }
        }
    }

    @Test("S39: no value is unwrapped, cast or tried by force")
    func force() throws {
        let forced = try Regex(#"\btry!|\bas!|[\w)\]]!(?!=)"#)
        for file in Self.sources {
            for (index, line) in file.code.enumerated() {
                // The address of a buffer that is not empty always exists.
                let code = line.replacing("baseAddress!", with: "baseAddress")
                #expect(!code.contains(forced), "\(file.place(index))")
            }
        }
    }

    /// The values of the bar path are public, because nothing of a `package` type is inlined
    /// across modules (`FixedDecimal` says more).
    @Test("Nothing here is a library: above the core access is package, not public")
    func access() throws {
        let wide = try Regex(
            #"^\s*(?:@\w+ )*(?:final )?(?:public|open) (?:final |static )?"#
                + #"(?:actor|class|enum|extension|func|import|init|let|protocol|struct|var)\b"#)
        for file in Self.sources where !file.path.hasPrefix("Sources/Core/") {
            let places = file.places(of: wide)
            #expect(places.isEmpty, "\(places.joined(separator: "\n"))")
        }
    }

    @Test("A test waits for what it tests, not for luck")
    func sleeps() throws {
        let sleeping = try Regex(#"\b(usleep|nanosleep|sleep)\s*\(|Task\.sleep"#)
        for file in SourceTree.swiftFiles(under: ["Tests"]) {
            for (index, line) in file.code.enumerated() where line.contains(sleeping) {
                // A wait inside a bounded poll says so.
                #expect(file.saysWhy(before: index, word: "poll"), "\(file.place(index))")
            }
        }
    }

    @Test("S11: no key is committed")
    func keys() throws {
        let secrets = [
            try Regex("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----"),
            try Regex(#"\b[AP]K[A-Z0-9]{18}\b"#),
        ]
        for path in SourceTree.files where SourceTree.size(path) <= 400_000 {
            let text = SourceTree.text(path)
            for secret in secrets { expect(!text.contains(secret), "\(path) holds a key") }
        }
    }

    private func holds(_ text: String, word: String) -> Bool {
        text.contains(word)
            && text.split(whereSeparator: { !$0.isLetter && $0 != "_" }).contains { $0 == word }
    }
}

@Suite struct ScriptTests {
    /// Files whose first line names an interpreter.
    static let scripts = SourceTree.files.filter { SourceTree.text($0).hasPrefix("#!") }

    @Test("A script can be run, and a shell script stops at the first failure")
    func scripts() {
        #expect(!Self.scripts.isEmpty)
        for path in Self.scripts {
            #expect(SourceTree.isExecutable(path), "\(path) is not executable")
            let text = SourceTree.text(path)
            let first = text.prefix { $0 != "\n" }
            guard first.hasSuffix("sh") else { continue }
            expect(text.contains("\nset -eu"), "\(path) does not set -eu")
        }
    }

    @Test("The commands named in the README exist and can be run")
    func readme() {
        let text = SourceTree.text("README.md")
        for name in ["Packaging/demo", "Packaging/test"] {
            let named = text.contains(name)
            #expect(named, "the README does not name \(name)")
            #expect(SourceTree.isExecutable(name), "\(name) is not executable")
        }
        // A path that begins with a slash is one of the machine's.
        let paths = /(?:^|[^\/\w])((?:Packaging|Sources|Tests|etc|man)\/[\w\/.-]*[\w])/
        for match in text.matches(of: paths) {
            let path = String(match.output.1)
            let known = SourceTree.files.contains { $0 == path || $0.hasPrefix(path + "/") }
            #expect(known, "the README names \(path), which does not exist")
        }
    }

    @Test("The gate of every change is one command")
    func gate() {
        expect(
            SourceTree.text(".ci/run").contains("Packaging/check"), ".ci/run calls something else")
        expect(
            SourceTree.text("Packaging/check").contains("Packaging/test"),
            "the gate does not run the tests")
    }
}
