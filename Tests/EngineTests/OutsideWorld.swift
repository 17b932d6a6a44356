import Domain
import Execution
import Portfolio
import Primitives
import Simulation
import TestSupport

@testable import Engine

/// The same pipeline before a broker on another machine: the test plays the broker, and nothing is
/// answered unless it says so.
struct OutsideWorld {
    var engine: TradingEngine
    var ledger = MemoryLedger()
    /// What left, oldest first.
    private(set) var sent: [OrderTicket] = []
    private(set) var cancels: [ClientOrderID] = []
    private(set) var questions: [BrokerQuery] = []
    private(set) var problems: [String] = []
    private var stories = 0
    /// The broker's side, where the test keeps one.
    var broker = Mirror()

    /// An account as the test wants it shown.
    struct Mirror {
        var cash = Money(whole: 100_000)
        var holdings: [Symbol: Quantity] = [:]
        var orders: [BrokerOrder] = []
        var fills: [BrokerFill] = []

        var report: AccountReport {
            AccountReport(
                cash: cash,
                holdings: holdings.keys.sorted().map {
                    AccountReport.Holding(symbol: $0, quantity: holdings[$0] ?? .zero)
                },
                orders: orders, fills: fills)
        }
    }

    static let symbol = Symbol("TEST")!

    init(_ change: (inout EngineConfig) -> Void = { _ in }) {
        engine = TradingEngine(
            World.config {
                $0.execution.isOutside = true
                $0.portfolio.capital = Money(whole: 100_000)
                change(&$0)
            })
        _ = engine.register(Self.symbol)
    }

    /// The session is open, the line up and the account compared; a price is known.
    static func ready(_ change: (inout EngineConfig) -> Void = { _ in }) throws -> OutsideWorld {
        var world = OutsideWorld(change)
        try world.take(.timer(.sessionOpen), "13:30")
        try world.take(.link(.up), "13:31")
        try world.answerAccount("13:31")
        try world.bar("14:00")
        return world
    }

    /// As above, with an entry decided and sent at 14:02.
    static func entered(
        _ change: (inout EngineConfig) -> Void = { _ in }
    ) throws -> (world: OutsideWorld, id: ClientOrderID) {
        var world = try ready(change)
        try world.news("14:02")
        guard let id = world.sent.last?.id else { throw Missing.order }
        return (world, id)
    }

    enum Missing: Error { case order, question }

    // MARK: - Events

    mutating func bar(_ start: String, _ price: String = "100") throws {
        let price: Price = decimal(price)
        try take(
            .bar(
                Bar(
                    symbol: SymbolID(index: 0), start: time(start), open: price, high: price,
                    low: price, close: price, volume: Volume(shares: 1_000))),
            time(start) + Span(seconds: 60))
    }

    mutating func news(_ at: String, _ headline: String = World.good) throws {
        stories += 1
        try take(
            .news(
                NewsItem(
                    id: "n\(stories)", headline: "\(headline) number \(stories)",
                    symbols: [Self.symbol], createdAt: time(at))), at)
    }

    /// An entry is decided, and nothing of it is done.
    mutating func decide(_ at: String) throws {
        var effects: [Effect] = []
        let item = NewsItem(
            id: "decided", headline: World.good, symbols: [Self.symbol], createdAt: time(at))
        try engine.process(Stamped(at: time(at), .news(item)), effects: &effects)
        ledger.commit(effects)
    }

    mutating func report(
        _ id: ClientOrderID, _ event: BrokerReport.Event, _ at: Timestamp? = nil,
        total: Int64? = nil
    ) throws {
        let at = at ?? engine.now
        try take(
            .broker(
                BrokerReport(
                    orderID: id, at: at, event: event,
                    filledTotal: total.map { Quantity(whole: $0) }
                )), at)
    }

    mutating func fill(
        _ id: ClientOrderID, _ execution: String, _ shares: Int64, _ price: Int64 = 100,
        fee: Money = .zero
    ) throws {
        try report(
            id,
            .fill(
                executionID: execution, quantity: Quantity(whole: shares),
                price: Price(whole: price), fee: fee))
    }

    mutating func answer(_ id: ClientOrderID, _ result: OrderAnswer.Result) throws {
        let now = engine.now
        try take(.order(OrderAnswer(id: id, asked: now, result: result)), now)
    }

    /// The answer to the newest question for the account, as `broker` has it.
    mutating func answerAccount(_ at: String? = nil, failed: String? = nil) throws {
        guard
            let query = questions.reversed().lazy.compactMap({ query -> AccountQuery? in
                if case .account(let account) = query { account } else { nil }
            }).first
        else { throw Missing.question }
        let at = at.map { EngineTests.time($0) } ?? engine.now
        let result: AccountAnswer.Result =
            failed.map { .failed(reason: $0) } ?? .account(broker.report)
        try take(.account(AccountAnswer(query: query, asked: engine.now, result: result)), at)
    }

