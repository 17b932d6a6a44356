import Domain
import Indicators
import Primitives
import TestSupport
import Testing

/// A walk of prices in cents.
func walk(_ count: Int, seed: UInt64) -> [Double] {
    var random = SeededRandom(seed: seed)
    var cents = 5_000.0
    return (0..<count).map { _ in
        cents = max(1, cents + (random.normal() * 20).rounded())
        return cents / 100
    }
}

@Suite("Indicators")
struct IndicatorTests {
    @Test("EMA: alpha 2/(n+1), seeded with the first value")
    func exponentialAverage() {
        var average = ExponentialAverage(period: 3)
        average.update(10)
        #expect(average.value == 10)
        average.update(20)
        #expect(average.value == 15)
        average.update(20)
        #expect(average.value == 17.5)
    }

    @Test("RSI: mean of the first n changes, then Wilder's smoothing")
    func relativeStrength() {
        var strength = RelativeStrength(period: 2)
        for price in [10.0, 11, 10] { strength.update(price) }
        #expect(strength.value == 50)
        strength.update(13)
        // Gains (0.5 + 3)/2 = 1.75, losses 0.5/2 = 0.25.
        #expect(strength.value == 87.5)
        #expect(strength.isBelow(87.6) && !strength.isBelow(87.5))
    }

    @Test("RSI: not ready before n changes; 50 for a flat series; 0 and 100 at the ends")
    func relativeStrengthEdges() throws {
        var flat = RelativeStrength(period: 3)
        for _ in 0..<3 { flat.update(5) }
        #expect(flat.value == nil && !flat.isBelow(100))
        flat.update(5)
        #expect(flat.value == 50)
        var up = RelativeStrength(period: 3)
        var down = RelativeStrength(period: 3)
        for step in 0..<10 {
            up.update(Double(step))
            down.update(Double(-step))
        }
        #expect(up.value == 100)
        #expect(down.value == 0)
    }

    @Test("ATR: gaps count, the first range is high - low")
    func averageTrueRange() {
        var range = AverageTrueRange(period: 2)
        range.update(high: 11, low: 10, close: 10)
        #expect(range.value == nil)
        range.update(high: 15, low: 14, close: 14)
        #expect(range.value == 3)
        range.update(high: 14, low: 13, close: 13)
        #expect(range.value == 2)
        var off = AverageTrueRange(period: 0)
        off.update(high: 2, low: 1, close: 1)
        #expect(off.value == nil)
    }

    @Test("Moments equal the direct formula and do not drift", arguments: [2, 3, 20, 60])
    func moments(period: Int) throws {
        let seed: UInt64 = 7_001
        let prices = walk(5_000, seed: seed).map { Price(units: Int64($0 * 1e9)) }
        var moments = RollingMoments(period: period)
        for (index, price) in prices.enumerated() {
            moments.update(price, leaving: index >= period ? prices[index - period] : nil)
            guard index >= period - 1 else {
                #expect(moments.mean == nil && moments.zScore(of: price) == nil)
                continue
            }
            let window = prices[(index - period + 1)...index].map { $0.double }
            let mean = window.reduce(0, +) / Double(period)
            let variance = window.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(period)
            let measured = try #require(moments.mean)
            let deviation = try #require(moments.deviation)
            #expect((measured - mean).magnitude < 1e-9, "seed \(seed)")
            #expect((deviation - variance.squareRoot()).magnitude < 1e-6, "seed \(seed)")
        }
        // Exact sums: the newest window alone gives the same bits.
        var fresh = RollingMoments(period: period)
        for price in prices.suffix(period) { fresh.update(price, leaving: nil) }
        #expect(fresh.mean == moments.mean && fresh.deviation == moments.deviation)
    }

    @Test("S08: a series that does not move has no z-score, and no trap")
    func flatMoments() {
        var moments = RollingMoments(period: 4)
        for _ in 0..<9 { moments.update(Price(whole: 5), leaving: Price(whole: 5)) }
        #expect(moments.deviation == 0)
        #expect(moments.zScore(of: Price(whole: 5)) == nil)
    }

    @Test("Prices at the edge of the type give no deviation rather than a trap")
    func hugeMoments() {
        var moments = RollingMoments(period: 2)
        for _ in 0..<3 { moments.update(Price(units: .max), leaving: Price(units: .max)) }
        #expect(moments.mean != nil)
        _ = moments.deviation
    }
}
