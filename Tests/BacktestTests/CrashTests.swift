import Backtest
import Calendar
import Domain
import Engine
import Execution
import Learning
import News
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals
import Simulation
import TestSupport
import Testing

/// Dies at a chosen commit, before or after it; the ledger and the history survive.
private final class FragileJournal: EventJournal {
    struct Death: Error {}

    var ledger = MemoryLedger()
    private(set) var bars: [(bar: Bar, knownAt: Timestamp)] = []
    private(set) var readings: [SentimentReading] = []
    private(set) var news: [(item: NewsItem, linked: [Symbol], seen: Timestamp)] = []
    private(set) var commits = 0
    var dieAt: Int?
    var diesBefore = false
    private var unwritten: [Bar] = []

    func commit(_ effects: [Effect], symbols: SymbolTable) throws {
        commits += 1
        if commits == dieAt, diesBefore { throw Death() }
        for bar in unwritten { bars.append((bar, bar.start + Span(seconds: 60))) }
        unwritten = []
        for case .history(let row) in effects {
            switch row {
            case .reading(let reading): readings.append(reading)
            case .news(let item, let linked, let seen, let original):
                if original == nil { news.append((item, linked, seen)) }
            case .equity: break
            }
        }
        ledger.commit(effects)
        if commits == dieAt { throw Death() }
    }

    func took(_ bar: Bar, symbols: SymbolTable) { unwritten.append(bar) }

    func extract(since: Timestamp, naming ids: Set<String>) -> LedgerExtract {
        ledger.extract(since: since, naming: ids)
    }

    /// What was not written is gone.
    func revive() {
        unwritten = []
        dieAt = nil
    }
}

/// A market of two days, and how to trade it.
private struct Market {
    let symbols = symbolTable(["AA", "BB", "TEST"])
    let config: EngineConfig
    let venue: VenueConfig
    let bars: [Bar]
    let items: [NewsItem]

    init(_ draw: inout Draw, participation: Double?) {
        var config = EngineConfig(calendar: xnys)
        config.signals.trend.emaFast = 3
        config.signals.trend.emaSlow = 6
        config.signals.trend.rsiPeriod = 3
        config.signals.trend.warmup = 8
        config.signals.reversion.period = 8
        config.signals.reversion.entryZ = 1.5
        config.signals.sentiment.minItems = 1
        config.signals.atrPeriod = 4
        config.risk.sizing.stopATR = 3
        config.risk.cooldown = Span(seconds: 240)
        config.execution.holdMax = Span(seconds: 3_600)
        config.execution.takeProfitShare = 0.01
        config.learning.samplesMin = 1
        config.risk.ordersPerDayMax = 400
        config.execution.reconciliation.isEnabled = true
        self.config = config
        var venue = VenueConfig()
        venue.participation = participation
        venue.feeBasisPoints = 2
        self.venue = venue
        var bars: [Bar] = []
        var prices = [100.0, 50, 20]
        for open in ["2025-06-10T13:30:00Z", "2025-06-11T13:30:00Z"] {
            for minute in 0..<390 {
                let start = at(open) + Span(seconds: Int64(minute) * 60)
                for index in prices.indices where draw.chance(0.9) {
                    bars.append(Self.bar(&draw, SymbolID(index: index), start, &prices[index]))
                }
            }
        }
        self.bars = bars
        let words = ["profit beats estimates", "loss widens, forecast cut", "shares fall sharply"]
        let names = symbols.symbols
        items = (0..<40).map { number in
            let start = draw.element(of: bars).start
            return NewsItem(
                id: "n\(number)", headline: "\(draw.element(of: words)) number \(number)",
                symbols: [draw.element(of: names)],
                createdAt: start + Span(seconds: Int64(draw.int(in: 0...60))))
        }
    }

    private static func bar(
        _ draw: inout Draw, _ id: SymbolID, _ start: Timestamp, _ price: inout Double
    ) -> Bar {
        let open = price * (0.998 + 0.004 * draw.random.unit())
        let close = open * (0.998 + 0.004 * draw.random.unit())
        let high = max(open, close) * (1 + 0.001 * draw.random.unit())
        let low = min(open, close) * (1 - 0.001 * draw.random.unit())
        price = close
        func cents(_ value: Double) -> Price { Price(units: Int64(value * 100) * 10_000_000) }
        return Bar(
            symbol: id, start: start, open: cents(open), high: cents(high), low: cents(low),
            close: cents(close), volume: Volume(shares: Int64(draw.int(in: 0...3_000))))
    }

    /// Plays on from what the journal kept, to the end or the next death.
    func play(_ journal: FragileJournal, mode: TradingMode = .active) throws {
        let state = journal.ledger.state {
            xnys.zone.timestamp(xnys.zone.localDate(of: $0), secondsOfDay: 0)
        }
        var config = config
        config.mode = mode
        var engine = TradingEngine(config)
        for symbol in symbols.symbols { _ = engine.register(symbol) }
        try engine.restore(state)
        var loop = TradingLoop(engine: engine, venue: SimulatedVenue(venue), journal: journal)
        var clock: SessionClock?
        if let checkpoint = state.checkpoint {
            clock = SessionClock(
                xnys, from: checkpoint.at, openDate: CivilDate(checkpoint.sessionDate))
            for (bar, known) in journal.bars { try loop.engine.backfill(bar, knownAt: known) }
            for reading in journal.readings { loop.engine.backfill(reading) }
            for (item, linked, seen) in journal.news {
                loop.engine.backfill(
                    newsID: item.id, headline: item.headline, linked: linked, firstSeen: seen)
            }
            try loop.recover(state)
        }
        var timeline = Timeline(
            feed: ListFeed(bars, symbols: symbols, chunk: 500), news: ListNews(items),
            calendar: xnys, clock: clock)
        var instant = Instant()
        let (taken, now) = (loop.engine.feedPosition, loop.engine.now)
        var position: Int64 = 0
        while try timeline.next(&instant) {
            let passed = Int(max(0, min(Int64(instant.bars.count), taken - position)))
            position += Int64(instant.bars.count)
            for bar in instant.bars.prefix(passed) {
                if let newest = loop.engine.newestStart(bar.symbol), bar.start <= newest {
                    continue
                }
                try loop.engine.backfill(bar, knownAt: instant.at)
            }
            instant.bars.removeFirst(passed)
            if instant.at <= now {
                instant.news.removeAll { journal.ledger.taken.contains($0.id) }
                instant.at = now
            }
            try loop.play(instant)
        }
        try loop.finish()
        try loop.finishDay()
    }
}

