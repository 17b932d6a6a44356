import Appliance
import ArgumentParser
import Domain
import Foundation
import Host
import Primitives

struct CtlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ctl",
        abstract: "Tell the daemon what to do: pause, resume, flatten, reconcile, or show itself.",
        discussion: """
            Reads the configuration to find the daemon's socket, asks there and writes the answer; \
            a command is carried out and durable before it is answered. Where no daemon runs, the \
            command is written into the store for the next start, if there is one. A refused \
            command ends with exit code 1 and its reason on standard error.

            With --mqtt, before the verb, it asks over the MQTT broker instead, from any machine: \
            ctl --mqtt --host broker.lan --id bw-1a2b --key my.key resume. Requests that change \
            something are signed and hold for a minute, so the clocks of both must be right.
            """,
        subcommands: [
            Pause.self, Resume.self, Flatten.self, Reconcile.self, Status.self, Positions.self,
            CtlWeights.self, CtlLimits.self, CtlReport.self, CtlReload.self, KeyCommand.self,
        ])

    @OptionGroup var way: MQTTOptions

    struct Common: ParsableArguments {
        @OptionGroup var options: ConfigurationOptions
        @Option(
            help: ArgumentHelp(
                "Your own name for this request: sent again, it gets the same answer.",
                valueName: "id"))
        var transaction: String?
        @Flag(help: "Write the answer as JSON.") var json = false

        /// - Parameter creates: begin a ledger where the folder that was named holds none.
        func ask(
            _ verb: ControlRequest.Verb, reason: String = "", creates: Bool = false,
            way: MQTTOptions? = nil
        ) throws -> ControlAnswer {
            let loaded = try options.load(needsLimits: false, usesStore: true)
            let configuration = loaded.configuration
            guard !creates || loaded.keysSet.contains("storage.path") else {
                complain("bellwether: --create needs storage.path, by --set or by --config")
                throw Exit.usage
            }
            let request = ControlRequest(
                transaction: transaction ?? ControlAccess.transaction(), verb: verb,
                reason: reason)
            // What the daemon would refuse is refused before it is sent.
            do throws(ControlRefusal) {
                _ = try ControlRequest.parse(Array(request.line.utf8)[...])
            } catch {
                complain("bellwether: \(error.code.rawValue): \(error.message)")
                throw Exit.usage
            }
            if let way, way.mqtt {
                return try MQTTAccess(options: way, configuration: configuration).ask(request)
            }
            return try ControlAccess(configuration: configuration, mayCreate: creates).ask(request)
        }

        func show(_ answer: ControlAnswer) throws {
            if json { print(answer.json.compact) }
            try demandDone(answer)
            if !json { print(answerText(answer, colour: wantsColour), terminator: "") }
        }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "No order leaves any more, from the moment of the answer on.",
            discussion: """
                Reads the configuration; writes the answer. Protective stops stay at the broker.
                """)
        @Option(
            help: ArgumentHelp(
                "Ends by itself then: market time after RFC 3339, e.g. 2026-11-23T14:30:00Z.",
                valueName: "time"),
            transform: marketTime)
        var until: Timestamp?
        @Flag(help: "Positions may still be left.") var exits = false
        @Option(help: "Why; kept with the pause.") var reason = ""
        @Flag(help: "Before the very first start: begin a ledger in storage.path, given by name.")
        var create = false
        @OptionGroup var common: Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                try common.show(
                    try common.ask(
                        .command(.pause(until: until, exits: exits)), reason: reason,
                        creates: create, way: ctl.way))
            }
        }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lift a pause; what the machine set itself has to be named.",
            discussion: "Reads the configuration; writes the answer.")
        @Option(
            help: ArgumentHelp(
                "The cause or the id of what is lifted, as status shows it.", valueName: "name"))
        var latch: String?
        @Option(help: "Why; kept with it.") var reason = ""
        @OptionGroup var common: Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                try common.show(
                    try common.ask(.command(.resume(latch: latch)), reason: reason, way: ctl.way))
            }
        }
    }

    struct Flatten: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leave every position and open none, in two steps.",
            discussion: """
                Reads the configuration; writes the answer. The first step gives a token, the \
                second repeats it within a minute, where the daemon's market goes by a clock: on \
                a terminal you are asked, in a script give --token, or --yes for both at once.
                """)
        @Option(help: ArgumentHelp("Of the first step.", valueName: "token")) var token: String?
        @Flag(help: "Do both steps.") var yes = false
        @Option(help: "Why; kept with it.") var reason = ""
        @OptionGroup var common: Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                let first = try common.ask(
                    .command(.flatten(token: token)), reason: reason, way: ctl.way)
                guard token == nil, first.error == nil, let given = flattenToken(first) else {
                    try common.show(first)
                    return
                }
                if !yes {
                    guard isatty(STDIN_FILENO) == 1, !common.json else {
                        try common.show(first)
                        return
                    }
                    print(answerText(first, colour: wantsColour), terminator: "")
                    print("Leave every position now? Type yes: ", terminator: "")
                    fflush(nil)
                    guard readLine() == "yes" else {
                        complain("bellwether: nothing was done")
                        throw Exit.negative
                    }
                }
                var second = common
                second.transaction = nil
                try common.show(
                    try second.ask(.command(.flatten(token: given)), reason: reason, way: ctl.way))
            }
        }
    }

    struct Reconcile: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare broker and books now.",
            discussion: """
                Reads the configuration; writes the answer; exit code 1 when they differ. The same \
                as bellwether reconcile.
                """)
        @OptionGroup var common: Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting { try showReconciliation(common, way: ctl.way) }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The same as bellwether status.",
            discussion: "Reads the configuration; writes how the daemon stands.")
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Write JSON.") var json = false
        @ParentCommand var ctl: CtlCommand

        func run() throws { try reporting { try showStatus(options, json: json, way: ctl.way) } }
    }

    struct Positions: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every position.",
            discussion: "Reads the configuration; writes a line for each position, or JSON.")
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Write JSON.") var json = false
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting { try showData(.positions, options, json: json, way: ctl.way) }
        }
    }
}

