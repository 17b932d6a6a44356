import Domain
import Primitives
import Risk
import Testing

@Suite("Rules of the gate")
struct RuleTests {
    @Test("each rule at its boundary", arguments: RuleRow.all)
    func boundary(_ row: RuleRow) {
        let verdict = Setup(row.change).verdict
        #expect(verdict.refusal?.code == row.code)
        guard let refusal = verdict.refusal else { return }
        expectFigures(refusal, "\(row.name)")
        for figure in row.figures {
            #expect(refusal.figures[figure.name] == figure.value, "\(figure.name)")
        }
        #expect(verdict.record == .refused(refusal))
    }

    @Test("every refusal code is produced by a row")
    func everyCode() {
        #expect(Set(RuleRow.all.compactMap(\.code)) == Set(RefusalCode.allCases))
    }

    @Test("S09: neither a stale price of the signal nor a stale market makes an entry")
    func stale() {
        for seconds: Int64 in [181, 3600, 2_592_000] {
            let old = time("15:00:00") - Span(seconds: seconds)
            #expect(Setup { $0.signalPriceTime = old }.verdict.refusal?.code == .priceStale)
            #expect(Setup { $0.context.priceTime = old }.verdict.refusal?.code == .priceStale)
        }
    }

    @Test("S22: without a session nothing is sent, exits included")
    func noSession() {
        for reason in TradeReason.allCases {
            let setup = Setup {
                if reason != .entry { $0.exit("5", reason) }
                $0.context.session = nil
            }
            #expect(setup.verdict.refusal?.code == .sessionClosed, "\(reason)")
        }
    }

    @Test("S08: a zero anywhere is no value, never a division by zero")
    func zeros() {
        let rows: [(RefusalCode?, (inout Setup) -> Void)] = [
            (.priceMissing, { $0.context.price = .zero }),
            (.priceMissing, { $0.signalPrice = .zero }),
            (.quantityZero, { $0.fixed("0") }),
            (.quantityZero, { $0.strength = 0 }),
            (.quantityZero, { $0.config.sizing.lot = .zero }),
            (.quantityZero, { $0.config.sizing.equityShare = 0 }),
            (.quantityZero, { $0.config.sizing.riskShare = 0 }),
            (.quantityZero, { $0.context.cash = .zero }),
            (
                .quantityZero,
                {
                    $0.context.equity = .zero
                    $0.context.dayStartEquity = .zero
                    $0.config.dailyLossShareMax = nil
                    $0.config.drawdownShareMax = nil
                }
            ),
            (.dailyLoss, { $0.config.dailyLossShareMax = 0 }),
            (nil, { $0.context.atr = 0 }),
            (
                nil,
                {
                    $0.context.atr = 0
                    $0.config.sizing.stopShareMin = 0
                }
            ),
        ]
        for (index, row) in rows.enumerated() {
            #expect(Setup(row.1).verdict.refusal?.code == row.0, "row \(index)")
        }
    }

    /// What breaks each rule and no other, in the documented order.
    static let inOrder: [(RefusalCode, @Sendable (inout Setup) -> Void)] = [
        (.mode, { $0.context.mode = .halted }),
        (.suspended, { $0.context.block = .suspended }),
        (.sessionClosed, { $0.context.session = nil }),
        (.sessionEdge, { $0.config.sessionEdgeOpen = Span(seconds: 86_400) }),
        (.priceMissing, { $0.context.price = nil }),
        (.priceStale, { $0.signalPriceTime = time("14:00:00") }),
        (.warming, { $0.context.isWarm = false }),
        (.shortsDisabled, { $0.side = .sell }),
        (.duplicate, { $0.context.workingOrders = 1 }),
        (.cooldown, { $0.context.lastExit = time("14:59:00") }),
        (.ordersPerMinute, { $0.context.ordersLastMinute = 10 }),
        (.ordersPerDay, { $0.context.ordersToday = 100 }),
        (.dailyLoss, { $0.context.dayStartEquity = usd("200000") }),
        (.drawdown, { $0.context.equityPeak = usd("200000") }),
        (.positionCount, { $0.context.openPositions = 10 }),
        (.quantityZero, { $0.config.sizing.lot = shares("1000000") }),
        (.positionNotional, { $0.config.positionShareMax = 0.001 }),
        (.exposure, { $0.context.exposure = usd("100000") }),
        (.cash, { $0.context.cash = .zero }),
        (.notionalPerDay, { $0.context.notionalToday = usd("1000000") }),
    ]

    @Test("of two broken rules the earlier one speaks", arguments: inOrder.indices)
    func order(_ first: Int) {
        // One rule has a code for each kind of block.
        #expect(Self.inOrder.count == RefusalCode.allCases.count - EntryBlock.allCases.count + 1)
        for second in first..<Self.inOrder.count {
            let setup = Setup {
                $0.fixed("10")
                Self.inOrder[second].1(&$0)
                Self.inOrder[first].1(&$0)
            }
            // A quantity of zero fits every limit, so it always speaks before them.
            #expect(
                setup.verdict.refusal?.code == Self.inOrder[first].0,
                "\(Self.inOrder[first].0) before \(Self.inOrder[second].0)")
        }
        let all = Setup { setup in
            setup.fixed("10")
            for rule in Self.inOrder[first...] { rule.1(&setup) }
        }
        #expect(all.verdict.refusal?.code == Self.inOrder[first].0)
    }

    @Test("the same question always has the same answer")
    func pure() {
        for row in RuleRow.all {
            let setup = Setup(row.change)
            #expect(setup.verdict == setup.verdict, "\(row.name)")
        }
    }
}
