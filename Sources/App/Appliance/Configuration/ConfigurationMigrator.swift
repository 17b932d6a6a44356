import Foundation
import Glibc

/// Rewrites files of an older format into that of today, comments and all.
///
/// Only a person runs it. Each file is first copied beside itself; the new text is written in one
/// go, and only when it means exactly what the old one meant.
package struct ConfigurationMigrator {
    package enum Outcome: Sendable, Equatable {
        case upToDate(version: Int)
        /// `backup` is the copy of the file as it was.
        case rewritten(from: Int, to: Int, backup: String, changes: [String])
        /// What would be done.
        case wouldRewrite(from: Int, to: Int, changes: [String])
    }

    let format: ConfigurationFormat

    package init() { self.init(format: .current) }
    init(format: ConfigurationFormat) { self.format = format }

    /// The file at `path` and its drop-ins, in the order in which they are read.
    package static func files(of path: String) throws(ConfigurationProblem) -> [String] {
        let folder = path + ".d"
        return [path]
            + (try ConfigurationSource.dropIns(in: folder, as: folder)).map { "\(folder)/\($0)" }
    }

    /// - Throws: what keeps the file from being read or written; it is then as it was.
    package func migrate(
        _ path: String, isDry: Bool = false
    ) throws(ConfigurationProblem) -> Outcome {
        let bytes = try ConfigurationSource.read(path, name: path)
        let source = try ConfigurationSource(name: path, folder: "/", bytes: bytes)
        let version = try version(of: source)
        guard version < format.version else { return .upToDate(version: version) }
        var text = bytes
        var changes: [String] = []
        for migration in format.migrations where migration.version > version {
            for step in migration.steps { change(&text, step, migration.version, &changes) }
        }
        setVersion(&text)
        guard try hasSameMeaning(bytes, text, path) else {
            throw ConfigurationProblem(
                file: path,
                message: "cannot be rewritten without changing what it means; bellwether "
                    + "check-config names the old keys: change them by hand, and write "
                    + "\(ConfigurationFormat.versionKey) = \(format.version) on top")
        }
        if isDry { return .wouldRewrite(from: version, to: format.version, changes: changes) }
        let backup = "\(path).backup_v\(version)"
        try write(text, in: path, old: bytes, backup: backup)
        return .rewritten(from: version, to: format.version, backup: backup, changes: changes)
    }

    private func version(of source: ConfigurationSource) throws(ConfigurationProblem) -> Int {
        let key = ConfigurationFormat.versionKey
        var loader = ConfigurationLoader(main: source.name, workingFolder: "/", format: format)
        guard loader.takeVersion(source) else { throw loader.problems[0] }
        guard case .integer(let version)? = source.entries.first(where: { $0.name == key })?.value
        else { return 1 }
        return Int(version)
    }

    // MARK: The text

    private func change(
        _ text: inout [UInt8], _ step: ConfigurationFormat.Step, _ version: Int,
        _ changes: inout [String]
    ) {
        let old = members(step.old)
        let scan = TOMLScan(text)
        guard let found = scan.statements.first(where: { !$0.isHeader && $0.path == old })
        else { return }
        switch step {
        case .removed(_, let why):
            changes.append("\(step.old) does nothing any more: \(why)")
            let start = lineStart(text, found.start)
            var commented = Array("# Does nothing from version \(version) on: \(why)\n".utf8)
            for line in text[start..<found.end].split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            where !line.isEmpty {
                commented += Array("# ".utf8) + line + [UInt8(ascii: "\n")]
            }
            text.replaceSubrange(start..<found.end, with: commented)
        case .renamed(_, let new):
            changes.append("\(step.old) is now \(new)")
            let name = members(new)
            if name.starts(with: found.table), name.count > found.table.count {
                let inside = name.dropFirst(found.table.count).map(quotedKey)
                text.replaceSubrange(
                    found.start..<found.equals,
                    with: Array("\(inside.joined(separator: ".")) ".utf8))
            } else {
                move(&text, found, to: name, scan)
            }
        }
    }

    /// Takes the value out of its table and puts it below the header of the other one.
    private func move(
        _ text: inout [UInt8], _ found: TOMLScan.Statement, to name: [String], _ scan: TOMLScan
    ) {
        var line =
            Array("\(quotedKey(name[name.count - 1])) ".utf8) + text[found.equals..<found.end]
        if line.last != UInt8(ascii: "\n") { line.append(UInt8(ascii: "\n")) }
        let start = lineStart(text, found.start)
        let table = Array(name.dropLast())
        let header = scan.statements.first { $0.isHeader && $0.path == table }
        text.removeSubrange(start..<found.end)
        if let header {
            let gone = header.end > start ? found.end - start : 0
            text.insert(contentsOf: line, at: header.end - gone)
        } else {
            if !text.isEmpty, text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
            text += Array("\n[\(table.map(quotedKey).joined(separator: "."))]\n".utf8) + line
        }
    }

    private func setVersion(_ text: inout [UInt8]) {
        let key = ConfigurationFormat.versionKey
        let old = TOMLScan(text).statements.first { !$0.isHeader && $0.path == [key] }
        if let old {
            text.replaceSubrange(old.equals..<old.end, with: Array("= \(format.version)\n".utf8))
        } else {
            text = Array("\(key) = \(format.version)\n".utf8) + text
        }
    }

    private func members(_ path: String) -> [String] {
        path.split(separator: ".").map(String.init)
    }

    private func lineStart(_ text: [UInt8], _ offset: Int) -> Int {
        (text[..<offset].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
    }

    /// Read alone, both texts give the same, or the same problems; the new one has no old names.
    private func hasSameMeaning(
        _ old: [UInt8], _ new: [UInt8], _ path: String
    ) throws(ConfigurationProblem) -> Bool {
        func loaded(_ bytes: [UInt8]) throws(ConfigurationProblem) -> ConfigurationLoader {
            var loader = ConfigurationLoader(main: path, workingFolder: "/", format: format)
            loader.take(try ConfigurationSource(name: path, folder: "/", bytes: bytes))
            return loader
        }
        guard let after = try? loaded(new) else { return false }
        let before = try loaded(old)
        return before.configuration == after.configuration && after.warnings.isEmpty
            && before.problems.map(\.message) == after.problems.map(\.message)
    }

    // MARK: The file

    private func write(
        _ text: [UInt8], in path: String, old: [UInt8], backup: String
    ) throws(ConfigurationProblem) {
        // A link stays a link: what it points to is rewritten.
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        var status = stat()
        guard stat(real, &status) == 0 else { throw failure(path, errno) }
        try create(backup, old, like: status)
        let draft = real + ".new"
        unlink(draft)
        try create(draft, text, like: status)
        guard rename(draft, real) == 0 else {
            let code = errno
            unlink(draft)
            throw failure(real, code)
        }
    }

    /// A new file with the owner and the mode of another one.
    private func create(
        _ path: String, _ bytes: [UInt8], like status: stat
    ) throws(ConfigurationProblem) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            if errno == EEXIST {
                throw ConfigurationProblem(
                    file: path, message: "is there already, from an earlier time: move it away")
            }
            throw failure(path, errno)
        }
        // Only root may give a file away; for anybody else it is theirs already.
        _ = fchown(file, status.st_uid, status.st_gid)
        let isWritten =
            Glibc.write(file, bytes, bytes.count) == bytes.count
            && fchmod(file, status.st_mode & 0o7777) == 0 && fsync(file) == 0
        let code = errno
        close(file)
        if !isWritten {
            unlink(path)
            throw failure(path, code)
        }
    }

    private func failure(_ path: String, _ code: Int32) -> ConfigurationProblem {
        ConfigurationProblem(
            file: path, message: "cannot be written: \(String(cString: strerror(code)))")
    }
}
