// swift-tools-version: 6.2
// The manifest is the architecture: every layer may import the layers above it in this file,
// never the ones below. Tests/TidyTests holds the same rule for the import statements.
import PackageDescription

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

/// Values and arithmetic: no I/O, no clock, no Foundation.
func core(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Core/\(name)")
}

/// One step of the pipeline. Stages never import each other, but for Execution -> Risk.
func stage(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    .target(
        name: name,
        dependencies: ["Primitives", "Domain", "Calendar", "Indicators"] + more,
        path: "Sources/Stages/\(name)")
}

let stages: [Target.Dependency] = [
    "News", "Sentiment", "Signals", "Risk", "Execution", "Portfolio", "Learning",
]

/// A C library of the machine: a module map and the header it shows; wrapped by one Swift file.
func system(_ name: String, apt package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", providers: [.apt([package])])
}

/// The rim: files, databases, sockets. Adapters meet the engine only in Appliance.
func adapter(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: ["Primitives", "Domain", "Calendar"] + more,
        path: "Sources/Adapters/\(name)")
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ["TestSupport", "Primitives", "Domain"] + dependencies,
        path: "Tests/\(name)Tests", exclude: exclude)
}

let package = Package(
    name: "bellwether",
    products: [.executable(name: "bellwether", targets: ["bellwether"])],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        core("Primitives"),
        core("Domain", ["Primitives"]),
        core("Calendar", ["Primitives", "Domain"]),
        core("Indicators", ["Primitives", "Domain"]),

        stage("News"),
        stage("Sentiment"),
        stage("Signals"),
        stage("Risk"),
        stage("Execution", ["Risk"]),
        stage("Portfolio"),
        stage("Learning"),

        .target(
            name: "Engine",
            dependencies: ["Primitives", "Domain", "Calendar", "Indicators"] + stages,
            path: "Sources/Engine"),
        .target(
            name: "Backtest",
            dependencies: ["Primitives", "Domain", "Calendar", "Engine"] + stages,
            path: "Sources/Backtest"),
        .target(
            name: "Simulation",
            dependencies: [
                "Primitives", "Domain", "Calendar", "Indicators", "Engine", "Backtest",
            ] + stages,
            path: "Sources/Simulation"),

        system("COpenSSL", apt: "libssl-dev"),
        adapter("Storage", [grdb, "COpenSSL"]),
        adapter("MarketFeeds"),
        adapter("NewsFeeds"),
        system("CLinux", apt: "libc6-dev"),
        system("CSystemd", apt: "libsystemd-dev"),
        adapter("Host", ["CLinux", "CSystemd", log]),
        system("CMosquitto", apt: "libmosquitto-dev"),
        adapter("Messaging", ["CMosquitto", "COpenSSL"]),

        .target(
            name: "Appliance",
            dependencies: [
                "Primitives", "Domain", "Calendar", "Indicators", "Engine", "Backtest", "Storage",
                "MarketFeeds", "NewsFeeds", "Host", "Messaging", toml, log,
            ] + stages,
            path: "Sources/App/Appliance"),
        .executableTarget(
            name: "bellwether",
            dependencies: [
                "Appliance", "Backtest", "Engine", "Simulation", "Storage", "MarketFeeds", "Host",
                "Messaging", "Primitives", "Domain", "Calendar", arguments, log,
            ],
            path: "Sources/App/bellwether"),

        .target(
            name: "TestSupport", dependencies: ["Primitives", "Domain", "Simulation"],
            path: "Tests/TestSupport"),
        // C, so that it can stand in for malloc.
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        tests("Primitives", []),
        tests("Domain", []),
        tests("Calendar", ["Calendar"]),
        tests("Indicators", ["Indicators"]),
        tests("News", ["News"]),
        tests("Sentiment", ["Sentiment"]),
        tests("Signals", ["Signals", "Indicators"]),
        tests("Risk", ["Risk", "Calendar"]),
        tests("Execution", ["Execution", "Risk"]),
        tests("Portfolio", ["Portfolio", "Simulation"]),
        tests("Learning", ["Learning"]),
        tests("Engine", ["Engine", "Calendar", "Simulation", "AllocationCounter"] + stages),
        tests(
            "Backtest",
            [
                "Appliance", "Backtest", "Engine", "Calendar", "Indicators", "MarketFeeds",
                "Simulation",
            ] + stages,
            exclude: ["Fixtures"]),
        tests("Simulation", ["Simulation", "Backtest", "Engine", "Calendar", "Execution"]),
        tests("Storage", ["Storage", "Simulation", grdb]),
        tests("MarketFeeds", ["MarketFeeds"]),
        tests("NewsFeeds", ["NewsFeeds"]),
        tests("Host", ["Host", log]),
        tests("Messaging", ["Messaging"]),
        tests("Appliance", ["Appliance", "Storage", "Engine", "Backtest", "Host", "Messaging"]),
        tests(
            "Scenarios",
            [
                "Appliance", "Storage", "Engine", "Backtest", "Calendar", "MarketFeeds", "Host",
                "Messaging", "bellwether", grdb,
            ] + stages),
        tests("Tidy", []),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    var settings = target.swiftSettings ?? []
    settings += [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
        .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    ]
    target.swiftSettings = settings
}
