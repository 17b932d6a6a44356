import Domain

/// Finds the symbols an item speaks of: the source's tags, cashtags (`$AAPL`), exchange notation
/// (`(NASDAQ: AAPL)`) and configured names. The summary is read only when neither the tags nor the
/// headline name one, since summaries mention companies in passing.
struct SymbolLinker: Sendable {
    private struct Alias: Sendable {
        let words: [String]
        let first: Unicode.Scalar
        let symbols: [Symbol]
    }

    /// By first word; the longest alias first.
    private let aliases: [String: [Alias]]
    private let universe: Set<Symbol>

    init(aliases: [Symbol: [String]], universe: Set<Symbol>) {
        struct Name: Hashable {
            let words: [String]
            let first: Unicode.Scalar
        }
        var symbols: [Name: Set<Symbol>] = [:]
        // Into a set of owners: in any order.
        for (symbol, texts) in aliases {
            // An alias of punctuation alone names nothing, though "&" reads as a word.
            for text in texts where text.unicodeScalars.contains(where: \.isWordPart) {
                let words = NewsText.words(of: text)
                guard let first = words.first?.first else { continue }
                symbols[Name(words: words.map(\.text), first: first), default: []].insert(symbol)
            }
        }
        var table: [String: [Alias]] = [:]
        // Lists are sorted below, so the order here does not matter.
        for (name, owners) in symbols {
            guard let key = name.words.first else { continue }
            table[key, default: []].append(
                Alias(words: name.words, first: name.first, symbols: owners.sorted()))
        }
        // Each list by itself: in any order.
        for key in table.keys {
            table[key]?.sort { a, b in
                if a.words.count != b.words.count { return a.words.count > b.words.count }
                if a.words != b.words { return a.words.lexicographicallyPrecedes(b.words) }
                return a.first < b.first
            }
        }
        self.aliases = table
        self.universe = universe
    }

    /// Every symbol named, sorted, followed here or not.
    func named(in item: NewsItem, tags: [Symbol], headline words: [NewsText.Word]) -> [Symbol] {
        var found = Set(tags)
        collect(item.headline, words, into: &found)
        if found.isEmpty, !item.summary.isEmpty {
            collect(item.summary, NewsText.words(of: item.summary), into: &found)
        }
        return found.sorted()
    }

    /// Those of `symbols` that are in the universe; an empty universe holds every symbol.
    func followed(_ symbols: [Symbol]) -> [Symbol] {
        universe.isEmpty ? symbols : symbols.filter(universe.contains)
    }

    private func collect(_ text: String, _ words: [NewsText.Word], into found: inout Set<Symbol>) {
        TickerNotation.collect(Array(text.utf8), into: &found)
        guard !aliases.isEmpty else { return }
        var index = 0
        while index < words.count {
            let length = matchLength(words[index...], into: &found)
            index += max(1, length)
        }
    }

    /// The longest alias at the start of `words`. Its first letter must agree in case ("Apple" is
    /// not "apple"), the rest may be written in any case.
    private func matchLength(
        _ words: ArraySlice<NewsText.Word>, into found: inout Set<Symbol>
    ) -> Int {
        guard let word = words.first, let candidates = aliases[word.text] else { return 0 }
        for alias in candidates {
            guard alias.first == word.first, alias.words.count <= words.count,
                zip(alias.words, words).allSatisfy({ $0 == $1.text })
            else { continue }
            found.formUnion(alias.symbols)
            return alias.words.count
        }
        return 0
    }
}

/// Tickers as they are written into text.
enum TickerNotation {
    /// No ticker list in parentheses is longer.
    private static let listLengthMax = 96

    static func collect(_ text: [UInt8], into found: inout Set<Symbol>) {
        for index in text.indices {
            if text[index] == UInt8(ascii: "$") {
                if let symbol = cashtag(text, at: index) { found.insert(symbol) }
            } else if text[index] == UInt8(ascii: "(") {
                collectList(text, after: index + 1, into: &found)
            }
        }
    }

    /// `$` and one to five capitals, with a class as in `$BRK.B`; no letter or digit may touch it.
    private static func cashtag(_ text: [UInt8], at dollar: Int) -> Symbol? {
        if dollar > 0, text[dollar - 1].isAlphanumeric || text[dollar - 1] == text[dollar] {
            return nil
        }
        var end = dollar + 1
        while end < text.count, text[end].isCapital, end - dollar <= 5 { end += 1 }
        guard end > dollar + 1 else { return nil }
        if end + 1 < text.count, text[end] == UInt8(ascii: ".") || text[end] == UInt8(ascii: "-"),
            text[end + 1].isCapital, end + 2 == text.count || !text[end + 2].isAlphanumeric
        {
            end += 2
        }
        guard end == text.count || !text[end].isAlphanumeric else { return nil }
        return Symbol(String(decoding: text[(dollar + 1)..<end], as: UTF8.self))
    }

    /// `NASDAQ: GOOG, GOOGL; NYSE: BRK.B)`. A ticker without an exchange belongs to the one before;
    /// those of exchanges outside the United States are other companies and are left out.
    private static func collectList(
        _ text: [UInt8], after start: Int, into found: inout Set<Symbol>
    ) {
        let limit = min(text.count, start + listLengthMax)
        var end = start
        var hasColon = false
        while end < limit, text[end] != UInt8(ascii: ")") {
            if text[end] == UInt8(ascii: "(") { return }
            if text[end] == UInt8(ascii: ":") { hasColon = true }
            end += 1
        }
        guard end < limit, hasColon else { return }
        var isListed = false
        for piece in text[start..<end].split(whereSeparator: { $0 == 0x2C || $0 == 0x3B }) {
            var ticker = piece
            if let colon = piece.firstIndex(of: UInt8(ascii: ":")) {
                let exchange = piece[..<colon].filter { $0 != 0x20 }.map(\.upper)
                isListed = exchanges.contains(String(decoding: exchange, as: UTF8.self))
                ticker = piece[(colon + 1)...]
            }
            let trimmed = ticker.filter { $0 != 0x20 }
            guard isListed, let first = trimmed.first, first.isCapital, trimmed.count <= 7,
                let symbol = Symbol(String(decoding: trimmed, as: UTF8.self))
            else { continue }
            found.insert(symbol)
        }
    }

    private static let exchanges: Set<String> = [
        "NASDAQ", "NASDAQGS", "NASDAQGM", "NASDAQCM", "NASDAQ-GS", "NYSE", "NYSEAMERICAN",
        "NYSEMKT", "NYSEARCA", "ARCA", "AMEX", "CBOE", "BATS", "OTC", "OTCMKTS", "OTCQB", "OTCQX",
        "OTCPINK", "PINK",
    ]
}

extension UInt8 {
    fileprivate var isCapital: Bool { self >= 0x41 && self <= 0x5A }
    fileprivate var isAlphanumeric: Bool {
        isCapital || (self >= 0x61 && self <= 0x7A) || (self >= 0x30 && self <= 0x39)
    }
    fileprivate var upper: UInt8 { self >= 0x61 && self <= 0x7A ? self - 32 : self }
}
