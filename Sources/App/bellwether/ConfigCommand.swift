import Appliance
import ArgumentParser
import Domain
import Foundation
import Primitives

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at the configuration: what is in force, why, and what each key means.",
        discussion: """
            Reads the configuration: one TOML file, its drop-ins (FILE.d/*.toml, in the order of \
            their names; a later one wins, key by key) and the words of --set. Secrets are in none \
            of them. Writes to standard output; only migrate writes files.
            """,
        subcommands: [
            Show.self, Check.self, Keys.self, Explain.self, Migrate.self, Manual.self,
        ],
        defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the configuration in force, each value with its file and line.",
            discussion: """
                Reads the configuration. Writes TOML, with the place of each value behind it, or \
                "default". Read again as a file it gives the same configuration. It holds no \
                secret, only the names of credentials.
                """)

        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Print every key; this is what happens without options.")
        var effective = false
        @Flag(help: "Print only the keys that do not have their default.") var changed = false
        @Flag(help: "Write JSON: config_version, files, and keys with value, file and line.")
        var json = false

        func validate() throws {
            if effective, changed {
                throw ValidationError("--effective and --changed exclude each other")
            }
        }

        func run() throws {
            try reporting {
                let listing = ConfigurationListing(try options.load(), onlyChanged: changed)
                print(json ? listing.json.compact + "\n" : listing.text, terminator: "")
            }
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the configuration; the same as bellwether check-config.",
            discussion: CheckConfigCommand.explanation)

        @OptionGroup var check: ConfigurationCheck

        func run() throws { try reporting { try check.run() } }
    }

    struct Keys: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List every key with its default, and whether a reload changes it.",
            discussion: """
                Reads nothing. Writes a line for each key: name, default, and “reload” or \
                “restart”, separated by tabs; or JSON with type, what a value must be, unit and \
                help as well.
                """)

        @Flag(help: "Write JSON.") var json = false

        func run() {
            let keys = ConfigurationSchema.keys
            if json {
                print(OrderedJSON.array(keys.map(\.json)).compact)
                return
            }
            for key in keys {
                print("\(key.path)\t\(key.defaultText)\t\(key.isReloaded ? "reload" : "restart")")
            }
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell what a key means, what it may be, and what it is.",
            discussion: """
                Reads the configuration for the value in force. Writes help, default, type, what a \
                value must be, unit, and whether a reload brings a change into force. For a table, \
                all of its keys.
                """)

        @Argument(help: "The key, such as risk.positions_max, or a table.") var key: String
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Write JSON; without the value in force.") var json = false

        func run() throws {
            try reporting {
                let inside = ConfigurationSchema.keys.filter { $0.path.hasPrefix(key + ".") }
                let keys: [ConfigurationKey]
                do throws(ConfigurationProblem) {
                    keys = inside.isEmpty ? [try ConfigurationSchema.key(key)] : inside
                } catch {
                    complain("\(error)")
                    throw Exit.negative
                }
                if json {
                    print(OrderedJSON.array(keys.map(\.json)).compact)
                    return
                }
                // What a key means is told also where the file is broken.
                let loaded = try? options.loadQuietly()
                print(keys.map { $0.explained(loaded) }.joined(separator: "\n"), terminator: "")
            }
        }
    }

    struct Manual: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the manual page bellwether.toml(5) as it is made from the keys.",
            shouldDisplay: false)

        func run() { print(configurationManual(), terminator: "") }
    }

    struct Migrate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rewrite the configuration file and its drop-ins in today's format.",
            discussion: """
                Old names of keys are read by every later version, with a warning; this command \
                writes the new ones. Each file that changes is first copied to FILE.backup_vN, N \
                being its old version, and keeps its comments. Values do not change. Writes what \
                was done, a line for each file and change.
                """)

        @Option(
            help: ArgumentHelp(
                "The configuration file; without it /etc/bellwether/bellwether.toml.",
                valueName: "file"))
        var config: String?
        @Flag(help: "Only say what would be done.") var dryRun = false

        func run() throws {
            try reporting {
                let path = config ?? ConfigurationOptions.systemFile
                var isWrong = false
                func told(_ work: () throws(ConfigurationProblem) -> Void) {
                    do throws(ConfigurationProblem) { try work() } catch {
                        complain("\(error)")
                        isWrong = true
                    }
                }
                told { () throws(ConfigurationProblem) in
                    for file in try ConfigurationMigrator.files(of: path) {
                        told { () throws(ConfigurationProblem) in
                            tell(file, try ConfigurationMigrator().migrate(file, isDry: dryRun))
                        }
                    }
                }
                if isWrong { throw Exit.configuration }
            }
        }

        private func tell(_ file: String, _ outcome: ConfigurationMigrator.Outcome) {
            switch outcome {
            case .upToDate(let version):
                print("\(file): version \(version) is the newest, nothing to do")
            case .rewritten(let old, let new, let backup, let changes):
                print("\(file): rewritten from version \(old) to \(new), the old one is \(backup)")
                for change in changes { print("  \(change)") }
            case .wouldRewrite(let old, let new, let changes):
                print("\(file): would be rewritten from version \(old) to \(new)")
                for change in changes { print("  \(change)") }
            }
        }
    }
}

/// The options and the work of `check-config` and `config check`.
struct ConfigurationCheck: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print the configuration that results, with every default.") var effective = false
    @Flag(help: "Take warnings as errors.") var strict = false
    @Flag(help: "Write the result as JSON: valid, files, errors, warnings.") var json = false

    func validate() throws {
        if effective, json { throw ValidationError("--effective and --json exclude each other") }
    }

    func run() throws {
        var errors: [ConfigurationProblem] = []
        var warnings: [ConfigurationProblem] = []
        var loaded: LoadedConfiguration?
        do throws(ConfigurationErrors) {
            let found = try options.loadQuietly()
            loaded = found
            warnings = found.warnings
        } catch {
            (errors, warnings) = (error.problems, error.warnings)
        }
        let isValid = errors.isEmpty && !(strict && !warnings.isEmpty)
        if json {
            let result = OrderedJSON.object([
                ("valid", .flag(isValid)),
                ("files", .array((loaded?.files ?? []).map(OrderedJSON.string))),
                ("errors", .array(errors.map(\.json))),
                ("warnings", .array(warnings.map(\.json))),
            ])
            print(result.compact)
        } else {
            for warning in warnings { complain("warning: \(warning)") }
            if !errors.isEmpty { complain(ConfigurationErrors(errors).description) }
            if isValid, let loaded { tell(loaded) }
            if errors.isEmpty, !isValid {
                complain("bellwether: warnings are errors with --strict")
            }
        }
        if !isValid { throw Exit.configuration }
    }

    private func tell(_ loaded: LoadedConfiguration) {
        if effective {
            print(effectiveConfiguration(loaded.configuration), terminator: "")
        } else {
            let files = loaded.files.isEmpty ? "the defaults" : loaded.files.joined(separator: ", ")
            print("\(files): valid")
        }
    }
}
