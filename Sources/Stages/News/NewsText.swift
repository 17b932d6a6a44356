/// Cleans text from outside and cuts it into words. All of it is linear in the text.
enum NewsText {
    /// `text` as a reader sees it: entities decoded, tags and what they hide taken out, invisible
    /// and control characters dropped, look-alike letters folded to Latin, white space collapsed,
    /// at most `bytesMax` bytes.
    static func cleaned(_ text: String, bytesMax: Int) -> String {
        guard bytesMax > 0, !text.isEmpty else { return "" }
        // Markup may be most of the text, but not without end.
        var scalars = visible(text.unicodeScalars.prefix(16 * min(bytesMax, 1 << 20)))
        // Each step only shrinks the text, so the same length means nothing was left to do. Text
        // encoded more than four times over is not worth reading.
        for _ in 0..<4 {
            let next = HTMLText.withoutTags(HTMLText.decoded(scalars))
            if next.count == scalars.count { break }
            scalars = visible(next)
        }
        return cut(collapsed(Confusables.folded(scalars)), bytesMax: bytesMax)
    }

    /// The longest beginning of `text` that ends between characters and fits.
    static func cut(_ text: String, bytesMax: Int) -> String {
        guard text.utf8.count > bytesMax else { return text }
        var bytes = 0
        var end = text.startIndex
        for index in text.indices {
            let next = text.index(after: index)
            bytes += text[index..<next].utf8.count
            if bytes > bytesMax { break }
            end = next
        }
        if end == text.startIndex {
            // One character longer than all the room: keep the scalars that fit.
            bytes = 0
            for index in text.unicodeScalars.indices {
                bytes += UTF8.width(text.unicodeScalars[index])
                if bytes > bytesMax { break }
                end = text.unicodeScalars.index(after: index)
            }
        }
        var result = String(text[..<end])
        while result.last == " " { result.removeLast() }
        return result
    }

    /// Drops what cannot be seen, makes every kind of white space a space, and leaves at most two
    /// combining marks on a letter.
    static func visible(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var marks = 0
        for scalar in scalars {
            if scalar.value >= 0x20, scalar.value < 0x7F {
                result.append(scalar)
                marks = 0
                continue
            }
            let properties = scalar.properties
            if properties.isWhitespace {
                result.append(" ")
                marks = 0
                continue
            }
            if properties.isDefaultIgnorableCodePoint || scalar.value == 0xFFFD { continue }
            switch properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned: continue
            case .nonspacingMark, .enclosingMark:
                marks += 1
                if marks > 2 { continue }
            default: marks = 0
            }
            result.append(scalar)
        }
        return result
    }

    private static func collapsed(_ scalars: [Unicode.Scalar]) -> String {
        var result = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in scalars {
            if scalar == " " {
                pendingSpace = !result.isEmpty
            } else {
                if pendingSpace { result.append(" ") }
                pendingSpace = false
                result.append(scalar)
            }
        }
        return String(result)
    }

    /// A word in lower case, and how it began.
    struct Word: Sendable, Equatable {
        let text: String
        let first: Unicode.Scalar
        var isNumber: Bool { text.utf8.allSatisfy { $0 &- 48 < 10 } }
    }

    /// Runs of letters and digits. An apostrophe does not end a word and a possessive `'s` is
    /// dropped; `&` joins (`AT&T`) or stands for "and".
    static func words(of text: String) -> [Word] {
        let scalars = Array(text.unicodeScalars)
        var words: [Word] = []
        var current = String.UnicodeScalarView()
        var first: Unicode.Scalar?
        func isWordScalar(_ index: Int) -> Bool {
            scalars.indices.contains(index) && scalars[index].isWordPart
        }
        func finish() {
            if let start = first { words.append(Word(text: String(current), first: start)) }
            current = String.UnicodeScalarView()
            first = nil
        }
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar.isWordPart {
                if first == nil { first = scalar }
                if scalar.isASCII {
                    let upper = scalar.value >= 0x41 && scalar.value <= 0x5A
                    current.append(upper ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar)
                } else {
                    current.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
                }
            } else if scalar == "&" {
                if first != nil, isWordScalar(index) {
                    current.append(scalar)
                } else {
                    finish()
                    words.append(Word(text: "and", first: "a"))
                }
            } else if scalar == "'", first != nil, isWordScalar(index) {
                let isS = scalars[index] == "s" || scalars[index] == "S"
                if isS, !isWordScalar(index + 1) { index += 1 }
            } else {
                finish()
            }
        }
        finish()
        return words
    }
}

extension Unicode.Scalar {
    /// A letter, a digit or a mark on one.
    var isWordPart: Bool {
        if isASCII { return isASCIIWordPart }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .decimalNumber, .letterNumber, .nonspacingMark, .spacingMark:
            return true
        default: return false
        }
    }

    private var isASCIIWordPart: Bool {
        (value >= 0x61 && value <= 0x7A) || (value >= 0x41 && value <= 0x5A)
            || (value >= 0x30 && value <= 0x39)
    }

    var isASCIILetter: Bool {
        (value >= 0x61 && value <= 0x7A) || (value >= 0x41 && value <= 0x5A)
    }
}
