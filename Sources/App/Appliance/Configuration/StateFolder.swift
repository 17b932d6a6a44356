extension LoadedConfiguration {
    /// Moves the store and the spool, where nothing was configured, from the system's folder to
    /// the user's own when this process may not write to the first, so that a person can try the
    /// program without rights and without a configuration.
    ///
    /// The user's folder is `$XDG_STATE_HOME/bellwether`, or `~/.local/state/bellwether` (XDG Base
    /// Directory Specification 0.8, which ignores relative paths).
    /// - Returns: a sentence for the user; nil when the store stays where it is.
    package mutating func moveStateHome(
        environment: [String: String], isAllowed: (String) -> Bool
    ) -> String? {
        let (path, spool) = (StorageSettings().path, NewsSettings().spool)
        let movesStore = !keysSet.contains("storage.path")
        let movesSpool = !keysSet.contains("news.spool")
        guard movesStore || movesSpool, !isAllowed(path),
            let home = Self.stateHome(environment)
        else { return nil }
        // A place of its own, so that what is printed says why it is not the default.
        let origin = ConfigurationOrigin(file: "the user's own state folder", line: nil)
        if movesSpool {
            configuration.news.spool = home + spool.dropFirst(path.count)
            origins["news.spool"] = origin
        }
        guard movesStore else { return nil }
        configuration.storage.path = home
        origins["storage.path"] = origin
        return "\(path) cannot be written by this user: the store is in \(home) "
            + "(storage.path chooses another place)"
    }

    private static func stateHome(_ environment: [String: String]) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return state + "/bellwether"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/state/bellwether"
    }
}