    /// Wakes the engine for everything until then, as the loop does; `broker` answers all that is
    /// asked, orders with `orders`.
    mutating func wait(
        until: Timestamp, account: Bool = true,
        orders: (ClientOrderID) -> OrderAnswer.Result? = { _ in nil }
    ) throws {
        var seen = questions.count
        var steps = 0
        while engine.nextDue < until {
            steps += 1
            if steps > 5_000 {
                problems.append("the engine never rests")
                return
            }
            try take(.timer(.due), max(engine.nextDue, engine.now))
            while seen < questions.count {
                let question = questions[seen]
                seen += 1
                switch question {
                case .order(let id): if let result = orders(id) { try answer(id, result) }
                case .account: if account { try answerAccount() }
                }
            }
        }
        try take(.timer(.due), until)
    }

    mutating func take(_ event: InputEvent, _ at: String) throws { try take(event, time(at)) }

    mutating func take(_ event: InputEvent, _ at: Timestamp) throws {
        var event = event
        if case .account(var answer) = event {
            answer.books = ledger.extract(since: answer.query.since)
            event = .account(answer)
        }
        var effects: [Effect] = []
        try engine.process(Stamped(at: at, event), effects: &effects)
        perform(effects)
    }

    // MARK: - Effects

    /// As the loop does: the records first, then what they are for.
    private mutating func perform(_ first: [Effect]) {
        var effects = first
        var rounds = 0
        while !effects.isEmpty, rounds < 100 {
            rounds += 1
            ledger.commit(effects)
            var next: [Effect] = []
            for effect in effects {
                switch effect {
                case .submit(let id):
                    var records: [Effect] = []
                    let ticket = engine.beginSubmit(id, effects: &records)
                    guard let ticket else {
                        next += records
                        continue
                    }
                    ledger.commit(records)
                    if ledger.orders[id]?.status != .submitting {
                        problems.append("\(id) left unrecorded")
                    }
                    sent.append(ticket)
                case .cancel(let id):
                    var records: [Effect] = []
                    guard engine.beginCancel(id, effects: &records) else {
                        next += records
                        continue
                    }
                    ledger.commit(records)
                    if !ledger.transitions.contains(where: { $0.id == id && $0.isCancelWanted }) {
                        problems.append("the cancel of \(id) left unrecorded")
                    }
                    cancels.append(id)
                case .ask(let query): questions.append(query)
                case .record, .history, .notice, .answer: break
                }
            }
            effects = next
        }
    }

    /// The process ends and starts again; what was under way is gone, and so is the line.
    mutating func restart(recovers: Bool = true) throws {
        var copy = TradingEngine(engine.config)
        for symbol in engine.symbols.symbols { _ = copy.register(symbol) }
        try copy.restore(ledger.state { xnys.midnight(before: $0) })
        engine = copy
        guard recovers else { return }
        var effects: [Effect] = []
        engine.recover(effects: &effects)
        perform(effects)
    }

    // MARK: - Questions

    var position: Quantity { engine.portfolio.quantity(SymbolID(index: 0)) }
    var alerts: [String] { ledger.alerts.map(\.code) }
    var asked: [ClientOrderID] {
        questions.compactMap { if case .order(let id) = $0 { id } else { nil } }
    }
    var stop: ClientOrderID? { engine.execution.protectiveStop(SymbolID(index: 0)) }
    var block: EntryBlock? { engine.entryBlock(SymbolID(index: 0)) }
    func status(_ id: ClientOrderID) -> OrderStatus? { ledger.orders[id]?.status }

    /// As the broker would show one of our orders.
    func shown(
        _ id: ClientOrderID, _ status: BrokerOrder.Status = .open, filled: Int64 = 0,
        quantity: Quantity? = nil
    ) throws -> BrokerOrder {
        guard let intent = ledger.orders[id]?.intent else { throw Missing.order }
        return BrokerOrder(
            clientOrderID: id.text, brokerOrderID: "b-" + id.text, symbol: intent.symbol,
            side: intent.side, quantity: quantity ?? intent.quantity, type: intent.type,
            timeInForce: intent.timeInForce, status: status, filled: Quantity(whole: filled),
            submittedAt: intent.createdAt)
    }

    func listed(
        _ id: ClientOrderID, _ execution: String, _ shares: Int64, _ price: Int64 = 100,
        side: OrderSide = .buy, at: Timestamp? = nil
    ) -> BrokerFill {
        BrokerFill(
            executionID: execution, clientOrderID: id.text, symbol: Self.symbol, side: side,
            quantity: Quantity(whole: shares), price: Price(whole: price), fee: .zero,
            at: at ?? engine.now)
    }

    /// What the rows themselves say is wrong.
    var broken: [String] { problems + ledger.problems + ledger.bookProblems }
}
