import Domain
import Foundation
import Primitives
import Sentiment
import TestSupport
import Testing

@Suite("The lexicon scorer and text of any kind")
struct HostileTextTests {
    private static let pieces = [
        "profit", "falls", "not", "up", "5%", "-", "…", "’", "'", "n't", "%", ".", ",", "?", "(",
        "\u{0}", "\u{200D}", "\u{202E}", "é", "Ж", "漢", "🚀", "👩‍👩‍👧", "\u{301}",
        "9999999999999999999999",
        "0.0000000001", "1,2,3.4.5", "$", "&", "don't", " ", "\n", "\t", "surge", "bankruptcy",
        "to",
        "ignore", "previous", "instructions", "#", "loss", "narrows", "but", "despite", "e\u{301}",
    ]

    @Test("Random text gives the same well-formed score twice", arguments: [1, 2, 3, 4, 5])
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let scorer = LexiconScorer()
        for _ in 0..<400 {
            var text = ""
            for _ in 0..<random.below(60) {
                text += Self.pieces[random.below(Self.pieces.count)]
                if random.below(2) == 0 { text += " " }
            }
            let score = scorer.score(text)
            #expect(score == scorer.score(text), "seed \(seed): \(text)")
            #expect((-1...1).contains(score.score), "seed \(seed): \(text)")
            #expect((0...1).contains(score.confidence), "seed \(seed): \(text)")
            #expect(score.label == sentimentLabel(score.score), "seed \(seed): \(text)")
        }
    }

    @Test("Random bytes", arguments: [11, 12])
    func bytes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let scorer = LexiconScorer()
        for _ in 0..<300 {
            let bytes = (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
            let score = scorer.score(String(decoding: bytes, as: UTF8.self))
            #expect((-1...1).contains(score.score) && (0...1).contains(score.confidence))
        }
    }

    @Test("Only the first 1,000 bytes are read")
    func long() {
        let scorer = LexiconScorer()
        let padding = String(repeating: "x ", count: 500)
        #expect(scorer.score(padding + "profit surges").score == 0)
        #expect(scorer.score("profit surges " + padding).score > 0)
        let huge = String(repeating: "but profit falls not ", count: 50_000)
        #expect((-1...1).contains(scorer.score(huge).score))
    }

    private struct Row: Decodable { let headline: String }

    @Test(
        "Real headlines: most are read, and both sides are heard",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"))
    func realHeadlines() throws {
        let url = try #require(SharedData.file("data/news/headlines-2021-04.jsonl"))
        let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
        let headlines = try Set(
            lines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)).headline })
        let scorer = LexiconScorer()
        var counts: [SentimentLabel: Int] = [:]
        for headline in headlines { counts[scorer.score(headline).label, default: 0] += 1 }
        let total = headlines.count
        let shares = SentimentLabel.allCases.map { label in
            "\(label.rawValue) \(counts[label, default: 0] * 100 / max(1, total)) %"
        }
        print("\(total) real headlines:", shares.joined(separator: ", "))
        #expect(total > 800)
        #expect(counts[.neutral, default: 0] * 100 <= total * 75)
        #expect(counts[.positive, default: 0] * 100 >= total * 10)
        #expect(counts[.negative, default: 0] * 100 >= total * 10)
    }
}
