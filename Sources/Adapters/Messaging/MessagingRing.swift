/// A queue with two bounds: messages and bytes. One message always fits into an empty ring.
struct MessageRing<Element> {
    let capacity: Int
    let bytesMax: Int
    private var entries: [(element: Element, bytes: Int)] = []
    private var head = 0
    private(set) var bytes = 0

    init(capacity: Int, bytesMax: Int) {
        precondition(capacity > 0, "a ring needs room for one message")
        self.capacity = capacity
        self.bytesMax = bytesMax
    }

    var count: Int { entries.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : entries[head].element }

    /// Whether one more fits with nothing to make room, `others` being messages out of the ring
    /// that count as well.
    func hasRoom(bytes more: Int, others: Int = 0) -> Bool {
        count + others < capacity && (isEmpty || bytes + more <= bytesMax)
    }

    mutating func append(_ element: Element, bytes more: Int) {
        entries.append((element, more))
        bytes += more
    }

    /// - Returns: how many of the oldest made room.
    mutating func appendDroppingOldest(_ element: Element, bytes more: Int) -> Int {
        var dropped = 0
        while !isEmpty && !hasRoom(bytes: more) {
            _ = popFirst()
            dropped += 1
        }
        append(element, bytes: more)
        return dropped
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let entry = entries[head]
        head += 1
        bytes -= entry.bytes
        // What was taken is let go of in one go, when it is at least half of the storage.
        if head * 2 >= entries.count {
            entries.removeFirst(head)
            head = 0
        }
        return entry.element
    }

    /// Puts back what was taken, before all others and in this order, the bounds set aside: it
    /// had its place before.
    mutating func putBack(_ elements: [(element: Element, bytes: Int)]) {
        entries.replaceSubrange(..<head, with: elements)
        head = 0
        bytes += elements.reduce(0) { $0 + $1.bytes }
    }
}
