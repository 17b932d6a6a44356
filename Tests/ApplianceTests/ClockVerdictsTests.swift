import Domain
import Host
import Primitives
import Synchronization
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
    }
}
