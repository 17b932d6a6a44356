import Domain
import TOMLKit

/// A TOML value, copied out of the parser's memory.
enum ConfigurationValue: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    case date(CivilDate)
    case list([ConfigurationValue])
    case table([(name: String, value: ConfigurationValue)])
    /// A date or time of a kind that no key takes.
    case other(String)

    /// As it may stand in a message: short, on one line.
    var shown: String {
        switch self {
        case .string(let text): quoted(text.count > 60 ? "\(text.prefix(57))..." : text)
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .flag(let value): "\(value)"
        case .date(let date): "\(date)"
        case .list(let values): values.isEmpty ? "an empty list" : "a list"
        case .table: "a table"
        case .other(let what): what
        }
    }

    static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.string(let x), .string(let y)): x == y
        case (.integer(let x), .integer(let y)): x == y
        case (.number(let x), .number(let y)): x == y
        case (.flag(let x), .flag(let y)): x == y
        case (.date(let x), .date(let y)): x == y
        case (.list(let x), .list(let y)): x == y
        case (.table(let x), .table(let y)):
            x.count == y.count
                && zip(x, y).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        case (.other(let x), .other(let y)): x == y
        default: false
        }
    }
}

extension ConfigurationValue {
    /// The parser's value; its nesting is bounded by `TOMLScan`.
    init(_ value: some TOMLValueConvertible) {
        self =
            switch value.type {
            case .string: .string(value.string ?? "")
            case .int: .integer(Int64(value.int ?? 0))
            case .double: .number(value.double ?? .nan)
            case .bool: .flag(value.bool ?? false)
            case .date:
                value.date.flatMap { CivilDate(year: $0.year, month: $0.month, day: $0.day) }
                    .map { .date($0) } ?? .other("a date")
            case .time: .other("a time of day")
            case .dateTime: .other("a date with a time")
            case .array: .list(value.array?.map { Self($0.tomlValue) } ?? [])
            case .table: .table(value.table.map(Self.entries) ?? [])
            }
    }

    /// The members in the order of their names.
    static func entries(of table: TOMLTable) -> [(name: String, value: ConfigurationValue)] {
        table.keys.compactMap { name in
            table[name].map { (name, ConfigurationValue($0.tomlValue)) }
        }
    }
}

/// `text` as a TOML basic string.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            let hex = String(scalar.value, radix: 16, uppercase: true)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// `name` as a TOML key: bare where it may be.
func quotedKey(_ name: String) -> String {
    let bare = name.utf8.allSatisfy {
        ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A)
            || $0 == 0x2D || $0 == 0x5F
    }
    return bare && !name.isEmpty ? name : quoted(name)
}
