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
    private let onKeys: @Sendable (CommandKeys) -> Void
    private let onTrouble: @Sendable (CommandKeyError) -> Void

    /// - Parameters:
    ///   - makes: whether a file that is not there is made with a first key.
    ///   - onKeys: told the keys of the file, and again whenever they are others.
    ///   - onTrouble: told once for each change that brought nothing readable; no key holds then.
    /// - Throws: what is wrong with the file now, which should stop the start.
    package init(
        _ file: CommandKeyFile, makes: Bool = false,
        onKeys: @escaping @Sendable (CommandKeys) -> Void = { _ in },
        onTrouble: @escaping @Sendable (CommandKeyError) -> Void
    ) throws(CommandKeyError) {
        self.file = file
        (self.onKeys, self.onTrouble) = (onKeys, onTrouble)
        // Before it is read: what is written meanwhile is then read again.
        let stamp = file.stamp
        let keys = try Self.load(file, makes: makes)
        onKeys(keys)
        state = Mutex(State(stamp: stamp, keys: keys))
    }

    /// A file that holds no key is a mistake of whoever wrote it: no command would ever hold.
    private static func load(
        _ file: CommandKeyFile, makes: Bool = false
    ) throws(CommandKeyError) -> CommandKeys {
        let keys = try makes ? file.loadOrMake() : file.load()
        guard !keys.all.isEmpty else { throw .empty(path: file.path) }
        return keys
    }

    package var keys: CommandKeys {
        let stamp = file.stamp
        var trouble: CommandKeyError?
        let keys = state.withLock { state in
            guard stamp == nil || stamp != state.stamp else { return state.keys }
            let isNews = stamp != nil || state.stamp != nil
            state.stamp = stamp
            do throws(CommandKeyError) {
                state.keys = try Self.load(file)
                onKeys(state.keys)
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
