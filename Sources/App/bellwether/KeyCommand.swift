import Appliance
import ArgumentParser
import Foundation
import Messaging

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make, show or replace the key that signs commands over MQTT.",
        discussion: """
            Reads and writes a file that only its owner may read: command.key in storage.path, or \
            the one that commands.key_credential or --file names. Each line is a key in JSON: \
            {"kid":"name","alg":"HS256","k":"secret"}, or with “x” (and “y”, and “d” where it also \
            signs) for EdDSA and ES256; values are base64url. An HS256 secret has at least 32 \
            bytes from a random source; a shorter or guessable one stops the daemon's start. The \
            daemon makes its first key itself.
            """,
        subcommands: [Make.self, Show.self, Rotate.self])

    struct File: ParsableArguments {
        @OptionGroup var options: ConfigurationOptions
        @Option(help: ArgumentHelp("The file of keys.", valueName: "file")) var file: String?

        func place() throws -> CommandKeyFile {
            if let file { return CommandKeyFile(file) }
            let configuration = try options.load(needsLimits: false, usesStore: true)
                .configuration
            do {
                return try configuration.commandKeyFile(
                    environment: ProcessInfo.processInfo.environment)
            } catch {
                complain("bellwether: \(error)")
                throw Exit.permission
            }
        }
    }

    enum Algorithm: String, ExpressibleByArgument, CaseIterable {
        case hs256 = "HS256"
        case edDSA = "EdDSA"
        case es256 = "ES256"

        var key: CommandKey.Algorithm {
            switch self {
            case .hs256: .hs256
            case .edDSA: .edDSA
            case .es256: .es256
            }
        }
    }

    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a new file with a new key; what is there is never written over.",
            discussion: "Writes the file, and its key's name to standard output.")
        @OptionGroup var file: File
        @Option(help: ArgumentHelp("HS256, EdDSA or ES256.", valueName: "name"))
        var alg = Algorithm.hs256
        @Option(help: ArgumentHelp("The key's name; else one is made.", valueName: "name"))
        var kid: String?

        func run() throws {
            try reporting {
                let place = try file.place()
                let key = try withKeys { () throws(CommandKeyError) in
                    try place.make(alg.key, kid: kid)
                }
                print("\(key.algorithm.rawValue) key \(key.kid) is in \(place.path)")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the keys to standard output, secrets and all, as other clients need.",
            discussion: "Reads the file; who may not read it sees nothing.")
        @OptionGroup var file: File
        @Option(help: ArgumentHelp("Only the key of this name.", valueName: "name"))
        var kid: String?
        @Flag(
            name: .customLong("public"), help: "Only what verifies; HS256 keys have no such part.")
        var isPublic = false

        func run() throws {
            try reporting {
                let place = try file.place()
                let keys = try withKeys { () throws(CommandKeyError) in
                    let keys = try place.load()
                    return try kid.map { (kid) throws(CommandKeyError) in [try keys.only(kid)] }
                        ?? keys.all
                }
                let shown = isPublic ? keys.compactMap(\.publicPart) : keys
                guard !shown.isEmpty else {
                    complain("bellwether: \(place.path) holds no such part of a key")
                    throw Exit.negative
                }
                for key in shown { print(key.line) }
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new key in the place of one; the old one is refused from then on.",
            discussion: """
                Writes the file whole or not at all. A running daemon sees it at the next signed \
                command: what the old key signed is refused then. Other keys of the file stay.
                """)
        @OptionGroup var file: File
        @Option(
            help: ArgumentHelp(
                "The key that goes; may be left out where there is one.", valueName: "name"))
        var kid: String?
        @Option(help: ArgumentHelp("The new key's name; else one is made.", valueName: "name"))
        var to: String?

        func run() throws {
            try reporting {
                let place = try file.place()
                let key = try withKeys { () throws(CommandKeyError) in
                    try place.rotate(kid, to: to)
                }
                print("\(key.algorithm.rawValue) key \(key.kid) is in \(place.path)")
            }
        }
    }
}

private func withKeys<Result>(
    _ work: () throws(CommandKeyError) -> Result
) throws -> Result {
    do throws(CommandKeyError) { return try work() } catch {
        complain("bellwether: \(error)")
        throw Exit.code(error)
    }
}
