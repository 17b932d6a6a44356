import Domain
import Foundation
import Glibc

/// Steps on files that are on the disk when they return.
package enum StoreFiles {
    static func join(_ folder: String, _ name: String) -> String {
        (folder as NSString).appendingPathComponent(name)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Opens a file of a store, or makes it where `flags` say so. Who runs a command as root must not
    /// write into another file because its name was put here: a link may lead to any file of the
    /// machine.
    ///
    /// - Parameter what: could not be done, e.g. `cannot be opened`.
    static func openOwn(
        _ path: String, _ flags: Int32, _ what: String = "cannot be opened"
    ) throws(StorageError) -> Int32 {
        // A pipe would make the opening wait.
        let descriptor = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            let code = errno
            try demandOwn(path)
            throw StoreFolder.failure(path, what, code)
        }
        var information = stat()
        guard fstat(descriptor, &information) == 0, foreignness(information) == nil else {
            close(descriptor)
            throw .folder(path: path, reason: foreignness(information) ?? "cannot be examined")
        }
        return descriptor
    }

    /// The same for what is opened by its name elsewhere; no file is as good as one.
    static func demandOwn(_ path: String) throws(StorageError) {
        var information = stat()
        guard lstat(path, &information) == 0, let reason = foreignness(information) else { return }
        throw .folder(path: path, reason: reason)
    }

    private static func foreignness(_ information: stat) -> String? {
        switch information.st_mode & S_IFMT {
        case S_IFLNK: "is a symbolic link; put the file itself there, or remove the link"
        case S_IFREG where information.st_nlink > 1:
            "has another name elsewhere; put a copy of it there, or remove it"
        case S_IFREG: nil
        default: "is no file; remove it"
        }
    }

    /// A small file of a store; nil where there is none, or not one of its own.
    static func contents(_ path: String, max: Int) -> [UInt8]? {
        guard let descriptor = try? openOwn(path, O_RDONLY) else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: max)
        var filled = 0
        while filled < max {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), max - filled)
            }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }

    /// Makes content or names of `path`, a file or a folder, durable.
    static func sync(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreFolder.failure(path, "cannot be opened", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreFolder.failure(path, "cannot be made durable", errno)
        }
    }

    static func move(_ from: String, _ to: String) throws(StorageError) {
        guard rename(from, to) == 0 else {
            throw StoreFolder.failure(from, "cannot be moved to \(to)", errno)
        }
    }

    /// - Returns: false where there is something of that name already, which stays.
    static func moveIfFree(_ from: String, _ to: String) throws(StorageError) -> Bool {
        // A second name is only given where it is free, a rename does not ask.
        if linkat(AT_FDCWD, from, AT_FDCWD, to, 0) == 0 {
            unlink(from)
            return true
        }
        if errno == EEXIST { return false }
        // A file system without second names.
        guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(errno) else {
            throw StoreFolder.failure(from, "cannot be moved to \(to)", errno)
        }
        if exists(to) { return false }
        try move(from, to)
        return true
    }

    /// Copies a file that nobody writes; closed to others like all files of a store.
    ///
    /// - Parameter isNamed: by who gave the command: it may be a link, and lie anywhere.
    static func copy(
        _ from: String, _ to: String, isNamed: Bool = false
    ) throws(StorageError) {
        let source =
            isNamed
            ? open(from, O_RDONLY | O_CLOEXEC) : try openOwn(from, O_RDONLY, "cannot be read")
        guard source >= 0 else { throw StoreFolder.failure(from, "cannot be read", errno) }
        defer { close(source) }
        let target = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard target >= 0 else { throw StoreFolder.failure(to, "cannot be written", errno) }
        defer { close(target) }
        handOver(target, to)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(source, &buffer, buffer.count)
            if count == 0 { return }
            guard count > 0 else { throw StoreFolder.failure(from, "cannot be read", errno) }
            var done = 0
            while done < count {
                let written = buffer.withUnsafeBytes {
                    Glibc.write(target, $0.baseAddress?.advanced(by: done), count - done)
                }
                guard written > 0 else {
                    throw StoreFolder.failure(to, "cannot be written", errno)
                }
                done += written
            }
        }
    }

    /// Makes or empties a file.
    static func write(_ text: String, to path: String) throws(StorageError) {
        let descriptor = open(
            path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw StoreFolder.failure(path, "cannot be written", errno) }
        defer { close(descriptor) }
        handOver(descriptor, path)
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw StoreFolder.failure(path, "cannot be written", errno)
        }
    }

    /// Puts a file with this text in the place of `path`: the old one or the new one is there whenever
    /// the machine ends, and the new one when this returns.
    package static func replace(_ path: String, with text: String) throws(StorageError) {
        let new = path + ".new"
        unlink(new)
        try write(text, to: new)
        try sync(new)
        try move(new, path)
        let folder = (path as NSString).deletingLastPathComponent
        try sync(folder.isEmpty ? "." : folder)
    }

    /// The text of a small file that a command of root must not take for another; nil where there is
    /// none.
    package static func text(_ path: String, max: Int) throws(StorageError) -> String? {
        try demandOwn(path)
        guard exists(path) else { return nil }
        guard let bytes = contents(path, max: max) else {
            throw StoreFolder.failure(path, "cannot be read", errno)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Gives what root opened at `path` to the owner of the folder it is in: a command that root
    /// runs must leave nothing behind that the service cannot open. Only what has this one name in
    /// that very folder is given away: a link there may lead to any file of the machine.
    static func handOver(_ descriptor: Int32, _ path: String) {
        guard geteuid() == 0 else { return }
        var (opened, named, parent) = (stat(), stat(), stat())
        var above = (path as NSString).deletingLastPathComponent
        if above.isEmpty { above = "." }
        guard fstat(descriptor, &opened) == 0, lstat(path, &named) == 0, stat(above, &parent) == 0,
            opened.st_dev == named.st_dev, opened.st_ino == named.st_ino
        else { return }
        let kind = opened.st_mode & S_IFMT
        guard kind == S_IFDIR || kind == S_IFREG && opened.st_nlink == 1,
            opened.st_uid != parent.st_uid || opened.st_gid != parent.st_gid
        else { return }
        _ = fchown(descriptor, parent.st_uid, parent.st_gid)
    }

    /// The same for a folder that was just made.
    static func handOver(folder path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        handOver(descriptor, path)
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

    static func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// `20210420T133000Z`: the instant in names of files, which sort by it.
    static func stamp(_ at: Timestamp) -> String {
        let text = at.description.prefix { $0 != "." && $0 != "Z" }
        return text.filter { $0 != "-" && $0 != ":" } + "Z"
    }
}
