import Domain

/// The rows a cursor has parsed, as the merge sees them: plain words, nothing to count.
struct Lane {
    /// Lives as long as the cursor.
    let rows: UnsafePointer<BarFileCursor.Row>
    var next = 0
    var count = 0
    /// The start of the last row taken, in nanoseconds.
    var latest = Int64.min

    /// The start of the first row not taken, in nanoseconds; there must be one.
    var firstStart: Int64 { rows[next].bar.start.nanoseconds }
}

/// The lanes of a merge, the one with the earliest row first; of equals the one given first.
struct LaneHeap {
    struct Entry {
        var start: Int64
        let lane: Int

        func isBefore(_ other: Entry) -> Bool {
            start < other.start || (start == other.start && lane < other.lane)
        }
    }

    private var entries: [Entry] = []

    var first: Entry? { entries.first }

    /// The entry that comes after the first; one later than all others when there is none.
    var second: Entry {
        switch entries.count {
        case 0, 1: Entry(start: .max, lane: .max)
        case 2: entries[1]
        default: entries[1].isBefore(entries[2]) ? entries[1] : entries[2]
        }
    }

    mutating func push(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// The first lane's next row starts at `start`.
    mutating func replaceFirst(start: Int64) {
        entries[0].start = start
        siftDown()
    }

    mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        siftDown()
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < entries.count, entries[left].isBefore(entries[least]) { least = left }
            if left + 1 < entries.count, entries[left + 1].isBefore(entries[least]) {
                least = left + 1
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
