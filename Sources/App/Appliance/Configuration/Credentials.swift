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
