import Backtest
import Domain
import Primitives
import Testing

/// Beginnings, ends and restarts of orders.
@Suite struct VenueLifeTests {
    static let protectedRows = [
        VenueRow(
            "live in the entry's own bar",
            ["order a buy 100 protect 95", "bar 14:00 100 101 94 96 1000"],
            ["a 100 at 100.00 14:00", "a-stop 100 at 95.00 14:01"]),
        VenueRow(
            "an entry that gaps below its stop is left at the same open",
            { $0.slippageBasisPoints = 10 },
            ["order a buy 100 protect 95", "bar 14:00 90 91 89 90 1000"],
            ["a 100 at 90.09 14:00", "a-stop 100 at 89.91 14:00"]),
        VenueRow(
            "grows with partial fills and protects what is held", { $0.participation = 0.1 },
            [
                "order a buy 100 protect 95", "bar 14:00 100 101 99 100 300",
                "bar 14:01 100 101 99 100 9000", "bar 14:02 96 96 94 95 9000",
            ],
            ["a 30 at 100.00 14:00", "a 70 at 100.00 14:01", "a-stop 100 at 95.00 14:03"]),
        VenueRow(
            "stops go before their entry when the volume is scarce", { $0.participation = 0.1 },
            [
                "order a buy 100 protect 95", "bar 14:00 100 101 99 100 300",
                "bar 14:01 94 94 94 94 300", "cancel a",
            ],
            [
                "a 30 at 100.00 14:00", "a-stop 30 at 94.00 14:01", "a canceled: requested",
                "a-stop canceled: nothing to protect",
            ]),
        VenueRow(
            "shares bought in a later bar are protected in it", { $0.participation = 0.1 },
            [
                "order a buy 100 protect 95", "bar 14:00 100 101 99 100 300",
                "bar 14:01 97 97 94 95 20000",
            ],
            [
                "a 30 at 100.00 14:00", "a-stop 30 at 95.00 14:02", "a 70 at 97.00 14:01",
            ]),
        VenueRow(
            "dies with an entry that was never filled",
            ["order a buy 100 limit 90 protect 85", "bar 14:00 100 101 99 100 1000", "cancel a"],
            ["a canceled: requested", "a-stop canceled: nothing to protect"]),
        VenueRow(
            "dies with an entry that expired",
            [
                "order a buy 100 limit 90 protect 85", "bar 14:00 100 101 99 100 1000",
                "close 20:00",
            ], ["a expired 20:00", "a-stop canceled: nothing to protect"]),
        VenueRow(
            "outlives a filled entry and the session",
            [
                "order a buy 100 protect 95", "bar 14:00 100 101 99 100 1000", "close 20:00",
                "bar 37:30 94 95 93 94 1000",
            ], ["a 100 at 100.00 14:00", "a-stop 100 at 94.00 37:30"]),
        VenueRow(
            "ends when every share of a canceled entry is sold", { $0.participation = 0.1 },
            [
                "order a buy 100 protect 95", "bar 14:00 100 101 99 100 300", "cancel a",
                "bar 14:01 90 90 90 90 9000",
            ],
            [
                "a 30 at 100.00 14:00", "a canceled: requested", "a-stop 30 at 90.00 14:01",
                "a-stop canceled: every share held was sold",
            ]),
        VenueRow(
            "of a short entry: a buy above it",
            ["order a sell 100 protect 105", "bar 14:00 100 106 99 104 1000"],
            ["a 100 at 100.00 14:00", "a-stop 100 at 105.00 14:01"]),
    ]

    @Test(
        "S35: a protective stop protects what is held, no more and no less",
        arguments: protectedRows)
    func protectiveStop(_ row: VenueRow) { row.check() }

