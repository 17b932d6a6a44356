import Primitives
import Testing

@Suite struct ULIDTests {
    @Test("An id is 26 characters: milliseconds, origin, count")
    func form() {
        // 1469918176385 is the time of the specification's own example, 01ARYZ6S41.
        var maker = ULID(origin: 1)
        #expect(maker.next(at: 1_469_918_176_385_000_000) == "01ARYZ6S410000000100000001")
        #expect(maker.next(at: 1_469_918_176_385_999_999) == "01ARYZ6S410000000100000002")
    }

    @Test("Ids only grow, also when time stands still or goes back; origins tell runs apart")
    func order() {
        var maker = ULID(origin: .max)
        var last = ""
        for time: Int64 in [.min, -1, 0, 5_000_000, 4_000_000, 5_000_000, .max, 0] {
            let id = maker.next(at: time)
            #expect(id.utf8.count == 26 && id > last)
            last = id
        }
        var (one, two) = (ULID(origin: 1), ULID(origin: 2))
        #expect(one.next(at: 7) != two.next(at: 7))
    }
}
