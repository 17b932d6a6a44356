import Domain

// Scores a headline with words and phrases of finance, and with what moves which way: "loss
// narrows" is good, "profit falls" and "costs rise" are bad.
//
// text -> SentimentScore: label, score in -1...1, confidence in 0...1.
// - The same text gives the same score; work is linear in the text, of which 1,000 bytes are read.
// - Phrases go before words, a word is found in one look-up, and nothing is obeyed: text that
//   addresses the machine is neutral with no confidence.
// - With P and N the sums of good and bad evidence: score = (P - N) / (P + N + 0.5),
//   confidence = 0.1 + 0.85 × total / (total + 0.5) × |P - N| / total, total = P + N;
//   questions, lists and conjecture then lower the confidence. No evidence: score 0, 0.1.

package struct LexiconScorer: Sendable {
    /// Stored with every score; changes whenever the words or the rules do.
    package static let model = "lexicon-1"

    /// Evidence of this weight counts half; keeps one weak word from saying everything.
    private static let halfWeight = 0.5
    private static let confidenceWithoutEvidence = 0.1
    private static let confidenceSpan = 0.85

    private let lexicon: Lexicon

    package init() { lexicon = .standard }

    /// Words and phrases known.
    package var size: Int { lexicon.size }

    /// Never fails: what cannot be read is neutral.
    package func score(_ text: String) -> SentimentScore {
        let tokens = LexiconTokenizer.tokens(of: text, vocabulary: lexicon.vocabulary)
        let sentence = LexiconSentence(tokens, lexicon: lexicon)
        guard !sentence.addressesMachine else { return result(0, confidence: 0) }
        var good = 0.0
        var bad = 0.0
        for value in sentence.evidence() {
            if value > 0 { good += value } else { bad -= value }
        }
        let total = good + bad
        guard total > 0 else {
            return result(0, confidence: Self.confidenceWithoutEvidence * sentence.certainty)
        }
        let amount = total / (total + Self.halfWeight)
        let difference = good - bad
        let agreement = (difference < 0 ? -difference : difference) / total
        let confidence =
            Self.confidenceWithoutEvidence + Self.confidenceSpan * amount * agreement
        return result(
            difference / (total + Self.halfWeight), confidence: confidence * sentence.certainty)
    }

    private func result(_ score: Double, confidence: Double) -> SentimentScore {
        SentimentScore(
            label: sentimentLabel(score), score: max(-1, min(1, score)),
            confidence: max(0, min(1, confidence)), model: Self.model)
    }
}
