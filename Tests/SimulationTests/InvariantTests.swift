import Calendar
import Domain
import Engine
import Learning
import Portfolio
import Primitives
import Testing

@testable import Execution
@testable import Simulation

/// A world in which one thing at a time is made wrong.
private struct Planted {
    let truth: Truth
    let watch: Watch
    let engine: TradingEngine
    let noon = Timestamp(rfc3339: "2026-03-10T16:00:00Z") ?? .distantPast

    /// Looked at alone: worlds made by hand are too poor for all of them.
    private static func isAlone(_ number: Int) -> Bool {
        number >= 29 || [11, 16, 23].contains(number)
    }

    /// - Parameter number: of the promise that is broken.
    init(_ number: Int = 0) throws {
        let config = simulatedConfig(try newYork())
        var engine = TradingEngine(config)
        for symbol in ModelMarket.symbols { _ = engine.register(symbol) }
        self.engine = engine
        truth = Truth(
            config: config,
            exchange: Exchange(
                symbols: ModelMarket.symbols,
                prices: ModelMarket.symbols.map { _ in Price(whole: 10) },
                cash: config.portfolio.capital))
        truth.isCompared = true
        truth.isLinkUp = true
        watch = Watch(
            truth,
            checks: allInvariants().filter {
                Self.isAlone(number) ? $0.number == number : ![34, 37].contains($0.number)
            })
    }

    func intent(
        _ name: String, role: OrderRole = .entry, side: OrderSide = .buy, signal: String? = nil,
        at: Timestamp? = nil, id: ClientOrderID? = nil
    ) -> OrderIntent {
        let symbol = ModelMarket.symbols[0]
        guard let id = id ?? ClientOrderID("bw-sim-" + name) else {
            preconditionFailure("no id")
        }
        return OrderIntent(
            id: id, decisionKey: name, signalID: signal ?? "sig-" + name, symbol: symbol,
            side: side, quantity: Quantity(whole: 10), type: .market, timeInForce: .day,
            role: role, createdAt: at ?? noon, expiresAt: (at ?? noon) + Span(seconds: 60),
            referencePrice: Price(whole: 10), reservation: Money(whole: 100), bodyHash: name)
    }

    func lot(_ intent: OrderIntent) -> Lot {
        Lot(
            id: "l1", symbol: intent.symbol, openedAt: noon, openedBy: intent.id,
            price: Price(whole: 10), quantity: Quantity(whole: 10), cost: Money(whole: 100),
            openFees: .zero)
    }

    func step(
        _ intent: OrderIntent, _ from: OrderStatus, _ to: OrderStatus, at: Timestamp? = nil
    ) -> LedgerEntry {
        .transition(
            OrderTransition(id: intent.id, from: from, to: to, at: at ?? intent.createdAt))
    }

    func fill(
        _ name: String, _ intent: OrderIntent, _ shares: Int64, reverses: String? = nil
    ) -> LedgerEntry {
        .fill(
            Fill(
                executionID: name, orderID: intent.id, symbol: intent.symbol, side: intent.side,
                quantity: Quantity(whole: shares), price: Price(whole: 10), fee: .zero, at: noon,
                reverses: reverses))
    }

    func hold(_ mode: TradingMode, _ cause: HoldCause = .operator) -> LedgerEntry {
        .hold(
            .set(
                TradingHold(
                    id: "h1", cause: cause, mode: mode, by: "ctl:root", why: "", since: noon,
                    until: nil)))
    }

    func ticket(_ intent: OrderIntent) -> OrderTicket {
        OrderTicket(intent, symbolID: SymbolID(index: 0), protectiveStop: nil)
    }

    /// As the store does it.
    func write(_ entries: LedgerEntry...) {
        watch.beginCommit(entries)
        for entry in entries {
            watch.see(.writing(entry))
            if let refusal = truth.ledger.take(entry) { watch.refused(refusal) }
        }
        truth.ledger.endCommit()
        watch.see(.written)
    }

    /// Time goes by, with a line and a process since noon.
    func pass(seconds: Int64) {
        truth.linkUpSince = noon
        truth.aliveSince = noon
        truth.stamp = noon + Span(seconds: seconds)
        truth.now = truth.stamp
    }

