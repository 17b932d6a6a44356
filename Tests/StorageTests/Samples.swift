import Domain
import Foundation
import GRDB
import Primitives
import Storage

/// A folder of its own for each test, removed at its end.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array((NSTemporaryDirectory() + "bellwether-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    /// Runs SQL on a file of the folder behind the store's back.
    func execute(_ sql: String, on file: String = "ledger.db") throws {
        let queue = try DatabaseQueue(path: self.file(file))
        try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
        try queue.close()
    }

    func strings(_ sql: String, on file: String = "ledger.db") throws -> [String] {
        let queue = try DatabaseQueue(path: self.file(file))
        let strings = try queue.writeWithoutTransaction { db in
            try String.fetchAll(db, sql: sql)
        }
        try queue.close()
        return strings
    }
}

func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: 1_618_925_400 + seconds) }
func symbol(_ name: String) -> Symbol { Symbol(name)! }
func usd(_ text: String) -> Money { try! Money(parsing: text) }
func price(_ text: String) -> Price { try! Price(parsing: text) }
func id(_ text: String) -> ClientOrderID { ClientOrderID(text)! }

/// One position, bought at 10 and, where wanted, sold at 11, with books that balance.
struct Sample {
    let name: String
    let start: Int64
    var symbol: Symbol { ticker(name) }
    var entryID: ClientOrderID { id("bw-entry-\(name)") }
    var exitID: ClientOrderID { id("bw-exit-\(name)") }
    let votes: [Vote]

    init(
        _ name: String, at start: Int64 = 0,
        votes: [Vote] = [
            Vote(strategy: .sentiment, direction: 1, strength: 0.75),
            Vote(strategy: .trend, direction: -1, strength: 0.1),
        ]
    ) {
        (self.name, self.start, self.votes) = (name, start, votes)
    }

    func signal(_ suffix: String, side: OrderSide, reason: TradeReason, at: Int64) -> Signal {
        Signal(
            id: "signal-\(suffix)-\(name)", symbol: symbol, at: time(start + at), reason: reason,
            side: side, score: 0.625, strength: 0.625, price: price("10"),
            priceTime: time(start + at), votes: votes, indicators: [Figure("rsi", "55.1")],
            headlines: [reading], weightsVersion: 0)
    }

    var reading: SentimentReading {
        SentimentReading(
            newsID: "news-\(name)", symbol: symbol, headline: "“\(name)” soars; <b>&amp;</b> 'x'",
            score: SentimentScore(
                label: .positive, score: 0.9, confidence: 0.8, model: "lexicon-1"),
            at: time(start))
    }

    func intent(exit: Bool) -> OrderIntent {
        OrderIntent(
            id: exit ? exitID : entryID, decisionKey: "\(exit ? "exit" : "entry"):\(name):\(start)",
            signalID: "signal-\(exit ? "exit" : "entry")-\(name)", symbol: symbol,
            side: exit ? .sell : .buy, quantity: Quantity(whole: 5),
            type: exit ? .limit(price("11")) : .market, timeInForce: .day,
            role: exit ? .exit(.takeProfit) : .entry, createdAt: time(start + (exit ? 100 : 1)),
            expiresAt: time(start + (exit ? 160 : 61)), referencePrice: price("10"),
            reservation: exit ? .zero : usd("50.5"), bodyHash: "hash-\(name)")
    }

    func steps(exit: Bool, to: [OrderStatus]) -> [LedgerEntry] {
        var from = OrderStatus.intent
        return to.enumerated().map { index, status in
            defer { from = status }
            return .transition(
                OrderTransition(
                    id: exit ? exitID : entryID, from: from, to: status,
                    at: time(start + (exit ? 100 : 1) + Int64(index)),
                    brokerOrderID: status == .acked ? "broker-\(name)" : nil))
        }
    }

