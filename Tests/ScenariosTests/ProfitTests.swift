import Appliance
import Backtest
import Domain
import Engine
import Execution
import Foundation
import Learning
import Portfolio
import Primitives
import Risk
import Signals
import Storage
import TestSupport
import Testing

/// Figures of the product worked out on paper.
@Suite struct ProfitTests {
    /// Two sessions of one symbol. The fast average of 1 bar is the close itself, the slow one of 3
    /// bars has alpha 1/2; after bar 2 the rule buys when their difference rises above zero and sells
    /// when it falls below. 10 shares an order, 10 basis points of slippage, 1 USD an order.
    ///
    /// Day 1 closes 100, 100, 102: slow 100, 100, 101; up at the third bar: buys at the next open,
    /// 103 x 1.001 = 103.103. Closes 104, then 106 at the end of the day. Day 2 opens with a close
    /// of 90, below the slow average: sells at the next open, 91 x 0.999 = 90.909.
    private static let bars = """
        symbol,timestamp,open,high,low,close,volume
        ABC,2024-03-11T13:30:00Z,100,100,100,100,1000
        ABC,2024-03-11T13:31:00Z,100,100,100,100,1000
        ABC,2024-03-11T13:32:00Z,100,102,100,102,1000
        ABC,2024-03-11T13:33:00Z,103,104,103,104,1000
        ABC,2024-03-11T19:59:00Z,104,106,104,106,1000
        ABC,2024-03-12T13:30:00Z,95,95,90,90,1000
        ABC,2024-03-12T13:31:00Z,91,92,91,92,1000
        ABC,2024-03-12T19:59:00Z,92,92,92,92,1000

        """

    private static func configuration(_ folder: ScratchFolder) throws -> Configuration {
        var configuration = Configuration()
        configuration.market.kind = .replay
        configuration.market.bars = [try folder.write(bars, to: "bars.csv")]
        configuration.market.interval = Span(seconds: 60)
        configuration.market.speed = .max
        configuration.news.sources = []
        configuration.signals.sentiment.enabled = false
        configuration.signals.reversion.enabled = false
        configuration.signals.trend.emaFast = 1
        configuration.signals.trend.emaSlow = 3
        configuration.signals.trend.rsiPeriod = 1
        configuration.signals.trend.rsiMax = 101
        configuration.signals.trend.warmup = 2
        configuration.signals.atrPeriod = 0
        configuration.risk.sizing.mode = .fixed
        configuration.risk.sizing.quantity = Quantity(whole: 10)
        configuration.risk.sessionEdgeOpen = .zero
        configuration.risk.cooldown = nil
        configuration.execution.takeProfitShare = nil
        configuration.execution.protectiveStops = false
        configuration.execution.holdMax = nil
        configuration.broker.venue.slippageBasisPoints = 10
        configuration.broker.venue.feePerOrder = Money(whole: 1)
        return configuration
    }

    /// Total: (90.909 - 103.103) x 10 - 2 = -123.94. The first day ended at
    /// 100000 - 1 + (106 - 103.103) x 10 = 100027.97, so that the second lost
    /// 100027.97 - 99876.06 = 151.91. Its
    /// deepest point was the close of 90: (106 - 90) x 10 below the peak.
    private static let expected = [
        "fills": "2", "round_trips": "1", "total_pnl": "-123.94", "realized_pnl": "-123.94",
        "unrealized_pnl": "0.00", "daily_pnl": "-151.91", "max_drawdown": "160.00",
        // From 13:33 on day 1 to 13:31 on day 2.
        "hold_seconds_avg": "86280.0", "costs_total": "2.00", "sessions": "2",
    ]

    private func expect(_ report: RunReport) {
        for (key, value) in Self.expected.sorted(by: { $0.key < $1.key }) {
            let found = report.metrics.first { $0.key == key }?.value
            let text: String
            switch found {
            case .money(let money): text = money.description
            case .count(let count): text = "\(count)"
            case .seconds(let seconds): text = "\(seconds)"
            case .ratio(let ratio): text = "\(ratio)"
            case .some(.none), nil: text = "n/a"
            }
            #expect(text == value, "\(key)")
        }
        #expect(report.equity.map(\.equity.description) == ["100027.97", "99876.06"])
    }

