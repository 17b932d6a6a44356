extension JSONValue {
    /// The value on one line, without spaces; numbers digit for digit as they were read.
    package var compact: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .number(let number): text += number
        case .string(let string): OrderedJSON.string(string).write(to: &text)
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
                OrderedJSON.string(member.key).write(to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }
}