    func fill(exit: Bool) -> Fill {
        Fill(
            executionID: "\(exit ? "sell" : "buy")-\(name)", orderID: exit ? exitID : entryID,
            symbol: symbol, side: exit ? .sell : .buy, quantity: Quantity(whole: 5),
            price: price(exit ? "11" : "10"), fee: usd("0.5"), at: time(start + (exit ? 105 : 5)))
    }

    private func posting(_ cause: String, _ account: LedgerAccount, _ amount: String) -> Posting {
        Posting(cause: cause, account: account, amount: usd(amount), at: time(start + 5))
    }

    func lot(open: Bool) -> Lot {
        Lot(
            id: "buy-\(name)", symbol: symbol, openedAt: time(start + 5), openedBy: entryID,
            price: price("10"), quantity: open ? Quantity(whole: 5) : .zero,
            cost: open ? usd("50") : .zero, openFees: open ? usd("0.5") : .zero)
    }

    var intake: [LedgerEntry] {
        [
            .taken(newsID: "news-\(name)", at: time(start)),
            .signal(
                signal("entry", side: .buy, reason: .entry, at: 1),
                .approved(quantity: Quantity(whole: 5), figures: [Figure("exposure", "50")])),
            .intent(intent(exit: false)),
        ]
    }

    var opening: [LedgerEntry] {
        intake + steps(exit: false, to: [.submitting, .acked, .filled]) + [
            .fill(fill(exit: false)),
            .postings([
                posting("buy-\(name)", .securities(symbol), "50"),
                posting("buy-\(name)", .fees, "0.5"), posting("buy-\(name)", .cash, "-50.5"),
            ]),
            .lot(lot(open: true)),
        ]
    }

    var trade: ClosedTrade {
        ClosedTrade(
            id: "buy-\(name)/sell-\(name)", symbol: symbol, side: .buy,
            quantity: Quantity(whole: 5), entryOrder: entryID, exitOrder: exitID,
            entryTime: time(start + 5), exitTime: time(start + 105), entryPrice: price("10"),
            exitPrice: price("11"), costs: usd("1"), pnl: usd("4"), reason: .takeProfit)
    }

    var closing: [LedgerEntry] {
        [
            .signal(
                signal("exit", side: .sell, reason: .takeProfit, at: 100),
                .approved(quantity: Quantity(whole: 5), figures: [])),
            .intent(intent(exit: true)),
        ] + steps(exit: true, to: [.submitting, .acked, .filled]) + [
            .fill(fill(exit: true)),
            .postings([
                posting("sell-\(name)", .cash, "54.5"), posting("sell-\(name)", .fees, "0.5"),
                posting("sell-\(name)", .securities(symbol), "-50"),
                posting("sell-\(name)", .realized, "-5"),
            ]),
            .lot(lot(open: false)), .closedTrade(trade),
        ]
    }
}

private func ticker(_ name: String) -> Symbol { symbol(name) }

func capital(_ amount: String = "100000") -> LedgerEntry {
    .postings([
        Posting(cause: "opening", account: .cash, amount: usd(amount), at: time(0)),
        Posting(cause: "opening", account: .capital, amount: usd("-" + amount), at: time(0)),
    ])
}

func weights(_ version: Int, _ values: [Double], at: Int64, cause: String? = nil) -> WeightsChange {
    WeightsChange(
        weights: StrategyWeights(version: version, values: values)!, at: time(at), cause: cause,
        credits: cause == nil ? [0, 0, 0] : [0.5, -0.25, 0])
}

func checkpoint(at seconds: Int64) -> Checkpoint {
    Checkpoint(
        at: time(seconds), feedPosition: 1234, equityPeak: usd("100010"), drawdownMax: usd("7.25"),
        sessionDate: "2021-04-20", dayStartEquity: usd("100000"))
}

/// Days that begin as New York's do in summer: the samples lie in April.
func dayStart(_ at: Timestamp) -> Timestamp {
    let offset = Span(seconds: 4 * 3600)
    return Timestamp((at - offset).utcDate, secondsOfDay: 0) + offset
}

extension LedgerStore {
    func loadState() throws(StorageError) -> LedgerState { try loadState(dayStart: dayStart) }
}
