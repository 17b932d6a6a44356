import Domain
import News
import Testing

private let now = Timestamp(seconds: 1_619_000_000)

private func ticker(_ name: String) -> Symbol {
    guard let symbol = Symbol(name) else { preconditionFailure("\(name) is a ticker") }
    return symbol
}

private let aapl = ticker("AAPL")
private let goog = ticker("GOOG")
private let msft = ticker("MSFT")
private let pfe = ticker("PFE")

private func item(
    _ id: String, _ headline: String, _ symbols: [Symbol] = [], at: Timestamp = now,
    summary: String = "", source: String = "wire"
) -> NewsItem {
    NewsItem(
        id: id, headline: headline, summary: summary, symbols: symbols, createdAt: at,
        source: source)
}

private func linked(_ symbols: Symbol...) -> NewsAdmission.Outcome { .linked(symbols) }

private struct LinkCase: Sendable, CustomTestStringConvertible {
    let headline: String
    var summary = ""
    var tags: [Symbol] = []
    let expected: [String]
    var testDescription: String { headline }

    static let rows: [LinkCase] = [
        .init(headline: "Nothing named", expected: []),
        .init(headline: "By tag", tags: [msft, aapl, msft], expected: ["AAPL", "MSFT"]),
        .init(headline: "Buying $AAPL and $MSFT.", expected: ["AAPL", "MSFT"]),
        .init(headline: "($PFE) and $GOOG's day", expected: ["GOOG", "PFE"]),
        .init(headline: "Class $BRK.B today", expected: ["BRK.B"]),
        .init(headline: "Ends with $BRK.", expected: ["BRK"]),
        .init(headline: "$10 and US$AAPL and $$AAPL and $TOOLONG and $aapl", expected: []),
        .init(headline: "$ and $", expected: []),
        .init(headline: "Might Microsoft (NASDAQ:MSFT) rise", expected: ["MSFT"]),
        .init(headline: "A drug maker (NYSE: PFE) said", expected: ["PFE"]),
        .init(headline: "Search (Nasdaq: GOOG, GOOGL)", expected: ["GOOG", "GOOGL"]),
        .init(headline: "Two (NYSE:PFE; NASDAQ: AAPL)", expected: ["AAPL", "PFE"]),
        .init(headline: "Small (NYSE American: UEC)", expected: ["UEC"]),
        .init(headline: "Abroad (LSE: BP) (TSX: SHOP; NYSE: SHOP)", expected: ["SHOP"]),
        .init(headline: "Not a listing (note: this) (3:1) (NYSE: )", expected: []),
        .init(headline: "Open (NYSE: PFE", expected: []),
        .init(headline: "Apple's event", expected: ["AAPL"]),
        .init(headline: "Apple’s event", expected: ["AAPL"]),
        .init(headline: "APPLE RISES", expected: ["AAPL"]),
        .init(headline: "an apple a day", expected: []),
        .init(headline: "Applebee and Pineapple", expected: []),
        .init(headline: "Apple-designed chips", expected: ["AAPL"]),
        .init(headline: "Apple Hospitality buys hotels", expected: ["APLE"]),
        .init(headline: "Apple and Apple Hospitality", expected: ["AAPL", "APLE"]),
        .init(headline: "J&J beats", expected: ["JNJ"]),
        .init(headline: "J&amp;J beats", expected: ["JNJ"]),
        .init(headline: "Johnson & Johnson rises", expected: ["JNJ"]),
        .init(headline: "Johnson and Johnson rises", expected: ["JNJ"]),
        .init(headline: "Boris Johnson speaks", expected: []),
        .init(headline: "Alphabet soars", expected: ["GOOG", "GOOGL"]),
        .init(headline: "New iPhone out", expected: ["AAPL"]),
        .init(headline: "Аррle soars", expected: ["AAPL"]),
        .init(headline: "Ａｐｐｌｅ soars", expected: ["AAPL"]),
        .init(headline: "Ap\u{200B}ple soars", expected: ["AAPL"]),
        .init(headline: "Ap<b></b>ple soars", expected: ["AAPL"]),
        .init(headline: "A maker", summary: "The maker (NYSE: PFE) said", expected: ["PFE"]),
        .init(headline: "Apple says", summary: "unlike $MSFT", expected: ["AAPL"]),
    ]
}

