import Domain
import Primitives

/// The items of late, for the duplicate check: a ring of items, and two tables that hold exactly
/// what the ring holds, so that all three have the same bound.
struct RecentNews: Sendable {
    private struct Entry: Sendable {
        let id: String
        let text: UInt64
        /// Symbols that got the text through this item; nil is every symbol.
        let linked: [Symbol]?
        let at: Timestamp
    }

    /// One text, carried by one or more items of the ring.
    struct Story: Sendable {
        let firstID: String
        fileprivate var items = 0
        fileprivate var itemsForAll = 0
        fileprivate var linked: Set<Symbol> = []

        func has(_ symbol: Symbol) -> Bool { itemsForAll > 0 || linked.contains(symbol) }
    }

    private var ring: RingBuffer<Entry>
    private var ids: Set<String> = []
    private var stories: [UInt64: Story] = [:]

    init(capacity: Int) { ring = RingBuffer(capacity: max(1, capacity)) }

    var count: Int { ring.count }
    var storyCount: Int { stories.count }
    var idCount: Int { ids.count }

    func contains(id: String) -> Bool { ids.contains(id) }
    func story(_ text: UInt64) -> Story? { stories[text] }

    /// Adds an item whose id is not there yet; the oldest makes room.
    ///
    /// - Parameter at: not before that of the item before it.
    mutating func insert(id: String, text: UInt64, linked: [Symbol]?, at: Timestamp) {
        let fresh = linked.map { symbols in
            guard let story = stories[text] else { return symbols }
            return symbols.filter { !story.linked.contains($0) }
        }
        if let oldest = ring.append(Entry(id: id, text: text, linked: fresh, at: at)) {
            forget(oldest)
        }
        ids.insert(id)
        var story = stories[text] ?? Story(firstID: id)
        story.items += 1
        if let fresh { story.linked.formUnion(fresh) } else { story.itemsForAll += 1 }
        stories[text] = story
    }

    /// Forgets what was seen before `time`.
    mutating func expire(before time: Timestamp) {
        guard let oldest = ring.first, oldest.at < time else { return }
        for entry in ring {
            guard entry.at < time else { break }
            forget(entry)
        }
        ring.dropOldest { $0.at < time }
    }

    private mutating func forget(_ entry: Entry) {
        ids.remove(entry.id)
        guard var story = stories.removeValue(forKey: entry.text) else { return }
        story.items -= 1
        if let linked = entry.linked {
            story.linked.subtract(linked)
        } else {
            story.itemsForAll -= 1
        }
        if story.items > 0 { stories[entry.text] = story }
    }

    /// The same for texts that differ in case, punctuation and the wire's own marks only. Words
    /// keep their order: "bank sues fund" is not "fund sues bank".
    static func key(of words: [NewsText.Word]) -> UInt64 {
        var rest = words[...]
        while let mark = rest.first, rest.count > 1 {
            if mark.text == "update", rest[rest.startIndex + 1].isNumber {
                rest = rest.dropFirst(2)
            } else if wireMarks.contains(mark.text) {
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        if rest.isEmpty { rest = words[...] }
        var hash = StableHash()
        for word in rest { hash.combine(word.text) }
        return hash.value64
    }

    /// Put in front of a headline by news wires when they send it again.
    private static let wireMarks: Set<String> = [
        "rpt", "refile", "corrected", "correction", "official", "exclusive", "breaking", "wrapup",
    ]
}
