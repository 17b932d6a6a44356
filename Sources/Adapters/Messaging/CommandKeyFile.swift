import Glibc

/// A file of keys: read only where nobody else may read it, written whole or not at all.
package struct CommandKeyFile: Sendable, Equatable {
    package let path: String
    /// In a folder that systemd made for this service alone: there an access list shows in the
    /// bits of the group.
    package let isCredential: Bool

    package static let bytesMax = 65_536

    package init(_ path: String, isCredential: Bool = false) {
        (self.path, self.isCredential) = (path, isCredential)
    }

    /// Tells whether the file is still the one that was read.
    package struct Stamp: Sendable, Equatable {
        let device: UInt
        let number: UInt
        let size: Int
        let changed: (seconds: Int, nanoseconds: Int)

        package static func == (a: Stamp, b: Stamp) -> Bool {
            (a.device, a.number, a.size) == (b.device, b.number, b.size) && a.changed == b.changed
        }

        init(_ status: stat) {
            (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
            size = Int(status.st_size)
            changed = (Int(status.st_ctim.tv_sec), Int(status.st_ctim.tv_nsec))
        }
    }

    /// Nil where there is no file.
    package var stamp: Stamp? {
        var status = stat()
        return stat(path, &status) == 0 ? Stamp(status) : nil
    }

    // MARK: - Reading

    /// - Throws: `absent`, `unreadable`, `exposed`, and what `CommandKeys.parse` throws.
    package func load() throws(CommandKeyError) -> CommandKeys {
        try CommandKeys.parse(try bytes(), path: path)
    }

    private func bytes() throws(CommandKeyError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .absent(path: path) }
            throw .unreadable(path: path, reason: errorText)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unreadable(path: path, reason: errorText)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "it is no file")
        }
        guard status.st_mode & (isCredential ? 0o007 : 0o077) == 0 else {
            throw .exposed(path: path, mode: status.st_mode & 0o7777)
        }
        var bytes = [UInt8](repeating: 0, count: Self.bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes {
                read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
            }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { throw .unreadable(path: path, reason: errorText) }
            if more == 0 { break }
            count += more
        }
        guard count <= Self.bytesMax else {
            throw .unreadable(path: path, reason: "it has more than \(Self.bytesMax) bytes")
        }
        return Array(bytes[..<count])
    }

    // MARK: - Writing

    /// A new file with one new key.
    /// - Throws: `exists`, `unwritable`, `name`.
    package func make(
        _ algorithm: CommandKey.Algorithm = .hs256, kid: String? = nil
    ) throws(CommandKeyError) -> CommandKey {
        let key = try CommandKey.mint(algorithm, kid: kid)
        try write(try CommandKeys([key]), replaces: false)
        return key
    }

    /// The keys of the file; where there is none, it gets its first key.
    package func loadOrMake() throws(CommandKeyError) -> CommandKeys {
        do { return try load() } catch {
            guard case .absent = error else { throw error }
        }
        do { _ = try make() } catch {
            // Another one was faster: its key counts.
            guard case .exists = error else { throw error }
        }
        return try load()
    }

    /// A new key of the same algorithm in the place of the one named, whose name it may not keep:
    /// what was signed with the old one is refused as soon as the file is read again.
    /// - Parameter kid: nil: the only one of the file.
    /// - Throws: also `unknown`, `whichOne`.
    package func rotate(
        _ kid: String? = nil, to newKid: String? = nil
    ) throws(CommandKeyError) -> CommandKey {
        let keys = try load()
        guard kid != nil || keys.all.count == 1 else {
            throw .whichOne(path: path, kids: keys.all.map(\.kid))
        }
        guard let place = keys.all.firstIndex(where: { kid == nil || $0.kid == kid }) else {
            throw .unknown(kid: kid ?? "", path: path)
        }
        let key = try CommandKey.mint(keys.all[place].algorithm, kid: newKid)
        guard key.kid != keys.all[place].kid else { throw .twice(key.kid) }
        var all = keys.all
        all[place] = key
        try write(try CommandKeys(all), replaces: true)
        return key
    }

    /// Under another name first, then at once in its place. The owner is that of the file that is
    /// replaced or, where root makes a new one, that of its folder: a daemon shall read it.
    private func write(_ keys: CommandKeys, replaces: Bool) throws(CommandKeyError) {
        let folder = folder
        var owner = stat()
        guard stat(replaces ? path : folder, &owner) == 0 else { throw unwritable }
        let name = Base64URL.encode(CommandKey.randomBytes(9))
        let made = folder + "/.\(name).tmp"
        let descriptor = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable }
        defer {
            close(descriptor)
            unlink(made)
        }
        guard fchmod(descriptor, 0o600) == 0,
            geteuid() != 0 || fchown(descriptor, owner.st_uid, owner.st_gid) == 0
        else { throw unwritable }
        var rest = Array(keys.text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw unwritable }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw unwritable }
        // A link, unlike a renaming, never takes the place of what is there.
        if (replaces ? rename(made, path) : link(made, path)) != 0 {
            if errno == EEXIST { throw .exists(path: path) }
            throw unwritable
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw unwritable }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw unwritable }
    }

    private var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private var unwritable: CommandKeyError { .unwritable(path: path, reason: errorText) }

    private var errorText: String { String(cString: strerror(errno)) }
}
