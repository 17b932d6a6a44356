import Testing

@testable import Sentiment

@Suite("The lexicon's tables")
struct LexiconDataTests {
    @Test("A word stands in one list, in lower case, and can be a token")
    func words() {
        var seen: Set<Substring> = []
        for (list, _) in LexiconWords.all {
            for word in list.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
                #expect(seen.insert(word).inserted, "\(word) stands twice")
                #expect(word == word.lowercased() && !word.contains("-") && word.utf8.count <= 24)
            }
        }
        #expect(seen.count > 1_000)
    }

    @Test("Phrases are two words or more, begin with a word, and expand within bounds")
    func phrases() {
        for (pattern, _) in LexiconPhrases.all {
            let places = pattern.split(separator: " ").map { $0.split(separator: "|") }
            #expect(places.first?.contains("?") == false, "\(pattern)")
            #expect(
                places.filter { !$0.contains("?") }.count >= 2 || places.count == 1, "\(pattern)")
            #expect(places.count >= 2, "\(pattern)")
            #expect(places.reduce(1) { $0 * $1.count } <= 2_500, "\(pattern)")
            #expect(pattern == pattern.lowercased() && !pattern.contains("-"), "\(pattern)")
        }
    }

    @Test("Weights lie in -1 ... 1")
    func weights() {
        for (text, role) in LexiconWords.all + LexiconPhrases.all {
            let value: Double =
                switch role {
                case .plain(let value), .surprise(let value), .updown(let value): value
                case .noun(let polarity, let alone): max(abs(polarity), abs(alone))
                case .restraint(let alone), .negator(let alone): alone
                case .move(let value, _, let alone): max(abs(value), abs(alone))
                case .stop(let value, let alone): max(abs(value), abs(alone))
                case .clause(let weight, let before): max(weight, before)
                default: 0
                }
            #expect((-1...1).contains(value), "\(text)")
        }
    }
}
