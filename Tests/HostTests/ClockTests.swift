import Dispatch
import Domain
import Glibc
import Host
import Synchronization
import Testing

@Suite struct ClockTests {
    @Test("This machine's clocks can be read, and too little room is said")
    func real() {
        let first = ClockReading.now
        let second = ClockReading.now
        #expect(second.wall >= first.wall - Span(seconds: 1))
        #expect(second.monotonic >= first.monotonic && first.monotonic > .zero)
        #expect(DiskWatch.shortage("/tmp", freeMin: 1) { _ in 1 } == nil)
        let short = DiskWatch.shortage("/tmp", freeMin: .max) { _ in 3 << 20 }
        #expect(short?.hasPrefix("3 MB free in /tmp") == true)
        let lost = DiskWatch.shortage("/nowhere", freeMin: 1) { _ in
            errno = ENOENT
            return nil
        }
        #expect(lost == "/nowhere: No such file or directory")
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
