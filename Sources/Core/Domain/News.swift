/// A headline as a source gave it. Text is untrusted: it is scored and shown, never obeyed.
package struct NewsItem: Sendable, Equatable, Codable {
    /// The source's id, or one made from the content where it has none.
    package let id: String
    package let headline: String
    package let summary: String
    /// Tags of the source, valid tickers only.
    package let symbols: [Symbol]
    /// When the source says it was published.
    package let createdAt: Timestamp
    package let source: String
    package let url: String

    package init(
        id: String, headline: String, summary: String = "", symbols: [Symbol] = [],
        createdAt: Timestamp, source: String = "", url: String = ""
    ) {
        self.id = id
        self.headline = headline
        self.summary = summary
        self.symbols = symbols
        self.createdAt = createdAt
        self.source = source
        self.url = url
    }
}

package enum SentimentLabel: String, Sendable, Codable, CaseIterable {
    case positive, neutral, negative
}

/// What a model says of a text.
package struct SentimentScore: Sendable, Equatable, Codable {
    package let label: SentimentLabel
    /// -1 (bad) ... 1 (good)
    package let score: Double
    /// 0 ... 1
    package let confidence: Double
    /// Name and version, e.g. `lexicon-1`.
    package let model: String

    package init(label: SentimentLabel, score: Double, confidence: Double, model: String) {
        self.label = label
        self.score = score
        self.confidence = confidence
        self.model = model
    }
}

/// One headline's score for one symbol, as it enters that symbol's window.
package struct SentimentReading: Sendable, Equatable, Codable {
    package let newsID: String
    package let symbol: Symbol
    package let headline: String
    package let score: SentimentScore
    /// When the news was first seen.
    package let at: Timestamp

    package init(
        newsID: String, symbol: Symbol, headline: String, score: SentimentScore, at: Timestamp
    ) {
        self.newsID = newsID
        self.symbol = symbol
        self.headline = headline
        self.score = score
        self.at = at
    }
}
