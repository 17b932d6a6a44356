import TestSupport
import Testing

@testable import Messaging

@Test("S27: a ring of messages keeps both bounds, its order and its count of bytes")
func messageRing() {
    forAll(300) { draw in
        let capacity = draw.int(in: 1...6)
        let bytesMax = draw.int(in: 1...40)
        var ring = MessageRing<Int>(capacity: capacity, bytesMax: bytesMax)
        var model: [(element: Int, bytes: Int)] = []
        for number in 0..<40 {
            let bytes = draw.int(in: 0...15)
            switch draw.int(in: 0...4) {
            case 0, 1:
                let gone = ring.appendDroppingOldest(number, bytes: bytes)
                model.append((number, bytes))
                var expected = 0
                while model.count > 1,
                    model.count > capacity || model.reduce(0, { $0 + $1.bytes }) > bytesMax
                {
                    model.removeFirst()
                    expected += 1
                }
                #expect(gone == expected)
            case 2:
                let total = model.reduce(0) { $0 + $1.bytes }
                let fits =
                    model.count < capacity && (model.isEmpty || total + bytes <= bytesMax)
                #expect(ring.hasRoom(bytes: bytes) == fits)
                guard fits else { continue }
                ring.append(number, bytes: bytes)
                model.append((number, bytes))
            case 3:
                let first = ring.popFirst()
                #expect(first == model.first?.element)
                guard let first, let bytes = model.first?.bytes else { continue }
                model.removeFirst()
                guard draw.chance(0.3) else { continue }
                ring.putBack([(first, bytes)])
                model.insert((first, bytes), at: 0)
            default: break
            }
            #expect(ring.count == model.count)
            #expect(ring.bytes == model.reduce(0) { $0 + $1.bytes })
        }
        var rest: [Int] = []
        while let element = ring.popFirst() { rest.append(element) }
        #expect(rest == model.map(\.element))
    }
}
