import Appliance
import Backtest
import Domain
import Engine
import Foundation
import Indicators
import MarketFeeds
import Portfolio
import Primitives
import Testing

/// The moving-average cross that every backtester can run, through the normal stages. What must
/// come out was computed by other engines, which agree.
@Suite struct ReferenceTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let bars2000 = repository.appendingPathComponent(
        "Tests/BacktestTests/Fixtures/bars_2000.csv"
    ).path

    private static func configuration(bars: String) throws -> Configuration {
        try loadConfiguration(
            path: repository.appendingPathComponent("etc/bellwether/examples/reference.toml").path,
            bars: [bars]
        ).configuration
    }

    /// The part of the golden file that belongs to fills at the next open.
    private static func golden() throws -> Golden {
        let path = repository.appendingPathComponent("Packaging/reference/backtest_golden.json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: path))
    }

    private struct Golden: Decodable {
        struct Indicators: Decodable {
            let ts: String
            let ema12: Double
            let ema26: Double
            let rsi14: Double
        }

        struct Fill: Decodable, Equatable {
            let time: String
            let side: String
            let price: Double

            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                time = try list.decode(String.self)
                side = try list.decode(String.self)
                price = try list.decode(Double.self)
            }
        }

        struct Few: Decodable {
            let fills: Int
            let roundTrips: Int
            let pnl: Double
            let openPosition: Int
            let firstFills: [Fill]
            let indicators: [String: Indicators]

            enum CodingKeys: String, CodingKey {
                case fills, pnl, indicators
                case roundTrips = "round_trips"
                case openPosition = "open_position"
                case firstFills = "first_fills"
            }
        }

        struct Many: Decodable {
            let fills: Int
            let roundTrips: Int
            let pnl: Double

            enum CodingKeys: String, CodingKey {
                case fills, pnl
                case roundTrips = "round_trips"
            }
        }

        struct Opens<Value: Decodable>: Decodable { let open: Value }

        let few: Opens<Few>
        let sets: [String: Opens<Many>]

        enum CodingKeys: String, CodingKey {
            case sets
            case few = "bars_2000"
        }
    }

    private static func metric(_ report: RunReport, _ key: String) -> MetricValue? {
        report.metrics.first { $0.key == key }?.value
    }

    @Test("A11: two thousand bars give the reference's counts and P&L")
    func countsOfTwoThousandBars() throws {
        let report = try BacktestSession(Self.configuration(bars: Self.bars2000)).run().report
        #expect(Self.metric(report, "fills") == .count(58))
        #expect(Self.metric(report, "round_trips") == .count(29))
        #expect(Self.metric(report, "total_pnl") == .money(try Money(parsing: "-186.242")))
        #expect(report.trades.count == 29)
        #expect(report.defects.isEmpty)
    }

    @Test("A11: the first fills of the reference, to the digit")
    func firstFills() throws {
        let golden = try Self.golden().few.open
        let fills = try Self.fills(of: Self.configuration(bars: Self.bars2000))
        #expect(fills.count == golden.fills)
        #expect(!golden.firstFills.isEmpty)
        for (fill, expected) in zip(fills, golden.firstFills) {
            #expect(fill.at.description == expected.time)
            #expect(fill.side.rawValue == expected.side)
            // Six decimals in the reference, of which a binary fraction may lose the last.
            #expect(
                Int((fill.price.double * 1e6).rounded()) == Int((expected.price * 1e6).rounded()))
            #expect(fill.quantity == Quantity(whole: 100))
        }
    }

    @Test("The reference's indicator values, bar by bar")
    func indicators() throws {
        let golden = try Self.golden().few.open.indicators
        var file = try BarFile(paths: [Self.bars2000])
        var bars: [Bar] = []
        while try file.read(into: &bars) {}
        #expect(bars.count == 2_000)
        var fast = ExponentialAverage(period: 12)
        var slow = ExponentialAverage(period: 26)
        var strength = RelativeStrength(period: 14)
        var checked = 0
        for (index, bar) in bars.enumerated() {
            fast.update(bar.close.double)
            slow.update(bar.close.double)
            strength.update(bar.close.double)
            guard let expected = golden[String(index)] else { continue }
            checked += 1
            #expect(bar.start.description == expected.ts)
            #expect((fast.value - expected.ema12).magnitude < 1e-9)
            #expect((slow.value - expected.ema26).magnitude < 1e-9)
            // The reference keeps a running figure before it has 14 changes; this one has none.
            if let value = strength.value {
                #expect((value - expected.rsi14).magnitude < 1e-9)
            } else {
                #expect(index < 14)
            }
        }
        #expect(checked == golden.count)
    }

    @Test(
        "A11: a hundred thousand bars give the reference's counts and P&L",
        .enabled(
            if: ProcessInfo.processInfo.environment["BELLWETHER_PYTHON"] != nil,
            "BELLWETHER_PYTHON names no Python with numpy to make the bars with"))
    func small() throws {
        let python = try #require(ProcessInfo.processInfo.environment["BELLWETHER_PYTHON"])
        let folder = NSTemporaryDirectory() + "bellwether-reference-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let maker = Process()
        maker.executableURL = URL(fileURLWithPath: python)
        maker.arguments = [
            Self.repository.appendingPathComponent("Packaging/reference/gen_bars.py").path, folder,
            "--preset", "small", "--no-per-symbol",
        ]
        try maker.run()
        maker.waitUntilExit()
        try #require(maker.terminationStatus == 0, "gen_bars.py failed; does \(python) have numpy?")
        let expected = try #require(try Self.golden().sets["small"]).open
        let report = try BacktestSession(
            Self.configuration(bars: folder + "/all.csv")
        ).run().report
        #expect(Self.metric(report, "fills") == .count(expected.fills))
        #expect(Self.metric(report, "round_trips") == .count(expected.roundTrips))
        #expect(Self.metric(report, "total_pnl") == .money(try Money(parsing: "-7801.591")))
        #expect(expected.fills == 3_423 && expected.roundTrips == 1_711)
    }

    /// The fills in the order in which they were booked.
    private static func fills(of configuration: Configuration) throws -> [Fill] {
        let assembly = try Assembly(configuration)
        let feed = try assembly.barFile(SymbolTable())
        let fills = Kept()
        let journal = BacktestJournal { effects, _ in
            for case .record(.fill(let fill)) in effects { fills.all.append(fill) }
        }
        _ = try BacktestRunner().run(
            assembly.engineConfig(idPrefix: "bw-test", interval: feed.interval, latches: false),
            venue: assembly.venue, feed: feed, news: NoNews(), journal: journal)
        return fills.all
    }

    private final class Kept { var all: [Fill] = [] }
}
