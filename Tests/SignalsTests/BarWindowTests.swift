import Domain
import Indicators
import Primitives
import TestSupport
import Testing

@testable import Signals

/// Bars of one symbol, a minute apart, from a seeded walk.
func bars(_ count: Int, seed: UInt64, from start: Int64 = 1_600_000_020) -> [Bar] {
    var random = SeededRandom(seed: seed)
    var cents: Int64 = 10_000
    return (0..<count).map { index in
        let open = cents
        cents = max(100, cents + Int64(random.normal() * 15))
        let high = max(open, cents) + Int64(random.below(10))
        let low = min(open, cents) - Int64(random.below(10))
        func price(_ cents: Int64) -> Price { Price(units: cents * 10_000_000) }
        return Bar(
            symbol: SymbolID(index: 0), start: Timestamp(seconds: start + Int64(index) * 60),
            open: price(open), high: price(high), low: price(low), close: price(cents),
            volume: Volume(shares: 1_000))
    }
}

extension Bar {
    func with(close: Price) -> Bar {
        Bar(
            symbol: symbol, start: start, open: open, high: max(high, close),
            low: min(low, close), close: close, volume: volume)
    }
}

func config(window: Int = 32, period: Int = 20) -> SignalsConfig {
    var config = SignalsConfig()
    config.barWindow = window
    config.reversion.period = period
    config.trend.emaFast = 12
    config.trend.emaSlow = 26
    config.trend.warmup = 30
    return config
}

func played(_ bars: [Bar], _ config: SignalsConfig) -> BarWindow {
    var window = BarWindow(config)
    for bar in bars { _ = window.offer(bar, config) }
    return window
}

@Suite("Bar windows")
struct BarWindowTests {
    @Test("S40: the window overflows by letting the oldest bar go; indicators go on")
    func overflow() {
        let config = config()
        let all = bars(500, seed: 1)
        let window = played(all, config)
        #expect(window.bars.count == config.barWindow + config.reversion.period)
        #expect(window.newest == all.last)
        #expect(window.current.bars == 500)
        #expect(window.current.isWarm(config))
    }

    @Test(
        "S40: a corrected bar gives exactly the state that the right bar would have given",
        arguments: [1, 2, 5, 10, 15], [40, 100, 333])
    func corrected(age: Int, count: Int) {
        let config = config()
        var right = bars(count, seed: 2)
        let index = count - age
        var wrong = right
        wrong[index] = wrong[index].with(close: Price(whole: 42))
        var window = played(wrong, config)
        #expect(window.current != played(right, config).current)
        #expect(window.offer(right[index], config) == .corrected)
        #expect(window.current == played(right, config).current)
        #expect(Array(window.bars) == Array(played(right, config).bars))
        // And it goes on as if nothing had been wrong.
        let more = bars(60, seed: 3, from: right[count - 1].start.seconds + 60)
        for bar in more { #expect(window.offer(bar, config) == .appended) }
        right += more
        #expect(window.current == played(right, config).current)
    }

    @Test("S40: a late bar is put in its place", arguments: [2, 7, 14])
    func late(age: Int) {
        let config = config()
        let all = bars(200, seed: 4)
        var missing = all
        let hole = missing.remove(at: all.count - age)
        var window = played(missing, config)
        #expect(window.offer(hole, config) == .late)
        #expect(window.current == played(all, config).current)
    }

    @Test("S40: missing bars leave a gap and nothing else; the indicators step over it")
    func missing() {
        let config = config()
        var holed = bars(100, seed: 5)
        holed.removeSubrange(40..<60)
        var window = BarWindow(config)
        for bar in holed { #expect(window.offer(bar, config) == .appended) }
        #expect(window.current.bars == 80)
    }

    @Test("S40: the same bar again changes nothing; one beyond the window is left out")
    func repeatedAndTooOld() {
        let config = config()
        let all = bars(300, seed: 6)
        var window = played(all, config)
        let before = window.current
        #expect(window.offer(all[299], config) == .duplicate)
        #expect(window.offer(all[290], config) == .duplicate)
        #expect(window.offer(all[10].with(close: Price(whole: 1)), config) == .tooOld)
        #expect(window.current == before)
    }

    @Test("Corrections in any order end in the state of the right bars", arguments: 0..<20)
    func corrections(seed: Int) {
        let config = config(window: 48, period: 10)
        var random = SeededRandom(seed: UInt64(seed))
        let right = bars(150, seed: UInt64(seed) + 100)
        var wrong = right
        let ages = (0..<6).map { _ in random.below(20) + 1 }
        for age in ages { wrong[150 - age] = wrong[150 - age].with(close: Price(whole: 77)) }
        var window = played(wrong, config)
        for age in ages.shuffled(using: &random) { _ = window.offer(right[150 - age], config) }
        #expect(window.current == played(right, config).current, "seed \(seed)")
    }

    @Test("S16: rebuilt from 20 × the longest period, the votes are those of an unbroken run")
    func rebuilt() {
        let config = config()
        let all = bars(config.rebuildBars + 800, seed: 8)
        var unbroken = BarWindow(config)
        var restarted: BarWindow?
        for (index, bar) in all.enumerated() {
            _ = unbroken.offer(bar, config)
            if index >= config.rebuildBars, index % 50 == 0 {
                restarted = played(Array(all[(index - config.rebuildBars + 1)...index]), config)
            } else {
                _ = restarted?.offer(bar, config)
            }
            guard let restarted else { continue }
            #expect(
                restarted.current.trendDirection(config.trend)
                    == unbroken.current.trendDirection(config.trend), "bar \(index)")
            #expect(
                restarted.current.moments.zScore(of: bar.close)
                    == unbroken.current.moments.zScore(of: bar.close), "bar \(index)")
        }
    }
}
