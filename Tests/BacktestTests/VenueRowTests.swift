import Backtest
import Domain
import Primitives
import Testing

/// One story at the venue: what is said to it, and what it answers.
struct VenueRow: CustomTestStringConvertible, Sendable {
    let name: String
    let config: VenueConfig
    let says: [String]
    let answers: [String]
    var testDescription: String { name }

    /// Without slippage, fees and limit of volume, unless changed.
    init(
        _ name: String, _ change: (inout VenueConfig) -> Void, _ says: [String],
        _ answers: [String]
    ) {
        var config = VenueConfig()
        config.slippageBasisPoints = 0
        config.participation = nil
        change(&config)
        (self.name, self.config, self.says, self.answers) = (name, config, says, answers)
    }

    init(_ name: String, _ says: [String], _ answers: [String]) {
        self.init(name, { _ in }, says, answers)
    }

    func check(knowsCloses: Bool = true, location: SourceLocation = #_sourceLocation) {
        var bench = VenueBench(config)
        bench.knowsCloses = knowsCloses
        for line in says { bench.play(line) }
        #expect(bench.lines == answers, "\(name)", sourceLocation: location)
    }
}

@Suite struct VenueRowTests {
    static let marketRows = [
        VenueRow(
            "a market order fills at the next open",
            ["time 14:00", "order a buy 100", "bar 14:00 100 102 99 101 1000"],
            ["a 100 at 100.00 14:00"]),
        VenueRow(
            "never in the bar it was decided on, however late that one is known",
            [
                "time 14:01", "order a buy 100", "bar 14:00 100 102 99 101 1000",
                "bar 14:01 103 104 102 103 1000",
            ], ["a 100 at 103.00 14:01"]),
        VenueRow(
            "a missing bar moves the fill to the bar after it",
            ["time 14:01", "order a buy 100", "bar 14:07 104 104 104 104 1000"],
            ["a 100 at 104.00 14:07"]),
        VenueRow(
            "slippage is against the buyer", { $0.slippageBasisPoints = 5 },
            ["order a buy 100", "bar 14:00 100 102 99 101 1000"], ["a 100 at 100.05 14:00"]),
        VenueRow(
            "slippage is against the seller", { $0.slippageBasisPoints = 5 },
            ["order a sell 100", "bar 14:00 100 102 99 101 1000"], ["a 100 at 99.95 14:00"]),
        VenueRow(
            "fees are per order and by notional",
            {
                $0.feePerOrder = decimal("1")
                $0.feeBasisPoints = 10
            }, ["order a buy 100", "bar 14:00 100 102 99 101 1000"],
            ["a 100 at 100.00 14:00 fee 11.00"]),
    ]

    @Test("S35: market orders: next open, slippage against the taker, fees", arguments: marketRows)
    func market(_ row: VenueRow) { row.check() }

    static let limitsRows = [
        VenueRow(
            "a touch is no fill",
            ["order a buy 100 limit 99", "bar 14:00 100 101 99 100 1000"], []),
        VenueRow(
            "penetrated: filled at the limit, when the bar is known",
            ["order a buy 100 limit 99", "bar 14:00 100 101 98.99 100 1000"],
            ["a 100 at 99.00 14:01"]),
        VenueRow(
            "gapped through: filled at the better open",
            ["order a buy 100 limit 99", "bar 14:00 97 98 96 97 1000"], ["a 100 at 97.00 14:00"]),
        VenueRow(
            "an open at the limit is a touch",
            ["order a buy 100 limit 99", "bar 14:00 99 101 99 100 1000"], []),
        VenueRow(
            "an open at the limit, then penetrated",
            ["order a buy 100 limit 99", "bar 14:00 99 101 98 100 1000"], ["a 100 at 99.00 14:01"]),
        VenueRow(
            "a sell is touched",
            ["order a sell 100 limit 101", "bar 14:00 100 101 99 100 1000"], []),
        VenueRow(
            "a sell is penetrated",
            ["order a sell 100 limit 101", "bar 14:00 100 101.01 99 100 1000"],
            ["a 100 at 101.00 14:01"]),
        VenueRow(
            "a sell is gapped through",
            ["order a sell 100 limit 101", "bar 14:00 103 104 102 103 1000"],
            ["a 100 at 103.00 14:00"]),
        VenueRow(
            "a limit has no slippage", { $0.slippageBasisPoints = 5 },
            ["order a buy 100 limit 99", "bar 14:00 100 101 98 100 1000"], ["a 100 at 99.00 14:01"]),
        VenueRow(
            "waits until its price comes",
            [
                "order a buy 100 limit 99 gtc", "bar 14:00 100 101 99.5 100 1000",
                "bar 14:01 100 101 98 100 1000",
            ], ["a 100 at 99.00 14:02"]),
    ]

    @Test("S35: limit orders: touched, penetrated, gapped through", arguments: limitsRows)
    func limit(_ row: VenueRow) { row.check() }

