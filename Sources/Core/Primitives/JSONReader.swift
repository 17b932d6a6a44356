/// A JSON value. Numbers stay text: what they mean is for the reader of the field.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order written; no key comes twice.
    case object([(key: String, value: JSONValue)])

    /// The member `key` of an object; nil when there is none or this is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// What it is, for a message.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    package static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.number(let x), .number(let y)): x == y
        case (.string(let x), .string(let y)): x == y
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)):
            x.count == y.count && zip(x, y).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }
}

/// What is not JSON, and at which byte (1 is the first).
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    package let byte: Int
    package var description: String { "is not JSON: \(reason) at byte \(byte)" }
}

/// A strict JSON reader for text from strangers: depth, members and input are bounded, duplicate
/// keys and broken UTF-8 are refused. Source: RFC 8259.
package struct JSONReader {
    package static let depthMax = 16
    package static let membersMax = 256
    /// Characters of a key that an error shows.
    private static let shownMax = 40

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    /// Reads exactly one value with nothing but white space around it.
    package static func read(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> JSONValue {
        var reader = JSONReader(bytes: bytes, index: bytes.startIndex)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.endIndex else { throw reader.error("more text than one value") }
        return value
    }

    private func error(_ reason: String) -> JSONError {
        JSONError(reason: reason, byte: index - bytes.startIndex + 1)
    }

    private var byte: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.depthMax else { throw error("nested deeper than \(Self.depthMax)") }
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("it ends too early")
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[index...].starts(with: text.utf8) else { throw error("no value") }
        index += text.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        index += 1
        var members: [(key: String, value: JSONValue)] = []
        var keys: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw error("no key in quotes") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw error("the key “\(shown(key))” twice")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("no colon after a key") }
            members.append((key, try value(depth: depth + 1)))
            guard members.count <= Self.membersMax else {
                throw error("more than \(Self.membersMax) keys")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw error("no comma or } after a member") }
        }
    }

    /// For a sentence that may end in a log or on a terminal.
    private func shown(_ key: String) -> String {
        let scalars = key.unicodeScalars
        var text = String.UnicodeScalarView()
        for scalar in scalars.prefix(Self.shownMax) {
            text.append(Self.isPrinted(scalar) ? scalar : "\u{FFFD}")
        }
        return String(text) + (scalars.count > Self.shownMax ? "…" : "")
    }

    private static func isPrinted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        index += 1
        var values: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(values) }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw error("no comma or ] after a value") }
        }
    }

    private mutating func digits() -> Int {
        let start = index
        while let byte, byte &- 48 < 10 { index += 1 }
        return index - start
    }

    private mutating func number() throws(JSONError) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let first = byte
        let count = digits()
        guard count > 0, first != UInt8(ascii: "0") || count == 1 else {
            index = start
            throw error("no value")
        }
        if take(UInt8(ascii: ".")), digits() == 0 { throw error("no digit after the point") }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            index += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { index += 1 }
            if digits() == 0 { throw error("no digit in the exponent") }
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func string() throws(JSONError) -> String {
        index += 1
        var text: [UInt8] = []
        while let next = byte {
            index += 1
            switch next {
            case UInt8(ascii: "\""):
                guard let valid = String(validating: text, as: UTF8.self) else {
                    throw error("text that is not UTF-8")
                }
                return valid
            case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(next)
            }
        }
        throw error("a string without its end")
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let next = byte else { throw error("a string without its end") }
        index += 1
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(next)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let high = try hex4()
            guard (0xD800...0xDBFF).contains(high) else {
                guard let scalar = Unicode.Scalar(high) else { throw error("half a surrogate") }
                return scalar
            }
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw error("half a surrogate")
            }
            let low = try hex4()
            guard (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
            else { throw error("half a surrogate") }
            return scalar
        default: throw error("an unknown escape")
        }
    }

    private mutating func hex4() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
            else { throw error("no four hex digits after \\u") }
            value = value << 4 + UInt32(digit)
            index += 1
        }
        return value
    }
}
