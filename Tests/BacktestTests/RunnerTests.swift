import Backtest
import Domain
import Engine
import Execution
import Portfolio
import Primitives
import Risk
import Signals
import TestSupport
import Testing

/// Backtests from beginning to end, over a market that rises and falls every half hour.
@Suite struct RunnerTests {
    static let symbols = symbolTable(["TEST"])

    static func config(_ change: (inout EngineConfig) -> Void = { _ in }) -> EngineConfig {
        var config = EngineConfig(calendar: xnys)
        config.signals.sentiment.enabled = false
        config.signals.reversion.enabled = false
        config.signals.trend.emaFast = 3
        config.signals.trend.emaSlow = 6
        config.signals.trend.warmup = 8
        config.signals.trend.rsiMax = 101
        config.signals.atrPeriod = 3
        config.risk.cooldown = nil
        change(&config)
        return config
    }

    /// Two days; each minute ten cents up for half an hour, then down.
    static let bars: [Bar] = ["2025-06-10T13:30:00Z", "2025-06-11T13:30:00Z"].flatMap { open in
        (0..<390).map { minute in
            let phase = minute % 60
            let tenths = Int64(1_000 + (phase < 30 ? phase : 60 - phase))
            let price = Price(units: tenths * 100_000_000)
            return Bar(
                symbol: SymbolID(index: 0), start: at(open) + Span(seconds: Int64(minute) * 60),
                open: price, high: price, low: price, close: price,
                volume: Volume(shares: 100_000))
        }
    }

    private func run(
        _ bars: [Bar] = RunnerTests.bars, _ config: EngineConfig = RunnerTests.config(),
        _ change: (inout BacktestRunner) -> Void = { _ in }
    ) throws -> BacktestResult {
        var runner = BacktestRunner()
        change(&runner)
        return try runner.run(
            config, venue: VenueConfig(), feed: ListFeed(bars, symbols: Self.symbols, chunk: 100),
            news: NoNews()
        ).result
    }

    @Test("A11: trades, fills, closes and books of a run agree")
    func agree() throws {
        let result = try run()
        #expect(result.trades.count > 5)
        #expect(result.fills >= 2 * result.trades.count)
        #expect(
            result.closes.map(\.at) == [at("2025-06-10T20:00:00Z"), at("2025-06-11T20:00:00Z")])
        #expect(result.closes.last?.equity == result.engine.portfolio.equity)
        #expect(result.first == at("2025-06-10T13:30:00Z"))
        #expect(result.last == at("2025-06-11T20:00:00Z"))
        let entries = result.trades.map { Self.minute($0.entryTime) }
        #expect(entries.allSatisfy { $0 > 0 }, "no trade on the very first bar")
    }

    private static func minute(_ time: Timestamp) -> Double {
        (time - at("2025-06-10T13:30:00Z")).seconds / 60
    }

    @Test("The same run twice gives the same trades and the same curve")
    func determinism() throws {
        let (a, b) = (try run { $0.resolution = .bar }, try run { $0.resolution = .bar })
        #expect(a.trades == b.trades)
        #expect(a.equity == b.equity)
        #expect(a.equity.count == Self.bars.count)
    }

    private func run(_ change: (inout BacktestRunner) -> Void) throws -> BacktestResult {
        try run(Self.bars, Self.config(), change)
    }

    @Test("An empty feed gives an empty result")
    func empty() throws {
        let result = try run([])
        #expect(result.trades.isEmpty && result.closes.isEmpty && result.first == nil)
        #expect(result.last == nil)
    }

    @Test("A run that begins within a session has its capital from the first bar on")
    func fromWithinSession() throws {
        let result = try run {
            $0.from = at("2025-06-10T15:00:00Z")
            $0.resolution = .bar
        }
        #expect(result.first == at("2025-06-10T15:00:00Z"))
        #expect(result.equity.first?.equity == Money(whole: 100_000))
        #expect(result.closes.map(\.isSessionClose) == [true, true])
        #expect(result.trades.contains { $0.entryTime < at("2025-06-10T20:00:00Z") })
        #expect(result.trades.allSatisfy { $0.entryTime >= at("2025-06-10T15:00:00Z") })
    }

    @Test("A run from the second day opens once, with indicators warm from the first")
    func fromSecondDay() throws {
        let result = try run { $0.from = at("2025-06-11T00:00:00Z") }
        #expect(result.closes.map(\.at) == [at("2025-06-11T20:00:00Z")])
        #expect(result.engine.newestBar(SymbolID(index: 0)) != nil)
        #expect(result.trades.allSatisfy { $0.entryTime >= at("2025-06-11T13:30:00Z") })
    }

    @Test("A run to a time within a session closes it where it stands")
    func until() throws {
        let result = try run { $0.until = at("2025-06-10T15:00:00Z") }
        #expect(result.last == at("2025-06-10T15:00:00Z"))
        #expect(result.closes.map(\.at) == [at("2025-06-10T15:00:00Z")])
        #expect(result.trades.allSatisfy { $0.exitTime < at("2025-06-10T15:00:00Z") })
    }

    @Test("S22: bars outside the session fill no order")
    func outside() throws {
        let evening = at("2025-06-10T20:30:00Z")
        var bars = Self.bars.filter { $0.start < at("2025-06-10T20:00:00Z") }
        bars += (0..<60).map { flat(SymbolID(index: 0), evening + Span(seconds: $0 * 60), 100) }
        bars += Self.bars.filter { $0.start > evening }
        let (with, without) = (try run(bars), try run())
        #expect(with.trades == without.trades)
        #expect(with.fills == without.fills)
    }
}