    static let stopsRows = [
        VenueRow(
            "reached: filled at its price with slippage", { $0.slippageBasisPoints = 10 },
            ["order a sell 100 stop 95", "bar 14:00 100 101 95 96 1000"],
            ["a 100 at 94.905 14:01"]),
        VenueRow(
            "not reached", ["order a sell 100 stop 95", "bar 14:00 100 101 95.01 96 1000"], []),
        VenueRow(
            "gapped through: filled at the open", { $0.slippageBasisPoints = 10 },
            ["order a sell 100 stop 95", "bar 14:00 90 91 89 90 1000"], ["a 100 at 89.91 14:00"]),
        VenueRow(
            "a buy stop is reached",
            ["order a buy 100 stop 105", "bar 14:00 100 105 99 104 1000"],
            ["a 100 at 105.00 14:01"]),
        VenueRow(
            "a buy stop is gapped through",
            ["order a buy 100 stop 105", "bar 14:00 110 111 109 110 1000"],
            ["a 100 at 110.00 14:00"]),
        VenueRow(
            "triggered, then filled over bars at their opens, wherever those are",
            { $0.participation = 0.1 },
            [
                "order a sell 100 stop 95", "bar 14:00 100 101 94 95 400",
                "bar 14:01 97 98 96 97 300", "bar 14:02 99 99 99 99 900",
            ], ["a 40 at 95.00 14:01", "a 30 at 97.00 14:01", "a 30 at 99.00 14:02"]),
        VenueRow(
            "reached by a bar without volume: looked at again", { $0.participation = 0.1 },
            [
                "order a sell 100 stop 95", "bar 14:00 100 101 94 95 0",
                "bar 14:01 97 98 96 97 9000", "bar 14:02 96 96 95 96 9000",
            ], ["a 100 at 95.00 14:03"]),
    ]

    @Test("S35: stop orders: reached, gapped through, filled over bars", arguments: stopsRows)
    func stop(_ row: VenueRow) { row.check() }

    static let volumesRows = [
        VenueRow(
            "a share of each bar's volume, the fee per order once",
            {
                $0.participation = 0.1
                $0.feePerOrder = decimal("1")
            },
            [
                "order a buy 100", "bar 14:00 100 100 100 100 600", "bar 14:01 101 101 101 101 600",
            ], ["a 60 at 100.00 14:00 fee 1.00", "a 40 at 101.00 14:01"]),
        VenueRow(
            "a bar without volume fills nothing", { $0.participation = 0.1 },
            ["order a buy 100", "bar 14:00 100 100 100 100 0", "bar 14:01 101 101 101 101 5000"],
            ["a 100 at 101.00 14:01"]),
        VenueRow(
            "less than a whole share is nothing", { $0.participation = 0.1 },
            ["order a buy 100", "bar 14:00 100 100 100 100 9"], []),
        VenueRow(
            "without a limit also a bar without volume fills",
            ["order a buy 100", "bar 14:00 100 100 100 100 0"], ["a 100 at 100.00 14:00"]),
        VenueRow(
            "the largest volume there is", { $0.participation = 1 },
            ["order a buy 100", "bar 14:00 100 100 100 100 9223372036854775807"],
            ["a 100 at 100.00 14:00"]),
        VenueRow(
            "two orders share a bar in the order they came", { $0.participation = 0.1 },
            [
                "order a buy 80", "order b buy 80", "bar 14:00 100 100 100 100 1000",
                "bar 14:01 101 101 101 101 1000",
            ], ["a 80 at 100.00 14:00", "b 20 at 100.00 14:00", "b 60 at 101.00 14:01"]),
    ]

    @Test("S35: a part of a bar's volume fills, the rest waits", arguments: volumesRows)
    func volume(_ row: VenueRow) { row.check() }

    static let repeatedRows = [
        VenueRow(
            "a corrected bar fills nothing more",
            [
                "order a buy 100 limit 99", "bar 14:00 100 101 99.5 100 1000",
                "bar 14:00 100 101 98 100 1000", "bar 14:01 98.5 98.5 98.5 98.5 1000",
            ], ["a 100 at 98.50 14:01"]),
        VenueRow(
            "a late bar fills nothing",
            [
                "order a sell 100 stop 95", "bar 14:05 100 101 99 100 1000",
                "bar 14:03 96 96 94 96 1000",
            ], []),
        VenueRow(
            "the same bar once more does not fill the rest", { $0.participation = 0.1 },
            [
                "order a buy 100", "bar 14:00 100 100 100 100 600",
                "bar 14:00 100 100 100 100 600",
            ], ["a 60 at 100.00 14:00"]),
    ]

    @Test(
        "S40: bars that are corrected, late or doubled do not fill again", arguments: repeatedRows)
    func again(_ row: VenueRow) { row.check() }
}
