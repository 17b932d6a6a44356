import Calendar
import Domain
import Execution
import Foundation
import Portfolio
import Primitives
import Risk
import Signals
import Simulation
import TestSupport

@testable import Engine

let tuesday = "2025-06-10"

/// `14:30` on 2025-06-10 UTC, where a day has hours beyond 24; the session is 13:30 to 20:00.
func time(_ text: String) -> Timestamp {
    let parts = text.split(separator: ":").compactMap { Int64($0) }
    precondition(parts.count == 2, "\(text) is no time of day")
    guard let midnight = Timestamp(rfc3339: "\(tuesday)T00:00:00Z") else { return .distantPast }
    return midnight + Span(seconds: parts[0] * 3_600 + parts[1] * 60)
}

func decimal<Value: FixedDecimal>(_ text: String) -> Value {
    guard let value = try? Value(parsing: text) else {
        preconditionFailure("\(text) is not a decimal")
    }
    return value
}

let xnys: MarketCalendar = {
    let file = URL(fileURLWithPath: "/usr/share/zoneinfo/America/New_York")
    guard let bytes = try? Data(contentsOf: file),
        let zone = try? TimeZoneRules(tzif: Array(bytes))
    else { preconditionFailure("the package tzdata is not installed") }
    return MarketCalendar.xnys(zone)
}()

/// An engine, a ledger in memory and a broker that fills at the next bar unless told otherwise.
///
/// By itself only sentiment votes, one headline is enough, and every limit is off.
struct World {
    static let good = "Quarterly profit beats estimates, company raises its full-year forecast"
    static let bad = "Quarterly loss widens, company slashes its full-year forecast and dividend"

    var engine: TradingEngine
    var ledger = MemoryLedger()
    /// Everything that the engine asked for, event by event.
    private(set) var log: [[Effect]] = []
    /// Orders at the broker, oldest first, with what was filled.
    private(set) var working: [(ticket: OrderTicket, filled: Quantity)] = []
    private(set) var problems: [String] = []
    /// Off: orders stay at the broker until the test reports on them.
    var fillsAtOpen = true
    var fee = Money.zero
    private var executions = 0
    private var stories = 0

    static func config(_ change: (inout EngineConfig) -> Void = { _ in }) -> EngineConfig {
        var config = EngineConfig(calendar: xnys)
        config.signals.trend.enabled = false
        config.signals.reversion.enabled = false
        config.signals.sentiment.minItems = 1
        config.signals.sentiment.threshold = 0.1
        config.signals.entryThreshold = 0.1
        config.signals.exitThreshold = 0.1
        config.signals.atrPeriod = 0
        config.risk.sessionEdgeOpen = .zero
        config.risk.sessionEdgeClose = .zero
        config.risk.priceAgeMax = nil
        config.risk.cooldown = nil
        config.risk.positionShareMax = nil
        config.risk.exposureShareMax = nil
        config.risk.ordersPerMinuteMax = nil
        config.risk.ordersPerDayMax = nil
        config.risk.notionalPerDayShareMax = nil
        config.risk.dailyLossShareMax = nil
        config.risk.drawdownShareMax = nil
        config.risk.sizing.mode = .fixed
        config.risk.sizing.quantity = Quantity(whole: 10)
        config.execution.protectiveStops = false
        config.execution.takeProfitShare = nil
        config.execution.holdMax = nil
        change(&config)
        return config
    }

    init(
        symbols: [String] = ["TEST"], _ change: (inout EngineConfig) -> Void = { _ in }
    ) {
        engine = TradingEngine(Self.config(change))
        for symbol in symbols { _ = engine.register(Symbol(symbol)!) }
    }

    // MARK: - Events

    mutating func open(_ at: String = "13:30") throws { try take(.timer(.sessionOpen), time(at)) }
    mutating func close(_ at: String = "20:00") throws { try take(.timer(.sessionClose), time(at)) }

