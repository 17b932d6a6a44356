import Calendar
import Domain
import Engine
import Execution
import Portfolio
import Primitives

/// The ledger is all that a restart needs.
struct RestartGivesTheSame: Invariant {
    let number = 17
    let text = "an engine made from the ledger holds what the living one holds"
    let moment = InvariantMoment.day

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        var other = TradingEngine(truth.config)
        for symbol in engine.symbols.symbols { _ = other.register(symbol) }
        let zone = truth.config.calendar.zone
        let state = truth.ledger.state {
            zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0)
        }
        do { try other.restore(state) } catch { return "\(error)" }
        if other.portfolio.cash != engine.portfolio.cash {
            return "cash \(other.portfolio.cash), \(engine.portfolio.cash) alive"
        }
        for (index, symbol) in engine.symbols.symbols.enumerated() {
            let id = SymbolID(index: index)
            if other.portfolio.quantity(id) != engine.portfolio.quantity(id) {
                return "\(symbol): \(other.portfolio.quantity(id)) after a restart"
            }
        }
        if other.openOrders.map(\.intent.id) != engine.openOrders.map(\.intent.id) {
            return "other orders are alive after a restart"
        }
        if other.mode != engine.mode {
            return "\(other.mode.rawValue) after a restart, \(engine.mode.rawValue) alive"
        }
        if other.weights != engine.weights { return "other weights after a restart" }
        return difference(other, engine, isInSession: moment == .day)
    }

    /// What no row alone says: holds, wishes, prices of stops, and what is counted.
    private func difference(
        _ other: TradingEngine, _ engine: TradingEngine, isInSession: Bool
    ) -> String? {
        if other.standingHolds != engine.standingHolds { return "other holds after a restart" }
        for (new, old) in zip(other.openOrders, engine.openOrders)
        where new.intent != old.intent || new.status != old.status || new.filled != old.filled {
            return "\(old.intent.id) is \(new.status.rawValue) with \(new.filled) after a restart, "
                + "\(old.status.rawValue) with \(old.filled) alive"
        }
        let (new, old) = (other.checkpoint, engine.checkpoint)
        if new.lossBase != old.lossBase || new.drawdownBase != old.drawdownBase
            || new.losingStreak != old.losingStreak || new.orderFailures != old.orderFailures
            || new.roundTrips != old.roundTrips || new.lostStops != old.lostStops
        {
            return "the latches count \(new) after a restart, \(old) alive"
        }
        if other.unprotected != engine.unprotected {
            return
                "\(other.unprotected) without a stop after a restart, \(engine.unprotected) alive"
        }
        for (index, symbol) in engine.symbols.symbols.enumerated() {
            let id = SymbolID(index: index)
            guard !engine.portfolio.quantity(id).isZero else { continue }
            for memory in RestartMemory.all {
                guard let new = memory.read(other, index), let old = memory.read(engine, index)
                else { return "\(memory.name) cannot be read" }
                if new != old {
                    return "\(symbol): \(memory.name) is \(new) after a restart, \(old) alive"
                }
            }
        }
        guard isInSession else { return nil }
        guard let spent = RestartMemory.notional(other), let was = RestartMemory.notional(engine)
        else { return "what the day cost cannot be read" }
        return spent == was ? nil : "the day cost \(spent) after a restart, \(was) alive"
    }
}

/// What the engine keeps to itself, by reflection: nothing else has to read it. Nil where no
/// property is called so any more.
struct RestartMemory: Sendable {
    let name: String
    private let path: @Sendable (Int) -> (any MirrorPath, [any MirrorPath])
    static let all = [
        RestartMemory(name: "the wish to leave") { ("states", [$0, "exitWanted"]) },
        RestartMemory(name: "the price of the stop") { ("execution", ["slots", $0, "stopPrice"]) },
        RestartMemory(name: "the taken profit") { ("states", [$0, "takeProfit"]) },
        RestartMemory(name: "the time to leave") { ("states", [$0, "exitBy"]) },
    ]

    init(name: String, path: @escaping @Sendable (Int) -> (any MirrorPath, [any MirrorPath])) {
        self.name = name
        self.path = path
    }

    func read(_ engine: TradingEngine, _ index: Int) -> String? {
        let (first, rest) = path(index)
        var value = Mirror(reflecting: engine).descendant(first)
        for step in rest {
            guard let whole = value else { return nil }
            value = Mirror(reflecting: whole).descendant(step)
        }
        return value.map { "\($0)" }
    }

    static func notional(_ engine: TradingEngine) -> String? {
        Mirror(reflecting: engine).descendant("notionalToday").map { "\($0)" }
    }
}
