/// A column of a table for a terminal.
struct TextColumn {
    enum Side { case left, right }
    let title: String
    let side: Side

    init(_ title: String, _ side: Side = .right) {
        self.title = title
        self.side = side
    }
}

/// A cell with its tone.
struct TextCell: ExpressibleByStringLiteral {
    let text: String
    let tone: Tone

    init(_ text: String, _ tone: Tone = .plain) {
        self.text = text
        self.tone = tone
    }

    init(stringLiteral text: String) { self.init(text) }
}

/// Lines for a terminal: headings, aligned tables, wrapped words, with or without colour.
struct TextSheet {
    private(set) var text = ""
    let width: Int
    let colour: Bool

    /// - Parameter width: of the terminal; from 40 up.
    init(width: Int, colour: Bool) {
        self.width = max(40, width)
        self.colour = colour
    }

    /// One line, without spaces at its end. A no-break space has kept words together and becomes a
    /// space.
    mutating func line(_ line: String = "") {
        let end = line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex
        text += line[..<end].replacing("\u{A0}", with: " ") + "\n"
    }

    mutating func heading(_ title: String) {
        line()
        line(bold(title))
    }

    func bold(_ text: String) -> String { colour ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func dim(_ text: String) -> String { colour ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    func toned(_ text: String, _ tone: Tone) -> String {
        guard colour else { return text }
        switch tone {
        case .plain: return text
        case .gain: return "\u{1B}[32m\(text)\u{1B}[0m"
        case .loss: return "\u{1B}[31m\(text)\u{1B}[0m"
        }
    }

    /// Names and values in as many columns as fit, filled downwards.
    mutating func pairs(_ pairs: [(name: String, value: TextCell)]) {
        guard !pairs.isEmpty else { return }
        let names = pairs.map(\.name.count).max() ?? 0
        let values = pairs.map(\.value.text.count).max() ?? 0
        let cell = names + 2 + values
        let columns = max(1, min(3, (width - 2 + 4) / (cell + 4)))
        let rows = (pairs.count + columns - 1) / columns
        for row in 0..<rows {
            var line = "  "
            for (place, index) in stride(from: row, to: pairs.count, by: rows).enumerated() {
                let (name, value) = pairs[index]
                if place > 0 { line += "    " }
                line += padded(name, names, .left) + "  "
                line += toned(padded(value.text, values, .right), value.tone)
            }
            self.line(line)
        }
    }

    /// Names and texts; long texts go on below themselves.
    mutating func facts(_ facts: [(name: String, text: String)], indent: Int = 2) {
        let names = min(24, facts.map(\.name.count).max() ?? 0)
        for fact in facts {
            paragraph(
                fact.text, first: spaces(indent) + padded(fact.name, names, .left) + "  ",
                indent: indent + names + 2)
        }
    }

    mutating func table(_ columns: [TextColumn], _ rows: [[TextCell]]) {
        let widths = columns.indices.map { index in
            rows.reduce(columns[index].title.count) { width, row in
                max(width, row.indices.contains(index) ? row[index].text.count : 0)
            }
        }
        func line(_ cells: [TextCell], dimmed: Bool = false) -> String {
            var line = ""
            for (index, cell) in cells.enumerated() where columns.indices.contains(index) {
                let last = index + 1 == columns.count && columns[index].side == .left
                let text =
                    last ? cell.text : padded(cell.text, widths[index], columns[index].side)
                line += "  " + toned(text, cell.tone)
            }
            return dimmed ? dim(line) : line
        }
        self.line(line(columns.map { TextCell($0.title) }, dimmed: true))
        for row in rows { self.line(line(row)) }
    }

    /// Words wrapped to the width; lines after the first are indented by `indent`. A word that is
    /// longer than a line is cut into pieces.
    mutating func paragraph(_ words: String, first: String = "", indent: Int = 0) {
        var line = first
        var room = max(10, width - first.count)
        var isEmpty = true
        func pieces(_ word: Substring) -> [Substring] {
            let most = max(10, width - indent)
            var (pieces, rest) = ([Substring](), word)
            while rest.count > most {
                pieces.append(rest.prefix(most))
                rest = rest.dropFirst(most)
            }
            return pieces + [rest]
        }
        for word in words.split(separator: " ").flatMap(pieces) {
            if !isEmpty, word.count + 1 > room {
                self.line(line)
                line = spaces(indent)
                room = max(10, width - indent)
                isEmpty = true
            }
            line += isEmpty ? String(word) : " " + word
            room -= word.count + (isEmpty ? 0 : 1)
            isEmpty = false
        }
        self.line(line)
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    private func padded(_ text: String, _ width: Int, _ side: TextColumn.Side) -> String {
        let fill = spaces(max(0, width - text.count))
        return side == .left ? text + fill : fill + text
    }
}
