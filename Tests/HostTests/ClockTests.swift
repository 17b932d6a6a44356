import Dispatch
import Domain
import Host
import Synchronization
import Testing

@Suite struct ClockTests {
    @Test("This machine's clocks can be read, and so can its disk")
    func real() {
        let first = ClockReading.now
        let second = ClockReading.now
        #expect(second.wall >= first.wall - Span(seconds: 1))
        #expect(second.monotonic >= first.monotonic && first.monotonic > .zero)
        #expect(DiskWatch.shortage("/tmp", freeMin: 1) == nil)
        #expect(DiskWatch.shortage("/tmp", freeMin: .max)?.contains("MB free in /tmp") == true)
        #expect(DiskWatch.shortage("/nowhere/at/all", freeMin: 1) != nil)
    }

    @Test("S34: the first look is made before the watch is left to its thread")
    func first() {
        let count = Mutex(0)
        ClockWatch(
            isOver: { true }, onLook: { _ in count.withLock { $0 += 1 } }
        ).start()
        #expect(count.withLock { $0 } == 1)
    }

    @Test("Readings come one after the other until it is over")
    func watch() {
        let readings = Mutex<[ClockReading]>([])
        let came = DispatchSemaphore(value: 0)
        ClockWatch(
            isOver: { readings.withLock { $0.count >= 2 } },
            onLook: { reading in
                readings.withLock { $0.append(reading) }
                came.signal()
            }
        ).start()
        for _ in 0..<2 { #expect(came.wait(timeout: .now() + 20) == .success) }
        let seen = readings.withLock { $0 }
        #expect(seen.count == 2 && seen[1].monotonic > seen[0].monotonic)
    }
}
