import Appliance
import Domain
import Engine
import Foundation
import MarketFeeds
import Portfolio
import Primitives
import Signals
import Storage
import TestSupport
import Testing

/// A recorded market with every kind of damage, through the whole product.
@Suite struct BadRowTests {
    /// One symbol's good bars of a session, a minute each.
    private static func rows(_ count: Int) -> [String] {
        (0..<count).map { minute in
            let tenths = (minute * 7) % 9
            return "AAA,\(stamp(minute)),100.\(tenths),101,99,100.\(tenths),5000"
        }
    }

    private static func stamp(_ minute: Int) -> String {
        (Timestamp(rfc3339: "2024-03-11T13:30:00Z")! + Span(seconds: Int64(minute) * 60))
            .description
    }

    /// Rows 0 ... 59 with a gap at 10 to 12, row 20 twice, row 25 corrected, row 30 late, and
    /// rows that are no bars.
    private static func damaged() -> String {
        var lines = ["symbol,timestamp,open,high,low,close,volume"]
        for (minute, row) in rows(60).enumerated() {
            if (10...12).contains(minute) || minute == 30 { continue }
            lines.append(row)
            if minute == 20 { lines.append(row) }
            if minute == 25 { lines.append("AAA,\(stamp(25)),100,101,99,100.5,6000") }
            if minute == 31 { lines.append(rows(60)[30]) }
            if minute == 40 {
                lines += [
                    "AAA,\(stamp(41)),100,99,101,100,5000", "AAA,\(stamp(41)),100,101",
                    "AAA,\(stamp(41)),-1,1,-1,1,5000", "AAA,\(stamp(41)),nan,1,1,1,5000",
                    "AAA,2024-03-11T10:11:00-04:00,100,101,99,100,5000",
                    "aaa,\(stamp(41)),1,1,1,1,1",
                ]
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func configuration(
        _ folder: ScratchFolder, onBadRow: MarketSettings.BadRow
    ) throws -> Configuration {
        var configuration = Configuration()
        configuration.market.kind = .replay
        configuration.market.bars = [try folder.write(damaged(), to: "bars.csv")]
        configuration.market.interval = Span(seconds: 60)
        configuration.market.speed = .max
        configuration.market.onBadRow = onBadRow
        configuration.news.sources = []
        return configuration
    }

    private static let kinds = [
        "columns", "duplicate", "high-below-low", "out-of-order", "price", "price-not-positive",
        "symbol", "time-zone",
    ]

    @Test(
        "S39 S40: missing, repeated, corrected, late and broken rows are told, and the run goes on")
    func goesOn() throws {
        let folder = try ScratchFolder()
        let outcome = try BacktestSession(Self.configuration(folder, onBadRow: .skip)).run()
        let counts = outcome.bars.countsByKind
        #expect(counts.map(\.kind) == Self.kinds)
        #expect(counts.allSatisfy { $0.count == 1 })
        let report = outcome.report
        func run(_ key: String) -> Int? {
            guard case .integer(let count) = report.run.first(where: { $0.key == key })?.value
            else { return nil }
            return count
        }
        // 60 less the three missing and the late one, and the correction counts as a bar.
        #expect(run("bars") == 57)
        #expect(run("bars_corrected") == 1)
        #expect(run("rows_set_aside") == Self.kinds.count)
        let text = report.text(width: 100, colour: false)
        #expect(text.contains("bars.csv:"))
        #expect(report.json().contains("starts 2024-03-11T14:00:00Z, before the row above it"))
        #expect(report.json().contains("is not RFC 3339 UTC with Z"))
    }

    @Test("S40: the live run takes the damaged file like the backtest")
    func liveGoesOn() throws {
        let folder = try ScratchFolder()
        let configuration = try Self.configuration(folder, onBadRow: .skip)
        let leg = try playLive(configuration, folder: folder.path)
        #expect(leg.isOver && leg.bars == 57)
        let access = try StoreAccess(folder: folder.path, purpose: "a test")
        // The correction took the place of the bar that it corrects.
        #expect(try access.history.barCount() == 56)
        let symbol = try #require(Symbol("AAA"))
        let bars = try access.history.lastBars(perSymbol: 100, symbols: [symbol])
        let corrected = try #require(bars.first { $0.start.description == Self.stamp(25) })
        #expect(corrected.close == (try Price(parsing: "100.5")))
        try access.close()
    }

    @Test("S40: told to stop at a bad row, the run stops there with the row in its message")
    func stops() throws {
        let folder = try ScratchFolder()
        let configuration = try Self.configuration(folder, onBadRow: .stop)
        func expectStop(_ body: () throws -> Void) {
            let error = #expect(throws: FeedError.self) { try body() }
            guard case .stoppedAtDefect(let defect) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            // The header, rows 0 ... 9 and 13 ... 20, and then row 20 again.
            #expect(defect.line == 20)
            #expect(defect.description.contains("repeats the row before it"))
            #expect(defect.description.contains("bars.csv:20:"))
        }
        expectStop { _ = try BacktestSession(configuration).run() }
        let store = try ScratchFolder()
        expectStop { _ = try playLive(configuration, folder: store.path) }
        let books = try Books(folder: store.path)
        #expect(books.problems == [])
    }

    @Test("S40: how many bars the window holds decides nothing while none is corrected")
    func windowOverflows() throws {
        let folder = try ScratchFolder()
        var configuration = simulated(days: 2)
        configuration.signals.barWindow = 8
        let small = try playBacktest(configuration, folder: folder.path)
        configuration.signals.barWindow = 512
        let large = try playBacktest(configuration, folder: folder.path)
        // The window is for corrections; without any its size decides nothing.
        #expect(small.trades == large.trades && !small.trades.isEmpty)
        #expect(small.equity == large.equity)
    }
}
