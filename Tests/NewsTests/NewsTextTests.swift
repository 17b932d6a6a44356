import Domain
import Foundation
import Primitives
import TestSupport
import Testing

@testable import News

private struct TextCase: Sendable, CustomTestStringConvertible {
    let raw: String
    let clean: String
    var testDescription: String { raw.debugDescription }

    init(_ raw: String, _ clean: String) {
        self.raw = raw
        self.clean = clean
    }

    static let rows: [TextCase] = [
        .init("  Plain   text \n here ", "Plain text here"),
        .init("Non\u{A0}breaking\u{2003}space", "Non breaking space"),
        .init("sur\u{0}g\u{7}es\u{1B}", "surges"),
        .init("sur\u{200B}\u{200D}\u{FEFF}ges", "surges"),
        .init("\u{202E}segrus\u{202C} \u{2066}x\u{2069}", "segrus x"),
        .init("De\u{AD}mand", "Demand"),
        .init("tag\u{E0041}s gone\u{FE0F}", "tags gone"),
        .init("Z\u{301}\u{302}\u{303}\u{304}a", "Z\u{301}\u{302}a"),
        .init("AT&amp;T &lt;5% &#39;up&#x27; &quot;q&quot;", "AT&T <5% 'up' \"q\""),
        .init("&amp;amp;lt;b&amp;gt;bold", "bold"),
        .init("&unknown; & &; &#xZZ;&#1114112;", "&unknown; & &; &#xZZ;"),
        .init("&#0;&#8203;hid&#x200b;den", "hidden"),
        .init("<p>One</p><p>Two</p>", "One Two"),
        .init("a<b>c</b>d<br/>e", "acd e"),
        .init("P/E < 5 and > 3", "P/E < 5 and > 3"),
        .init("seen<script>alert('buy')</script> too", "seen too"),
        .init("seen <span style=\"display: none\">ignore this, buy</span>too", "seen too"),
        .init("seen <i hidden>never closed", "seen"),
        .init("<!-- note -->seen", "seen"),
        .init("open <tag without end", "open <tag without end"),
        .init("“Quoted” – it’s… fine—really", "\"Quoted\" - it's... fine - really"),
        .init("Ａｐｐｌｅ ５％", "Apple 5%"),
        .init("𝐀𝐩𝐩𝐥𝐞 𝟓", "Apple 5"),
        .init("Аpple ѕurgeѕ", "Apple surges"),
        .init("Apple сору", "Apple copy"),
        .init("Рост акций Сбербанка", "Рост акций Сбербанка"),
        .init("Αθήνα κλείνει", "Αθήνα κλείνει"),
        .init("東京 ホールディングス", "東京 ホールディングス"),
        .init("Nestlé zürich", "Nestlé zürich"),
        .init("ﬁnance", "finance"),
    ]
}

@Suite("Cleaning of news text")
struct NewsTextTests {
    @Test("Text comes out as a reader sees it", arguments: TextCase.rows)
    private func cleaned(_ row: TextCase) {
        let clean = NewsText.cleaned(row.raw, bytesMax: 1_000)
        #expect(clean == row.clean)
        #expect(Array(clean.utf8) == Array(row.clean.utf8))
    }

    @Test("Long text is cut between characters")
    func cut() {
        #expect(NewsText.cut("abcdef", bytesMax: 4) == "abcd")
        #expect(NewsText.cut("abé", bytesMax: 3) == "ab")
        #expect(NewsText.cut("abe\u{301}", bytesMax: 4) == "ab")
        #expect(NewsText.cut("ab cd", bytesMax: 3) == "ab")
        #expect(NewsText.cut("🚀🚀", bytesMax: 7) == "🚀")
        #expect(NewsText.cut("é", bytesMax: 1) == "")
        #expect(NewsText.cut("abc", bytesMax: 0) == "")
        let long = NewsText.cleaned(String(repeating: "word ", count: 100_000), bytesMax: 1_000)
        #expect(long.utf8.count <= 1_000 && long.hasSuffix("word"))
    }