    static let endsRows = [
        VenueRow(
            "a day order ends at the close",
            ["order a buy 100 limit 90", "bar 14:00 100 101 99 100 1000", "close 20:00"],
            ["a expired 20:00"]),
        VenueRow(
            "a partly filled day order as well", { $0.participation = 0.1 },
            ["order a buy 100", "bar 14:00 100 101 99 100 300", "close 20:00"],
            ["a 30 at 100.00 14:00", "a expired 20:00"]),
        VenueRow(
            "decided on the last bar, it lives into the next session",
            [
                "bar 19:59 100 101 99 100 1000", "order a buy 100", "close 20:00",
                "bar 37:30 102 102 102 102 1000",
            ], ["a 100 at 102.00 37:30"]),
        VenueRow(
            "and no longer",
            [
                "bar 19:59 100 101 99 100 1000", "order a buy 100 limit 90", "close 20:00",
                "bar 37:30 102 102 102 102 1000", "close 44:00",
            ], ["a expired 44:00"]),
        VenueRow(
            "good till canceled stays",
            [
                "order a buy 100 limit 90 gtc", "bar 14:00 100 101 99 100 1000", "close 20:00",
                "bar 37:30 89 89 89 89 1000",
            ], ["a 100 at 89.00 37:30"]),
        VenueRow(
            "canceled while working", ["order a buy 100", "cancel a"], ["a canceled: requested"]),
        VenueRow(
            "canceled with a part filled", { $0.participation = 0.1 },
            ["order a buy 100", "bar 14:00 100 101 99 100 300", "cancel a"],
            ["a 30 at 100.00 14:00", "a canceled: requested"]),
        VenueRow("a cancel of an order that is not there says nothing", ["cancel x"], []),
        VenueRow(
            "a cancel of a filled order comes too late",
            ["order a buy 100", "bar 14:00 100 101 99 100 300", "cancel a"],
            ["a 100 at 100.00 14:00"]),
        VenueRow(
            "a second cancel says nothing", ["order a buy 100", "cancel a", "cancel a"],
            ["a canceled: requested"]),
    ]

    @Test(
        "Day orders end with their session, others stay; cancels hit what works",
        arguments: endsRows)
    func end(_ row: VenueRow) { row.check() }

    @Test("S33: an id that has ended is not taken once more")
    func endedOnce() {
        for end in ["bar 14:00 100 101 99 100 300", "cancel a", "close 20:00"] {
            var bench = VenueBench(VenueConfig())
            bench.play("order a buy 100")
            bench.play(end)
            let open = bench.venue.openOrderCount
            bench.play("order a buy 100")
            #expect(bench.reports.last?.event == .duplicate, "after \(end)")
            #expect(bench.venue.openOrderCount == open && open == 0)
        }
    }

    static let dataEndsRows = [
        VenueRow(
            "a calendar read off the data: an order that met no bar stays",
            [
                "order a buy 100", "close 28:00", "bar 37:30 102 102 102 102 1000",
            ], ["a 100 at 102.00 37:30"]),
        VenueRow(
            "one that met a bar ends",
            ["order a buy 100 limit 90", "bar 14:00 100 101 99 100 1000", "close 28:00"],
            ["a expired 28:00"]),
        VenueRow(
            "also when the process restarted after that bar",
            [
                "order a buy 100 limit 90", "bar 14:00 100 101 99 100 1000", "restart",
                "close 28:00",
            ],
            ["a expired 28:00"]),
    ]

    @Test("Day orders where only the bars know the session", arguments: dataEndsRows)
    func dataEnd(_ row: VenueRow) { row.check(knowsCloses: false) }

