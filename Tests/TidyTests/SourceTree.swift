import Foundation

/// The files of the repository, as the tidy tests read them.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().standardizedFileURL

    /// Made by building and by version control; no part of the project.
    private static let ignored: Set<String> = [
        ".build", ".git", ".swiftpm", "__pycache__", "Package.resolved", ".DS_Store",
    ]

    /// Every regular file, as a path below the root, sorted.
    static let files: [String] = {
        var found: [String] = []
        func walk(_ folder: String) {
            let path = root.appendingPathComponent(folder).path
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            for name in names where !ignored.contains(name) && !name.hasSuffix(".swp") {
                let entry = folder.isEmpty ? name : "\(folder)/\(name)"
                var isFolder: ObjCBool = false
                let full = root.appendingPathComponent(entry).path
                guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else {
                    continue
                }
                if isFolder.boolValue { walk(entry) } else { found.append(entry) }
            }
        }
        walk("")
        return found.sorted()
    }()

    static var topLevel: Set<String> {
        Set(files.map { String($0.prefix { $0 != "/" }) })
    }

    static func swiftFiles(under prefixes: [String]) -> [SwiftFile] {
        files.filter { file in
            file.hasSuffix(".swift") && prefixes.contains { file.hasPrefix($0 + "/") }
        }.map(SwiftFile.init)
    }

    static func text(_ path: String) -> String {
        guard
            let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path)
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    static func size(_ path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: root.appendingPathComponent(path).path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    static func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: root.appendingPathComponent(path).path)
    }
}

/// A Swift file with its lines, once as written and once without comments and string literals.
struct SwiftFile {
    let path: String
    let lines: [String]
    /// As `lines`, line by line, but with comments and the contents of literals taken out.
    let code: [String]

    init(path: String) {
        self.init(path: path, text: SourceTree.text(path))
    }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = Self.withoutCommentsAndLiterals(text)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The modules named by the file's import statements.
    var imports: [String] {
        code.compactMap { line in
            guard let match = line.firstMatch(of: Self.importStatement) else { return nil }
            return String(match.output.1)
        }
    }

    nonisolated(unsafe) private static let importStatement =
        /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:package|public|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/

    /// Where `pattern` matches the code: `path:line: text`.
    func places(of pattern: Regex<AnyRegexOutput>) -> [String] {
        zip(code.indices, code).compactMap { index, line in
            line.contains(pattern) ? place(index) : nil
        }
    }

    func place(_ index: Int) -> String {
        "\(path):\(index + 1): \(lines[index].trimmingCharacters(in: .whitespaces))"
    }

    private enum State { case code, lineComment, blockComment(Int), text, block }

    /// Good enough for this code base: `//`, nested `/* */`, `"…"` and `"""…"""` with escapes,
    /// raw literals without inner quotes. What stands in an interpolation counts as text.
    private static func withoutCommentsAndLiterals(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var state = State.code
        var i = 0
        func at(_ offset: Int) -> Character {
            i + offset < bytes.count ? Character(UnicodeScalar(bytes[i + offset])) : "\0"
        }
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "\n") {
                out.append(bytes[i])
                switch state {
                case .lineComment, .text: state = .code
                default: break
                }
                i += 1
                continue
            }
            switch state {
            case .code:
                switch (at(0), at(1), at(2)) {
                case ("/", "/", _): state = .lineComment
                case ("/", "*", _):
                    state = .blockComment(1)
                    i += 1
                case ("\"", "\"", "\""):
                    state = .block
                    i += 2
                case ("\"", _, _): state = .text
                default: out.append(bytes[i])
                }
            case .lineComment: break
            case .blockComment(let depth):
                if at(0) == "*", at(1) == "/" {
                    state = depth == 1 ? .code : .blockComment(depth - 1)
                    i += 1
                } else if at(0) == "/", at(1) == "*" {
                    state = .blockComment(depth + 1)
                    i += 1
                }
            case .text:
                if at(0) == "\\" { i += 1 } else if at(0) == "\"" { state = .code }
            case .block:
                if at(0) == "\\" {
                    // The end of a line that goes on is still the end of a line.
                    if at(1) != "\n" { i += 1 }
                } else if at(0) == "\"", at(1) == "\"", at(2) == "\"" {
                    state = .code
                    i += 2
                }
            }
            i += 1
        }
        return String(decoding: out, as: UTF8.self)
    }
}