@Suite("The news desk")
struct NewsDeskTests {
    private func aliasConfig() -> NewsConfig {
        var config = NewsConfig()
        config.aliases = [
            aapl: ["Apple", "iPhone"], ticker("APLE"): ["Apple Hospitality"],
            ticker("JNJ"): ["J&J", "Johnson & Johnson"], goog: ["Alphabet", ""],
            ticker("GOOGL"): ["Alphabet", "&?!"],
        ]
        return config
    }

    @Test("Symbols by tag, cashtag, exchange notation and name", arguments: LinkCase.rows)
    private func links(_ row: LinkCase) {
        var desk = NewsDesk(aliasConfig())
        let admission = desk.admit(
            item("1", row.headline, row.tags, summary: row.summary), at: now)
        let expected = row.expected.map(ticker)
        #expect(admission.outcome == (expected.isEmpty ? .unlinked : .linked(expected)))
    }

    @Test("Only symbols of the universe are linked")
    func universe() {
        var config = NewsConfig()
        config.universe = [aapl]
        var desk = NewsDesk(config)
        #expect(desk.admit(item("1", "Both move", [msft, aapl]), at: now).outcome == linked(aapl))
        #expect(desk.admit(item("2", "One moves", [msft]), at: now).outcome == .unlinked)
    }

