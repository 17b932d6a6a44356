/// A light walk over TOML text: on which line each key stands, and whether the text may be given to
/// the parser. It leaves the syntax to the parser, but for depth and for the few mistakes that the
/// parser (toml++ 3.4) answers with a failed assertion, that is by ending the process. On valid text
/// it sees what the parser sees, up to the first mistake.
struct TOMLScan {
    /// Members of a dotted key, and levels of brackets, that are still accepted.
    static let depthMax = 8
    /// Points outside strings in one statement: floats in a list, or members of dotted keys.
    static let pointsMax = 64
    /// Characters of a number or word outside strings.
    static let wordMax = 64

    /// The line of each key and table by its members; 1 is the first.
    private(set) var lines: [[String]: Int] = [:]
    /// Every key with its value, and every header of a table, as they stand in the text.
    private(set) var statements: [Statement] = []
    /// Text that is not handed to the parser, and why.
    private(set) var refusal: (line: Int, message: String)?

    struct Statement {
        /// All members, those of the table around it included.
        let path: [String]
        /// The table whose header was last read; that of a header is its own path.
        let table: [String]
        let isHeader: Bool
        /// Offsets of the name, of the equals sign behind it (the name again for a header), and of
        /// what follows the statement's last line.
        let start: Int
        let equals: Int
        let end: Int
    }

    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var table: [String] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while at < bytes.count, refusal == nil { statement() }
    }

    /// The line of `path` or of the nearest table around it.
    func line(of path: [String]) -> Int? {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return nil
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private func looking(at text: StaticString) -> Bool {
        text.withUTF8Buffer { word in
            at + word.count <= bytes.count
                && zip(word, bytes[at...]).allSatisfy { $0 == $1 }
        }
    }

    private mutating func advance() {
        if bytes[at] == UInt8(ascii: "\n") { line += 1 }
        at += 1
    }

    private mutating func skipLine() {
        while let byte, byte != UInt8(ascii: "\n") { at += 1 }
        if byte != nil { advance() }
    }

    private mutating func refuse(_ message: String) {
        if refusal == nil { refusal = (line, message) }
    }

    /// A table header, a key with its value, a comment or an empty line.
    private mutating func statement() {
        switch bytes[at] {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            advance()
        case UInt8(ascii: "#"):
            skipLine()
        case UInt8(ascii: "["):
            let start = at
            at += 1
            if byte == UInt8(ascii: "[") { at += 1 }
            while byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { at += 1 }
            // The parser takes for granted that a name begins here.
            guard let byte, Self.isBare(byte) && byte < 0x80 || Self.isQuote(byte) else {
                refuse("is not TOML: a table's name must follow [")
                return
            }
            let path = keyPath()
            record(path)
            table = path
            skipLine()
            statements.append(
                Statement(
                    path: path, table: path, isHeader: true, start: start, equals: start, end: at))
        default:
            let start = at
            let path = keyPath()
            record(table + path)
            if byte == UInt8(ascii: "=") {
                let equals = at
                at += 1
                skipValue()
                statements.append(
                    Statement(
                        path: table + path, table: table, isHeader: false, start: start,
                        equals: equals, end: at))
            } else {
                skipLine()
            }
        }
    }

    private mutating func record(_ path: [String]) {
        guard !path.isEmpty else { return }
        for length in 1...path.count where lines[Array(path[..<length])] == nil {
            lines[Array(path[..<length])] = line
        }
    }

    /// The members of a dotted key, up to the first byte that belongs to none.
    private mutating func keyPath() -> [String] {
        var path: [String] = []
        while let byte {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "."):
                at += 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let start = at + 1
                skipString()
                path.append(String(decoding: bytes[start..<max(start, at - 1)], as: UTF8.self))
            case _ where Self.isBare(byte):
                let start = at
                while let next = self.byte, Self.isBare(next) { at += 1 }
                path.append(String(decoding: bytes[start..<at], as: UTF8.self))
            default:
                return path
            }
            if path.count > Self.depthMax {
                refuse("a key of more than \(Self.depthMax) members")
                return []
            }
        }
        return path
    }

    private static func isQuote(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5A)
            || (byte >= 0x61 && byte <= 0x7A) || byte == 0x2D || byte == 0x5F || byte >= 0x80
    }

    /// Up to the end of the line on which the value's last bracket closes.
    private mutating func skipValue() {
        var open: [UInt8] = []
        var points = 0
        var word = 0
        while let byte, refusal == nil {
            word += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                skipString()
                word = 0
                continue
            case UInt8(ascii: "#"):
                while let next = self.byte, next != UInt8(ascii: "\n") { at += 1 }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open.append(byte)
                if open.count > Self.depthMax { refuse("brackets nested too deeply") }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                // In ASCII a closing bracket is two after its opening one.
                if open.popLast() != byte - 2 { refuse("is not TOML: a bracket closes none") }
            case UInt8(ascii: "."):
                points += 1
                if points > Self.pointsMax { refuse("too many points in one value") }
            case UInt8(ascii: "\n") where open.isEmpty:
                advance()
                return
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"),
                UInt8(ascii: ","):
                word = 0
            case 0x21...0x7E:
                if word > Self.wordMax { refuse("is not TOML: a number or word too long") }
            default:
                refuse("is not TOML: a character that must stand in quotes")
            }
            advance()
        }
    }

    /// One string of any of the four kinds; an unclosed single-line one ends with its line.
    private mutating func skipString() {
        let quote = bytes[at]
        let basic = quote == UInt8(ascii: "\"")
        let isLong = basic ? looking(at: "\"\"\"") : looking(at: "'''")
        at += isLong ? 3 : 1
        while let byte {
            if byte == quote {
                if !isLong {
                    at += 1
                    return
                }
                if basic ? looking(at: "\"\"\"") : looking(at: "'''") {
                    at += 3
                    // Up to two quotes may stand before the closing three.
                    var spare = 2
                    while spare > 0, self.byte == quote {
                        at += 1
                        spare -= 1
                    }
                    return
                }
            } else if byte == UInt8(ascii: "\\"), basic {
                if looking(at: "\\u0000") || looking(at: "\\U00000000") {
                    refuse("a zero character in a string")
                }
                at += 1
                if at >= bytes.count { return }
            } else if byte == UInt8(ascii: "\n"), !isLong {
                return
            }
            advance()
        }
    }
}
