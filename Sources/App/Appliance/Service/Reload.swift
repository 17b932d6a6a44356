import Domain
import Host
import Primitives

/// What became of a wish to read the configuration again.
package struct ReloadOutcome: Sendable, Equatable {
    /// Keys that count from now on.
    package var applied: [String] = []
    /// Keys that were changed and wait for the next start.
    package var needRestart: [String] = []
    package var warnings: [String] = []
    /// What is wrong; everything stays as it was unless this is empty.
    package var problems: [String] = []

    package init() {}

    package var isRefused: Bool { !problems.isEmpty }

    /// A sentence for whoever asked.
    package var summary: String {
        if let first = problems.first {
            let more = problems.count > 1 ? " and \(problems.count - 1) more" : ""
            return "reload refused: \(first)\(more)"
        }
        if applied.isEmpty && needRestart.isEmpty { return "reloaded: nothing has changed" }
        var parts: [String] = []
        if !applied.isEmpty { parts.append("now in force: " + applied.joined(separator: ", ")) }
        if !needRestart.isEmpty {
            parts.append("wait for a restart: " + needRestart.joined(separator: ", "))
        }
        return "reloaded: " + parts.joined(separator: "; ")
    }
}

extension ControlAnswer {
    /// Without a transaction: who asked puts it in.
    package init(_ outcome: ReloadOutcome) {
        func list(_ texts: [String]) -> OrderedJSON { .array(texts.map(OrderedJSON.string)) }
        self.init(
            transaction: nil, error: outcome.isRefused ? .invalidArgument : nil,
            message: outcome.summary,
            data: .object([
                ("applied", list(outcome.applied)), ("need_restart", list(outcome.needRestart)),
                ("warnings", list(outcome.warnings)), ("problems", list(outcome.problems)),
            ]))
    }
}

/// Reads the configuration of a running daemon again: first everything is checked, and one error
/// leaves all as it was.
package final class Reloader {
    /// In force.
    package private(set) var configuration: Configuration
    private let load: () throws(ConfigurationErrors) -> LoadedConfiguration
    private let apply: (Configuration) -> Void
    private let log: ServiceLog

    /// - Parameters:
    ///   - load: as at the start, with the same options.
    ///   - apply: brings what can be taken up into force.
    package init(
        _ configuration: Configuration, log: ServiceLog,
        load: @escaping () throws(ConfigurationErrors) -> LoadedConfiguration,
        apply: @escaping (Configuration) -> Void
    ) {
        (self.configuration, self.log) = (configuration, log)
        (self.load, self.apply) = (load, apply)
    }

    package func reload() -> ReloadOutcome {
        let outcome = read()
        for warning in outcome.warnings { log(.configurationWarning, warning) }
        for problem in outcome.problems.prefix(20) { log(.reloadRefused, problem) }
        if !outcome.isRefused { log(.reloaded, outcome.summary) }
        if !outcome.needRestart.isEmpty {
            let keys = outcome.needRestart.joined(separator: ", ")
            log(.restartNeeded, "changed keys wait for a restart: \(keys)", [.key: keys])
        }
        return outcome
    }

    private func read() -> ReloadOutcome {
        var outcome = ReloadOutcome()
        do throws(ConfigurationErrors) {
            let plan = try ReloadPlan(running: configuration, load: load)
            outcome.warnings = plan.warnings.map(\.description)
            outcome.applied = plan.changes.applied
            outcome.needRestart = plan.changes.needRestart
            configuration = plan.configuration
            apply(configuration)
        } catch {
            outcome.warnings = error.warnings.map(\.description)
            outcome.problems = error.problems.map(\.description)
        }
        return outcome
    }
}
