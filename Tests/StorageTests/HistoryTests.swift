import Domain
import Foundation
import Primitives
import Storage
import Testing

@Suite struct HistoryTests {
    let folder = TemporaryFolder()
    private let minute = Span(seconds: 60)

    private func store() throws -> HistoryStore { try HistoryStore(folder: folder.path) }

    private func bar(_ index: Int64, close: String = "10") -> Bar {
        Bar(
            symbol: SymbolID(index: 0), start: time(index * 60), open: price("10"),
            high: price("12"), low: price("9"), close: price(close),
            volume: Volume(shares: 100 + index))
    }

    private func fill(_ store: HistoryStore, _ names: [String], bars: Int64) throws {
        for index in 0..<bars {
            for name in names {
                try store.append(bar: bar(index), symbol: symbol(name), interval: minute)
            }
        }
    }

    private func starts(_ bars: [StoredBar]) -> [Int64] {
        bars.map { ($0.start - time(0)).nanoseconds / 60_000_000_000 }
    }

    @Test("S16: the window of each symbol comes back: the last bars, oldest first")
    func lastBars() throws {
        do {
            let store = try store()
            try fill(store, ["AAA", "BBB"], bars: 50)
            try fill(store, ["CCC"], bars: 2)
            try store.close()
        }
        let store = try store()
        let wanted = [symbol("BBB"), symbol("NONE"), symbol("AAA"), symbol("CCC")]
        let bars = try store.lastBars(perSymbol: 3, symbols: wanted)
        #expect(
            bars.map(\.symbol.name) == ["BBB", "BBB", "BBB", "AAA", "AAA", "AAA", "CCC", "CCC"])
        #expect(starts(bars) == [47, 48, 49, 47, 48, 49, 0, 1])
        #expect(bars[0].bar(SymbolID(index: 0)) == bar(47))
        #expect(bars[0].interval == minute)
        let before = try store.lastBars(
            perSymbol: 2, symbols: [symbol("AAA")], before: time(10 * 60))
        #expect(starts(before) == [8, 9])
        #expect(try store.lastBars(perSymbol: 0, symbols: wanted).isEmpty)
    }

    @Test("S40: a corrected bar replaces the stored one, in the buffer and on disk")
    func corrected() throws {
        let store = try store()
        try store.append(bar: bar(0), symbol: symbol("AAA"), interval: minute)
        try store.append(bar: bar(0, close: "10.5"), symbol: symbol("AAA"), interval: minute)
        #expect(
            try store.lastBars(perSymbol: 9, symbols: [symbol("AAA")]).map(\.close)
                == [price("10.5")])
        try store.append(bar: bar(0, close: "10.75"), symbol: symbol("AAA"), interval: minute)
        #expect(
            try store.lastBars(perSymbol: 9, symbols: [symbol("AAA")]).map(\.close)
                == [price("10.75")])
        #expect(try store.barCount() == 1)
    }

    @Test("A02: the buffer is written when it is full; one batch is one transaction")
    func batches() throws {
        let store = try store()
        let commits = store.statistics.commits
        try fill(store, ["AAA"], bars: Int64(HistoryStore.bufferCapacity) + 10)
        #expect(store.pendingCount == 10)
        #expect(store.statistics.commits == commits + 1)
        try store.flush()
        try store.flush()
        #expect(store.statistics.commits == commits + 2)
        #expect(try store.barCount() == HistoryStore.bufferCapacity + 10)
    }

    @Test("S16: an export gives the bars by time, then by name, within its bounds")
    func export() throws {
        let store = try store()
        try fill(store, ["BBB", "AAA", "CCC"], bars: 4)
        try store.append(bar: bar(9), symbol: symbol("CCC"), interval: minute)
        var rows: [String] = []
        try store.exportBars(from: time(60), to: time(600)) { bar in
            rows.append("\(bar.symbol)\(starts([bar])[0])")
        }.get()
        #expect(
            rows == [
                "AAA1", "BBB1", "CCC1", "AAA2", "BBB2", "CCC2", "AAA3", "BBB3", "CCC3", "CCC9",
            ])
        rows = []
        try store.exportBars(symbols: [symbol("BBB")]) { rows.append("\($0.symbol)") }.get()
        #expect(rows == ["BBB", "BBB", "BBB", "BBB"])
    }

    private struct Enough: Error, Equatable {}

    @Test("An export ends where its reader fails")
    func exportEnds() throws {
        let store = try store()
        try fill(store, ["AAA"], bars: 5)
        var count = 0
        let result = try store.exportBars { (_: StoredBar) throws(Enough) in
            count += 1
            if count == 2 { throw Enough() }
        }
        #expect(throws: Enough()) { try result.get() }
        #expect(count == 2)
    }

    @Test("S15: readings, headlines and equity come back in time order")
    func rows() throws {
        let store = try store()
        let items = (0..<4).map { index in
            NewsItem(
                id: "n\(index)", headline: "headline \(index)",
                symbols: [symbol("AAA"), symbol("BRK/B")],
                createdAt: time(Int64(index)))
        }
        for (index, item) in items.enumerated().reversed() {
            try store.append(
                .news(
                    item, linked: item.symbols, firstSeen: time(Int64(index)),
                    duplicateOf: index == 3 ? "n0" : nil))
        }
        let (late, early) = (Sample("AAA", at: 20).reading, Sample("BBB", at: 10).reading)
        for reading in [late, early, late] { try store.append(.reading(reading)) }
        let snapshots = [(0, false), (60, false), (60, true)].map { at, close in
            EquitySnapshot(
                at: time(at), equity: usd("100"), cash: usd("40"), exposure: usd("60"),
                openPositions: 2, isSessionClose: close)
        }
        for snapshot in snapshots.reversed() { try store.append(.equity(snapshot)) }
        #expect(try store.readings(since: .distantPast) == [early, late])
        #expect(try store.readings(since: time(11)) == [late])
        // n3 repeats n0 and teaches the duplicate check nothing.
        #expect(try store.recentNews(limit: 2).map(\.id) == ["n1", "n2"])
        #expect(try store.recentNews(limit: 2).first?.headline == "headline 1")
        #expect(try store.recentNews(limit: 9).map(\.linked) == items.prefix(3).map(\.symbols))
        #expect(try store.equity() == snapshots)
        #expect(try store.equity(from: time(60)) == Array(snapshots.suffix(2)))
    }

    @Test("A score that is no number is refused alone; the rest of the batch is kept")
    func notFinite() throws {
        let store = try store()
        let sample = Sample("AAA").reading
        try store.append(.reading(sample))
        let error = #expect(throws: StorageError.self) {
            try store.append(
                .reading(
                    SentimentReading(
                        newsID: "bad", symbol: sample.symbol, headline: "",
                        score: SentimentScore(
                            label: .neutral, score: .nan, confidence: 1, model: "m"),
                        at: time(0))))
        }
        #expect(error?.reaction == .degrade)
        #expect(try store.readings(since: .distantPast) == [sample])
    }

    @Test("Deleting the history costs only the history")
    func deleted() throws {
        do {
            let store = try store()
            try fill(store, ["AAA"], bars: 3)
            try store.close()
        }
        try FileManager.default.removeItem(atPath: folder.file("history.db"))
        let store = try store()
        #expect(store.warnings.isEmpty)
        #expect(try store.barCount() == 0)
        try fill(store, ["AAA"], bars: 3)
        #expect(try store.barCount() == 3)
    }

    @Test(
        "A history that cannot be read is moved aside and begun anew, with a warning",
        arguments: ["header", "noise", "truncated"])
    func broken(how: String) throws {
        for round in 1...4 {
            do {
                let store = try store()
                try fill(store, ["AAA"], bars: 300)
                try store.close()
            }
            let url = URL(fileURLWithPath: folder.file("history.db"))
            var bytes = try Data(contentsOf: url)
            switch how {
            case "header": bytes[3] ^= 1
            case "noise": bytes = Data(repeating: 0xA5, count: 9999)
            default: bytes = bytes.prefix(bytes.count / 2)
            }
            try bytes.write(to: url)
            let store = try store()
            #expect(store.warnings.count == 1)
            #expect(store.warnings.first?.contains("history.db.corrupt-\(round)") == true)
            #expect(try store.barCount() == 0)
            try store.close()
        }
        // Not more than two are kept.
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.contains("corrupt") }.sorted()
        #expect(kept == ["history.db.corrupt-3", "history.db.corrupt-4"])
    }

    @Test("Damage met while running is mended too: the read is empty, the batch is kept")
    func brokenWhileRunning() throws {
        let store = try store()
        try fill(store, ["AAA", "BBB"], bars: 2000)
        try store.append(.reading(Sample("AAA").reading))
        try store.flush()
        // A commit of another connection empties the cache of ours.
        try folder.execute("INSERT INTO symbols VALUES (99, 'QQQ')", on: "history.db")
        try store.checkpoint()
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("history.db")))
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0xFF, count: Int(size) - 4096))
        try handle.close()
        try fill(store, ["ZZZ"], bars: 1)
        let bars = try store.lastBars(perSymbol: 5000, symbols: [symbol("AAA"), symbol("ZZZ")])
        #expect(bars.count <= 1)
        #expect(store.warnings.count == 1)
        try fill(store, ["ZZZ"], bars: 2)
        #expect(try store.barCount() == 2)
        #expect(try store.quickCheck() == [])
    }

    @Test("S16: retention keeps what is young, gives the space back, and says when it is done")
    func prune() throws {
        let store = try store()
        try fill(store, ["AAA", "BBB"], bars: 12_000)
        for index in 0..<50 {
            let at = Int64(index) * 3600
            try store.append(
                .equity(
                    EquitySnapshot(
                        at: time(at), equity: usd("1"), cash: usd("1"), exposure: .zero,
                        openPositions: 0, isSessionClose: index % 10 == 0)))
            try store.append(.reading(Sample("S\(index)", at: at).reading))
        }
        try store.flush()
        try store.checkpoint()
        let before = try #require(fileSize())
        var retention = Retention()
        retention.bars = Span(seconds: 1000 * 60)
        retention.readings = Span(seconds: 10 * 3600)
        retention.equity = Span(seconds: 10 * 3600)
        let now = time(12_000 * 60)
        #expect(try store.prune(retention: retention, now: now, steps: 2) == false)
        // Whoever has no time is asked before every step, and loses nothing by saying no.
        var asked = 0
        #expect(try !store.prune(retention: retention, now: now) { false })
        #expect(
            try !store.prune(retention: retention, now: now) {
                asked += 1
                return asked < 3
            })
        #expect(asked == 3)
        var rounds = 1
        while try !store.prune(retention: retention, now: now, steps: 4) { rounds += 1 }
        #expect(rounds > 1)
        #expect(try store.barCount() == 2000)
        #expect(
            starts(try store.lastBars(perSymbol: 9999, symbols: [symbol("BBB")])).first == 11_000)
        #expect(try store.equity().filter { !$0.isSessionClose }.isEmpty)
        #expect(try store.equity().count == 5)
        #expect(try store.readings(since: .distantPast).isEmpty)
        #expect(try #require(fileSize()) < before / 2)
        #expect(try store.quickCheck() == [])
        #expect(try store.prune(retention: retention, now: now))
    }

    @Test("S16: the file's size is bounded: the oldest bars go early")
    func bytesMax() throws {
        let store = try store()
        try fill(store, ["AAA", "BBB"], bars: 8_000)
        try store.flush()
        var retention = Retention()
        retention.bytesMax = 400_000
        while try !store.prune(retention: retention, now: time(0)) {}
        #expect(try store.usedBytes() <= 400_000)
        let left = try store.barCount()
        #expect(left > 1000 && left < 16_000)
        #expect(
            starts(try store.lastBars(perSymbol: 1, symbols: [symbol("AAA"), symbol("BBB")]))
                == [7999, 7999])
    }

    private func fileSize() -> Int? {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: folder.file("history.db"))
        return attributes?[.size] as? Int
    }
}