    @Test("Refusals carry stable reasons")
    func refusals() {
        var config = NewsConfig()
        config.symbolsMax = 2
        var desk = NewsDesk(config)
        let rows: [(NewsItem, NewsRefusal)] = [
            (item("", "Text", [aapl]), .badID),
            (item("a\u{7}", "Text", [aapl]), .badID),
            (item(String(repeating: "x", count: 257), "Text", [aapl]), .badID),
            (item("1", "", [aapl]), .emptyHeadline),
            (item("2", " \u{200B}<br/> -- ", [aapl]), .emptyHeadline),
            (item("3", "Old", [aapl], at: now - Span(seconds: 6 * 3600 + 1)), .tooOld),
            (item("4", "Ancient", [aapl], at: .distantPast), .tooOld),
            (item("5", "Ahead", [aapl], at: now + Span(seconds: 121)), .fromTheFuture),
            (item("6", "Far ahead", [aapl], at: .distantFuture), .fromTheFuture),
            (item("7", "Many", [aapl, goog, msft]), .tooManySymbols),
            (item("8", "Many $PFE", [aapl, goog]), .tooManySymbols),
        ]
        for (item, reason) in rows {
            #expect(desk.admit(item, at: now).outcome == .refused(reason), "\(item.id)")
        }
        #expect(desk.remembered == 0)
        #expect(
            NewsRefusal.allCases.map(\.rawValue) == [
                "bad-id", "empty-headline", "too-old", "from-the-future", "too-many-symbols",
            ])
        let edge = item("9", "At the edge", [aapl], at: now - Span(seconds: 6 * 3600))
        #expect(desk.admit(edge, at: now).outcome == linked(aapl))
    }

    @Test("The same id is a duplicate, whatever it says")
    func sameID() {
        var desk = NewsDesk(NewsConfig())
        #expect(desk.admit(item("1", "Apple rises", [aapl]), at: now).outcome == linked(aapl))
        #expect(
            desk.admit(item("1", "Other text", [msft]), at: now).outcome == .duplicate(of: "1"))
    }

    @Test(
        "The same text from another source is a duplicate",
        arguments: [
            "Apple plans to expand ads business", "APPLE PLANS TO EXPAND ADS BUSINESS!",
            "  Apple  plans to <b>expand</b> ads-business",
            "UPDATE 1-Apple plans to expand ads business",
            "RPT-UPDATE 2-Apple plans to expand ads business", "Аpple plans to expand ads business",
            "Apple plans to expand ads bus\u{AD}iness",
        ])
    func sameText(_ copy: String) {
        var desk = NewsDesk(NewsConfig())
        _ = desk.admit(item("1", "Apple plans to expand ads business", [aapl]), at: now)
        let admission = desk.admit(item("2", copy, [aapl], source: "other"), at: now)
        #expect(admission.outcome == .duplicate(of: "1"))
    }

    @Test("Words in another order are another story")
    func order() {
        var desk = NewsDesk(NewsConfig())
        _ = desk.admit(item("1", "Dow rises as Nasdaq falls", [aapl]), at: now)
        let other = desk.admit(item("2", "Dow falls as Nasdaq rises", [aapl]), at: now)
        #expect(other.outcome == linked(aapl))
    }

    @Test("A headline copied once per symbol reaches each symbol once")
    func copies() {
        var desk = NewsDesk(NewsConfig())
        let text = "Apple and Google face scrutiny"
        #expect(desk.admit(item("1", text, [aapl]), at: now).outcome == linked(aapl))
        #expect(desk.admit(item("2", text, [goog]), at: now).outcome == linked(goog))
        #expect(desk.admit(item("3", text, [goog, aapl]), at: now).outcome == .duplicate(of: "1"))
        #expect(desk.admit(item("4", text, [msft, aapl]), at: now).outcome == linked(msft))
        #expect(desk.admit(item("5", text), at: now).outcome == .duplicate(of: "1"))
    }

    @Test("The window forgets the oldest, and with it what the oldest linked")
    func window() {
        var config = NewsConfig()
        config.duplicateWindow = 3
        var desk = NewsDesk(config)
        _ = desk.admit(item("1", "First story", [aapl]), at: now)
        _ = desk.admit(item("2", "First story", [goog]), at: now)
        _ = desk.admit(item("3", "Second story", [aapl]), at: now)
        _ = desk.admit(item("4", "Third story", [aapl]), at: now)
        #expect(desk.remembered == 3)
        // Item 1 is gone, item 2 still holds the text for GOOG.
        let again = desk.admit(item("5", "First story", [aapl, goog]), at: now)
        #expect(again.outcome == linked(aapl))
        #expect(desk.remembered == 3)
    }

    @Test("Duplicates and refusals take no room in the window")
    func flood() {
        var config = NewsConfig()
        config.duplicateWindow = 2
        var desk = NewsDesk(config)
        _ = desk.admit(item("1", "Story", [aapl]), at: now)
        for index in 0..<100 {
            _ = desk.admit(item("d\(index)", "Story", [aapl]), at: now)
            _ = desk.admit(item("o\(index)", "Old \(index)", [aapl], at: .distantPast), at: now)
        }
        #expect(desk.admit(item("2", "Story", [aapl]), at: now).outcome == .duplicate(of: "1"))
        #expect(desk.remembered == 1)
    }

    @Test("The same words are news again after duplicate_age")
    func oldWords() {
        var config = NewsConfig()
        config.ageMax = Span(seconds: 400 * 86_400)
        var desk = NewsDesk(config)
        let text = "Stocks that hit 52-week highs on Friday"
        #expect(desk.admit(item("1", text, [aapl]), at: now).outcome == linked(aapl))
        let later = now + config.duplicateAge
        #expect(desk.admit(item("2", text, [aapl]), at: later).outcome == .duplicate(of: "1"))
        let after = later + Span(nanoseconds: 1)
        #expect(desk.admit(item("3", text, [aapl]), at: after).outcome == linked(aapl))
        #expect(desk.remembered == 1)
    }

    @Test("S25: a text that was news again after the limit is a repeat, also after a restart")
    func restartAfterRepeat() {
        let config = NewsConfig()
        let again = now + config.duplicateAge + Span(seconds: 1)
        var desk = NewsDesk(config)
        desk.remember(id: "1", headline: "Profit rises", linked: [aapl], at: now)
        desk.remember(id: "2", headline: "Profit rises", linked: [aapl], at: again)
        let later = again + Span(seconds: 60)
        let third = NewsItem(id: "3", headline: "Profit rises", symbols: [aapl], createdAt: later)
        #expect(desk.admit(third, at: later).outcome == .duplicate(of: "2"))
    }

    @Test("S25: what was taken in before a restart is not taken in again")
    func restart() {
        var before = NewsDesk(NewsConfig())
        let first = before.admit(item("1", "Apple&#39;s   <i>profit</i> rises", [aapl]), at: now)
        var after = NewsDesk(NewsConfig())
        after.remember(id: "1", headline: first.item.headline, linked: [aapl], at: now)
        after.remember(id: "1", headline: first.item.headline, linked: [aapl], at: now)
        after.remember(id: "9", headline: "Known to all", at: now)
        after.remember(id: "", headline: "No id", at: now)
        #expect(after.remembered == 2)
        let text = "Apple's profit rises"
        #expect(after.admit(item("1", text, [aapl]), at: now).outcome == .duplicate(of: "1"))
        #expect(after.admit(item("2", text, [aapl]), at: now).outcome == .duplicate(of: "1"))
        #expect(after.admit(item("3", text, [goog]), at: now).outcome == linked(goog))
        #expect(
            after.admit(item("4", "Known to all", [pfe]), at: now).outcome == .duplicate(of: "9"))
    }
}
