import Foundation
import GRDBSQLite
import Synchronization

/// Counts every real sync of files below a folder: SQLite's own file system layer, with two
/// methods replaced. It becomes the default of the process and leaves all other files alone.
enum SyncCounter {
    private struct Tracked {
        var path: String
        var syncs: @convention(c) (UnsafeMutablePointer<sqlite3_file>?, Int32) -> Int32
        var writes:
            @convention(c) (
                UnsafeMutablePointer<sqlite3_file>?, UnsafeRawPointer?, Int32, Int64
            ) -> Int32
    }

    private struct State {
        /// By the address of the open file.
        var open: [Int: Tracked] = [:]
        var counts: [String: Int] = [:]
        var failing: Set<String> = []
        /// Writes that still succeed, of files whose disk fills up.
        var room: [String: Int] = [:]
    }

    private static let state = Mutex(State())
    nonisolated(unsafe) private static var original: UnsafeMutablePointer<sqlite3_vfs>!

    /// Once per process.
    static let isInstalled: Bool = {
        guard sqlite3_initialize() == SQLITE_OK, let real = sqlite3_vfs_find(nil) else {
            return false
        }
        original = real
        let copy = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        copy.initialize(to: real.pointee)
        copy.pointee.pNext = nil
        copy.pointee.zName = UnsafePointer(strdup("bellwether-sync-counter"))
        copy.pointee.xOpen = { vfs, name, file, flags, outFlags in
            let result = SyncCounter.original.pointee.xOpen(
                SyncCounter.original, name, file, flags, outFlags)
            if result == SQLITE_OK, let file, let name {
                SyncCounter.track(file, String(cString: name))
            }
            return result
        }
        return sqlite3_vfs_register(copy, 1) == SQLITE_OK
    }()

    private static func track(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String) {
        guard path.contains("bellwether-"), let methods = file.pointee.pMethods,
            let sync = methods.pointee.xSync, let write = methods.pointee.xWrite
        else { return }
        let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        copy.initialize(to: methods.pointee)
        copy.pointee.xSync = { file, flags in
            let tracked = SyncCounter.state.withLock { state -> Tracked? in
                guard let tracked = state.open[Int(bitPattern: file)] else { return nil }
                state.counts[tracked.path, default: 0] += 1
                return state.failing.remove(tracked.path) == nil ? tracked : nil
            }
            return tracked?.syncs(file, flags) ?? SQLITE_IOERR | (4 << 8)
        }
        copy.pointee.xWrite = { file, bytes, count, offset in
            let tracked = SyncCounter.state.withLock { state -> Tracked? in
                guard let tracked = state.open[Int(bitPattern: file)] else { return nil }
                guard let room = state.room[tracked.path] else { return tracked }
                if room <= 0 { return nil }
                state.room[tracked.path] = room - 1
                return tracked
            }
            return tracked?.writes(file, bytes, count, offset) ?? SQLITE_FULL
        }
        file.pointee.pMethods = UnsafePointer(copy)
        state.withLock {
            $0.open[Int(bitPattern: file)] = Tracked(path: path, syncs: sync, writes: write)
        }
    }

    /// The next sync of the file at `path` fails once, as a dying card does.
    static func failNext(_ path: String) { state.withLock { _ = $0.failing.insert(path) } }

    /// The disk of the file at `path` takes so many writes more, as a full one does; nil ends it.
    static func fill(_ path: String, after writes: Int?) {
        state.withLock { $0.room[path] = writes }
    }

    /// Syncs of the file at `path` so far.
    static func count(_ path: String) -> Int { state.withLock { $0.counts[path] ?? 0 } }
}