    /// The account as it is, answered to a comparison.
    func tellAccount(_ run: String) {
        let query = AccountQuery(run: run, since: noon)
        let report = truth.exchange.report(since: noon, at: noon)
        let answer = AccountAnswer(query: query, asked: noon, result: .account(report))
        watch.see(.told(.account(answer)))
    }

    /// - Parameter verdict: where it differs, on a position.
    func comparison(_ run: String, _ verdict: ReconciliationRun.Verdict) -> LedgerEntry {
        let line = ReconciliationLine(
            kind: .position, subject: "AAA", books: "10", broker: "0", outcome: .unexplained)
        return .reconciliation(
            ReconciliationRun(
                id: run, trigger: .periodic, since: noon, at: noon, verdict: verdict, orders: 0,
                fills: 0, positions: 0, cashBooks: .zero, cashBroker: nil,
                lines: verdict == .differs ? [line] : []))
    }

    func command(_ name: String, _ verb: Command.Verb, proven: Bool) -> CommandRecord {
        let command = Command(
            transaction: name, by: "x", isProven: proven, why: "", verb: verb)
        let answer = CommandAnswer(
            transaction: name, verb: verb.name, refusal: nil, message: "done", mode: .active,
            holds: [], unprotected: [])
        return CommandRecord(command: command, at: noon, answer: answer)
    }
}

