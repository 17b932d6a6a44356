import Appliance
import ArgumentParser
import Domain
import Foundation
import Host
import Primitives

/// `ctl weights`: shows them, or changes them with one of its subcommands.
struct CtlWeights: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weights",
        abstract: "Show the weights of the strategies, set, freeze or take them back.",
        discussion: """
            Reads the configuration to find the daemon's socket. Without a subcommand writes a line \
            for each strategy, or JSON.
            """,
        subcommands: [Show.self, Set.self, Freeze.self, Unfreeze.self, Rollback.self],
        defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the weights of the strategies.",
            discussion: "Reads the configuration; writes a line for each strategy, or JSON.")
        @OptionGroup var options: ConfigurationOptions
        @Flag(help: "Write JSON.") var json = false
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting { try showData(.weights, options, json: json, way: ctl.way) }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give the strategies these weights.",
            discussion: """
                Reads the configuration; writes the answer. Weights are numbers from 0 to 1 whose \
                sum is 1, within learning.floor and learning.ceiling, as in \
                sentiment=0.5 trend=0.3 reversion=0.2; one that is left out is 0. Learning goes on \
                from them, unless it is frozen.
                """)
        @Argument(
            help: ArgumentHelp("The strategies' weights.", valueName: "strategy=weight"),
            transform: setting)
        var weights: [Setting]
        @Option(help: "Why; kept with it.") var reason = ""
        @OptionGroup var common: CtlCommand.Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                var values = [Double](repeating: 0, count: StrategyID.allCases.count)
                for weight in weights {
                    guard let strategy = StrategyID(rawValue: weight.name) else {
                        throw unknown(weight.name, StrategyID.allCases.map(\.rawValue))
                    }
                    values[strategy.index] = weight.value
                }
                try common.show(
                    try common.ask(.command(.weights(.set(values))), reason: reason, way: ctl.way))
            }
        }
    }

    struct Freeze: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let closed trades move the weights no more.",
            discussion: "Reads the configuration; writes the answer. It lasts beyond a restart.")
        @Option(help: "Why; kept with it.") var reason = ""
        @OptionGroup var common: CtlCommand.Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                try common.show(
                    try common.ask(.command(.weights(.freeze)), reason: reason, way: ctl.way))
            }
        }
    }

    struct Unfreeze: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let closed trades move the weights again.",
            discussion: "Reads the configuration; writes the answer.")
        @Option(help: "Why; kept with it.") var reason = ""
        @OptionGroup var common: CtlCommand.Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                try common.show(
                    try common.ask(.command(.weights(.unfreeze)), reason: reason, way: ctl.way))
            }
        }
    }

    struct Rollback: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take the weights of an older version, as a new one.",
            discussion: """
                Reads the configuration; writes the answer. The versions are in the report and in \
                the explanation of each order.
                """)
        @Argument(help: "The version to go back to.") var version: Int
        @Option(help: "Why; kept with it.") var reason = ""
        @OptionGroup var common: CtlCommand.Common
        @ParentCommand var ctl: CtlCommand

        func run() throws {
            try reporting {
                try common.show(
                    try common.ask(
                        .command(.weights(.rollback(version: version))), reason: reason,
                        way: ctl.way))
            }
        }
    }
}

/// `name=number`.
struct Setting {
    let name: String
    let value: Double
}

func setting(_ argument: String) throws -> Setting {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let value = Double(parts[1]), value.isFinite else {
        throw ValidationError("“\(argument)” is not of the form name=number")
    }
    return Setting(name: String(parts[0]), value: value)
}

func unknown(_ name: String, _ known: [String]) -> ExitCode {
    complain("bellwether: there is no “\(name)”; there are \(known.joined(separator: ", "))")
    return Exit.usage
}
