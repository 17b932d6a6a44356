import Foundation
import Testing

@testable import Appliance

/// A folder of its own for each test, gone with it.
final class ConfigurationFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "bellwether-configuration-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ text: String, to name: String = "test.toml") throws -> String {
        try write(Data(text.utf8), to: name)
    }

    @discardableResult
    func write(_ data: Data, to name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true)
        try data.write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// The repository's root.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

let shippedFile = repository + "/etc/bellwether/bellwether.toml"

/// What loading `toml` gives: the problems' texts without the file, or none when it loads.
func problems(in toml: String, overrides: [String] = []) -> [String] {
    do {
        _ = try load(toml, overrides: overrides)
        return []
    } catch {
        return error.problems.map {
            $0.description.replacingOccurrences(of: "test.toml:", with: "")
        }
    }
}

/// Loads `toml` as a file would be, its relative paths starting at `/conf`.
func load(
    _ toml: String, overrides: [String] = []
) throws(ConfigurationErrors) -> LoadedConfiguration {
    var loader = ConfigurationLoader(main: "test.toml", workingFolder: "/work")
    do {
        loader.take(
            try ConfigurationSource(name: "test.toml", folder: "/conf", bytes: Array(toml.utf8)))
    } catch { throw ConfigurationErrors([error]) }
    for override in overrides { loader.override(override) }
    return try loader.finish()
}
