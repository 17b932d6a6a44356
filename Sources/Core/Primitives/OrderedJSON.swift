/// A JSON value whose members stand in the order in which they were given: the same value always
/// gives the same bytes.
package indirect enum OrderedJSON: Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    /// Not finite is written as null: JSON has no word for it.
    case number(Double)
    case string(String)
    case array([OrderedJSON])
    case object([(key: String, value: OrderedJSON)])

    /// nil is null.
    package init(text: String?) { self = text.map(Self.string) ?? .null }

    /// nil is null.
    package init(number: Double?) { self = number.map(Self.number) ?? .null }

    /// On one line, without spaces.
    package var compact: String {
        var text = ""
        write(to: &text)
        return text
    }

    package func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .integer(let integer): text += String(integer)
        case .number(let number): text += number.isFinite ? Self.plain(number) : "null"
        case .string(let string): Self.quote(string, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.quote(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// The members on lines of their own, and the elements of an array among them too: easy to
    /// read, to search and to compare line by line.
    package var lines: String {
        guard case .object(let members) = self, !members.isEmpty else { return compact + "\n" }
        var text = "{\n"
        for (index, member) in members.enumerated() {
            Self.quote(member.key, to: &text)
            text += ":"
            switch member.value {
            case .array(let values) where !values.isEmpty:
                Self.list(values.map(\.compact), "[", "]", to: &text)
            case .object(let inner) where !inner.isEmpty:
                Self.list(
                    inner.map { OrderedJSON.quoted($0.key) + ":" + $0.value.compact }, "{", "}",
                    to: &text)
            default: member.value.write(to: &text)
            }
            text += index + 1 < members.count ? ",\n" : "\n"
        }
        return text + "}\n"
    }

    private static func list(
        _ lines: [String], _ opening: String, _ closing: String, to text: inout String
    ) {
        text += opening + "\n"
        for (index, line) in lines.enumerated() {
            text += line
            text += index + 1 < lines.count ? ",\n" : "\n"
        }
        text += closing
    }

    private static func quoted(_ string: String) -> String {
        var text = ""
        quote(string, to: &text)
        return text
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        // Plain ASCII, nearly all there is, needs no look at each character: a fifth of the time of
        // a backtest with many trades.
        let isPlain = string.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain {
            text += string
            text += "\""
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// The shortest digits that read back as the same number, without an exponent: some tools take
    /// only plain numbers.
    package static func plain(_ number: Double) -> String {
        let text = number.description
        guard let mark = text.firstIndex(of: "e"),
            let exponent = Int(text[text.index(after: mark)...])
        else { return text }
        let negative = text.hasPrefix("-")
        let mantissa = text[..<mark].drop { $0 == "-" }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(parts.first ?? "0")
        var fraction = parts.count > 1 ? String(parts[1]) : ""
        if fraction == "0" { fraction = "" }
        let digits = whole + fraction
        let point = whole.utf8.count + exponent
        let plain: String
        if point <= 0 {
            plain = "0." + String(repeating: "0", count: -point) + digits
        } else if point >= digits.utf8.count {
            plain = digits + String(repeating: "0", count: point - digits.utf8.count) + ".0"
        } else {
            plain = String(digits.prefix(point)) + "." + String(digits.dropFirst(point))
        }
        return negative ? "-" + plain : plain
    }
}

extension OrderedJSON {
    /// What was read, to be written again; a number that is no `Int` goes through `Double`.
    package init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .flag(flag)
        case .number(let text):
            self = Int(text).map(Self.integer) ?? Self(number: Double(text))
        case .string(let text): self = .string(text)
        case .array(let values): self = .array(values.map { Self($0) })
        case .object(let members): self = .object(members.map { ($0.key, Self($0.value)) })
        }
    }
}
