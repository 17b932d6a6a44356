/// Which keys differ between two configurations, in the order of the schema.
package struct ConfigurationChanges: Sendable, Equatable {
    /// Come into force at once.
    package let applied: [String]
    /// Wait for the next start.
    package let needRestart: [String]

    package var isEmpty: Bool { applied.isEmpty && needRestart.isEmpty }
}

extension Configuration {
    package static func changes(from old: Configuration, to new: Configuration)
        -> ConfigurationChanges
    {
        let changed = ConfigurationSchema.keys.filter { $0.show(old) != $0.show(new) }
        return ConfigurationChanges(
            applied: changed.filter(\.isReloaded).map(\.path),
            needRestart: changed.filter { !$0.isReloaded }.map(\.path))
    }
}

/// What a reload does: everything is checked first; one error, and all stays as it was.
///
/// Only a few keys are taken up by a running daemon, those whose help says so: the level of the log,
/// the rates of commands, the pace of what is published. What orders depend on is fixed for the
/// life of the process, so that a run can be told and repeated from its first configuration; limits
/// are lowered at once by a command instead (`bellwether ctl limits`).
package struct ReloadPlan: Sendable, Equatable {
    /// What is in force from now on: that of the running daemon, with the keys of `changes.applied`.
    package let configuration: Configuration
    package let changes: ConfigurationChanges
    package let warnings: [ConfigurationProblem]

    /// - Parameters:
    ///   - running: what is in force.
    ///   - load: reads the files as at the start, with the same options.
    /// - Throws: everything that is wrong with the files; `running` stays in force.
    package init(
        running: Configuration,
        load: () throws(ConfigurationErrors) -> LoadedConfiguration
    ) throws(ConfigurationErrors) {
        let loaded = try load()
        let off = loaded.configuration.limitsOff
        guard off.isEmpty else {
            throw ConfigurationErrors(
                off.map {
                    let origin = loaded.origins[$0]
                    return ConfigurationProblem(
                        file: origin?.file ?? "defaults", line: origin?.line, key: $0,
                        message: "\"none\" is for backtests only; set a limit to trade with")
                })
        }
        changes = Configuration.changes(from: running, to: loaded.configuration)
        var merged = running
        for key in ConfigurationSchema.keys where key.isReloaded {
            key.copy(loaded.configuration, &merged)
        }
        configuration = merged
        warnings = loaded.warnings
    }
}
