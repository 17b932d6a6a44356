import Domain
import Primitives
import Sentiment
import Testing

private let start = Timestamp(seconds: 1_619_000_000)
private let hour = Span(seconds: 3600)

private func reading(
    _ id: String, _ score: Double, confidence: Double = 0.5, after seconds: Int64 = 0
) -> SentimentReading {
    SentimentReading(
        newsID: id, symbol: aapl, headline: "headline \(id)",
        score: SentimentScore(
            label: sentimentLabel(score), score: score, confidence: confidence, model: "lexicon-1"),
        at: start + Span(seconds: seconds))
}

private let aapl: Symbol = {
    guard let symbol = Symbol("AAPL") else { preconditionFailure("AAPL is a ticker") }
    return symbol
}()

private func config(items: Int = 64, age: Int64 = 24 * 3600) -> SentimentConfig {
    var config = SentimentConfig()
    config.windowItems = items
    config.windowAge = Span(seconds: age)
    return config
}

/// The formula as it is written, ages from `now`.
private func direct(_ readings: [SentimentReading], at now: Timestamp, halfLife: Span) -> Double {
    var numerator = 0.0
    var denominator = 0.0
    for reading in readings {
        let age = (now - reading.at).seconds / halfLife.seconds
        let weight = reading.score.confidence * exp2Deterministic(-age)
        numerator += reading.score.score * weight
        denominator += weight
    }
    return numerator / denominator
}

@Suite("Sentiment windows")
struct SentimentWindowTests {
    private let apple = SymbolID(index: 0)

    @Test("An empty window has no aggregate")
    func empty() {
        var windows = SentimentWindows(config())
        #expect(windows.aggregate(apple, at: start, halfLife: hour) == nil)
        #expect(windows.aggregate(SymbolID(index: 9), at: start, halfLife: hour) == nil)
        #expect(windows.readings(apple).isEmpty)
    }

    @Test("The newer reading counts double after one half life")
    func weights() throws {
        var windows = SentimentWindows(config())
        windows.add(reading("a", -1), to: apple)
        windows.add(reading("b", 1, after: 3600), to: apple)
        let kept = windows.aggregate(apple, at: start + hour, halfLife: hour)
        let aggregate = try #require(kept)
        // (0.5 × 1 - 0.25 × 1) / 0.75
        #expect(abs(aggregate.value - 1.0 / 3) < 1e-12)
        #expect(aggregate.count == 2)
    }

    @Test("S40: a full window lets the oldest go")
    func overflow() {
        var windows = SentimentWindows(config(items: 3))
        for index in 0..<5 {
            windows.add(reading("n\(index)", 0.5, after: Int64(index)), to: apple)
        }
        #expect(windows.readings(apple).map(\.newsID) == ["n2", "n3", "n4"])
        #expect(windows.add(reading("old", 0.5, after: 1), to: apple) == false)
        #expect(windows.readings(apple).map(\.newsID) == ["n2", "n3", "n4"])
    }

