import Synchronization

/// The keys of a file that may change while the daemon runs: what stands there now is what counts,
/// so that a key that was replaced is refused from the next request on.
package final class CommandKeySource: Sendable {
    private struct State: Sendable {
        var stamp: CommandKeyFile.Stamp?
        var keys: CommandKeys
    }

    package let file: CommandKeyFile
    private let state: Mutex<State>
    private let onTrouble: @Sendable (CommandKeyError) -> Void

    /// - Parameters:
    ///   - makes: whether a file that is not there is made with a first key.
    ///   - onTrouble: told once for each change that brought nothing readable; no key holds then.
    /// - Throws: what is wrong with the file now, which should stop the start.
    package init(
        _ file: CommandKeyFile, makes: Bool = false,
        onTrouble: @escaping @Sendable (CommandKeyError) -> Void
    ) throws(CommandKeyError) {
        self.file = file
        self.onTrouble = onTrouble
        // Before it is read: what is written meanwhile is then read again.
        let stamp = file.stamp
        state = Mutex(State(stamp: stamp, keys: try makes ? file.loadOrMake() : file.load()))
    }

    package var keys: CommandKeys {
        let stamp = file.stamp
        var trouble: CommandKeyError?
        let keys = state.withLock { state in
            guard stamp == nil || stamp != state.stamp else { return state.keys }
            let isNews = stamp != nil || state.stamp != nil
            state.stamp = stamp
            do throws(CommandKeyError) {
                state.keys = try file.load()
            } catch {
                state.keys = .none
                if isNews { trouble = error }
            }
            return state.keys
        }
        if let trouble { onTrouble(trouble) }
        return keys
    }
}
