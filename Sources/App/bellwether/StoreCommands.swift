import Appliance
import ArgumentParser
import Domain
import Foundation
import Host
import Primitives
import Storage

struct ReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Compare broker and books, order by order; exit code 1 when they differ.",
        discussion: """
            Asks the daemon, or, where none runs, reads and writes the store. What can be proven is \
            set right; writes what was found, a line each, or JSON.
            """)
    @OptionGroup var common: CtlCommand.Common

    func run() throws {
        try reporting { try showReconciliation(common) }
    }
}

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make a verified copy of the ledger, also while the daemon trades.",
        discussion: """
            Reads the ledger, through the daemon where one runs. Writes a file \
            ledger-YYYYMMDDTHHMMSSZ.db into the folder, its name to standard output, and removes \
            the oldest copies of this ledger beyond the number to keep.
            """)
    @Option(
        help: ArgumentHelp(
            "The folder; without it backups in the folder of the store.", valueName: "folder"))
    var to: String?
    @Option(help: ArgumentHelp("Copies of this ledger that stay.", valueName: "number"))
    var keep = BackupDefaults.keep
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Write JSON.") var json = false

    func validate() throws {
        if !(1...1000).contains(keep) { throw ValidationError("--keep must be from 1 to 1000") }
    }

    func run() throws {
        try reporting {
            let configuration = try options.load(needsLimits: false, usesStore: true).configuration
            let folder = to.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
            // A large ledger on a slow card takes its time.
            let answer = try ControlAccess(configuration: configuration).ask(
                ControlRequest(
                    transaction: nil, verb: .backup(folder: folder, keep: keep)),
                seconds: 600)
            try demandDone(answer)
            print(json ? answer.data.compact : answer.message)
        }
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a copy made by backup in the place of the ledger.",
        discussion: """
            Reads the copy and verifies it; writes it into the store, beside which the ledger that \
            was there is kept. No daemon may run. Pauses, latches and lowered limits of the ledger \
            that was there stand on. Trading then stays paused until somebody resumes it: \
            bellwether ctl resume --latch restored. That asks for no comparison: compare broker \
            and books before, with bellwether reconcile.
            """)
    @Argument(help: ArgumentHelp("The copy.", valueName: "file")) var file: String
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Write JSON.") var json = false

    func run() throws {
        try reporting {
            let configuration = try options.load(needsLimits: false, usesStore: true).configuration
            let path = URL(fileURLWithPath: file).standardizedFileURL.path
            let done = try LedgerRestore.run(
                from: path, into: configuration.storage.path, at: wallTime())
            print(json ? done.json.compact + "\n" : done.words, terminator: "")
        }
    }
}

extension LedgerRestore {
    fileprivate var json: OrderedJSON {
        .object([
            ("commits", .integer(Int(commits))), ("replaced", OrderedJSON(text: replaced)),
            ("hold", hold.json), ("unknown", .array(unknown.map { .string($0.text) })),
            ("carried", .array(carried.map(\.json))),
            (
                "lowered",
                .object(
                    lowered.sorted { $0.key < $1.key }.map { limit, value in
                        (limit.rawValue, .number(value))
                    })
            ),
            ("doubt", OrderedJSON(text: doubt)),
        ])
    }

    fileprivate var words: String {
        var text = "restored: \(commits) commits\n"
        if let replaced { text += "the ledger that was there is in \(replaced)\n" }
        text += "\(unknown.count) orders that may have left since are asked for at the broker\n"
        if !carried.isEmpty {
            let names = carried.map { "\($0.id) \($0.cause.rawValue) \($0.mode.rawValue)" }
            text += "\(carried.count) holds that stood stand on: "
            text += names.joined(separator: ", ") + "\n"
        }
        if !lowered.isEmpty {
            let limits = lowered.sorted { $0.key < $1.key }.map { limit, value in
                "\(limit.rawValue) \(limit.text(value))"
            }
            text += "limits that were lowered stay so: \(limits.joined(separator: ", "))\n"
        }
        if let doubt {
            text += "pauses and lowered limits made after the copy may be lost: \(doubt)\n"
        }
        text += "\(hold.mode.rawValue) by \(hold.id): \(hold.why)\n"
        return text + "next: bellwether run, then bellwether reconcile to compare with the broker, "
            + "then bellwether ctl resume --latch restored\n"
    }
}

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Examine the store; exit code 1 when something is broken.",
        discussion: """
            Reads the store and changes nothing: structure, hash chain, books, marks, disk. Where \
            a daemon runs, it examines a copy of its ledger, and what only the file itself shows \
            stays unseen. Writes a line for each check, or JSON.
            """)
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Write JSON.") var json = false

    func run() throws {
        try reporting {
            let configuration = try options.load(needsLimits: false, usesStore: true).configuration
            var told: ControlAnswer?
            do throws(ControlError) {
                told = try StartingDaemon.ask(
                    ControlRequest(transaction: nil, verb: .doctor), configuration, seconds: 600)
            } catch {
                guard case .absent = error else { throw error }
            }
            if let told { try demandDone(told) }
            let data =
                told?.data ?? doctorData(Doctor.examine(folder: configuration.storage.path))
            print(
                json ? data.compact + "\n" : findingsText(data, colour: wantsColour),
                terminator: "")
            if !isSound(data) { throw Exit.negative }
        }
    }
}
