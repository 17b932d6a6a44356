import Appliance
import Domain
import Portfolio
import Primitives

@testable import Storage

/// Small runs and one order, with round figures.
enum ReportingFixture {
    /// Text that would do harm wherever it is not escaped.
    static let hostile = "</style><script>alert('1')</script>\"&\u{1B}[31m\u{202E}\n\u{0}"

    static func time(_ text: String) throws -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else { throw FixtureError.bad(text) }
        return time
    }

    static func money(_ text: String) throws -> Money { try Money(parsing: text) }
    static func price(_ text: String) throws -> Price { try Price(parsing: text) }

    static func order(_ text: String) throws -> ClientOrderID {
        guard let id = ClientOrderID(text) else { throw FixtureError.bad(text) }
        return id
    }

    static func symbol(_ text: String) throws -> Symbol {
        guard let symbol = Symbol(text) else { throw FixtureError.bad(text) }
        return symbol
    }

    static func trade(
        _ index: Int = 1, symbol: String = "AAPL", pnl: String = "8.5",
        reason: TradeReason = .flip
    ) throws -> ClosedTrade {
        let opened = try time("2024-03-04T14:31:00Z") + Span(seconds: Int64(index - 1) * 60)
        return ClosedTrade(
            id: "e\(index)+x\(index)", symbol: try Self.symbol(symbol), side: .buy,
            quantity: Quantity(whole: 10), entryOrder: try order("bw-entry-\(index)"),
            exitOrder: try order("bw-exit-\(index)"), entryTime: opened,
            exitTime: opened + Span(seconds: 5400), entryPrice: try price("100.05"),
            exitPrice: try price("101"), costs: try money("1"), pnl: try money(pnl),
            reason: reason)
    }

    static func snapshot(_ at: String, _ equity: String) throws -> EquitySnapshot {
        EquitySnapshot(
            at: try time(at), equity: try money(equity), cash: try money(equity), exposure: .zero,
            openPositions: 0, isSessionClose: true)
    }

    static func weights(_ version: Int, _ values: [Double], _ at: String) throws -> WeightsChange {
        guard let weights = StrategyWeights(version: version, values: values) else {
            throw FixtureError.bad("\(values)")
        }
        return WeightsChange(
            weights: weights, at: try time(at), cause: version == 0 ? nil : "e1+x1",
            credits: version == 0 ? [] : [0.25, 0, -0.5])
    }

    /// Two sessions, one trade.
    static func run() throws -> RunReport {
        let capital = try money("1000")
        let closes = [
            try snapshot("2024-03-04T21:00:00Z", "1008.5"),
            try snapshot("2024-03-05T21:00:00Z", "1005.25"),
        ]
        return report(
            title: "Backtest", capital: capital, closes: closes, trades: [try trade()],
            weights: [
                try weights(0, [0.5, 0.25, 0.25], "2024-03-04T14:30:00Z"),
                try weights(1, [0.5, 0.375, 0.125], "2024-03-04T16:01:00Z"),
            ])
    }

    /// Nothing happened at all.
    static func empty() -> RunReport {
        report(title: "Nothing", capital: .zero, closes: [], trades: [], weights: [])
    }

    static func report(
        title: String, capital: Money, closes: [EquitySnapshot], trades: [ClosedTrade],
        weights: [WeightsChange]
    ) -> RunReport {
        var tracker = EquityTracker()
        if let first = closes.first { tracker.observe(equity: capital, at: first.at) }
        for close in closes { tracker.observe(equity: close.equity, at: close.at) }
        let metrics = PerformanceReport.compute(
            capital: capital, finalEquity: closes.last?.equity ?? capital, trades: trades,
            closes: closes, fills: trades.count * 2, roundTrips: trades.count,
            costs: Money(whole: Int64(trades.count)), tracker: tracker)
        return RunReport(
            title: title, run: [("seed", .integer(20_240_102)), ("interval", .seconds(60))],
            metrics: metrics, equity: closes, trades: trades, weights: weights,
            refusals: trades.isEmpty ? [] : [("COOLDOWN", 3)],
            defects: trades.isEmpty ? [] : ["bars.csv:7: high below low: AAPL,…"],
            capital: capital)
    }

    enum FixtureError: Error { case bad(String) }
}

