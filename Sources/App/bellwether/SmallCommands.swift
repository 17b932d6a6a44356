import Appliance
import ArgumentParser
import Calendar
import Domain
import Foundation
import Host
import Storage

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.",
        discussion: """
            Reads nothing. Writes the version, and below it those of SQLite, libmosquitto and \
            OpenSSL and the id of the build.
            """)

    func run() { print(versionText) }
}

struct CheckConfigCommand: ParsableCommand {
    static let explanation = """
        Reads the configuration file and its drop-ins. Writes problems to standard error, all of \
        them at once, each with file, line and key; the exit code is then 78. Warnings, such as an \
        old name of a key, are written as well but leave the exit code at 0, unless --strict is \
        given.
        """
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Check the configuration and say everything that is wrong with it.",
        discussion: explanation)

    @OptionGroup var check: ConfigurationCheck

    func run() throws { try reporting { try check.run() } }
}

struct CalendarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "Print the sessions of the New York Stock Exchange in UTC.",
        discussion: """
            Reads the system's time zone files; the rules for 1998 to 2030 are built in. Writes \
            one line a session; days without one are left out.
            """)

    @Argument(help: ArgumentHelp("First date, YYYY-MM-DD.", valueName: "from"))
    var from: DateArgument
    @Argument(help: ArgumentHelp("Last date, included.", valueName: "to"))
    var to: DateArgument
    @Flag(help: "Write JSON.") var json = false

    func validate() throws {
        if to.date < from.date { throw ValidationError("the last date is before the first") }
    }

    func run() throws {
        try reporting {
            let calendar = MarketCalendar.xnys(try newYorkZone())
            if from.date < calendar.coverage.lowerBound || to.date > calendar.coverage.upperBound {
                complain(
                    "warning: nothing is known outside \(calendar.coverage.lowerBound) to "
                        + "\(calendar.coverage.upperBound)")
            }
            let sessions = calendar.sessions(from: from.date, through: to.date)
            print(renderSessions(sessions, json: json))
        }
    }
}

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score headlines: one a line on standard input, one line of JSON each out.",
        discussion: """
            Reads standard input to its end, and the aliases of the configuration. Writes for each \
            line, as soon as it came, one with text, label (positive, neutral, negative), score \
            (-1 to 1), confidence (0 to 1), the symbols the headline is linked to, and the model. \
            Symbols come from cashtags, exchange notation and the aliases.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try reporting {
            let news = try options.load().configuration.news.admission
            while let line = readLine() {
                print(try scoreHeadline(line, news: news).json())
                fflush(nil)
            }
        }
    }
}

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell how an order came about and what became of it.",
        discussion: """
            From the headlines and bars through the votes and the risk gate to fills, outcome and \
            what was learnt. Reads the ledger.db of a run, through the daemon where it runs, or of \
            backtest --out. Writes text to standard output, or JSON.
            """)

    @Argument(help: "The order's id, or as much of its beginning as is unique.") var order: String
    @Option(help: ArgumentHelp("The folder of the store.", valueName: "folder"))
    var store: String?
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Write JSON.") var json = false

    func run() throws {
        try reporting {
            let configuration = try options.load(needsLimits: store == nil, usesStore: store == nil)
                .configuration
            let folder = store ?? configuration.storage.path
            if store == nil, try askDaemon(configuration) { return }
            let access = try StoreAccess(
                folder: folder, purpose: "bellwether explain", mustExist: true)
            guard let explanation = try access.ledger.explanation(of: order) else {
                complain("bellwether: \(folder): no order starts with \(order)")
                throw Exit.negative
            }
            print(
                json
                    ? explainJSON(explanation) : explainText(explanation, colour: wantsColour),
                terminator: json ? "\n" : "")
            try access.close()
        }
    }

    /// - Returns: false where no daemon runs.
    private func askDaemon(_ configuration: Configuration) throws -> Bool {
        let answer: ControlAnswer
        do throws(ControlError) {
            answer = try ControlClient.ask(
                ControlRequest(transaction: nil, verb: .explain(order: order)).line,
                path: configuration.controlPath, seconds: 30)
        } catch {
            switch error {
            case .absent, .pathTooLong: return false
            default: throw error
            }
        }
        try demandDone(answer)
        print(explainedText(answer, json: json), terminator: "")
        return true
    }
}

/// For the package: the texts that `journalctl -x` shows.
struct MessageCatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message-catalog",
        abstract: "Write the message catalog of journald, as the package installs it.",
        shouldDisplay: false)

    func run() { print(MessageKind.catalog, terminator: "") }
}
