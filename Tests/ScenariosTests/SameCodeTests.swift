import Appliance
import Domain
import Foundation
import Portfolio
import TestSupport
import Testing

/// The backtest repeats itself to the byte, and the live run repeats the backtest.
@Suite struct SameCodeTests {
    private func expectRepeats(_ configuration: Configuration, atLeast bars: Int) throws {
        let first = try BacktestSession(configuration).run().report
        let second = try BacktestSession(configuration).run().report
        let isSame = first.json() == second.json()
        #expect(isSame, "two runs of the same data differ")
        #expect(first.html() == second.html())
        #expect(count(first, "bars") >= bars)
        #expect(!first.trades.isEmpty)
    }

    private func count(_ report: RunReport, _ key: String) -> Int {
        guard case .integer(let count) = report.run.first(where: { $0.key == key })?.value else {
            return 0
        }
        return count
    }

    @Test("The same seed gives the same report, byte for byte")
    func simulatedMarketRepeats() throws {
        try expectRepeats(simulated(days: 8), atLeast: 8 * 3 * 390)
    }

    @Test("Another seed gives another report")
    func seedsDiffer() throws {
        let one = try BacktestSession(simulated(days: 2, seed: 1)).run().report
        let other = try BacktestSession(simulated(days: 2, seed: 2)).run().report
        #expect(one.json() != other.json())
    }

    @Test(
        "Recorded bars give the same report twice, byte for byte",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"),
        arguments: [
            // Fewer symbols and no news: the votes of trend and reversion remain.
            (file: "minute-2013-10.csv", symbols: "SPY,AIG,BAC,IBM", bars: 13_000),
            (file: "hour-2010-2021.csv", symbols: "SPY,BAC", bars: 39_000),
        ])
    func recordedBarsRepeat(_ row: (file: String, symbols: String, bars: Int)) throws {
        let configuration = try #require(
            try recorded(
                bars: SharedData.file("data/bars/\(row.file)"),
                overrides: ["trading.symbols=\(row.symbols)", "news.sources=[]"]))
        try expectRepeats(configuration, atLeast: row.bars)
    }

    private func expectLiveEqualsBacktest(_ configuration: Configuration) throws {
        let tested = try ScratchFolder()
        let report = try playBacktest(configuration, folder: tested.path)
        let lived = try ScratchFolder()
        let leg = try playLive(configuration, folder: lived.path)
        #expect(leg.isOver)
        let books = try Books(folder: lived.path)
        expectEqual(books, try Books(folder: tested.path), "live against backtest")
        #expect(books.trades == report.trades)
        #expect(!books.trades.isEmpty)
        let account = try StoreAccess(folder: lived.path, purpose: "a test")
        let live = try RunReport(account, folder: lived.path, zone: newYorkZone())
        try account.close()
        // A session that the end of the data cuts is closed there in a backtest only.
        let isCut = leg.hasOpenSession
        for key in ["fills", "round_trips", "total_pnl", "realized_pnl"]
            + (isCut ? [] : ["daily_pnl"])
        {
            #expect(
                live.metrics.first { $0.key == key }?.value
                    == report.metrics.first { $0.key == key }?.value, "\(key)")
        }
        #expect(live.equity == (isCut ? report.equity.dropLast() : report.equity))
    }

    @Test("A11: a simulated market gives the same orders, fills and P&L live and in a backtest")
    func simulatedLive() throws { try expectLiveEqualsBacktest(simulated(days: 5)) }

    @Test(
        "A11: recorded bars and news give the same orders, fills and P&L live and in a backtest",
        .enabled(if: !SharedData.isAbsent, "the real data is not here"))
    func recordedLive() throws {
        try expectLiveEqualsBacktest(try #require(try april2021()))
    }
}

/// The recorded bars and headlines of six stocks.
func april2021() throws -> Configuration? {
    try recorded(
        bars: SharedData.file("data/bars/minute-2021-04.csv"),
        news: SharedData.file("data/news/headlines-2021-04.jsonl"))
}
