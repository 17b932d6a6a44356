import Primitives
import TestSupport
import Testing

@Suite struct RingBufferTests {
    @Test("A02: a full buffer gives up its oldest element and never grows")
    func overflow() {
        var ring = RingBuffer<Int>(capacity: 3)
        #expect(ring.append(1) == nil)
        #expect(ring.append(2) == nil)
        #expect(!ring.isFull)
        #expect(ring.append(3) == nil)
        #expect(ring.isFull)
        #expect(ring.append(4) == 1)
        #expect(ring.append(5) == 2)
        #expect(Array(ring) == [3, 4, 5])
        #expect(ring.count == 3)
        #expect(ring.first == 3)
        #expect(ring.last == 5)
    }

    @Test("A buffer of one keeps the newest")
    func single() {
        var ring = RingBuffer<String>(capacity: 1)
        #expect(ring.append("a") == nil)
        #expect(ring.append("b") == "a")
        #expect(Array(ring) == ["b"])
    }

    @Test("A02: property: every sequence of operations agrees with a plain array cut to size")
    func model() {
        forAll(500) { draw in
            let capacity = draw.int(in: 1...9)
            var ring = RingBuffer<Int>(capacity: capacity)
            var model: [Int] = []
            for step in 0..<draw.int(in: 0...60) {
                switch draw.random.below(12) {
                case 0:
                    ring.removeAll()
                    model.removeAll()
                case 1:
                    let limit = step - draw.int(in: 0...6)
                    ring.dropOldest { $0 < limit }
                    model = Array(model.drop { $0 < limit })
                case 2 where !model.isEmpty:
                    let index = draw.int(in: 0...model.count - 1)
                    ring[index] = -step
                    model[index] = -step
                default:
                    let gone = ring.append(step)
                    model.append(step)
                    let expected = model.count > capacity ? model.removeFirst() : nil
                    #expect(gone == expected, "\(draw)")
                }
                #expect(ring.elementsEqual(model), "\(draw)")
                #expect(ring.count <= capacity, "\(draw)")
                #expect(ring.isFull == (model.count == capacity), "\(draw)")
            }
        }
    }
}
