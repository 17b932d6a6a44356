import Foundation

/// Real market data lies outside the repository, in the folder named by `BELLWETHER_DATA` or, on a
/// developer's checkout, in `../shared`. Tests that use it are extra and skipped without it.
package enum SharedData {
    package static let root: URL? = {
        let environment = ProcessInfo.processInfo.environment["BELLWETHER_DATA"]
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("../shared").standardizedFileURL
        let root = environment.map { URL(fileURLWithPath: $0) } ?? beside
        return FileManager.default.fileExists(atPath: root.appendingPathComponent("data").path)
            ? root : nil
    }()

    package static var isAbsent: Bool { root == nil }

    /// The file at `path` below the folder, nil where there is none.
    package static func file(_ path: String) -> URL? {
        guard let url = root?.appendingPathComponent(path),
            FileManager.default.fileExists(atPath: url.path)
        else { return nil }
        return url
    }
}
