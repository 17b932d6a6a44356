/// A queue of at most `capacity` elements; when it is full, the oldest makes room for the newest.
///
/// Index 0 is the oldest element. Storage grows by doubling up to the capacity, so that many
/// short windows cost little, and never shrinks.
@frozen
public struct RingBuffer<Element>: RandomAccessCollection {
    public let capacity: Int
    @usableFromInline var storage: [Element] = []
    /// Where the oldest element lies once the storage is full.
    @usableFromInline var head = 0

    /// An empty buffer; `capacity` must be positive.
    @inlinable
    package init(capacity: Int) {
        precondition(capacity > 0, "a ring buffer needs room for one element")
        self.capacity = capacity
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { storage.count }
    @inlinable public var count: Int { storage.count }
    @inlinable package var isFull: Bool { storage.count == capacity }
    /// The newest element. (The collection's own way to it is not specialised across modules.)
    @inlinable @inline(__always) package var last: Element? {
        storage.isEmpty ? nil : storage[head == 0 ? storage.count &- 1 : head &- 1]
    }

    @inlinable @inline(__always)
    func slot(_ index: Int) -> Int {
        precondition(index >= 0 && index < storage.count, "index outside the ring buffer")
        let slot = head &+ index
        return slot >= storage.count ? slot &- storage.count : slot
    }

    @inlinable @inline(__always)
    public subscript(index: Int) -> Element {
        get { storage[slot(index)] }
        set { storage[slot(index)] = newValue }
    }

    /// Adds `element` as the newest; returns the oldest if it had to make room.
    @inlinable @inline(__always) @discardableResult
    package mutating func append(_ element: Element) -> Element? {
        if storage.count < capacity {
            storage.append(element)
            return nil
        }
        let oldest = storage[head]
        storage[head] = element
        head &+= 1
        if head == capacity { head = 0 }
        return oldest
    }

    @inlinable
    package mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        head = 0
    }

    /// Drops the oldest elements while `condition` holds for them; the order of the rest stays.
    @inlinable
    package mutating func dropOldest(while condition: (Element) -> Bool) {
        var dropped = 0
        while dropped < count, condition(self[dropped]) { dropped += 1 }
        guard dropped > 0 else { return }
        storage = Array(self[dropped...])
        head = 0
    }
}

extension RingBuffer: Sendable where Element: Sendable {}