@Suite struct InvariantTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let number: Int
        let what: String
        fileprivate let plant: @Sendable (Planted) -> Void
        var testDescription: String { "\(number): \(what)" }

        fileprivate init(
            _ number: Int, _ what: String, _ plant: @escaping @Sendable (Planted) -> Void
        ) {
            self.number = number
            self.what = what
            self.plant = plant
        }
    }

    static let rows: [Row] = [
        Row(1, "a fill that the engine does not hold") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.fill("x1", entry, 10))
            world.watch.look(at: world.engine, .step)
        },
        Row(2, "two orders from one signal") { world in
            world.write(.intent(world.intent("a", signal: "s")))
            world.write(.intent(world.intent("b", signal: "s")))
        },
        Row(2, "an execution stored twice") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.fill("x1", entry, 3), world.fill("x1", entry, 3))
        },
        Row(3, "an order at the broker without an intent") { world in
            world.watch.see(.placed(world.ticket(world.intent("a"))))
        },
        Row(4, "an order that leaves before its submission is durable") { world in
            let entry = world.intent("a")
            world.write(.intent(entry))
            world.watch.see(.posted(world.ticket(entry)))
        },
        Row(5, "an entry let go in a pause") { world in
            let entry = world.intent("a")
            world.write(world.hold(.paused), .intent(entry))
            world.write(world.step(entry, .intent, .submitting))
        },
        Row(6, "a request that begins after the pause") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
            world.write(world.hold(.reduceOnly))
            world.watch.see(.posted(world.ticket(entry)))
        },
        Row(7, "a terminal order that moves on") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .expiredLocal))
            world.write(world.step(entry, .expiredLocal, .acked))
        },
        Row(8, "an order filled beyond its quantity") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.fill("x1", entry, 11))
        },
        Row(9, "an order of the ledger that the engine does not have") { world in
            world.write(.intent(world.intent("a")))
            world.watch.look(at: world.engine, .step)
        },
        Row(10, "cash that the fills do not explain") { world in
            world.write(
                .postings([
                    Posting(
                        cause: "x", account: .cash, amount: Money(whole: 7), at: world.noon),
                    Posting(
                        cause: "x", account: .capital, amount: Money(whole: -7), at: world.noon),
                ]))
        },
        Row(1, "lots that are not what the fills left") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), .lot(world.lot(entry)))
            world.watch.look(at: world.engine, .step)
        },
        Row(11, "a reservation that the engine does not hold") { world in
            world.write(.intent(world.intent("a")))
            world.watch.look(at: world.engine, .step)
        },
        Row(12, "an exit larger than what is held") { world in
            let exit = world.intent("a", role: .exit(.time), side: .sell)
            world.write(.intent(exit), world.step(exit, .intent, .submitting))
        },
        Row(13, "more orders in a minute than allowed") { world in
            for number in 0..<4 { world.write(.intent(world.intent("a\(number)"))) }
        },
        Row(14, "an entry let go in the night") { world in
            let night = Timestamp(rfc3339: "2026-03-11T03:00:00Z") ?? .distantPast
            let entry = world.intent("a", at: night)
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
        },
        Row(15, "an entry let go before the books were compared") { world in
            world.truth.isCompared = false
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
        },
        Row(16, "an order under the prefix of another installation") { world in
            guard let id = ClientOrderID("bw-live-a") else { return }
            let ticket = OrderTicket(
                world.intent("a", id: id), symbolID: SymbolID(index: 0), protectiveStop: nil)
            world.watch.see(.posted(ticket))
        },
        Row(17, "a hold that the living engine does not have") { world in
            world.write(world.hold(.paused))
            world.watch.look(at: world.engine, .day)
        },
        Row(19, "an answer that is not in the ledger") { world in
            world.watch.see(.answered(world.command("t1", .reconcile, proven: true).answer))
        },
        Row(20, "a hold lifted without proof") { world in
            world.write(world.hold(.paused))
            world.write(
                .hold(.lifted(id: "h1", by: "x", why: "", at: world.noon)),
                .command(world.command("t1", .resume(latch: nil), proven: false)))
        },
        Row(20, "a command carried out twice") { world in
            let record = world.command("t1", .reconcile, proven: true)
            world.write(.command(record))
            world.write(.command(record))
        },
        Row(22, "an order sent with another body") { world in
            let entry = world.intent("a")
            let other = world.intent("a", side: .sell)
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
            world.watch.see(.posted(world.ticket(other)))
        },
        Row(23, "more orders alive than four symbols can need") { world in
            for number in 0..<21 { world.write(.intent(world.intent("a\(number)"))) }
            world.watch.look(at: world.engine, .step)
        },
        Row(24, "a weight that goes far in a day") { world in
            let step = world.truth.config.learning.dailyStepMax * 2
            for trend in [0.5, 0.5 + step] {
                var values = StrategyID.allCases.map { _ in 0.0 }
                values[StrategyID.trend.index] = trend
                values[StrategyID.reversion.index] = 1 - trend
                guard let weights = StrategyWeights(version: 1, values: values) else { return }
                world.write(
                    .weights(
                        WeightsChange(weights: weights, at: world.noon, cause: nil, credits: [])))
            }
        },
        Row(26, "an order sent again after silence") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
            let report = BrokerReport(
                orderID: entry.id, at: world.noon, event: .ambiguous(reason: "no answer"))
            world.watch.see(.told(.broker(report)))
            world.watch.see(.posted(world.ticket(entry)))
        },
        Row(26, "shares at the broker that the books do not have") { world in
            world.truth.exchange.open()
            _ = world.truth.exchange.submit(
                world.ticket(world.intent("a")), at: world.noon, visibleAt: world.noon)
            _ = world.truth.exchange.fill(
                world.intent("a").id, tenths: 10, at: world.noon)
            world.watch.look(at: world.engine, .run)
        },
        Row(20, "a resume that names another hold") { world in
            world.write(world.hold(.paused, .drawdown))
            world.write(
                .hold(.lifted(id: "h1", by: "x", why: "", at: world.noon)),
                .command(world.command("t1", .resume(latch: "h7"), proven: true)))
        },
        Row(29, "rows that a disk lost, told to nobody") { world in
            let entry = world.intent("a")
            let before = world.truth.ledger
            world.write(.intent(entry))
            world.truth.stamp = world.noon
            world.watch.see(.lost(world.truth.lose(to: before)))
            world.pass(seconds: 14_400)
            world.watch.look(at: world.engine, .run)
        },
        Row(30, "a position that nobody leaves after a flatten") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), .lot(world.lot(entry)))
            world.write(.command(world.command("t1", .flatten(token: "x"), proven: true)))
            world.pass(seconds: 7_200)
            for _ in 0..<3 { world.watch.look(at: world.engine, .day) }
        },
        Row(31, "an entry that stays at the broker in a pause") { world in
            let entry = world.intent("a")
            world.write(.intent(entry))
            _ = world.truth.exchange.submit(
                world.ticket(entry), at: world.noon, visibleAt: world.noon)
            world.write(world.hold(.reduceOnly))
            world.pass(seconds: 0)
            world.watch.look(at: world.engine, .tick)
            world.pass(seconds: 1_200)
            world.watch.look(at: world.engine, .tick)
        },
        Row(32, "a position without a stop, told to nobody") { world in
            let entry = world.intent("a")
            world.truth.exchange.open()
            _ = world.truth.exchange.submit(
                world.ticket(entry), at: world.noon, visibleAt: world.noon)
            _ = world.truth.exchange.fill(entry.id, tenths: 10, at: world.noon)
            world.write(.intent(entry), world.fill("x1", entry, 10))
            world.pass(seconds: 0)
            world.watch.look(at: world.engine, .tick)
            world.pass(seconds: 3_600)
            world.watch.look(at: world.engine, .tick)
        },
        Row(33, "a session without its comparison") { world in
            world.truth.lastClose = world.noon
            world.pass(seconds: 10_000)
            world.watch.look(at: world.engine, .dawn)
        },
        Row(34, "a fill that never happened") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.fill("x9", entry, 1))
        },
        Row(34, "an entry made of an account that is not the whole one") { world in
            world.truth.isLiedTo = true
            world.write(.intent(world.intent("a")))
        },
        Row(35, "an order of another, canceled") { world in
            guard let symbol = Symbol("ZZZ"), let id = ClientOrderID("by-hand-2") else { return }
            world.truth.exchange.tradeByHand(2, symbol: symbol, at: world.noon)
            world.watch.see(.cancelSent(id))
        },
        Row(36, "a difference that nothing explains") { world in
            world.tellAccount("rec-1")
            world.write(world.comparison("rec-1", .differs))
        },
        Row(15, "an entry let go while broker and books differ on its symbol") { world in
            world.write(world.comparison("rec-1", .differs))
            world.write(world.comparison("rec-2", .incomplete))
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
        },
        Row(37, "a comparison that matches books which are not the broker's") { world in
            world.tellAccount("rec-1")
            let entry = world.intent("a")
            world.write(.intent(entry), world.fill("x1", entry, 10))
            world.write(world.comparison("rec-1", .matches))
        },
        Row(27, "an order that leaves after failures in a row") { world in
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
            for _ in 0..<world.truth.config.execution.breaker.consecutiveMax {
                let failed = OrderAnswer(
                    id: entry.id, asked: world.noon, result: .failed(reason: "no answer"))
                world.watch.see(.told(.order(failed)))
            }
            world.watch.see(.posted(world.ticket(entry)))
        },
        Row(27, "an entry let go without a connection") { world in
            world.truth.isLinkUp = false
            let entry = world.intent("a")
            world.write(.intent(entry), world.step(entry, .intent, .submitting))
        },
    ]

    @Test("Each promise that is broken on purpose is found broken", arguments: rows)
    func planted(row: Row) throws {
        let world = try Planted(row.number)
        row.plant(world)
        #expect(world.watch.broken?.invariant == row.number, "\(world.watch.broken as Any)")
    }

    @Test("Each promise is broken on purpose at least once")
    func complete() {
        #expect(Set(Self.rows.map(\.number)) == Set(allInvariants().map(\.number)))
    }

    @Test("What a restart has to give back is found under the names it is looked for")
    func memory() throws {
        let engine = try Planted().engine
        for memory in RestartMemory.all { #expect(memory.read(engine, 0) != nil, "\(memory.name)") }
        #expect(RestartMemory.notional(engine) != nil)
    }

    @Test("Nothing is found where nothing is wrong")
    func sound() throws {
        let world = try Planted()
        let entry = world.intent("a")
        world.write(.intent(entry))
        world.write(world.step(entry, .intent, .submitting))
        world.watch.see(.posted(world.ticket(entry)))
        world.watch.see(.placed(world.ticket(entry)))
        world.write(world.step(entry, .submitting, .acked))
        world.write(world.step(entry, .acked, .filled), world.fill("x1", entry, 10))
        #expect(world.watch.broken == nil, "\(world.watch.broken as Any)")
    }
}
