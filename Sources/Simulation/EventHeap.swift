import Domain

/// What is to happen, by time; at one instant in the order it was put in.
struct EventHeap<Event> {
    private struct Entry {
        let at: Timestamp
        let number: UInt64
        let event: Event

        func isBefore(_ other: Entry) -> Bool {
            at == other.at ? number < other.number : at < other.at
        }
    }

    private var entries: [Entry] = []
    private var counter: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }
    var next: Timestamp { entries.first?.at ?? .distantFuture }

    mutating func add(_ event: Event, at: Timestamp) {
        counter += 1
        entries.append(Entry(at: at, number: counter, event: event))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func take() -> (at: Timestamp, event: Event)? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first.at, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].isBefore(entries[least]) {
                least = child
            }
            if least == parent { return }
            entries.swapAt(least, parent)
            parent = least
        }
    }
}
