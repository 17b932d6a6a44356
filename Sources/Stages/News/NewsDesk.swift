import Domain
import Primitives

// Lets news in: cleans the text, checks the stamp, ties the item to symbols and drops repeats.
//
// NewsItem, now -> NewsAdmission: the cleaned item and linked | unlinked | duplicate | refused.
// - Memory is bounded: the last `duplicateWindow` items that were not dropped are remembered.
// - A symbol gets one text once while the text is remembered, from whatever source and under
//   whatever id; a copy of it under another id still reaches symbols that did not have it.
// - Text is data: nothing in it can trap, and nothing in it is obeyed.

/// What became of one item.
package struct NewsAdmission: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// To be scored for these symbols, sorted, never empty.
        case linked([Symbol])
        /// Names no symbol that is followed here.
        case unlinked
        /// Says nothing new; `of` is the id of the item first seen with this id or text.
        case duplicate(of: String)
        case refused(NewsRefusal)
    }

    /// The item with its text cleaned; id and time are those of the source.
    package let item: NewsItem
    package let outcome: Outcome

    package init(item: NewsItem, outcome: Outcome) {
        self.item = item
        self.outcome = outcome
    }
}

/// Why an item is not scored; the raw values are stored and published and do not change.
package enum NewsRefusal: String, Error, Sendable, Codable, CaseIterable, CustomStringConvertible {
    case badID = "bad-id"
    case emptyHeadline = "empty-headline"
    case tooOld = "too-old"
    case fromTheFuture = "from-the-future"
    case tooManySymbols = "too-many-symbols"

    package var description: String {
        switch self {
        case .badID: "the id is empty, over 256 bytes or holds control characters"
        case .emptyHeadline: "the headline holds no word"
        case .tooOld: "it was published longer ago than news.age_max"
        case .fromTheFuture: "its stamp is further ahead of now than news.future_max"
        case .tooManySymbols: "it names more symbols than news.symbols_max"
        }
    }
}

/// The first stage: see the top of this file.
package struct NewsDesk: Sendable {
    private let config: NewsConfig
    private let linker: SymbolLinker
    private var recent: RecentNews

    /// Other text of an item is cut too: nobody reads more, and the store stays small.
    private static let idBytesMax = 256
    private static let sourceBytesMax = 64
    private static let urlBytesMax = 2_048
    private static let tagsMax = 64

    package init(_ config: NewsConfig) {
        self.config = config
        linker = SymbolLinker(aliases: config.aliases, universe: config.universe)
        recent = RecentNews(capacity: config.duplicateWindow)
    }

    /// Items remembered by the duplicate check, at most `duplicateWindow`.
    package var remembered: Int { recent.count }

    /// Judges one item, and remembers it if it is linked or unlinked.
    ///
    /// Refusals and duplicates are not remembered, so that a flood of them cannot push real
    /// items out of the window. An id that is remembered makes a duplicate whatever the text is.
    /// A remembered text under another id is linked to the symbols that have not had it yet, since
    /// some feeds copy one headline once per symbol; when there are none, it is a duplicate.
    /// - Parameter now: when the item was first seen; ages are measured against it.
    package mutating func admit(_ item: NewsItem, at now: Timestamp) -> NewsAdmission {
        let clean = cleaned(item)
        func outcome(_ outcome: NewsAdmission.Outcome) -> NewsAdmission {
            NewsAdmission(item: clean, outcome: outcome)
        }
        guard Self.isUsable(id: item.id) else { return outcome(.refused(.badID)) }
        recent.expire(before: now - config.duplicateAge)
        if recent.contains(id: item.id) { return outcome(.duplicate(of: item.id)) }
        let words = NewsText.words(of: clean.headline)
        guard !words.isEmpty else { return outcome(.refused(.emptyHeadline)) }
        let age = now - item.createdAt
        if item.createdAt - now > config.futureMax { return outcome(.refused(.fromTheFuture)) }
        if age > config.ageMax { return outcome(.refused(.tooOld)) }

        let named = linker.named(in: clean, tags: item.symbols, headline: words)
        guard named.count <= config.symbolsMax else { return outcome(.refused(.tooManySymbols)) }
        let followed = linker.followed(named)

        let text = RecentNews.key(of: words)
        let fresh: [Symbol]
        if let story = recent.story(text) {
            fresh = followed.filter { !story.has($0) }
            if fresh.isEmpty { return outcome(.duplicate(of: story.firstID)) }
        } else {
            fresh = followed
        }
        recent.insert(id: item.id, text: text, linked: fresh, at: now)
        return outcome(fresh.isEmpty ? .unlinked : .linked(fresh))
    }

    /// Takes up an item admitted before a restart, in the order in which they were admitted.
    /// - Parameters:
    ///   - headline: as `admit` returned it.
    ///   - linked: the symbols it was linked to; nil when that is not known, and then its text
    ///     counts as known to every symbol.
    package mutating func remember(
        id: String, headline: String, linked: [Symbol]? = nil, at: Timestamp
    ) {
        // As `admit` did then: what had left the window must not stand in the way of what came.
        recent.expire(before: at - config.duplicateAge)
        guard Self.isUsable(id: id), !recent.contains(id: id) else { return }
        let text = RecentNews.key(of: NewsText.words(of: headline))
        recent.insert(id: id, text: text, linked: linked, at: at)
    }

    private static func isUsable(id: String) -> Bool {
        (1...idBytesMax).contains(id.utf8.count) && id.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private func cleaned(_ item: NewsItem) -> NewsItem {
        var tags: [Symbol] = []
        for tag in item.symbols.prefix(Self.tagsMax) where !tags.contains(tag) {
            tags.append(tag)
        }
        return NewsItem(
            id: item.id,
            headline: NewsText.cleaned(item.headline, bytesMax: config.headlineBytesMax),
            summary: NewsText.cleaned(
                item.summary, bytesMax: 4 * min(max(0, config.headlineBytesMax), 1 << 20)),
            symbols: tags, createdAt: item.createdAt,
            source: NewsText.cleaned(item.source, bytesMax: Self.sourceBytesMax),
            url: NewsText.cut(item.url, bytesMax: Self.urlBytesMax))
    }
}
