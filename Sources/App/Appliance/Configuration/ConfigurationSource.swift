import Foundation
import TOMLKit

/// One TOML text on its way in: a file, or a word of the command line.
struct ConfigurationSource {
    /// More than this is no configuration.
    static let bytesMax = 1 << 20

    /// As it stands in messages.
    let name: String
    /// Where relative paths start.
    let folder: String
    let entries: [(name: String, value: ConfigurationValue)]
    private let scan: TOMLScan

    /// The line of a key, by its members.
    func line(of path: [String]) -> Int? { scan.line(of: path) }

    /// Reads and parses the file at `path`, called `name` in messages. Relative paths in it start
    /// at `folder`.
    init(file path: String, name: String, folder: String) throws(ConfigurationProblem) {
        let bytes = try Self.read(path, name: name)
        try self.init(name: name, folder: folder, bytes: bytes)
    }

    init(name: String, folder: String, bytes: [UInt8]) throws(ConfigurationProblem) {
        self.name = name
        self.folder = folder
        if bytes.count > Self.bytesMax {
            let message = "is larger than \(Self.bytesMax) bytes, which no configuration needs"
            throw ConfigurationProblem(file: name, message: message)
        }
        var bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let line = Self.lineOfFirstBadByte(bytes)
            throw ConfigurationProblem(file: name, line: line, message: "is not UTF-8 text")
        }
        if let zero = bytes.firstIndex(of: 0) {
            let line = bytes[..<zero].count { $0 == UInt8(ascii: "\n") } + 1
            throw ConfigurationProblem(file: name, line: line, message: "holds a zero byte")
        }
        scan = TOMLScan(bytes)
        if let refusal = scan.refusal {
            throw ConfigurationProblem(file: name, line: refusal.line, message: refusal.message)
        }
        do {
            entries = ConfigurationValue.entries(of: try TOMLTable(string: text))
        } catch let error as TOMLParseError {
            let message = "is not TOML: \(error.description.split(separator: "\n").first ?? "")"
            throw ConfigurationProblem(
                file: name, line: error.source.begin.line, message: message)
        } catch {
            throw ConfigurationProblem(file: name, message: "is not TOML: \(error)")
        }
    }

    /// The file's bytes, at most one more than `bytesMax`. Pipes are read, too.
    static func read(_ path: String, name: String) throws(ConfigurationProblem) -> [UInt8] {
        func failure(_ code: Int32) -> ConfigurationProblem {
            let reason =
                switch code {
                case ENOENT: "there is no such file"
                case EACCES, EPERM: "may not be read by this user"
                case EISDIR: "is a folder, not a file"
                default: "cannot be read: \(String(cString: strerror(code)))"
                }
            return ConfigurationProblem(file: name, message: reason)
        }
        guard !path.utf8.contains(0), let file = fopen(path, "rbe") else { throw failure(errno) }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        errno = 0
        let count = fread(&bytes, 1, bytes.count, file)
        if ferror(file) != 0 { throw failure(errno) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// The names of the drop-ins in `folder`, called `name` in messages, in the order of their
    /// bytes. Most installations have none, so that a missing folder says nothing.
    static func dropIns(in folder: String, as name: String) throws(ConfigurationProblem) -> [String]
    {
        guard let stream = opendir(folder) else {
            let code = errno
            // Where the folder around it is none, that is told of the file itself.
            if access(folder, F_OK) != 0, [ENOENT, ENOTDIR].contains(errno) { return [] }
            let reason =
                switch code {
                case EACCES, EPERM: "may not be read by this user"
                case ENOTDIR: "is a file, not a folder of drop-ins"
                default: "cannot be read: \(String(cString: strerror(code)))"
                }
            throw ConfigurationProblem(file: name, message: reason)
        }
        closedir(stream)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func lineOfFirstBadByte(_ bytes: [UInt8]) -> Int? {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return nil
    }
}
