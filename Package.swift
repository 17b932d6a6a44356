// swift-tools-version: 6.2
// The manifest is the architecture: every layer may import the layers above it in this file,
// never the ones below. Tests/TidyTests holds the same rule for the import statements.
import PackageDescription

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

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
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0")
    ],
    targets: [
        core("Primitives"),
        core("Domain", ["Primitives"]),
        core("Calendar", ["Primitives", "Domain"]),
        core("Indicators", ["Primitives", "Domain"]),

        system("COpenSSL", apt: "libssl-dev"),
        adapter("Storage", [grdb, "COpenSSL"]),
        .target(
            name: "TestSupport", dependencies: ["Primitives", "Domain"], path: "Tests/TestSupport"),
        tests("Storage", ["Storage", grdb]),
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
