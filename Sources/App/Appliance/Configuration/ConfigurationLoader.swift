import Foundation

/// A configuration that passed every check.
package struct LoadedConfiguration: Sendable, Equatable {
    package internal(set) var configuration: Configuration
    /// Worth a word to the person, no reason to stop.
    package let warnings: [ConfigurationProblem]
    /// The files it was made of, in the order they were read.
    package let files: [String]
    /// Where each key got its value, of those that a file or the command line gave one.
    package internal(set) var origins: [String: ConfigurationOrigin]

    /// The keys that a file or the command line gave a value.
    package let keysSet: Set<String>
}

/// Reads the configuration: the defaults, then the file at `path`, then its drop-ins (`*.toml` in
/// the folder `path` + `.d`, by name), then the overrides. A later one wins, key by key.
///
/// - Parameters:
///   - path: nil takes the defaults alone.
///   - overrides: `key=value`, the value as in TOML; words need no quotes, lists no brackets.
///   - bars: bar files that take the place of `market.bars` and make the market a replay.
///   - news: news files that take the place of `news.paths` and make news a replay. With `bars`
///     but without `news`, simulated news falls silent.
///   - workingFolder: where relative paths of the overrides, `bars` and `news` start.
/// - Throws: all problems at once.
package func loadConfiguration(
    path: String?, overrides: [String] = [], bars: [String] = [], news: [String] = [],
    workingFolder: String = FileManager.default.currentDirectoryPath
) throws(ConfigurationErrors) -> LoadedConfiguration {
    var loader = ConfigurationLoader(main: path ?? "defaults", workingFolder: workingFolder)
    if let path { loader.readFiles(path) }
    for override in overrides { loader.override(override) }
    loader.replay(bars: bars, news: news)
    return try loader.finish()
}

struct ConfigurationLoader {
    var configuration = Configuration()
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []
    private var files: [String] = []
    /// Where each key was last set.
    private var origins: [String: ConfigurationOrigin] = [:]
    /// Keys whose value could not be taken: no check that needs them is made.
    private var failed: Set<String> = []
    /// A file could not be read at all: what it would have set is unknown, so that checks across
    /// keys would only confuse.
    private var isIncomplete = false
    /// Old names that a file uses, with the key that each means.
    private var renamed: [(old: String, new: String, line: Int?)] = []
    /// The keys that the file at hand sets by their names.
    private var given: Set<String> = []
    private let main: String
    private let workingFolder: String
    private let format: ConfigurationFormat

    init(main: String, workingFolder: String, format: ConfigurationFormat = .current) {
        self.main = main
        self.workingFolder = workingFolder
        self.format = format
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : workingFolder + "/" + path
    }

    mutating func readFiles(_ path: String) {
        let whole = absolute(path)
        let folder = String(whole[..<(whole.lastIndex(of: "/") ?? whole.startIndex)])
        read(path, folder: folder)
        do {
            for name in try ConfigurationSource.dropIns(in: absolute(path + ".d"), as: path + ".d")
            { read("\(path).d/\(name)", folder: folder) }
        } catch {
            problems.append(error)
            isIncomplete = true
        }
    }

    private mutating func read(_ path: String, folder: String) {
        do {
            take(try ConfigurationSource(file: absolute(path), name: path, folder: folder))
            files.append(path)
        } catch {
            problems.append(error)
            isIncomplete = true
        }
    }

    /// Sets every key of a parsed text; unknown and unfit ones become problems, by line.
    mutating func take(_ source: ConfigurationSource) {
        let start = problems.count
        guard takeVersion(source) else { return }
        let earlier = renamed.count
        visit(source.entries.filter { $0.name != ConfigurationFormat.versionKey }, [], source)
        for (old, new, line) in renamed[earlier...] where given.contains(new) {
            add(
                source.name, line, old, "is the old name of \(new), which is set as well: remove it"
            )
        }
        given = []
        let sorted = problems[start...].enumerated().sorted {
            ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
        }
        problems.replaceSubrange(start..., with: sorted.map(\.element))
    }

