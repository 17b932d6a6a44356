import Foundation
import Testing

@Suite struct ArchitectureTests {
    @Test("A11: imports go downwards only, and stages do not know each other")
    func imports() {
        for target in ImportRules.targets {
            let files = SourceTree.swiftFiles(under: [target.folder])
            #expect(!files.isEmpty, "\(target.folder) holds no Swift file")
            for file in files {
                let forbidden = file.imports.filter { !target.allowed.contains($0) }
                #expect(forbidden.isEmpty, "\(file.path) imports \(forbidden)")
            }
        }
    }

    @Test("Every source file belongs to a target that the rules name")
    func noOtherFolders() {
        let folders = ImportRules.targets.map { $0.folder + "/" }
        for file in SourceTree.swiftFiles(under: ["Sources"]) {
            #expect(folders.contains { file.path.hasPrefix($0) }, "\(file.path)")
        }
    }

    @Test("The manifest's dependencies keep to the same rules")
    func manifest() throws {
        let manifest = try Manifest.read()
        let targets = manifest.targets.filter {
            !["test", "system"].contains($0.type) && $0.path?.hasPrefix("Tests/") != true
        }
        let ruled = Dictionary(uniqueKeysWithValues: ImportRules.targets.map { ($0.name, $0) })
        for target in targets {
            let rule = try #require(ruled[target.name], "no import rule for \(target.name)")
            #expect(target.path == rule.folder)
            let names = target.dependencies.map(\.name)
            let forbidden = names.filter { !rule.allowed.contains($0) }
            #expect(forbidden.isEmpty, "\(target.name) depends on \(forbidden)")
            let files = SourceTree.swiftFiles(under: [rule.folder])
            let used = Set(files.flatMap(\.imports)).subtracting(ImportRules.system)
            let undeclared = used.subtracting(names).sorted()
            #expect(undeclared.isEmpty, "\(target.name) imports \(undeclared) undeclared")
        }
    }

    @Test("Each third-party library stands behind the targets that own it")
    func libraries() {
        let libraries = Set(ImportRules.libraries.values.flatMap { $0 })
        for file in SourceTree.swiftFiles(under: ["Sources"]) {
            let folder = file.path.split(separator: "/").dropLast().map(String.init)
            let own = ImportRules.libraries.filter { folder.contains($0.key) }.flatMap(\.value)
            let foreign = file.imports.filter { libraries.contains($0) && !own.contains($0) }
            #expect(foreign.isEmpty, "\(file.path) imports \(foreign), which belong to others")
        }
    }

    @Test("The URL loading system of Foundation is not linked")
    func noFoundationNetworking() {
        for file in SourceTree.swiftFiles(under: ["Sources"]) {
            #expect(!file.imports.contains("FoundationNetworking"), "\(file.path)")
        }
    }
}

/// Decisions depend on events and nothing else: no clock, no chance, no task and no hash order
/// below the rim.
@Suite struct DeterminismTests {
    static let deterministic = [
        "Sources/Core", "Sources/Stages", "Sources/Engine", "Sources/Backtest",
        "Sources/Simulation",
    ]

    struct Ban: Sendable, CustomTestStringConvertible {
        let what: String
        let pattern: String
        var testDescription: String { what }
    }

    static let bans = [
        Ban(what: "the wall clock", pattern: #"\bDate\s*\(|\bDate\.now\b"#),
        Ban(
            what: "clocks",
            pattern: #"\b(ContinuousClock|SuspendingClock|clock_gettime|gettimeofday)\b"#),
        Ban(what: "tasks", pattern: #"\bTask\b|\bTaskGroup\b|\bwithTaskGroup\b"#),
        Ban(what: "suspension", pattern: #"\bawait\b|\basync\b"#),
        Ban(what: "threads", pattern: #"\bDispatchQueue\b|\bThread\b|\bpthread_\w+"#),
        Ban(
            what: "chance without a seed",
            pattern: #"\bSystemRandomNumberGenerator\b|\.random\(in: [^,()]*\)|\.random\(\)"#
                + #"|\.randomElement\(\)|\.shuffled\(\)|\.shuffle\(\)"#),
        Ban(what: "random identifiers", pattern: #"\bUUID\b"#),
        Ban(what: "hashes that differ between runs", pattern: #"\.hashValue\b|\bHasher\s*\("#),
        Ban(what: "the environment", pattern: #"\bProcessInfo\b|\bgetenv\b"#),
        Ban(what: "output", pattern: #"\bprint\s*\(|\bdebugPrint\s*\("#),
        Ban(
            what: "libraries of the machine",
            pattern: #"^\s*(package |public )?import (Foundation|Dispatch|Glibc|Synchronization)"#),
    ]

    @Test("A11: no ambient nondeterminism below the rim", arguments: bans)
    func banned(ban: Ban) throws {
        let pattern = try Regex(ban.pattern)
        for file in SourceTree.swiftFiles(under: Self.deterministic) {
            let places = file.places(of: pattern)
            #expect(places.isEmpty, "\(places.joined(separator: "\n"))")
        }
    }

    @Test("A11: no dictionary is walked in hash order below the rim")
    func hashOrder() {
        let pairs = /for\s*\((?:let )?\w+\s*,\s*\w+\)\s*in/
        let ordered = /sorted|enumerated\(\)|zip\(|indexed|stride/
        for file in SourceTree.swiftFiles(under: Self.deterministic) {
            for (index, line) in file.code.enumerated() {
                let walksKeys = line.contains(/\bfor\b.*\bin\b.*\.keys\b/)
                guard walksKeys || line.contains(pairs), !line.contains(ordered) else { continue }
                // A loop over unordered pairs says why their order cannot matter.
                let excused = file.saysWhy(before: index, word: "order")
                #expect(excused, "\(file.place(index))")
            }
        }
    }
}

extension SwiftFile {
    /// Whether the comment on this line or right before it holds `word`.
    func saysWhy(before index: Int, word: String) -> Bool {
        if let comment = lines[index].range(of: "//"),
            lines[index][comment.upperBound...].contains(word)
        {
            return true
        }
        var above = index - 1
        while above >= 0, lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("//") {
            if lines[above].contains(word) { return true }
            above -= 1
        }
        return false
    }
}
