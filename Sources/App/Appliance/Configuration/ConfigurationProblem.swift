/// One thing wrong, or worth a warning, with the place to mend it.
package struct ConfigurationProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, `--set …` for a word of the command line, or `defaults`.
    package let file: String
    /// 1 is the first line; nil where no line is to blame.
    package let line: Int?
    /// The dotted key or table; nil where the file as a whole is meant.
    package let key: String?
    package let message: String

    package init(file: String, line: Int? = nil, key: String? = nil, message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    /// `/etc/bellwether/bellwether.toml:12: risk.positions_max: must be …`
    package var description: String {
        file + (line.map { ":\($0)" } ?? "") + ": " + (key.map { "\($0): " } ?? "") + message
    }
}

/// Everything that is wrong, in the order of the files and their lines.
package struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]
    /// What would have been a warning beside them.
    package let warnings: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem], warnings: [ConfigurationProblem] = []) {
        self.problems = problems
        self.warnings = warnings
    }

    /// One line each, the first hundred.
    package var description: String {
        var lines = problems.prefix(100).map(\.description)
        if problems.count > 100 { lines.append("and \(problems.count - 100) more") }
        return lines.joined(separator: "\n")
    }
}

/// What a key's reader found wrong. `entry` names a member, in a table whose keys are free.
struct KeyProblem: Sendable, Equatable {
    var entry: String?
    let message: String
}

struct KeyProblems: Error, Sendable {
    let all: [KeyProblem]
    init(_ all: [KeyProblem]) { self.all = all }
    init(_ message: String) { all = [KeyProblem(message: message)] }
}