    /// Whether the file is of a version that can be read.
    mutating func takeVersion(_ source: ConfigurationSource) -> Bool {
        let key = ConfigurationFormat.versionKey
        guard let value = source.entries.first(where: { $0.name == key })?.value else {
            return true
        }
        let message: String
        switch value {
        case .integer(1...Int64(format.version)): return true
        case .integer(let version) where version > 0:
            message =
                "the file is of version \(version), this bellwether reads up to "
                + "\(format.version): install the one that wrote it, or restore the copy that "
                + "bellwether config migrate left beside it, \(source.name).backup_v*"
        default: message = "must be an integer from 1 to \(format.version), is \(value.shown)"
        }
        add(source.name, source.line(of: [key]), key, message)
        isIncomplete = true
        return false
    }

    /// The key that an old name means now; nil, and a warning, where it means nothing any more.
    private mutating func successor(
        _ step: ConfigurationFormat.Step, file: String, line: Int?
    ) -> ConfigurationKey? {
        let (path, message, key): (String, String, ConfigurationKey?) =
            switch step {
            case .renamed(let old, let new):
                (
                    old, "is an old name: write \(new), or let bellwether config migrate do it",
                    ConfigurationSchema.byPath[new]
                )
            case .removed(let old, let why):
                (old, "does nothing any more: \(why)", nil)
            }
        warnings.append(ConfigurationProblem(file: file, line: line, key: path, message: message))
        return key
    }

    private mutating func visit(
        _ entries: [(name: String, value: ConfigurationValue)], _ parents: [String],
        _ source: ConfigurationSource
    ) {
        for (name, value) in entries {
            let members = parents + [name]
            let path = members.map(quotedKey).joined(separator: ".")
            if let step = format.fate(of: path) {
                let line = source.line(of: members)
                guard let key = successor(step, file: source.name, line: line) else { continue }
                renamed.append((path, key.path, line))
                set(key, value, folder: source.folder, file: source.name) { _ in line }
            } else if let key = ConfigurationSchema.byPath[path] {
                given.insert(path)
                set(key, value, folder: source.folder, file: source.name) { entry in
                    source.line(of: members + (entry.map { [$0] } ?? []))
                }
            } else if !ConfigurationSchema.tables.contains(path), !format.wasTable(path) {
                add(source.name, source.line(of: members), path, unknownMessage(path, value))
            } else if case .table(let inner) = value {
                visit(inner, members, source)
            } else {
                let message = "must be a table, written [\(path)], is \(value.shown)"
                add(source.name, source.line(of: members), path, message)
                isIncomplete = true
            }
        }
    }

    private mutating func add(_ file: String, _ line: Int?, _ key: String?, _ message: String) {
        let key = key.map { $0.count > 120 ? "\($0.prefix(117))..." : $0 }
        problems.append(
            ConfigurationProblem(file: file, line: line, key: key, message: message))
    }

    /// - Parameter line: the line of the key, or of one entry of it.
    private mutating func set(
        _ key: ConfigurationKey, _ value: ConfigurationValue, folder: String, file: String,
        line: (String?) -> Int?
    ) {
        origins[key.path] = ConfigurationOrigin(file: file, line: line(nil))
        do {
            try key.apply(&configuration, value, folder)
        } catch {
            failed.insert(key.path)
            for problem in error.all {
                let path = key.path + (problem.entry.map { ".\(quotedKey($0))" } ?? "")
                add(file, line(problem.entry), path, problem.message)
            }
        }
    }

