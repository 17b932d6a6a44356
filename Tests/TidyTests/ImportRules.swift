import Foundation

/// Who may import whom: the architecture, as data. The manifest and the sources are both held to it.
enum ImportRules {
    static let core = ["Primitives", "Domain", "Calendar", "Indicators"]
    static let stages = [
        "News", "Sentiment", "Signals", "Risk", "Execution", "Portfolio", "Learning",
    ]
    static let adapters = ["Storage", "MarketFeeds", "NewsFeeds", "Host", "Messaging"]

    /// What the machine and the toolchain bring; never below the rim.
    static let system: Set<String> = [
        "Foundation", "FoundationEssentials", "Dispatch", "Synchronization", "Glibc",
    ]

    /// Every target of `Sources` with its folder and the modules that it may import.
    static let targets: [(name: String, folder: String, allowed: Set<String>)] = {
        var all: [(name: String, folder: String, allowed: Set<String>)] = [
            ("Primitives", "Sources/Core/Primitives", []),
            ("Domain", "Sources/Core/Domain", ["Primitives"]),
            ("Calendar", "Sources/Core/Calendar", ["Primitives", "Domain"]),
            ("Indicators", "Sources/Core/Indicators", ["Primitives", "Domain"]),
        ]
        for stage in stages {
            let more: Set<String> = stage == "Execution" ? ["Risk"] : []
            all.append((stage, "Sources/Stages/\(stage)", Set(core).union(more)))
        }
        all.append(("Engine", "Sources/Engine", Set(core + stages)))
        all.append(("Backtest", "Sources/Backtest", Set(core + stages + ["Engine"])))
        all.append(
            ("Simulation", "Sources/Simulation", Set(core + stages + ["Engine", "Backtest"])))
        for adapter in adapters {
            let own: Set<String> = libraries[adapter] ?? []
            let lower: Set<String> = ["Primitives", "Domain", "Calendar"]
            all.append((adapter, "Sources/Adapters/\(adapter)", lower.union(system).union(own)))
        }
        let inner = Set(core + stages + adapters + ["Engine", "Backtest", "Simulation"])
        all.append(
            (
                "Appliance", "Sources/App/Appliance",
                inner.union(system).union(["TOMLKit", "Logging"])
            ))
        all.append(
            (
                "bellwether", "Sources/App/bellwether",
                inner.union(system).union(["Appliance", "ArgumentParser", "Logging"])
            ))
        return all
    }()

    /// The third-party libraries, each behind the targets that own it.
    static let libraries: [String: Set<String>] = [
        "Storage": ["GRDB", "COpenSSL"], "Host": ["CLinux", "CSystemd", "Logging"],
        "Messaging": ["CMosquitto", "COpenSSL"], "Appliance": ["TOMLKit"],
        "bellwether": ["ArgumentParser"],
    ]
}

/// The parts of `swift package dump-package` that the rules look at.
struct Manifest: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]
    }

    /// `{"byName": ["Primitives", null]}` or `{"product": ["GRDB", "GRDB.swift", …]}`.
    struct Dependency: Decodable {
        let name: String
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let forms = try container.decode([String: [Part?]].self)
            name = forms.values.compactMap { $0.first??.text }.first ?? ""
        }
    }

    /// A name, or one of the objects behind it that do not matter here.
    struct Part: Decodable {
        let text: String?
        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    let targets: [Target]

    /// Asks the package manager, in a scratch folder of its own so as not to wait for the build.
    static func read() throws -> Manifest {
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("bellwether-manifest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", SourceTree.root.path, "--scratch-path",
            scratch.path, "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(Manifest.self, from: data)
    }
}
