/// Why a key, or a file of keys, is not taken. No case holds a secret.
package enum CommandKeyError: Error, Sendable, Equatable, CustomStringConvertible {
    case name(String)
    /// Too short, guessable, or not of its kind.
    case unfit(kid: String, reason: String)
    case tooMany(Int)
    case twice(String)
    case absent(path: String)
    /// A file without any key.
    case empty(path: String)
    case unreadable(path: String, reason: String)
    /// Others than its owner may read it.
    case exposed(path: String, mode: UInt32)
    case broken(path: String, line: Int, reason: String)
    /// Nothing is written over.
    case exists(path: String)
    case unwritable(path: String, reason: String)
    case unknown(kid: String, path: String)
    /// The file has several keys, and it was not said which is meant.
    case whichOne(path: String, kids: [String])

    package var description: String {
        switch self {
        case .name(let text):
            let shown = String(text.prefix(64).filter { $0.isASCII && !$0.isWhitespace })
            return "“\(shown)” names no key: 1 to \(CommandKey.kidBytesMax) letters, digits, "
                + "“.”, “_” and “-”, but not “\(CommandKey.plainClient)”"
        case .unfit(let kid, let reason): return "the key \(kid) is refused: \(reason)"
        case .tooMany(let count):
            return "there are \(count) keys, at most \(CommandKeys.countMax) are taken"
        case .twice(let kid): return "the key \(kid) stands there twice"
        case .absent(let path): return "\(path) is not there"
        case .empty(let path): return "\(path) holds no key: make one with bellwether ctl key"
        case .unreadable(let path, let reason): return "\(path) cannot be read: \(reason)"
        case .exposed(let path, let mode):
            return "\(path) may be read by others (mode \(String(mode, radix: 8))): chmod 600, and "
                + "make a new key if anybody could have read it"
        case .broken(let path, let line, let reason): return "\(path), line \(line): \(reason)"
        case .exists(let path): return "\(path) exists and is not written over"
        case .unwritable(let path, let reason): return "\(path) cannot be written: \(reason)"
        case .unknown(let kid, let path): return "\(path) has no key \(kid)"
        case .whichOne(let path, let kids):
            return "\(path) has several keys, say which one: \(kids.joined(separator: ", "))"
        }
    }
}
