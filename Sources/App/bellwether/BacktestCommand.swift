import Appliance
import ArgumentParser
import Backtest
import Calendar
import Domain
import Foundation

struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Play recorded bars and news through the pipeline as fast as possible.",
        discussion: """
            Reads bar files (symbol,timestamp,open,high,low,close,volume; timestamps are RFC 3339 \
            UTC bar starts) and news files (.jsonl or .csv); without --bars it plays the \
            configured market. Writes a report for people to standard output, or with --json all \
            of it for machines; with --out also files. Neither reads nor writes storage.path. The \
            same data, configuration and seed give the same bytes.

            A bar is known at its end, an order fills at the next bar's open; see \
            etc/bellwether/bellwether.toml for the venue's slippage, fees and participation.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Bar files, or folders of them.", valueName: "path"))
    var bars: [String] = []
    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("News files.", valueName: "path"))
    var news: [String] = []
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "First date to trade; earlier bars only warm the indicators.")
    var from: DateArgument?
    @Option(help: "Last date to trade, included.") var to: DateArgument?
    @Option(help: "Seed of the simulated market.") var seed: UInt64?
    @Option(help: "Length of a bar, e.g. 1m; default: the smallest gap in the files.")
    var interval: String?
    @Option(
        help: ArgumentHelp(
            "Write report.html, report.json and the ledger here.", valueName: "folder"))
    var out: String?
    @Flag(help: "Write JSON.") var json = false
    @Option(
        name: .customLong("equity-every"),
        help: "A point of the equity curve per session or per bar.")
    var equityEvery = EquityResolution.session

    func run() throws {
        try reporting {
            var more: [String] = []
            if let seed { more.append("market.seed=\(seed)") }
            if let interval { more.append("market.interval=\(interval)") }
            let loaded = try options.load(
                bars: bars, news: news, more: more, needsLimits: false)
            var session = try BacktestSession(loaded.configuration)
            session.runner.resolution = equityEvery
            session.storePath = out
            let zone = session.assembly.calendar.zone
            if let from { session.runner.from = zone.timestamp(from.date, secondsOfDay: 0) }
            if let to {
                session.runner.until = zone.timestamp(to.date.adding(days: 1), secondsOfDay: 0)
            }
            if isErrorTerminal {
                session.runner.progress = { bars, time in
                    FileHandle.standardError.write(
                        Data("\r\u{1B}[K\(bars) bars, \(time)".utf8))
                }
            }
            let outcome = try session.run()
            if isErrorTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
            report(outcome.bars, "bars")
            report(outcome.news, "news")
            if !outcome.hasBars {
                complain("warning: no bar was played: none lies between --from and --to")
            }
            if let out { try write(outcome.report, to: out) }
            if json {
                print(outcome.report.json(), terminator: "")
            } else {
                print(outcome.report.text(width: 80, colour: wantsColour), terminator: "")
            }
        }
    }
}

extension EquityResolution: ExpressibleByArgument {}

/// Writes the page and the data of a report into `folder`.
func write(_ report: RunReport, to folder: String) throws {
    do {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try report.html().write(
            toFile: folder + "/report.html", atomically: true, encoding: .utf8)
        try report.json().write(
            toFile: folder + "/report.json", atomically: true, encoding: .utf8)
    } catch {
        complain("bellwether: \(folder): \(error.localizedDescription)")
        throw Exit.io
    }
}

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report on an account: figures, trades, equity.",
        discussion: """
            Reads the store of a run that is not running now. Writes text to standard output, or \
            JSON; with --out also report.html and report.json.
            """)

    @Option(help: ArgumentHelp("The folder of the store.", valueName: "folder"))
    var store: String?
    @OptionGroup var options: ConfigurationOptions
    @Option(
        help: ArgumentHelp("Write report.html and report.json here.", valueName: "folder"))
    var out: String?
    @Flag(help: "Write JSON.") var json = false

    func run() throws {
        try reporting {
            let folder = try store ?? options.load(usesStore: true).configuration.storage.path
            let access = try StoreAccess(
                folder: folder, purpose: "bellwether report", mustExist: true)
            let report = try RunReport(access, folder: folder, zone: newYorkZone())
            try access.close()
            if let out { try write(report, to: out) }
            if json {
                print(report.json(), terminator: "")
            } else {
                print(report.text(width: 80, colour: wantsColour), terminator: "")
            }
        }
    }
}