    @Test("S01 S07: the day's and the total P&L of a backtest are those worked out by hand")
    func backtest() throws {
        let folder = try ScratchFolder()
        let report = try BacktestSession(Self.configuration(folder)).run().report
        expect(report)
        let trade = try #require(report.trades.first)
        #expect(trade.entryPrice.description == "103.103")
        #expect(trade.exitPrice.description == "90.909")
        #expect(trade.pnl.description == "-123.94")
    }

    @Test("S01 S07: a live run tells the same figures, as notices and from its store")
    func live() throws {
        let folder = try ScratchFolder()
        let configuration = try Self.configuration(folder)
        var days: [String] = []
        let leg = try playLive(
            configuration, folder: folder.path,
            LiveOptions(onNotice: { notice in
                if case .sessionClosed(let snapshot, let dailyPnL) = notice {
                    days.append("\(snapshot.equity) \(dailyPnL?.description ?? "n/a")")
                }
            }))
        #expect(leg.isOver)
        #expect(days == ["100027.97 27.97", "99876.06 -151.91"])
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        expect(try RunReport(access, folder: folder.path, zone: newYorkZone()))
        try access.close()
    }

    private func metrics(_ folder: ScratchFolder) throws -> [String: MetricValue] {
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        let report = try RunReport(access, folder: folder.path, zone: newYorkZone())
        try access.close()
        return Dictionary(report.metrics.map { ($0.key, $0.value) }) { first, _ in first }
    }

    @Test("S01: the report of a store values open lots at the last stored price, or says n/a")
    func openLots() throws {
        let folder = try ScratchFolder()
        let configuration = try Self.configuration(folder)
        _ = try playLive(configuration, folder: folder.path, LiveOptions(stopAfter: 4))
        let open = try metrics(folder)
        // 10 x (104 - 103.103) - 1
        #expect(open["total_pnl"] == .money(try Money(parsing: "7.97")))
        #expect(open["realized_pnl"] == .money(.zero))
        #expect(open["unrealized_pnl"] == .money(try Money(parsing: "7.97")))
        try folder.remove("history.db")
        let unknown = try metrics(folder)
        for key in ["total_pnl", "total_pnl_pct", "unrealized_pnl", "cagr"] {
            #expect(unknown[key] == MetricValue.none, "\(key)")
        }
        #expect(unknown["realized_pnl"] == .money(.zero))
    }

    @Test("S16: a session that the end of the data cuts goes on when bars are added")
    func addedBars() throws {
        let folder = try ScratchFolder()
        let configuration = try Self.configuration(folder)
        let lines = Self.bars.split(separator: "\n")
        try folder.write(lines.prefix(4).joined(separator: "\n") + "\n", to: "bars.csv")
        #expect(try playLive(configuration, folder: folder.path).isOver)
        try folder.write(Self.bars, to: "bars.csv")
        #expect(try playLive(configuration, folder: folder.path).isOver)
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        expect(try RunReport(access, folder: folder.path, zone: newYorkZone()))
        try access.close()
    }

    @Test("S01 S08: a market without a trade has figures that are n/a, not zero")
    func noTrade() throws {
        let folder = try ScratchFolder()
        var configuration = try Self.configuration(folder)
        configuration.signals.trend.warmup = 100
        let report = try BacktestSession(configuration).run().report
        for key in ["win_rate", "profit_factor", "hold_seconds_avg", "expectancy", "sharpe"] {
            #expect(report.metrics.first { $0.key == key }?.value == MetricValue.none, "\(key)")
        }
        #expect(report.metrics.first { $0.key == "total_pnl" }?.value == .money(.zero))
        #expect(report.json().contains("\"win_rate\":{\"value\":null"))
    }
}
