import Domain
import Foundation
import Risk
import Testing

@testable import Appliance

/// Old names of keys, and files of older versions. The format of this program has no history yet,
/// so that these tests bring one.
@Suite struct ConfigurationFormatTests {
    static let format = ConfigurationFormat(migrations: [
        .init(
            version: 2,
            steps: [
                .renamed(old: "risk.positions_most", new: "risk.positions_limit"),
                .renamed(old: "limits.cooling", new: "risk.cooldown"),
                .removed("market.colour", why: "markets have none"),
            ]),
        .init(
            version: 3,
            steps: [.renamed(old: "risk.positions_limit", new: "risk.positions_max")]),
    ])

    let folder: ConfigurationFolder

    init() throws { folder = try ConfigurationFolder() }

    private func load(
        _ toml: String, overrides: [String] = []
    ) throws(ConfigurationErrors) -> LoadedConfiguration {
        var loader = ConfigurationLoader(main: "f", workingFolder: "/w", format: Self.format)
        do {
            loader.take(
                try ConfigurationSource(name: "f", folder: "/conf", bytes: Array(toml.utf8)))
        } catch { throw ConfigurationErrors([error]) }
        for override in overrides { loader.override(override) }
        return try loader.finish()
    }

    @Test("A09: old names are read, with a warning that names the new one, also across versions")
    func oldNames() throws {
        let loaded = try load(
            """
            [risk]
            positions_most = 3
            [limits]
            cooling = "7m"
            [market]
            colour = "red"
            """)
        #expect(loaded.configuration.risk.positionsMax == 3)
        #expect(loaded.configuration.risk.cooldown == Span(seconds: 420))
        #expect(
            Set(loaded.warnings.map(\.description)) == [
                "f:2: risk.positions_most: is an old name: write risk.positions_max, or let "
                    + "bellwether config migrate do it",
                "f:4: limits.cooling: is an old name: write risk.cooldown, or let bellwether "
                    + "config migrate do it",
                "f:6: market.colour: does nothing any more: markets have none",
            ])
        #expect(loaded.origins["risk.positions_max"]?.description == "f:2")
    }

    @Test("A09: old names are read from the command line, too")
    func oldOverride() throws {
        let loaded = try load("", overrides: ["risk.positions_limit=4", "market.colour=blue"])
        #expect(loaded.configuration.risk.positionsMax == 4)
        #expect(loaded.warnings.map(\.file) == ["--set", "--set"])
    }

    @Test("S39: an old name beside its new one, or with an unfit value, is an error")
    func oldNameProblems() {
        for text in [
            "positions_max = 3\npositions_most = 4", "positions_most = 4\npositions_max = 3",
        ] {
            let error = #expect(throws: ConfigurationErrors.self) {
                _ = try load("[risk]\n" + text)
            }
            #expect(error?.description.contains("which is set as well: remove it") == true)
        }
        let error = #expect(throws: ConfigurationErrors.self) {
            _ = try load("[limits]\ncooling = 5\nwarming = 6")
        }
        #expect(error?.problems.map(\.line) == [2, 3])
    }

    struct Version: CustomTestStringConvertible, Sendable {
        let value: String
        let problem: String?
        var testDescription: String { value }
    }

    @Test(
        "A09: a file of a newer version is refused with one sentence, whatever else it holds",
        arguments: [
            Version(value: "1", problem: nil), Version(value: "3", problem: nil),
            Version(value: "4", problem: "the file is of version 4, this bellwether reads up to 3"),
            Version(value: "0", problem: "must be an integer from 1 to 3, is 0"),
            Version(value: "-1", problem: "must be an integer from 1 to 3, is -1"),
            Version(value: "\"2\"", problem: "must be an integer from 1 to 3, is \"2\""),
            Version(value: "9223372036854775807", problem: "install the one that wrote it"),
        ])
    func version(_ row: Version) {
        let rest = row.problem == nil ? "" : "[future]\nkey = 1\n[market]\nkind = \"replay\""
        do {
            _ = try load("# a\nconfig_version = \(row.value)\n" + rest)
            #expect(row.problem == nil)
        } catch {
            #expect(error.problems.count == 1, "\(error)")
            #expect(error.problems.first?.line == 2)
            #expect(error.problems.first?.key == "config_version")
            #expect(error.description.contains(row.problem ?? "no problem"), "\(error)")
        }
    }

    static let old = """
        # My file.

        [risk]
        positions_most = 3  # few
        cash_only = true

        [limits] # old table
        cooling = "7m"
        [market]
          colour = [ "red",
            "green" ]
        days = 3
        """

    static let new = """
        config_version = 3
        # My file.

        [risk]
        cooldown = "7m"
        positions_max = 3  # few
        cash_only = true

        [limits] # old table
        [market]
        # Does nothing from version 2 on: markets have none
        #   colour = [ "red",
        #     "green" ]
        days = 3
        """

    @Test("A09: a file is rewritten with its comments, and a copy of the old one stays beside it")
    func rewritten() throws {
        let file = try folder.write(Self.old)
        chmod(file, 0o640)
        let migrator = ConfigurationMigrator(format: Self.format)
        let changes = [
            "risk.positions_most is now risk.positions_limit",
            "limits.cooling is now risk.cooldown",
            "market.colour does nothing any more: markets have none",
            "risk.positions_limit is now risk.positions_max",
        ]
        #expect(
            try migrator.migrate(file, isDry: true)
                == .wouldRewrite(from: 1, to: 3, changes: changes))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == Self.old)
        #expect(
            try migrator.migrate(file)
                == .rewritten(from: 1, to: 3, backup: file + ".backup_v1", changes: changes))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == Self.new)
        #expect(try String(contentsOfFile: file + ".backup_v1", encoding: .utf8) == Self.old)
        for path in [file, file + ".backup_v1"] {
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
        }
        #expect(try migrator.migrate(file) == .upToDate(version: 3))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }

    @Test("A value whose new table is not there yet gets one, and the version its line")
    func newTable() throws {
        let file = try folder.write("config_version = 2 # two\n[risk]\npositions_limit = 2")
        _ = try ConfigurationMigrator(format: Self.format).migrate(file)
        #expect(
            try String(contentsOfFile: file, encoding: .utf8)
                == "config_version = 3\n[risk]\npositions_max = 2")
        let other = try folder.write("[limits]\ncooling = \"1m\"", to: "other.toml")
        _ = try ConfigurationMigrator(format: Self.format).migrate(other)
        #expect(
            try String(contentsOfFile: other, encoding: .utf8)
                == "config_version = 3\n[limits]\n\n[risk]\ncooldown = \"1m\"\n")
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let text: String
        let words: String
        var testDescription: String { text.replacingOccurrences(of: "\n", with: " | ") }
    }

    @Test(
        "S39: what cannot be rewritten safely stays as it is",
        arguments: [
            Refusal(text: "risk = { positions_most = 3 }", words: "change them by hand"),
            Refusal(
                text: "[risk]\npositions_most = 3\npositions_max = 4", words: "change them by hand"),
            Refusal(text: "config_version = 7", words: "is of version 7"),
            Refusal(text: "[risk", words: "is not TOML"),
        ])
    func notRewritten(_ row: Refusal) throws {
        let file = try folder.write(row.text)
        let error = #expect(throws: ConfigurationProblem.self) {
            _ = try ConfigurationMigrator(format: Self.format).migrate(file)
        }
        #expect(error?.description.contains(row.words) == true, "\(error?.description ?? "")")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == row.text)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["test.toml"])
    }

    @Test("A copy of an earlier time is not written over, and a link stays a link")
    func copies() throws {
        let file = try folder.write("[risk]\npositions_most = 3", to: "real.toml")
        let link = folder.path + "/link.toml"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        let copy = try folder.write("mine", to: "link.toml.backup_v1")
        let migrator = ConfigurationMigrator(format: Self.format)
        let error = #expect(throws: ConfigurationProblem.self) { _ = try migrator.migrate(link) }
        #expect(error?.description.contains("is there already") == true)
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == "mine")
        try FileManager.default.removeItem(atPath: copy)
        _ = try migrator.migrate(link)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == file)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("positions_max = 3"))
    }

    @Test("Every migration of this program leads to keys that there are, one version at a time")
    func history() {
        for (index, migration) in ConfigurationFormat.current.migrations.enumerated() {
            #expect(migration.version == index + 2)
            for step in migration.steps {
                #expect(ConfigurationSchema.byPath[step.old] == nil, "\(step.old)")
                if case .renamed(_, let new)? = ConfigurationFormat.current.fate(of: step.old) {
                    #expect(ConfigurationSchema.byPath[new] != nil, "\(new)")
                }
            }
        }
    }
}