    @Test("Words: possessives, ampersands, case")
    func words() {
        let words = NewsText.words(of: "Apple's AT&T, O'Reilly & SONS' 3-for-1 École d'or'")
        #expect(
            words.map(\.text) == [
                "apple", "at&t", "oreilly", "and", "sons", "3", "for", "1", "école", "dor",
            ])
        #expect(words.map(\.first).first == "A")
    }

    private static let pieces: [String] = [
        "Apple", " ", "<", ">", "</", "<b>", "</b>", "<script>", "</script>", "<p hidden>", "&",
        "&amp;", "&lt;", "&#", "&#x200B;", ";", "$", "$AAPL", "(", ")", "(NASDAQ:", "MSFT", ",",
        ":",
        "\u{200D}", "\u{202E}", "\u{301}", "а", "р", "Ａ", "é", "漢", "🚀", "\u{0}", "\u{FFFD}", "'",
        "'s", "UPDATE", "1", "-", "\n", "\u{E0001}", "\u{1D400}", "\u{110BD}", "Ω",
    ]

    @Test("Hostile text never traps and comes out clean", arguments: [1, 2, 3, 4, 5, 6])
    func hostile(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var config = NewsConfig()
        config.headlineBytesMax = 120
        config.duplicateWindow = 50
        var desk = NewsDesk(config)
        for step in 0..<600 {
            var text = ""
            for _ in 0..<random.below(80) { text += Self.pieces[random.below(Self.pieces.count)] }
            let item = NewsItem(
                id: "\(random.below(400))", headline: text, summary: text,
                createdAt: Timestamp(seconds: Int64(random.below(30_000))))
            let first = desk
            let admission = desk.admit(item, at: Timestamp(seconds: 25_000))
            var again = first
            #expect(again.admit(item, at: Timestamp(seconds: 25_000)) == admission)
            let clean = admission.item.headline
            #expect(clean.utf8.count <= 120, "seed \(seed) step \(step)")
            #expect(
                clean.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && !$0.properties.isDefaultIgnorableCodePoint
                }, "seed \(seed) step \(step)")
            #expect(!clean.contains("  ") && clean.first != " " && clean.last != " ")
            if case .linked(let symbols) = admission.outcome {
                #expect(!symbols.isEmpty && symbols == symbols.sorted())
            }
            #expect(desk.remembered <= 50)
        }
    }

    @Test("Ring and tables stay in step", arguments: [1, 2, 3])
    func recent(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var recent = RecentNews(capacity: 8)
        var window: [(id: String, text: UInt64)] = []
        for step in 0..<2_000 {
            let text = UInt64(random.below(12))
            let symbols = [Symbol("A"), Symbol("B"), nil][random.below(3)].map { [$0] }
            recent.insert(
                id: "\(step)", text: text, linked: symbols, at: Timestamp(seconds: Int64(step)))
            window.append(("\(step)", text))
            if window.count > 8 { window.removeFirst() }
            #expect(recent.count == window.count && recent.idCount == window.count)
            #expect(recent.storyCount == Set(window.map(\.text)).count, "seed \(seed)")
            #expect(
                window.allSatisfy { recent.contains(id: $0.id) && recent.story($0.text) != nil })
        }
    }

    private struct Row: Decodable {
        let id: String
        let headline: String
        let symbols: [Symbol]
        let createdAt: Timestamp

        enum CodingKeys: String, CodingKey {
            case id, headline, symbols
            case createdAt = "created_at"
        }
    }

    @Test(
        "Real headlines: every headline reaches every symbol it was tagged with, once",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"))
    func realHeadlines() throws {
        let url = try #require(SharedData.file("data/news/headlines-2021-04.jsonl"))
        let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Row.self, from: Data($0.utf8))
        }
        var config = NewsConfig()
        config.duplicateAge = Span(seconds: 400 * 86_400)
        var desk = NewsDesk(config)
        var wanted: Set<String> = []
        var reached: Set<String> = []
        var duplicates = 0
        for row in rows {
            let item = NewsItem(
                id: row.id, headline: row.headline, symbols: row.symbols,
                createdAt: row.createdAt)
            let admission = desk.admit(item, at: row.createdAt)
            let text = RecentNews.key(of: NewsText.words(of: admission.item.headline))
            for symbol in row.symbols { wanted.insert("\(symbol) \(text)") }
            switch admission.outcome {
            case .linked(let symbols):
                for symbol in symbols { #expect(reached.insert("\(symbol) \(text)").inserted) }
            case .duplicate: duplicates += 1
            case .unlinked, .refused: Issue.record("\(admission.outcome) for \(row.headline)")
            }
        }
        print("\(rows.count) real items: \(reached.count) readings, \(duplicates) duplicates")
        #expect(reached == wanted && rows.count > 1_000)
    }
}
