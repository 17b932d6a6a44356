import Domain
import Host
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import Appliance

@Suite struct ClockVerdictsTests {
    @Test("S34: a verdict on the clock is told at the first look and when it changes")
    func changes() {
        let told = Mutex<[HostCondition]>([])
        let verdicts = ClockVerdicts(earliest: Timestamp(seconds: 1_000)) { condition in
            told.withLock { $0.append(condition) }
        }
        func look(_ wall: Int64, _ monotonic: Int64, synchronised: Bool = true) -> HostCondition? {
            let before = told.withLock { $0.count }
            verdicts.take(
                ClockReading(
                    wall: Timestamp(seconds: wall), monotonic: Span(seconds: monotonic),
                    isSynchronised: synchronised))
            return told.withLock { $0.count > before ? $0.last : nil }
        }
        #expect(look(5_000, 1) == .clock(distrust: nil))
        #expect(look(5_001, 2) == nil)
        #expect(look(5_002, 3, synchronised: false) == .clock(distrust: "it is not synchronised"))
        #expect(look(5_003, 4, synchronised: false) == nil)
        #expect(look(5_004, 5) == .clock(distrust: nil))
        guard case .clock(let distrust) = look(900, 6) else {
            Issue.record("a jump was not told")
            return
        }
        #expect(distrust?.contains("jumped") == true)
        // However long it stays there, it was later once.
        for second in Int64(1)..<9 { _ = look(900 + second, 6 + second) }
        guard case .clock(let last) = told.withLock({ $0.last }) else { return }
        #expect(last?.contains("before") == true)
        for second in Int64(0)..<9 { _ = look(5_100 + second, 20 + second) }
        #expect(told.withLock { $0.last } == .clock(distrust: nil))
    }

    @Test("S34: a clock that is behind what it showed at an earlier start is not trusted")
    func stamped() throws {
        let folder = try ScratchFolder()
        let stamp = ClockStamp(folder: folder.path)
        #expect(stamp.read() == nil)
        func verdict(_ wall: Int64, synchronised: Bool = true) -> HostCondition? {
            let told = Mutex<HostCondition?>(nil)
            let verdicts = ClockVerdicts(earliest: Timestamp(seconds: 1_000), stamp: stamp) {
                condition in told.withLock { $0 = condition }
            }
            verdicts.take(
                ClockReading(
                    wall: Timestamp(seconds: wall), monotonic: Span(seconds: 1),
                    isSynchronised: synchronised))
            return told.withLock { $0 }
        }
        // What nobody trusts is not remembered, and neither is what is too early to be true.
        #expect(verdict(9_000, synchronised: false) != .clock(distrust: nil))
        #expect(verdict(900) != .clock(distrust: nil))
        #expect(stamp.read() == nil)
        #expect(verdict(5_000) == .clock(distrust: nil))
        #expect(stamp.read() == Timestamp(seconds: 5_000))
        #expect(verdict(4_996) == .clock(distrust: nil))
        #expect(verdict(4_000) != .clock(distrust: nil))
        #expect(stamp.read() == Timestamp(seconds: 5_000))
        #expect(verdict(5_059) == .clock(distrust: nil))
        #expect(stamp.read() == Timestamp(seconds: 5_000))
        #expect(verdict(5_060) == .clock(distrust: nil))
        #expect(stamp.read() == Timestamp(seconds: 5_060))
        try folder.write("no time", to: "clock")
        #expect(stamp.read() == nil)
        #expect(verdict(4_000) == .clock(distrust: nil))
        #expect(clockEarliest > Timestamp(seconds: 1_700_000_000))
    }
}
