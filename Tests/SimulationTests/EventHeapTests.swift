import Domain
import Primitives
import TestSupport
import Testing

@testable import Simulation

@Suite struct EventHeapTests {
    @Test("What is due first comes first, and at one instant in the order it was put in")
    func order() {
        var random = SeededRandom(seed: 7)
        var heap = EventHeap<Int>()
        var expected: [(at: Timestamp, number: Int)] = []
        for number in 0..<500 {
            let at = Timestamp(seconds: Int64(random.below(40)))
            heap.add(number, at: at)
            expected.append((at, number))
        }
        expected.sort { ($0.at, $0.number) < ($1.at, $1.number) }
        for next in expected {
            let taken = heap.take()
            #expect(taken?.at == next.at && taken?.event == next.number)
        }
        #expect(heap.isEmpty)
    }
}
