import Domain
import Foundation
import News
import Primitives
import Sentiment

/// One line of `score`: what the scorer makes of a headline.
package struct ScoredHeadline: Encodable, Sendable {
    package let text: String
    package let label: SentimentLabel
    package let score: Double
    package let confidence: Double
    package let symbols: [Symbol]
    package let model: String

    /// As a line of JSON with keys in alphabetical order.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// Scores a headline and links it to symbols as the daemon would.
package func scoreHeadline(_ text: String, news: NewsConfig) -> ScoredHeadline {
    var config = news
    config.duplicateWindow = 1
    let at = Timestamp(seconds: 0)
    var desk = NewsDesk(config)
    let admission = desk.admit(NewsItem(id: "line", headline: text, createdAt: at), at: at)
    var symbols: [Symbol] = []
    if case .linked(let found) = admission.outcome { symbols = found }
    let score = LexiconScorer().score(admission.item.headline)
    return ScoredHeadline(
        text: text, label: score.label, score: score.score, confidence: score.confidence,
        symbols: symbols, model: score.model)
}