    @Test("S33: the id of a living order is taken once; the first order stays")
    func duplicateID() {
        var bench = VenueBench(VenueRow("", [], []).config)
        for line in ["order a buy 100", "order a buy 100", "bar 14:00 100 101 99 100 1000"] {
            bench.play(line)
        }
        #expect(
            bench.lines == [
                "a duplicate", "a 100 at 100.00 14:00",
            ])
        #expect(bench.venue.openOrderCount == 0)
    }

    @Test("Each order and its protective stop is acknowledged at once, with the venue's own id")
    func acknowledgement() {
        var bench = VenueBench(VenueConfig())
        bench.play("order a buy 100 protect 95")
        #expect(
            bench.reports.map(\.event) == [
                .accepted(brokerOrderID: "paper-a"), .accepted(brokerOrderID: "paper-a-stop"),
            ])
        #expect(bench.venue.openOrderCount == 2)
    }

    /// Each line of it may be followed by a restart.
    static let livesRows = [
        [
            "order a buy 100 protect 95", "bar 14:00 100 101 99 100 300",
            "bar 14:01 100 101 99 100 300", "bar 14:02 97 97 94 94 400", "cancel a",
            "bar 14:03 93 93 93 93 300", "bar 14:04 93 93 93 93 3000", "close 20:00",
        ],
        [
            "order a buy 100 limit 99 gtc", "order b sell 40 stop 95 gtc", "order c buy 10",
            "bar 14:00 100 101 98 100 600", "bar 14:01 100 101 94 95 300",
            "bar 14:02 96 97 96 96 150", "close 20:00", "bar 37:30 98 99 92 93 9000",
        ],
        [
            "order a sell 100 protect 105", "bar 14:00 100 101 99 100 0",
            "bar 14:01 100 106 99 100 200", "bar 14:02 107 107 107 107 200", "close 20:00",
            "bar 37:30 101 101 101 101 9000",
        ],
        [
            "order a buy 50 limit 90", "order b buy 50 limit 90 gtc",
            "bar 14:00 100 101 95 100 900", "close 20:00", "bar 37:30 89 90 88 89 9000",
        ],
    ]

    @Test(
        "S05: a restart after any line changes no answer and no execution id", arguments: livesRows)
    func restart(_ lines: [String]) {
        var config = VenueConfig()
        config.participation = 0.1
        config.feePerOrder = decimal("1")
        func answers(restartingAfter places: Set<Int>) -> [BrokerReport] {
            var bench = VenueBench(config)
            for (index, line) in lines.enumerated() {
                bench.play(line)
                if places.contains(index) { bench.play("restart") }
            }
            return bench.reports
        }
        let straight = answers(restartingAfter: [])
        for index in lines.indices {
            #expect(answers(restartingAfter: [index]) == straight, "restart after line \(index)")
        }
        #expect(answers(restartingAfter: Set(lines.indices)) == straight)
    }

    @Test("A stop restored without shares and without its entry is given up")
    func orphan() {
        var bench = VenueBench(VenueRow("", { $0.participation = 0.1 }, [], []).config)
        for line in [
            "order a buy 100 protect 95", "bar 14:00 100 101 99 100 300", "cancel a",
            "order b sell 30", "bar 14:01 100 101 99 100 9000", "restart",
        ] {
            bench.play(line)
        }
        #expect(bench.lines.last == "a-stop canceled: nothing to protect")
        #expect(bench.venue.openOrderCount == 0)
    }

    @Test("S05 S33: bars within one second give fills ids of their own, also after a restart")
    func subsecond() {
        var config = VenueConfig()
        config.participation = 0.1
        for restarts in [false, true] {
            var bench = VenueBench(config)
            bench.play("order a buy 100")
            for part in 0..<3 {
                bench.take(
                    Bar(
                        symbol: VenueBench.id,
                        start: VenueBench.time("14:00")
                            + Span(nanoseconds: Int64(part) * 250_000_000),
                        open: Price(whole: 100), high: Price(whole: 100), low: Price(whole: 100),
                        close: Price(whole: 100), volume: Volume(shares: 300)))
                if restarts { bench.play("restart") }
            }
            let ids = bench.reports.compactMap { report in
                if case .fill(let id, _, _, _) = report.event { id } else { nil }
            }
            #expect(ids.count == 3 && Set(ids).count == 3)
        }
    }

    @Test("The costs of the venue: slippage, and the fee on the price that has slipped")
    func costs() {
        var config = VenueConfig()
        #expect(config.costBasisPoints == 5)
        config.slippageBasisPoints = 1_000
        config.feeBasisPoints = 1_000
        #expect(config.costBasisPoints == 2_100)
        config.feeBasisPoints = 1
        #expect(config.costBasisPoints == 1_002)
    }

    @Test("Prices at the end of the range do not trap")
    func extremes() {
        var config = VenueConfig()
        config.slippageBasisPoints = 10_000
        config.feeBasisPoints = 10_000
        var bench = VenueBench(config)
        bench.play("order a buy 9223372036 protect 1")
        bench.play("order b sell 9223372036 limit 1")
        let edges = [Price(units: .max), Price(units: 1)]
        for (index, price) in edges.enumerated() {
            bench.take(
                Bar(
                    symbol: VenueBench.id,
                    start: VenueBench.time("14:00") + Span(seconds: Int64(index) * 60),
                    open: price, high: price, low: price, close: price,
                    volume: Volume(shares: .max)))
        }
        #expect(bench.venue.openOrderCount <= 3)
    }
}
