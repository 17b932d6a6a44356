import Domain
import Primitives

/// What to do with news that has a date and no time.
package enum DateOnlyNews: String, Sendable, CaseIterable {
    /// It counts as known at the first session's open at or after that midnight.
    case nextOpen = "next-open"
    case drop
}

/// A headline with the instant from which it counts as known.
package struct StampedNews: Sendable, Equatable {
    package let item: NewsItem
    package let availableAt: Timestamp
    /// The source gave a date and no time.
    package let isDateOnly: Bool

    package init(item: NewsItem, availableAt: Timestamp, isDateOnly: Bool) {
        self.item = item
        self.availableAt = availableAt
        self.isDateOnly = isDateOnly
    }
}

/// What is wrong with one record of news; the description says what is expected.
package enum NewsProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case json(JSONError)
    case notAnObject(String)
    case missing(String)
    case wrongType(field: String, found: String, expected: String)
    case tooLong(field: String, bytesMax: Int)
    case time(String)
    case noZone(String)
    case symbol(String)
    case tooManySymbols(Int)
    case columns(found: Int, expected: Int)
    case quotes
    case notUTF8
    case lineTooLong
    case dateOnly(String)
    case noSession(String)

    /// A stable word for counting.
    package var kind: String {
        switch self {
        case .json: "json"
        case .notAnObject: "not-an-object"
        case .missing: "missing"
        case .wrongType: "wrong-type"
        case .tooLong: "too-long"
        case .time: "time"
        case .noZone: "time-zone"
        case .symbol: "symbol"
        case .tooManySymbols: "too-many-symbols"
        case .columns: "columns"
        case .quotes: "quotes"
        case .notUTF8: "not-utf-8"
        case .lineTooLong: "line-too-long"
        case .dateOnly: "date-only"
        case .noSession: "no-session"
        }
    }

    package var description: String {
        switch self {
        case .json(let error): "\(error)"
        case .notAnObject(let kind): "is \(kind): each record must be an object {…}"
        case .missing(let field): "has no \(field): it is required"
        case .wrongType(let field, let found, let expected):
            "\(field) is \(found), it must be \(expected)"
        case .tooLong(let field, let bytesMax): "\(field) is longer than \(bytesMax) bytes"
        case .time(let text):
            "“\(text)” is not a time: write it like 2021-04-20T13:30:00Z, "
                + "or a date like 2021-04-20"
        case .noZone(let text):
            "“\(text)” has no time zone: end it in Z or in an offset like -04:00"
        case .symbol(let text):
            "“\(text)” is not a symbol: 1 to 15 of A-Z 0-9 . - / in capitals"
        case .tooManySymbols(let max): "names more than \(max) symbols"
        case .columns(let found, let expected): "has \(found) columns, the header \(expected)"
        case .quotes: "has quotes that do not pair: a field is \"…\", a quote inside it \"\""
        case .notUTF8: "is not UTF-8: convert the file, for example with iconv"
        case .lineTooLong: "is longer than \(NewsRecord.bytesMax) bytes"
        case .dateOnly(let text): "“\(text)” is a date without a time, and those are dropped"
        case .noSession(let text): "“\(text)” is a date after which no session opens"
        }
    }
}

/// The fields of a record before they mean anything.
struct NewsRecord {
    static let bytesMax = 1 << 20
    static let headlineBytesMax = 4_096
    static let summaryBytesMax = 65_536
    static let shortBytesMax = 2_048
    static let symbolsMax = 256

    var id = ""
    var headline = ""
    var summary = ""
    var symbols: [String] = []
    var createdAt = ""
    var source = ""
    var url = ""

    /// The fields that are plain text, and every name each goes by, the preferred one first.
    enum Field: CaseIterable {
        case id, headline, summary, createdAt, source, url

        var names: [String] {
            switch self {
            case .id: ["id"]
            case .headline: ["headline", "title"]
            case .summary: ["summary", "description"]
            case .createdAt: ["created_at", "published", "date"]
            case .source: ["source", "publisher"]
            case .url: ["url"]
            }
        }
    }

    subscript(field: Field) -> String {
        get {
            switch field {
            case .id: id
            case .headline: headline
            case .summary: summary
            case .createdAt: createdAt
            case .source: source
            case .url: url
            }
        }
        set {
            switch field {
            case .id: id = newValue
            case .headline: headline = newValue
            case .summary: summary = newValue
            case .createdAt: createdAt = newValue
            case .source: source = newValue
            case .url: url = newValue
            }
        }
    }

    static let symbolNames = ["symbols", "symbol", "stock", "ticker"]

