import Domain
import Host
import Testing

@Suite struct ClockTests {
    private func reading(_ wall: Int64, _ monotonic: Int64, synchronised: Bool = true)
        -> ClockReading
    {
        ClockReading(
            wall: Timestamp(seconds: wall), monotonic: Span(seconds: monotonic),
            isSynchronised: synchronised)
    }

    @Test(
        "A clock that runs evenly is trusted; one that is not kept right, or is too early, is not")
    func even() {
        var judge = ClockJudge(earliest: Timestamp(seconds: 1_000))
        #expect(judge.judge(reading(5_000, 10)) == nil)
        #expect(judge.judge(reading(5_001, 11)) == nil)
        #expect(judge.judge(reading(5_003, 12)) == nil, "a second of slewing is no jump")
        #expect(judge.judge(reading(5_004, 13, synchronised: false)) != nil)
        #expect(judge.judge(reading(5_005, 14)) == nil)
        var early = ClockJudge(earliest: Timestamp(seconds: 1_000))
        #expect(early.judge(reading(0, 10))?.contains("1970-01-01") == true)
    }

    @Test(
        "After a jump either way the clock has to run evenly for a minute",
        arguments: [3600, -3600])
    func jump(_ by: Int64) {
        var judge = ClockJudge(earliest: Timestamp(seconds: 0))
        #expect(judge.judge(reading(50_000, 10)) == nil)
        #expect(judge.judge(reading(50_001 + by, 11))?.contains("\(by) s") == true)
        for second in Int64(12)..<71 {
            #expect(judge.judge(reading(50_000 + by + second - 10, second)) != nil)
        }
        #expect(judge.judge(reading(50_000 + by + 61, 71)) == nil)
    }

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
}