    /// A bar that opens and closes at the prices and is known a minute after its start.
    mutating func bar(
        _ start: String, _ open: String, _ close: String? = nil, symbol: Int = 0,
        knownAt: String? = nil
    ) throws {
        let known = knownAt.map { EngineTests.time($0) } ?? time(start) + Span(seconds: 60)
        let first: Price = decimal(open)
        let last: Price = close.map { decimal($0) } ?? first
        try take(
            Bar(
                symbol: SymbolID(index: symbol), start: time(start), open: first,
                high: max(first, last), low: min(first, last), close: last,
                volume: Volume(shares: 1_000)), known)
    }

    mutating func take(_ bar: Bar, _ known: Timestamp) throws {
        if fillsAtOpen, engine.hours.isInside(bar.start) {
            for order in working
            where order.ticket.symbolID == bar.symbol && order.ticket.type == .market {
                try fill(order.ticket.id, at: bar.open, time: known)
            }
        }
        try take(.bar(bar), known)
    }

    mutating func news(
        _ at: String, _ headline: String = World.good, symbol: String = "TEST", id: String? = nil
    ) throws {
        stories += 1
        // Without the number the same words would be a repeat of the story before.
        let words = id == nil ? "\(headline) number \(stories)" : headline
        try take(
            .news(
                NewsItem(
                    id: id ?? "n\(stories)", headline: words, symbols: [Symbol(symbol)!],
                    createdAt: time(at))), time(at))
    }

    /// Fills what is left of an order, or `shares` of it.
    mutating func fill(
        _ id: ClientOrderID, _ shares: String? = nil, at price: Price, time: Timestamp? = nil
    ) throws {
        guard let index = working.firstIndex(where: { $0.ticket.id == id }) else { return }
        let order = working[index]
        let rest = try order.ticket.quantity.subtracting(order.filled)
        let quantity: Quantity = shares.map { decimal($0) } ?? rest
        executions += 1
        working[index].filled = try order.filled.adding(quantity)
        if quantity == rest { working.remove(at: index) }
        try report(
            id,
            .fill(executionID: "e\(executions)", quantity: quantity, price: price, fee: fee),
            time)
    }

    mutating func report(
        _ id: ClientOrderID, _ event: BrokerReport.Event, _ at: Timestamp? = nil
    ) throws {
        let at = at ?? engine.now
        switch event {
        case .canceled, .expired, .rejected: working.removeAll { $0.ticket.id == id }
        case .fill(_, let quantity, _, _):
            if ledger.orders[id]?.intent.quantity == quantity {
                working.removeAll { $0.ticket.id == id }
            }
        default: break
        }
        try take(.broker(BrokerReport(orderID: id, at: at, event: event)), at)
    }

    mutating func take(_ event: InputEvent, _ at: Timestamp) throws {
        var effects: [Effect] = []
        try engine.process(Stamped(at: at, event), effects: &effects)
        try perform(effects)
    }

    // MARK: - Effects

    /// Effects of an event that the test gave to the engine itself: recorded, not performed.
    mutating func adopt(_ effects: [Effect]) {
        log.append(effects)
        ledger.commit(effects)
    }

    private mutating func perform(_ effects: [Effect]) throws {
        if effects.isEmpty { return }
        log.append(effects)
        checkOrder(of: effects)
        ledger.commit(effects)
        var answers: [(ClientOrderID, BrokerReport.Event)] = []
        for effect in effects {
            switch effect {
            case .submit(let id): try submit(id, &answers)
            case .cancel(let id):
                if working.contains(where: { $0.ticket.id == id }) {
                    answers.append((id, .canceled(reason: "requested")))
                }
            case .record, .history, .notice, .ask, .answer: break
            }
        }
        for (id, event) in answers { try report(id, event) }
    }