/// A time such as `2026-11-23T14:30:00Z`.
private func marketTime(_ argument: String) throws -> Timestamp {
    guard let time = Timestamp(rfc3339: argument) else {
        throw ValidationError(
            "“\(argument)” is no market time after RFC 3339, such as 2026-11-23T14:30:00Z")
    }
    return time
}

/// Exit code 1 when broker and books differ.
func showReconciliation(_ common: CtlCommand.Common, way: MQTTOptions? = nil) throws {
    let answer = try common.ask(.command(.reconcile), way: way)
    try common.show(answer)
    if !reconciliationMatches(answer) { throw Exit.negative }
}

func showData(
    _ verb: ControlRequest.Verb, _ options: ConfigurationOptions, json: Bool,
    way: MQTTOptions? = nil
) throws {
    let answer = try question(verb, options, way)
    try demandDone(answer)
    print(
        json ? answer.dataLine + "\n" : dataText(answer, verb: verb.name, colour: wantsColour),
        terminator: "")
}

private func question(
    _ verb: ControlRequest.Verb, _ options: ConfigurationOptions, _ way: MQTTOptions?
) throws -> ControlAnswer {
    let configuration = try options.load(needsLimits: false, usesStore: true).configuration
    let request = ControlRequest(transaction: nil, verb: verb)
    if let way, way.mqtt {
        return try MQTTAccess(options: way, configuration: configuration).ask(request)
    }
    return try ControlAccess(configuration: configuration).ask(request)
}

func showStatus(
    _ options: ConfigurationOptions, json: Bool, way: MQTTOptions? = nil
) throws {
    let answer = try question(.status, options, way)
    try demandDone(answer)
    print(
        json ? answer.dataLine + "\n" : dataText(answer, verb: "status", colour: wantsColour),
        terminator: "")
    if isProblem(answer) { throw Exit.negative }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the daemon stands; exit code 1 when somebody should look.",
        discussion: """
            Reads the configuration to find the daemon's socket, and asks there; where no daemon \
            runs, reads the store. Writes mode, holds, account, and the health of every part.
            """)
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Write JSON.") var json = false

    func run() throws { try reporting { try showStatus(options, json: json) } }
}
