import Appliance
import ArgumentParser
import Domain
import Foundation
import Host
import Primitives

struct CtlLimits: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Show the limits of the risk gate, or lower some at once.",
        discussion: """
            Reads the configuration; without arguments writes a line for each limit, or JSON. With \
            arguments such as positions_max=3 daily_loss_share_max=0.01 these limits are lowered, \
            all of them or none, and stay so beyond a restart: the stricter of them and the \
            configuration counts. Raising one is refused.
            """)
    @Argument(
        help: ArgumentHelp("The limits to lower.", valueName: "limit=value"), transform: setting)
    var lowered: [Setting] = []
    @Option(help: "Why; kept with it.") var reason = ""
    @OptionGroup var common: CtlCommand.Common
    @ParentCommand var ctl: CtlCommand

    func run() throws {
        try reporting {
            guard !lowered.isEmpty else {
                return try showData(.limits, common.options, json: common.json, way: ctl.way)
            }
            var limits: [RiskLimit: Double] = [:]
            for setting in lowered {
                guard let limit = RiskLimit(rawValue: setting.name) else {
                    throw unknown(setting.name, RiskLimit.allCases.map(\.rawValue))
                }
                limits[limit] = setting.value
            }
            try common.show(try common.ask(.command(.limits(limits)), reason: reason, way: ctl.way))
        }
    }
}

struct CtlReload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Let the daemon read its configuration anew.",
        discussion: """
            Reads the configuration; writes the answer. A configuration with a fault changes \
            nothing, and the answer says what is wrong with it.
            """)
    @OptionGroup var common: CtlCommand.Common
    @ParentCommand var ctl: CtlCommand

    func run() throws {
        try reporting {
            do {
                try common.show(try common.ask(.reload, way: ctl.way))
            } catch let errors as ConfigurationErrors where !ctl.way.mqtt {
                // The daemon runs with what was there before, and has to tell its journal too.
                guard let answer = try askWithoutFile() else { throw errors }
                try common.show(answer)
            }
        }
    }

    /// Asks where the socket is unless a file says otherwise.
    /// - Returns: nil where no daemon answers there.
    private func askWithoutFile() throws -> ControlAnswer? {
        guard
            let loaded = try? loadConfiguration(
                path: nil, overrides: common.options.overrides, bars: [], news: [])
        else { return nil }
        let request = ControlRequest(
            transaction: common.transaction ?? ControlAccess.transaction(), verb: .reload)
        do throws(ControlError) {
            return try StartingDaemon.ask(request, loaded.configuration, seconds: 30)
        } catch {
            if case .absent = error { return nil }
            throw error
        }
    }
}

struct CtlReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show the figures of the account, while the daemon runs.",
        discussion: """
            Reads the configuration; writes a line for each figure, or JSON. The figures are those \
            of bellwether report, of the days from --from to --to of New York where they are given.
            """)
    @Option(help: ArgumentHelp("First date, YYYY-MM-DD.", valueName: "date"))
    var from: DateArgument?
    @Option(help: ArgumentHelp("Last date, included.", valueName: "date"))
    var to: DateArgument?
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Write JSON.") var json = false
    @ParentCommand var ctl: CtlCommand

    func validate() throws {
        if let from, let to, to.date < from.date {
            throw ValidationError("the last date is before the first")
        }
    }

    func run() throws {
        try reporting {
            try showData(.report(from: from?.date, to: to?.date), options, json: json, way: ctl.way)
        }
    }
}
