import Appliance
import ArgumentParser
import Domain
import Foundation
import Glibc
import Host
import Messaging
import Storage

@main
enum Start {
    static func main() {
        // Before anything else: a signal that comes early must not end the daemon.
        ServiceSignals.block()
        if CommandLine.arguments.dropFirst().first != RunCommand.name { ServiceSignals.unblock() }
        Bellwether.main()
    }
}

struct Bellwether: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bellwether",
        abstract: "A sentiment-driven equity trader for a small Linux box.",
        discussion: """
            Without an account and without a network it trades at once on a simulated market at \
            a paper venue inside the process: try “bellwether run”.

            Exit codes: 0 done, 1 a negative result, 64 usage, 65 bad data or a newer database, \
            69 unavailable, 70 a bug, 74 input or output, 75 try later, 77 permission, \
            78 configuration.
            """,
        version: versionText,
        subcommands: [
            RunCommand.self, CtlCommand.self, StatusCommand.self, ReconcileCommand.self,
            BackupCommand.self, RestoreCommand.self, DoctorCommand.self, BacktestCommand.self,
            ReportCommand.self, ExplainCommand.self,
            ScoreCommand.self, CalendarCommand.self, CheckConfigCommand.self,
            ConfigCommand.self,
            BenchCommand.self, SimulateCommand.self, VersionCommand.self,
            MessageCatalogCommand.self,
        ])
}

/// Exit codes after sysexits.h.
enum Exit {
    static let negative = ExitCode(1)
    static let usage = ExitCode(64)
    static let data = ExitCode(65)
    static let unavailable = ExitCode(69)
    static let bug = ExitCode(70)
    static let io = ExitCode(74)
    static let tryLater = ExitCode(75)
    static let permission = ExitCode(77)
    static let configuration = ExitCode(78)

    static func code(_ failure: FailureClass) -> ExitCode {
        switch failure {
        case .usage: usage
        case .data: data
        case .unavailable: unavailable
        case .io: io
        case .permission: permission
        case .tryLater: tryLater
        }
    }
}

/// Runs `work` and turns what it throws into one or more lines on standard error and an exit code.
func reporting<Result>(_ work: () throws -> Result) throws -> Result {
    // A file that may not grow makes the write fail, which is told, instead of ending the process.
    signal(SIGXFSZ, SIG_IGN)
    do { return try work() } catch let error as ExitCode {
        throw error
    } catch let errors as ConfigurationErrors {
        for warning in errors.warnings { complain("warning: \(warning)", .configurationWarning) }
        for problem in errors.problems { complain("\(problem)") }
        throw Exit.configuration
    } catch let error as FeedError {
        complain("bellwether: \(error)")
        if case .cannotRead = error { throw Exit.io }
        throw Exit.data
    } catch let error as StorageError {
        complain("bellwether: \(error)")
        throw Exit.code(error.failure)
    } catch let error as ControlError {
        complain("bellwether: \(error)")
        if case .pathTooLong = error { throw Exit.configuration }
        if case .noFolder = error { throw Exit.configuration }
        if case .denied = error { throw Exit.permission }
        if case .cannotServe = error { throw Exit.io }
        throw Exit.tryLater
    } catch let error as any SetupFailure {
        complain("bellwether: \(error)")
        throw error.exit
    } catch let error as OtherMarket {
        complain("bellwether: \(error)")
        throw Exit.configuration
    } catch let error as ZoneFileError {
        complain("bellwether: \(error)")
        throw Exit.unavailable
    } catch {
        complain("bellwether: \(error)")
        throw Exit.bug
    }
}

/// Mostly mended by a person who sets a key, or puts a file where one is named.
private protocol SetupFailure: Error {}

extension SetupFailure {
    fileprivate var exit: ExitCode {
        let code: Int32 =
            switch self as any Error {
            case CredentialError.cannotRead(_, let code): code
            case DeviceIDError.cannotRead(_, let code), DeviceIDError.cannotWrite(_, let code): code
            default: ENOENT
            }
        switch code {
        case ENOENT: return Exit.configuration
        case EACCES, EPERM: return Exit.permission
        default: return Exit.io
        }
    }
}

extension CredentialError: SetupFailure {}
extension CommandKeyError: SetupFailure {}
extension DeviceIDError: SetupFailure {}
extension MessagingSetupError: SetupFailure {}
extension MessagingError: SetupFailure {}

/// To standard error; in a service to the journal, where it has its number and help.
///
/// - Parameter kind: nil tells it from how the line begins.
func complain(_ line: String, _ kind: MessageKind? = nil) {
    let log = ServiceLog.shared
    guard log.isService else {
        return FileHandle.standardError.write(Data((line + "\n").utf8))
    }
    let warning = "warning: "
    let isWarning = line.hasPrefix(warning)
    let text = isWarning ? line.dropFirst(warning.count) : line.trimmingPrefix("bellwether: ")
    log(kind ?? (isWarning ? .warning : .failure), String(text))
}

/// What every command that reads the configuration offers.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration file; without it /etc/bellwether/bellwether.toml where that exists.",
            valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Override one key, e.g. --set market.seed=7; may be repeated.",
            valueName: "key=value"))
    var overrides: [String] = []

    /// Warnings go to standard error, those about limits that are none only where they matter.
    /// - Parameter usesStore: say where the store is when it is not at its usual place.
    func load(
        bars: [String] = [], news: [String] = [], more: [String] = [], needsLimits: Bool = true,
        usesStore: Bool = false
    ) throws -> LoadedConfiguration {
        let (loaded, moved) = try read(bars: bars, news: news, more: more)
        if usesStore, let moved { complain("bellwether: \(moved)", .warning) }
        let passedOver = needsLimits ? [] : loaded.configuration.limitsOff
        for warning in loaded.warnings where !passedOver.contains(warning.key ?? "") {
            complain("warning: \(warning)", .configurationWarning)
        }
        return loaded
    }

    static let systemFile = "/etc/bellwether/bellwether.toml"

    /// Nothing is written: the warnings are in the result.
    func loadQuietly() throws(ConfigurationErrors) -> LoadedConfiguration {
        try read(bars: [], news: [], more: []).loaded
    }

    /// - Returns: `moved` says where the store is, when it is not at its usual place.
    private func read(
        bars: [String], news: [String], more: [String]
    ) throws(ConfigurationErrors) -> (loaded: LoadedConfiguration, moved: String?) {
        let isThere = FileManager.default.fileExists(atPath: Self.systemFile)
        var loaded = try loadConfiguration(
            path: config ?? (isThere ? Self.systemFile : nil), overrides: more + overrides,
            bars: bars, news: news)
        let moved = loaded.moveStateHome(
            environment: ProcessInfo.processInfo.environment, isAllowed: mayWriteState)
        return (loaded, moved)
    }
}

/// Whether this process can keep its store in `folder`, there already or not.
private func mayWriteState(_ folder: String) -> Bool {
    if geteuid() == 0 { return true }
    // Who may command the service means its store, though only the service writes there.
    if access("/run/bellwether/control.sock", W_OK) == 0 { return true }
    let isThere = FileManager.default.fileExists(atPath: folder)
    return access(isThere ? folder : (folder as NSString).deletingLastPathComponent, W_OK) == 0
}

/// A date in New York, `YYYY-MM-DD`.
struct DateArgument: ExpressibleByArgument {
    let date: CivilDate
    init?(argument: String) {
        guard let date = CivilDate(argument) else { return nil }
        self.date = date
    }
}

let isTerminal = isatty(STDOUT_FILENO) == 1
let isErrorTerminal = isatty(STDERR_FILENO) == 1
let wantsColour = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
