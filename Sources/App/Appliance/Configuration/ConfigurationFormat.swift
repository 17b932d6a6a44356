/// The format of the file, and what became of the keys of its older versions.
///
/// A file says its version in `config_version`; one without it is of version 1. Old names are still
/// read, with a warning that names the new one, so that an upgrade never stops the appliance;
/// `bellwether config migrate` rewrites the file, which the daemon never does.
package struct ConfigurationFormat: Sendable {
    package enum Step: Sendable, Equatable {
        /// The same values mean the same under the new name.
        case renamed(old: String, new: String)
        /// Still accepted, but does nothing.
        case removed(String, why: String)

        var old: String {
            switch self {
            case .renamed(let old, _): old
            case .removed(let old, _): old
            }
        }
    }

    /// What leads from the version before to `version`.
    package struct Migration: Sendable {
        let version: Int
        let steps: [Step]
    }

    static let versionKey = "config_version"

    /// In rising order, from version 2 on.
    let migrations: [Migration]

    /// The version that this program writes.
    package var version: Int { migrations.last?.version ?? 1 }

    /// The format of this program.
    package static let current = ConfigurationFormat(migrations: [])

    /// Whether keys of older versions stood in the table `path`.
    func wasTable(_ path: String) -> Bool {
        migrations.contains { $0.steps.contains { $0.old.hasPrefix(path + ".") } }
    }

    /// What became of `path`, followed to the name of today; nil for a name that never was one.
    func fate(of path: String) -> Step? {
        var last: Step?
        var name = path
        for step in migrations.lazy.flatMap(\.steps) where step.old == name {
            switch step {
            case .renamed(_, let new):
                last = .renamed(old: path, new: new)
                name = new
            case .removed(_, let why):
                return .removed(path, why: why)
            }
        }
        return last
    }
}

/// Where a value was last given.
package struct ConfigurationOrigin: Sendable, Equatable, CustomStringConvertible {
    /// The file, or the option of the command line.
    package let file: String
    package let line: Int?

    package var description: String { file + (line.map { ":\($0)" } ?? "") }
}
