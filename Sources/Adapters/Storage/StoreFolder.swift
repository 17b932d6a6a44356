import Foundation
import Glibc

/// The folder both files live in: 0750, its files 0640 or tighter.
enum StoreFolder {
    /// Makes `path` and the folders above it where they are missing.
    static func create(_ path: String) throws(StorageError) {
        var information = stat()
        if stat(path, &information) == 0 {
            guard information.st_mode & S_IFMT == S_IFDIR else {
                throw .folder(path: path, reason: "is a file, not a folder")
            }
            return
        }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty, parent != path { try create(parent) }
        if mkdir(path, 0o750) == 0 { return StoreFiles.handOver(folder: path) }
        if errno != EEXIST { throw failure(path, "cannot be created", errno) }
    }

    /// Makes sure that the file exists and that nobody but owner and group can read it. SQLite
    /// gives its -wal and -shm files the mode of the database.
    static func prepare(_ file: StoreFile, in folder: String) throws(StorageError) -> String {
        let path = (folder as NSString).appendingPathComponent(file.rawValue)
        let before = size(path)
        if before ?? 0 == 0, let orphan = size(path + "-wal"), orphan > 0, file == .ledger {
            throw .damaged(
                file: file, path: path,
                detail: "it is \(before == nil ? "missing" : "empty") but its -wal file is there")
        }
        let beside = file == .ledger ? LedgerStore.companions : []
        for name in ["-wal", "-shm", "-journal"].map({ file.rawValue + $0 }) + beside {
            try StoreFiles.demandOwn(StoreFiles.join(folder, name))
        }
        let descriptor = try StoreFiles.openOwn(
            path, O_RDWR | O_CREAT, "cannot be opened for writing")
        defer { close(descriptor) }
        StoreFiles.handOver(descriptor, path)
        var information = stat()
        if fstat(descriptor, &information) == 0, information.st_mode & 0o027 != 0 {
            _ = fchmod(descriptor, information.st_mode & 0o640)
        }
        return path
    }

    /// Bytes, nil where there is no such file.
    static func size(_ path: String) -> Int64? {
        var information = stat()
        return stat(path, &information) == 0 ? Int64(information.st_size) : nil
    }

    static func failure(_ path: String, _ what: String, _ code: Int32) -> StorageError {
        let reason = "\(what): \(String(cString: strerror(code)))"
        return [EACCES, EPERM, EROFS].contains(code)
            ? .denied(path: path, reason: reason) : .folder(path: path, reason: reason)
    }
}

/// Held while a store is open: no second process may open the files (reliability of SQLite's WAL
/// depends on it, and two engines would trade twice). Released with its last reference, and by the
/// kernel when the process dies.
package final class StoreLock: Sendable {
    private let descriptor: Int32
    package let path: String

    /// Takes `<folder>/lock`, making the folder where it is missing.
    ///
    /// - Parameter purpose: what the holder does, for the message others get, e.g. `run`.
    /// - Throws: `locked` naming the holder, `folder`.
    package convenience init(folder: String, purpose: String) throws(StorageError) {
        try StoreFolder.create(folder)
        let path = Self.path(folder)
        let descriptor = try StoreFiles.openOwn(path, O_RDWR | O_CREAT)
        StoreFiles.handOver(descriptor, path)
        try self.init(descriptor, folder: folder, purpose: purpose)
    }

    /// The lock of a folder that is only looked at: nothing is made there, and nil where there is no
    /// such file, as nobody can hold it then. Where nothing can be written it is held without a name.
    package static func ifPresent(
        folder: String, purpose: String
    ) throws(StorageError) -> StoreLock? {
        let path = path(folder)
        var information = stat()
        if lstat(path, &information) != 0, errno == ENOENT { return nil }
        let descriptor: Int32
        do throws(StorageError) { descriptor = try StoreFiles.openOwn(path, O_RDWR) } catch {
            guard case .denied = error else { throw error }
            descriptor = try StoreFiles.openOwn(path, O_RDONLY)
        }
        return try StoreLock(descriptor, folder: folder, purpose: purpose)
    }

    private static func path(_ folder: String) -> String {
        (folder as NSString).appendingPathComponent("lock")
    }

    private init(
        _ descriptor: Int32, folder: String, purpose: String
    ) throws(StorageError) {
        let path = Self.path(folder)
        try Self.acquire(descriptor, path, folder: folder)
        (self.path, self.descriptor) = (path, descriptor)
        let line = Array("pid \(getpid()) (\(purpose.prefix(100)))\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, line, line.count, 0)
    }

    /// Closes the descriptor when it throws.
    private static func acquire(
        _ descriptor: Int32, _ path: String, folder: String
    ) throws(StorageError) {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        let code = errno
        var text = [UInt8](repeating: 0, count: 200)
        let count = pread(descriptor, &text, text.count, 0)
        close(descriptor)
        guard code == EWOULDBLOCK else {
            throw StoreFolder.failure(path, "cannot be locked", code)
        }
        let holder = String(decoding: text.prefix(max(0, count)), as: UTF8.self)
            .split(separator: "\n").first.map(String.init)
        throw .locked(path: folder, holder: holder ?? "another process")
    }

    deinit {
        // The file stays: removing it would let two processes lock two different files.
        _ = ftruncate(descriptor, 0)
        // Said aloud: a child between its fork and its exec may hold the descriptor a moment longer.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
