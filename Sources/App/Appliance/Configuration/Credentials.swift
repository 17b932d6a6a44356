import Glibc

/// Where a secret is kept. The configuration holds this in its place.
package enum CredentialReference: Sendable, Equatable {
    /// A credential of the service, or a file of that name in `credentials` below the store.
    case name(String)
    /// A file, by its absolute path.
    case file(String)

    /// 1 to 64 of `A-Z a-z 0-9 . _ -`, a letter or digit first, or an absolute path.
    package init?(_ text: String) {
        let bytes = text.utf8
        if text.hasPrefix("/") {
            guard (2...1024).contains(bytes.count), !bytes.contains(0) else { return nil }
            self = .file(text)
            return
        }
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
        guard (1...64).contains(bytes.count), let first = bytes.first, isPlain(first),
            bytes.allSatisfy({ isPlain($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F })
        else { return nil }
        self = .name(text)
    }

    package var text: String {
        switch self {
        case .name(let name): name
        case .file(let path): path
        }
    }
}

/// Finds and reads what a `CredentialReference` stands for.
///
/// A name is looked for in `$CREDENTIALS_DIRECTORY`, where the service manager puts what
/// `LoadCredential=` names (systemd.exec(5)), then in `credentials` below the store. A file outside
/// of the former must belong to this user or to root, and nobody else may read it.
package struct Credentials: Sendable {
    /// More than this is no secret.
    package static let bytesMax = 16 << 10

    /// `$CREDENTIALS_DIRECTORY`; nil where the service manager gave none.
    let directory: String?
    /// `storage.path`.
    let store: String

    /// - Parameter environment: that of the process, read once at its start.
    package init(environment: [String: String], store: String) {
        let given = environment["CREDENTIALS_DIRECTORY"] ?? ""
        directory = given.hasPrefix("/") ? given : nil
        self.store = store
    }

    /// The file that `reference` stands for, for a library that reads it by itself; checked as in
    /// `read`. Nil where no place has one of that name.
    package func path(of reference: CredentialReference) throws(CredentialError) -> String? {
        guard let found = try open(reference) else { return nil }
        close(found.file)
        return found.path
    }

    /// The secret, without the line break at its end.
    /// - Returns: nil where no place has a credential of that name. A file that is named by its
    ///   path must be there.
    package func read(_ reference: CredentialReference) throws(CredentialError) -> Secret? {
        guard let (path, file) = try open(reference) else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: Self.bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: count), room)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .cannotRead(path: path, code: errno) }
            if got == 0 { break }
            count += got
        }
        guard count <= Self.bytesMax else { throw .tooLarge(path: path) }
        bytes.removeLast(bytes.count - count)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .empty(path: path) }
        return Secret(bytes)
    }

    /// Where a name would be looked for, for a sentence to the person who forgot it.
    package func places(for name: String) -> String {
        let own = "\(store)/credentials/\(name)"
        return directory.map { "\($0)/\(name) or \(own)" } ?? own
    }

    private func open(
        _ reference: CredentialReference
    ) throws(CredentialError) -> (path: String, file: Int32)? {
        switch reference {
        case .file(let path):
            guard let file = try open(path, isManaged: false) else {
                throw .cannotRead(path: path, code: ENOENT)
            }
            return (path, file)
        case .name(let name):
            if let directory {
                let path = "\(directory)/\(name)"
                if let file = try open(path, isManaged: true) { return (path, file) }
            }
            let path = "\(store)/credentials/\(name)"
            return try open(path, isManaged: false).map { (path, $0) }
        }
    }

    /// - Parameter isManaged: the service manager put it there and keeps others away from it, in
    ///   ways that its mode does not show.
    /// - Returns: nil where there is no such file.
    private func open(_ path: String, isManaged: Bool) throws(CredentialError) -> Int32? {
        // Without O_NONBLOCK a pipe in the place of a file would wait for ever.
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .cannotRead(path: path, code: errno)
        }
        var status = stat()
        let problem: CredentialError? =
            if fstat(file, &status) != 0 {
                .cannotRead(path: path, code: errno)
            } else if status.st_mode & S_IFMT != S_IFREG {
                .notAFile(path: path)
            } else if isManaged {
                nil
            } else if status.st_uid != 0, status.st_uid != geteuid(), geteuid() != 0 {
                .foreign(path: path, owner: status.st_uid)
            } else if status.st_mode & 0o077 != 0 {
                .open(path: path, mode: status.st_mode & 0o777)
            } else {
                nil
            }
        if let problem {
            close(file)
            throw problem
        }
        return file
    }
}

/// Why a credential cannot be used; never what it holds.
package enum CredentialError: Error, Sendable, Equatable, CustomStringConvertible {
    case cannotRead(path: String, code: Int32)
    case notAFile(path: String)
    case foreign(path: String, owner: UInt32)
    case open(path: String, mode: UInt32)
    case tooLarge(path: String)
    case empty(path: String)

    package var description: String {
        switch self {
        case .cannotRead(let path, let code):
            "\(path): the credential cannot be read: \(String(cString: strerror(code)))"
        case .notAFile(let path): "\(path): a credential must be a file"
        case .foreign(let path, let owner):
            "\(path): the credential belongs to the user with the number \(owner), it must belong "
                + "to this user or to root: chown it"
        case .open(let path, let mode):
            "\(path): others may read the credential, its mode is "
                + "\(String(mode, radix: 8)): chmod 600 \(path)"
        case .tooLarge(let path):
            "\(path): is larger than \(Credentials.bytesMax) bytes, which no credential is"
        case .empty(let path): "\(path): the credential is empty"
        }
    }
}
