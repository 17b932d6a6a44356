/// A piece of a headline.
struct LexiconToken {
    enum Kind {
        /// A word of the vocabulary, or one that is not in it (id -1).
        case word(Int)
        case number(Double, isPercent: Bool, isNegative: Bool)
        /// Ends a clause.
        case mark
        case question
    }
    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// As phrases name it; nil for a mark.
    func word(_ lexicon: Lexicon) -> Int? {
        switch kind {
        case .word(let id): id
        case .number: lexicon.numberWord
        case .mark, .question: nil
        }
    }
}

/// Cuts text into words in lower case, numbers and the marks that end a clause.
struct LexiconTokenizer {
    /// More of a text is not read.
    static let bytesMax = 1_000
    /// Longer words are none of the vocabulary's.
    private static let wordBytesMax = 24

    private let text: [UInt8]
    private var index = 0
    private var tokens: [LexiconToken] = []

    static func tokens(of text: String, vocabulary: [String: Int]) -> [LexiconToken] {
        var tokenizer = LexiconTokenizer(text)
        tokenizer.run(vocabulary)
        return tokenizer.tokens
    }

    private init(_ text: String) {
        self.text = Array(text.utf8.prefix(Self.bytesMax))
        tokens.reserveCapacity(self.text.count / 5 + 4)
    }

    private func byte(_ at: Int) -> UInt8 { at >= 0 && at < text.count ? text[at] : 0 }

    private mutating func run(_ vocabulary: [String: Int]) {
        while index < text.count {
            let current = text[index]
            if current.isDigit || (current == UInt8(ascii: ".") && byte(index + 1).isDigit) {
                number()
            } else if current.isWordByte {
                word(vocabulary)
            } else {
                mark(current)
                index += 1
            }
        }
    }

    private mutating func mark(_ current: UInt8) {
        switch current {
        case UInt8(ascii: "?"): tokens.append(LexiconToken(.question))
        case UInt8(ascii: "."):
            // "U.S." and "Amazon.com" go on.
            if !byte(index + 1).isWordByte, !isInitial { tokens.append(LexiconToken(.mark)) }
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "!"),
            UInt8(ascii: "|"), UInt8(ascii: "("), UInt8(ascii: ")"):
            tokens.append(LexiconToken(.mark))
        case UInt8(ascii: "-"):
            if byte(index + 1) == 0x20, byte(index - 1) == 0x20 {
                tokens.append(LexiconToken(.mark))
            }
        case 0xE2 where byte(index + 1) == 0x80:
            // Dashes and the ellipsis end a clause; quotes and the like do not.
            let last = byte(index + 2)
            if (0x92...0x95).contains(last) || last == 0xA6 { tokens.append(LexiconToken(.mark)) }
            index += 2
        default: break
        }
    }

    /// The dot after a single capital ("U.S.", "J.P. Morgan").
    private var isInitial: Bool {
        byte(index - 1) >= 0x41 && byte(index - 1) <= 0x5A && !byte(index - 2).isWordByte
    }

    private mutating func word(_ vocabulary: [String: Int]) {
        var bytes: [UInt8] = []
        while index < text.count {
            let current = text[index]
            if current.isWordByte {
                bytes.append(current.lower)
            } else if current == UInt8(ascii: "'") || current == UInt8(ascii: "&") {
                guard byte(index + 1).isWordByte else { break }
                bytes.append(current)
            } else if current == 0xE2, byte(index + 1) == 0x80, byte(index + 2) == 0x99 {
                // A typographic apostrophe.
                guard byte(index + 3).isWordByte else {
                    index += 3
                    break
                }
                bytes.append(UInt8(ascii: "'"))
                index += 2
            } else {
                break
            }
            index += 1
        }
        if bytes.count > 2, bytes[bytes.count - 2] == UInt8(ascii: "'"),
            bytes[bytes.count - 1] == UInt8(ascii: "s")
        {
            bytes.removeLast(2)
        }
        guard bytes.count <= Self.wordBytesMax else {
            tokens.append(LexiconToken(.word(-1)))
            return
        }
        let word = String(decoding: bytes, as: UTF8.self)
        if let id = vocabulary[word] {
            tokens.append(LexiconToken(.word(id)))
        } else if word.hasSuffix("n't"), let not = vocabulary["not"] {
            tokens.append(LexiconToken(.word(not)))
        } else {
            tokens.append(LexiconToken(.word(-1)))
        }
    }

    /// Digits with separators, then `%` or "percent"; a number that runs into letters (5G, 10bn)
    /// takes them along.
    private mutating func number() {
        let isNegative =
            byte(index - 1) == UInt8(ascii: "-") && (index < 2 || byte(index - 2) == 0x20)
        var value = 0.0
        var fraction = 0.0
        while index < text.count {
            let current = text[index]
            if current.isDigit {
                let digit = Double(current &- 48)
                if fraction > 0 {
                    value += digit * fraction
                    fraction /= 10
                } else {
                    value = min(value * 10 + digit, 1e15)
                }
            } else if current == UInt8(ascii: "."), fraction == 0, byte(index + 1).isDigit {
                fraction = 0.1
            } else if current == UInt8(ascii: ","), byte(index + 1).isDigit {
                // A separator of thousands.
            } else {
                break
            }
            index += 1
        }
        let start = index
        while index < text.count, text[index].isWordByte { index += 1 }
        var isPercent = byte(index) == UInt8(ascii: "%")
        if isPercent {
            index += 1
        } else if start == index {
            let word = text[index...].dropFirst().prefix(7).map(\.lower)
            isPercent = byte(index) == 0x20 && word == Array("percent".utf8)
            if !isPercent { isPercent = word.starts(with: Array("pct".utf8)) }
        }
        tokens.append(
            LexiconToken(.number(value, isPercent: isPercent, isNegative: isNegative)))
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    /// Letters, digits, and every byte of a scalar beyond ASCII but for the U+2000 block, which
    /// holds punctuation.
    fileprivate var isWordByte: Bool {
        isDigit || (self >= 0x61 && self <= 0x7A) || (self >= 0x41 && self <= 0x5A)
            || (self >= 0x80 && self != 0xE2)
    }
    fileprivate var lower: UInt8 { self >= 0x41 && self <= 0x5A ? self + 32 : self }
}