    init() {}

    /// Reads a JSON object; unknown keys are ignored, null is as good as absent.
    init(_ value: JSONValue) throws(NewsProblem) {
        guard case .object = value else { throw .notAnObject(value.kind) }
        func member(_ names: [String]) -> (name: String, value: JSONValue)? {
            for name in names {
                if let found = value[name], found != .null { return (name, found) }
            }
            return nil
        }
        for field in Field.allCases {
            switch member(field.names) {
            case nil: continue
            case (_, .string(let text))?: self[field] = text
            case (_, .number(let text))? where field == .id: id = text
            case (let name, let other)?:
                throw .wrongType(field: name, found: other.kind, expected: "a string")
            }
        }
        switch member(Self.symbolNames) {
        case nil: break
        case (_, .string(let text))?: symbols = Self.split(text)
        case (let name, .array(let values))?:
            for value in values {
                guard case .string(let text) = value else {
                    throw .wrongType(
                        field: name, found: "a list with \(value.kind)",
                        expected: "a list of strings")
                }
                symbols.append(text)
            }
        case (let name, let other)?:
            throw .wrongType(
                field: name, found: other.kind, expected: "a list of strings or a string")
        }
    }

    /// Tickers divided by any of `, ; |` and spaces.
    static func split(_ text: String) -> [String] {
        text.split { $0 == "," || $0 == ";" || $0 == "|" || $0.isWhitespace }.map(String.init)
    }

    /// The item, and whether its stamp is a date only.
    func item() throws(NewsProblem) -> (item: NewsItem, isDateOnly: Bool) {
        guard headline.contains(where: { !$0.isWhitespace }) else { throw .missing("headline") }
        guard !createdAt.isEmpty else { throw .missing("created_at") }
        for (name, text, max) in [
            ("headline", headline, Self.headlineBytesMax),
            ("summary", summary, Self.summaryBytesMax), ("id", id, Self.shortBytesMax),
            ("source", source, Self.shortBytesMax), ("url", url, Self.shortBytesMax),
        ] where text.utf8.count > max {
            throw .tooLong(field: name, bytesMax: max)
        }
        let time = try NewsTime(createdAt)
        var tickers: [Symbol] = []
        for name in symbols {
            guard let symbol = Symbol(name) else {
                throw .symbol(FeedDefect.shown(name.utf8, max: 40))
            }
            if !tickers.contains(symbol) { tickers.append(symbol) }
            guard tickers.count <= Self.symbolsMax else {
                throw .tooManySymbols(Self.symbolsMax)
            }
        }
        let item = NewsItem(
            id: id.isEmpty ? contentID(tickers) : id, headline: headline, summary: summary,
            symbols: tickers, createdAt: time.instant, source: source, url: url)
        return (item, time.isDateOnly)
    }

    /// The same content has the same id in every run.
    private func contentID(_ tickers: [Symbol]) -> String {
        var hash = StableHash()
        for text in [headline, createdAt, source, url] { hash.combine(text) }
        for ticker in tickers { hash.combine(ticker.name) }
        return "n-" + hash.text
    }
}

/// The stamp of a headline: RFC 3339 with any offset, `T` or a space, or a date.
struct NewsTime {
    let instant: Timestamp
    /// Midnight by its own clock is how a date without a time is written.
    let isDateOnly: Bool

    init(_ text: String) throws(NewsProblem) {
        let bytes = text.utf8
        guard bytes.count <= 40 else { throw .time(FeedDefect.shown(bytes, max: 40)) }
        if let instant = Timestamp(rfc3339: text) {
            let clock = text.utf8.dropFirst(11)
            isDateOnly =
                clock.starts(with: "00:00:00".utf8)
                && !clock.dropFirst(8).prefix {
                    $0 != 0x5A && $0 != 0x7A && $0 != 0x2B && $0 != 0x2D
                }
                .contains { (0x31...0x39).contains($0) }
            self.instant = instant
            return
        }
        // Without a zone only midnight can be understood: it is a date. A date is taken as UTC's,
        // whose midnight lies between the sessions of two days.
        let midnight = bytes.count == 10 ? text + "T00:00:00Z" : text + "Z"
        guard let instant = Timestamp(rfc3339: midnight) else {
            throw .time(FeedDefect.shown(bytes, max: 40))
        }
        guard instant.nanoseconds % (86400 * 1_000_000_000) == 0 else {
            throw .noZone(FeedDefect.shown(bytes, max: 40))
        }
        self.instant = instant
        isDateOnly = true
    }
}