/// A process that dies at any commit and comes back ends where one that never died ends.
@Suite struct CrashTests {
    @Test(
        "S05: death at any commit, before or after it, changes no order, fill, trade or weight",
        arguments: [nil, 0.02])
    func anyCommit(participation: Double?) throws {
        try forAll(3) { draw in
            let market = Market(&draw, participation: participation)
            let straight = FragileJournal()
            try market.play(straight)
            let fills = straight.ledger.fills.count
            #expect(fills > 20, "\(fills) fills show little; \(draw)")
            #expect(straight.ledger.weights.count > 2)
            #expect(comparisons(straight) == ["start matches", "daily matches", "daily matches"])
            for round in 0..<40 {
                let journal = FragileJournal()
                journal.dieAt = 1 + draw.random.below(straight.commits)
                journal.diesBefore = round.isMultiple(of: 2)
                let place = "died at commit \(journal.dieAt ?? 0), before: \(journal.diesBefore)"
                #expect(throws: FragileJournal.Death.self) { try market.play(journal) }
                journal.revive()
                try market.play(journal)
                let found = comparisons(journal)
                #expect(
                    found.filter { $0 != "start matches" } == ["daily matches", "daily matches"],
                    "\(place): \(found); \(draw)")
                let same = compare(straight.ledger, journal.ledger)
                if !same.isEmpty {
                    Issue.record("\(place): \(same); \(draw)")
                    return
                }
            }
        }
    }

    @Test("S25: dying at every hundredth commit, again and again, nothing is lost or done twice")
    func manyDeaths() throws {
        try forAll(2) { draw in
            let market = Market(&draw, participation: nil)
            let straight = FragileJournal()
            try market.play(straight)
            let journal = FragileJournal()
            var deaths = 0
            while true {
                journal.dieAt = journal.commits + 100
                journal.diesBefore.toggle()
                do { try market.play(journal) } catch is FragileJournal.Death {
                    deaths += 1
                    journal.revive()
                    continue
                }
                break
            }
            #expect(deaths > 2, "\(draw)")
            let same = compare(straight.ledger, journal.ledger)
            #expect(same.isEmpty, "\(same); \(draw)")
        }
    }

    @Test(
        "S05: after a restart into a stricter mode no entry fills, and what is held has its stop",
        arguments: [TradingMode.reduceOnly, .paused])
    func stricterMode(mode: TradingMode) throws {
        try forAll(2) { draw in
            let market = Market(&draw, participation: 0.02)
            let straight = FragileJournal()
            try market.play(straight)
            for round in 0..<15 {
                let journal = FragileJournal()
                journal.dieAt = 1 + draw.random.below(straight.commits)
                journal.diesBefore = round.isMultiple(of: 2)
                #expect(throws: FragileJournal.Death.self) { try market.play(journal) }
                let before = entryFills(journal.ledger)
                let place = "died at commit \(journal.dieAt ?? 0), before: \(journal.diesBefore)"
                journal.revive()
                try market.play(journal, mode: mode)
                #expect(entryFills(journal.ledger) == before, "\(place); \(draw)")
                #expect(journal.ledger.problems.isEmpty, "\(place); \(draw)")
                for symbol in market.symbols.symbols {
                    #expect(isLookedAfter(symbol, journal.ledger), "\(symbol) \(place); \(draw)")
                }
            }
        }
    }

    private func comparisons(_ journal: FragileJournal) -> [String] {
        journal.ledger.reconciliations.map { "\($0.trigger.rawValue) \($0.verdict.rawValue)" }
    }

    private func entryFills(_ ledger: MemoryLedger) -> Int {
        ledger.fills.count { ledger.orders[$0.orderID]?.intent.role == .entry }
    }

    /// Flat, or protected by a stop that is alive, or a person was told.
    private func isLookedAfter(_ symbol: Symbol, _ ledger: MemoryLedger) -> Bool {
        if ledger.position(symbol).isZero { return true }
        let isProtected = ledger.orders.values.contains {
            guard case .protectiveStop = $0.intent.role else { return false }
            return $0.intent.symbol == symbol && !$0.status.isTerminal
        }
        return isProtected || ledger.alerts.contains { $0.code == "unprotected" }
    }

    private func compare(_ a: MemoryLedger, _ b: MemoryLedger) -> [String] {
        var found = b.problems
        func check<T: Equatable>(_ name: String, _ x: [T], _ y: [T]) {
            if let index = zip(x, y).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                found.append("\(name) \(index): \(x[index]), \(y[index])")
            } else if x.count != y.count {
                found.append("\(name): \(x.count), \(y.count)")
            }
        }
        check("orders", a.orderIDs, b.orderIDs)
        check("fills", a.fills, b.fills)
        check("trades", a.trades, b.trades)
        check("weights", a.weights, b.weights)
        check("taken", a.taken.sorted(), b.taken.sorted())
        if a.balances != b.balances { found.append("balances") }
        return found
    }
}