    private mutating func submit(
        _ id: ClientOrderID, _ answers: inout [(ClientOrderID, BrokerReport.Event)]
    ) throws {
        var effects: [Effect] = []
        let ticket = engine.beginSubmit(id, effects: &effects)
        if ticket == nil { return try perform(effects) }
        if !effects.isEmpty {
            log.append(effects)
            checkOrder(of: effects)
            ledger.commit(effects)
        }
        guard let ticket else { return }
        if ledger.orders[id]?.status != .submitting { problems.append("\(id) left unrecorded") }
        working.append((ticket, .zero))
        answers.append((id, .accepted(brokerOrderID: "b-\(id)")))
        if let stop = ticket.protectiveStop {
            if let resting = engine.ticket(stop.id) { working.append((resting, .zero)) }
            answers.append((stop.id, .accepted(brokerOrderID: "b-\(stop.id)")))
        }
    }

    /// Every record but the checkpoint stands before the first step outside; a change that is
    /// recorded has its checkpoint.
    private mutating func checkOrder(of effects: [Effect]) {
        var hasLeft = false
        var hasCheckpoint = false
        for effect in effects {
            switch effect {
            case .submit, .cancel: hasLeft = true
            case .record(.checkpoint): hasCheckpoint = true
            case .answer: hasCheckpoint = hasCheckpoint || effects.count == 1
            case .record(.intent), .record(.transition):
                if hasLeft { problems.append("a record after a step outside: \(effect)") }
            default: break
            }
        }
        if !hasCheckpoint { problems.append("effects without a checkpoint") }
    }

    // MARK: - Questions

    var position: Quantity { engine.portfolio.quantity(SymbolID(index: 0)) }
    var refusals: [RefusalCode] {
        ledger.signals.compactMap {
            if case .refused(let refusal) = $0.verdict { refusal.code } else { nil }
        }
    }
    var stopID: ClientOrderID? { engine.execution.protectiveStop(SymbolID(index: 0)) }
    var alerts: [String] { ledger.alerts.map(\.code) }
    var state: LedgerState { ledger.state { xnys.midnight(before: $0) } }

    /// An engine that knows only the ledger.
    func restarted() throws -> TradingEngine {
        var copy = TradingEngine(engine.config)
        for symbol in engine.symbols.symbols { _ = copy.register(symbol) }
        try copy.restore(state)
        return copy
    }
}

extension BarHours {
    fileprivate func isInside(_ time: Timestamp) -> Bool {
        calendar.session(containing: time) != nil
    }
}

extension MarketCalendar {
    func midnight(before time: Timestamp) -> Timestamp {
        zone.timestamp(zone.localDate(of: time), secondsOfDay: 0)
    }
}

/// What must hold after every event: reliability of the books, from the recorded rows alone.
func invariants(_ world: World) -> [String] {
    var broken = world.problems + world.ledger.problems
    let engine = world.engine
    for (index, symbol) in engine.symbols.symbols.enumerated() {
        let id = SymbolID(index: index)
        let held = engine.portfolio.quantity(id)
        if world.ledger.position(symbol) != held { broken.append("\(symbol): fills, position") }
        let lots = engine.portfolio.openLots(id).reduce(Int64(0)) { $0 &+ $1.quantity.units }
        if lots != held.units { broken.append("\(symbol): lots, position") }
    }
    if engine.portfolio.cash != world.ledger.cash(capital: engine.portfolio.capital) {
        broken.append("cash \(engine.portfolio.cash)")
    }
    var reserved = Int64(0)
    for order in engine.openOrders {
        guard let row = world.ledger.orders[order.intent.id] else {
            broken.append("\(order.intent.id) is not recorded")
            continue
        }
        if row.filled != order.filled || row.status != order.status {
            broken.append("\(order.intent.id) \(order.status) \(order.filled)")
        }
        if order.filled > order.intent.quantity { broken.append("\(order.intent.id) overfilled") }
        let rest = try? order.intent.reservation.prorated(
            order.remaining, of: order.intent.quantity)
        reserved &+= rest?.units ?? 0
    }
    let alive = world.ledger.orders.values.count { !$0.status.isTerminal }
    if alive != engine.openOrders.count { broken.append("\(alive) orders are alive in the rows") }
    if engine.execution.reserved.units != reserved || reserved < 0 {
        broken.append("reserved \(engine.execution.reserved)")
    }
    return broken
}