    @Test("S40: readings expire after the window's age, to the nanosecond")
    func expiry() {
        var windows = SentimentWindows(config(age: 3600))
        windows.add(reading("a", 1), to: apple)
        windows.add(reading("b", -1, after: 1800), to: apple)
        #expect(windows.aggregate(apple, at: start + hour, halfLife: hour)?.count == 2)
        let past = start + Span(nanoseconds: hour.nanoseconds + 1)
        #expect(
            windows.aggregate(apple, at: past, halfLife: hour)
                == SentimentAggregate(value: -1, count: 1))
        let late = start + Span(seconds: 5400) + Span(nanoseconds: 1)
        #expect(windows.aggregate(apple, at: late, halfLife: hour) == nil)
        #expect(windows.readings(apple).isEmpty)
    }

    @Test("S40: a late reading is put in its place in time")
    func late() {
        var windows = SentimentWindows(config())
        windows.add(reading("c", 1, after: 300), to: apple)
        windows.add(reading("a", 1, after: 100), to: apple)
        windows.add(reading("b", 1, after: 200), to: apple)
        #expect(windows.readings(apple).map(\.newsID) == ["a", "b", "c"])
        #expect(windows.add(reading("z", 1, after: -90_000), to: apple) == false)
    }

    @Test("The same news twice counts once")
    func redelivered() {
        var windows = SentimentWindows(config())
        windows.add(reading("a", 1), to: apple)
        windows.add(reading("a", 1), to: apple)
        #expect(windows.aggregate(apple, at: start, halfLife: hour)?.count == 1)
    }

    @Test(
        "Readings that are unsure or no numbers do not enter",
        arguments: [
            (0.5, 0.149), (0.5, 0), (0.5, -1), (0.5, .nan), (0.5, .infinity), (.nan, 0.5),
            (-.infinity, 0.5),
        ])
    func dropped(score: Double, confidence: Double) {
        var windows = SentimentWindows(config())
        let entered = windows.add(reading("a", score, confidence: confidence), to: apple)
        #expect(entered == false && windows.readings(apple).isEmpty)
    }

    @Test("Any age and half life give a finite value")
    func extremes() throws {
        var settings = config()
        settings.windowAge = Span(nanoseconds: .max)
        for halfLife in [Span.zero, Span(nanoseconds: 1), hour, Span(nanoseconds: .max)] {
            var windows = SentimentWindows(settings)
            for (index, time) in [Int64.min, -1, 0, 1, Int64.max].enumerated() {
                windows.add(
                    SentimentReading(
                        newsID: "\(index)", symbol: aapl, headline: "",
                        score: SentimentScore(
                            label: .positive, score: 3, confidence: 5, model: "other"),
                        at: Timestamp(nanoseconds: time)), to: apple)
            }
            for time in [Timestamp.distantPast, start, .distantFuture] {
                let kept = windows.aggregate(apple, at: time, halfLife: halfLife)
                let aggregate = try #require(kept)
                #expect(aggregate.value == 1)
            }
        }
    }

    @Test("Symbols keep apart, whatever order they come in")
    func symbols() {
        var windows = SentimentWindows(config())
        windows.add(reading("a", 1), to: SymbolID(index: 7))
        windows.add(reading("a", -1), to: SymbolID(index: 2))
        #expect(windows.aggregate(SymbolID(index: 7), at: start, halfLife: hour)?.value == 1)
        #expect(windows.aggregate(SymbolID(index: 2), at: start, halfLife: hour)?.value == -1)
        #expect(windows.aggregate(SymbolID(index: 3), at: start, halfLife: hour) == nil)
    }

    @Test(
        "S15: a window reloaded in any order is the window that was lost", arguments: [1, 2, 3, 4])
    func reload(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let readings = (0..<200).map { index in
            reading(
                "n\(index)", random.unit() * 2 - 1, confidence: 0.2 + 0.8 * random.unit(),
                after: Int64(random.below(40 * 3600) / 600 * 600))
        }
        var live = SentimentWindows(config(items: 32))
        for reading in readings { live.add(reading, to: apple) }
        var reloaded = SentimentWindows(config(items: 32))
        for reading in readings.shuffled(using: &random) { reloaded.add(reading, to: apple) }
        let now = start + Span(seconds: 40 * 3600)
        let halfLife = Span(seconds: 7200)
        #expect(
            live.aggregate(apple, at: now, halfLife: halfLife)
                == reloaded.aggregate(apple, at: now, halfLife: halfLife), "seed \(seed)")
        #expect(live.readings(apple) == reloaded.readings(apple), "seed \(seed)")
        #expect(live.readings(apple).count <= 32)
    }

    @Test("The kept value equals the formula at every step", arguments: [1, 2, 3, 4, 5, 6])
    func cached(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var windows = SentimentWindows(config(items: 16, age: 6 * 3600))
        var now = start
        for step in 0..<3_000 {
            now = now + Span(seconds: Int64(random.below(900)))
            if random.below(4) == 0 {
                let late = Span(seconds: Int64(random.below(3) == 0 ? random.below(20_000) : 0))
                let at = (now - late) - start
                windows.add(
                    reading(
                        "n\(step)", random.unit() * 2 - 1, confidence: random.unit(),
                        after: Int64(at.seconds)), to: apple)
            }
            let halfLife = random.below(20) == 0 ? Span(seconds: 600) : Span(seconds: 7200)
            let aggregate = windows.aggregate(apple, at: now, halfLife: halfLife)
            let readings = windows.readings(apple)
            #expect(readings.allSatisfy { now - $0.at <= Span(seconds: 6 * 3600) })
            if let aggregate {
                let expected = direct(readings, at: now, halfLife: halfLife)
                #expect(abs(aggregate.value - expected) < 1e-9, "seed \(seed) step \(step)")
                #expect(aggregate.count == readings.count)
            } else {
                #expect(readings.isEmpty, "seed \(seed) step \(step)")
            }
        }
    }
}