extension ReportingFixture {
    static func intent(_ id: String, _ side: OrderSide, _ role: OrderRole) throws -> OrderIntent {
        OrderIntent(
            id: try order(id), decisionKey: "key", signalID: "sig-1", symbol: try symbol("AAPL"),
            side: side, quantity: Quantity(whole: 10), type: .market, timeInForce: .day, role: role,
            createdAt: try time("2024-03-04T14:31:00Z"),
            expiresAt: try time("2024-03-04T14:36:00Z"), referencePrice: try price("100"),
            reservation: try money("1002.5"), bodyHash: "h")
    }

    static func signal(headline: String = "Apple beats expectations") throws -> Signal {
        let at = try time("2024-03-04T14:31:00Z")
        let score = SentimentScore(
            label: .positive, score: 0.85, confidence: 0.9, model: "lexicon-1")
        return Signal(
            id: "sig-1", symbol: try symbol("AAPL"), at: at, reason: .entry, side: .buy,
            score: 0.615, strength: 0.615, price: try price("100"),
            priceTime: at - Span(seconds: 60),
            votes: [
                Vote(strategy: .sentiment, direction: 1, strength: 0.85),
                Vote(strategy: .trend, direction: 1, strength: 0.76),
            ],
            indicators: [Figure("bars", "120"), Figure("ema_fast", "100.4")],
            headlines: [
                SentimentReading(
                    newsID: "n-7", symbol: try symbol("AAPL"), headline: headline, score: score,
                    at: at - Span(seconds: 600))
            ], weightsVersion: 0)
    }

    /// An entry that was filled and closed again.
    static func entryStory(headline: String = "Apple beats expectations") throws -> OrderExplanation
    {
        let intent = try intent("bw-entry-1", .buy, .entry)
        func step(_ from: OrderStatus, _ to: OrderStatus, _ second: Int64) -> OrderTransition {
            OrderTransition(
                id: intent.id, from: from, to: to, at: intent.createdAt + Span(seconds: second),
                brokerOrderID: "V-1")
        }
        return OrderExplanation(
            intent: intent, status: .filled, brokerOrderID: "V-1",
            filledQuantity: intent.quantity, signal: try signal(headline: headline),
            verdict: .approved(
                quantity: intent.quantity,
                figures: [Figure("equity", "1000.00"), Figure("bound", "position_notional")]),
            transitions: [
                step(.intent, .submitting, 0), step(.submitting, .acked, 1),
                step(.acked, .filled, 60),
            ],
            fills: [
                Fill(
                    executionID: "e1", orderID: intent.id, symbol: intent.symbol, side: .buy,
                    quantity: intent.quantity, price: try price("100.05"), fee: try money("0.5"),
                    at: intent.createdAt + Span(seconds: 60))
            ], trades: [try trade()],
            weightChanges: [try weights(1, [0.5, 0.375, 0.125], "2024-03-04T16:01:00Z")],
            entryOrder: nil)
    }

    /// The protective stop of that entry, cancelled when the exit went out.
    static func stopStory() throws -> OrderExplanation {
        let intent = try intent("bw-stop-1", .sell, .protectiveStop(parent: order("bw-entry-1")))
        return OrderExplanation(
            intent: intent, status: .canceled, brokerOrderID: nil, filledQuantity: .zero,
            signal: nil, verdict: nil, transitions: [], fills: [], trades: [], weightChanges: [],
            entryOrder: try order("bw-entry-1"))
    }

    /// The exit that closed it.
    static func exitStory() throws -> OrderExplanation {
        var story = try entryStory()
        story.intent = try intent("bw-exit-1", .sell, .exit(.flip))
        story.entryOrder = try order("bw-entry-1")
        return story
    }
}