    /// Takes a word `key=value` of the command line.
    mutating func override(_ word: String) {
        let label = "--set"
        guard let equals = word.firstIndex(of: "=") else {
            let shown = ConfigurationValue.string(word).shown
            add(label, nil, nil, "\(shown) is not of the form key=value")
            return
        }
        let path = word[..<equals].filter { $0 != " " }
        let text = word[word.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        let aliases = "news.aliases."
        let isAlias = path.hasPrefix(aliases)
        let known =
            if let step = format.fate(of: path) {
                successor(step, file: label, line: nil)
            } else { ConfigurationSchema.byPath[isAlias ? "news.aliases" : path] }
        guard let key = known else {
            if format.fate(of: path) != nil { return }
            let isTable = ConfigurationSchema.tables.contains(path)
            let message = isTable ? "is a table: set one of its keys" : unknownMessage(path, nil)
            add(label, nil, path, message)
            return
        }
        var readings = Self.readings(of: text, isList: key.isList || isAlias)
        if isAlias {
            let symbol = String(path.dropFirst(aliases.count))
            readings = readings.map { .table([(symbol, $0)]) }
        }
        // The reading that fits, or else the first, for its message.
        var trial = configuration
        let fitting = readings.first {
            (try? key.apply(&trial, $0, workingFolder)) != nil
        }
        set(key, fitting ?? readings[0], folder: workingFolder, file: label) { _ in nil }
    }

    /// What `text` may mean: a TOML value, bare words of a list, or a bare word. Never empty.
    private static func readings(of text: String, isList: Bool) -> [ConfigurationValue] {
        var readings: [ConfigurationValue] = []
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        if isPlain,
            let source = try? ConfigurationSource(
                name: "", folder: "", bytes: Array("value = \(text)".utf8)),
            let value = source.entries.first?.value
        {
            readings.append(value)
        }
        if !isList {
            readings.append(.string(text))
        } else if !text.hasPrefix("[") {
            let words = text.split(separator: ",").map {
                ConfigurationValue.string($0.trimmingCharacters(in: .whitespaces))
            }
            readings.append(.list(words))
        }
        if readings.isEmpty { readings.append(.string(text)) }
        return readings
    }

    /// Files named on the command line take the place of the configured ones.
    mutating func replay(bars: [String], news: [String]) {
        let given: [(option: String, key: String, paths: [String])] = [
            ("--bars", "market.bars", bars), ("--news", "news.paths", news),
        ]
        for (option, path, paths) in given where !paths.isEmpty {
            guard let key = ConfigurationSchema.byPath[path] else { continue }
            failed.remove(path)
            set(key, .list(paths.map { .string($0) }), folder: workingFolder, file: option) { _ in
                nil
            }
        }
        if !bars.isEmpty {
            configuration.market.kind = .replay
            origins["market.kind"] = ConfigurationOrigin(file: "--bars", line: nil)
            if configuration.news.sources.contains(.simulated) {
                configuration.news.sources.removeAll { $0 == .simulated }
                origins["news.sources"] = ConfigurationOrigin(file: "--bars", line: nil)
            }
        }
        if !news.isEmpty {
            configuration.news.sources = [.replay]
            origins["news.sources"] = ConfigurationOrigin(file: "--news", line: nil)
        }
    }

    /// Makes the checks across keys and gives the result.
    mutating func finish() throws(ConfigurationErrors) -> LoadedConfiguration {
        if !isIncomplete {
            for finding in crossChecks(configuration) where failed.isDisjoint(with: finding.keys) {
                let key = finding.keys.first { origins[$0] != nil } ?? finding.keys[0]
                let origin = origins[key]
                let problem = ConfigurationProblem(
                    file: origin?.file ?? main, line: origin?.line, key: key,
                    message: finding.message)
                if finding.isWarning { warnings.append(problem) } else { problems.append(problem) }
            }
        }
        if !problems.isEmpty { throw ConfigurationErrors(problems, warnings: warnings) }
        return LoadedConfiguration(
            configuration: configuration, warnings: warnings, files: files,
            origins: origins,
            keysSet: Set(origins.keys))
    }
}
