import Calendar
import Domain
import Engine
import Execution
import Learning
import Portfolio
import Primitives
import Risk
import Signals

struct PositionsAgree: Invariant {
    let number = 1
    let text = "the fills of a symbol sum to its position and to its lots"
    let moment = InvariantMoment.step

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        for symbol in truth.exchange.symbols {
            guard let id = engine.symbols.id(of: symbol) else { continue }
            let fills = truth.ledger.positions[symbol] ?? 0
            let held = engine.portfolio.quantity(id)
            if held.units != fills {
                return "\(symbol): fills sum to \(Quantity(units: fills)), \(held) is held"
            }
        }
        var lots: [Symbol: Int64] = [:]
        for lot in truth.ledger.lots { lots[lot.symbol, default: 0] &+= lot.quantity.units }
        for symbol in truth.exchange.symbols {
            let fills = truth.ledger.positions[symbol] ?? 0
            let sum = lots[symbol] ?? 0
            if sum != fills {
                return "\(symbol): fills sum to \(Quantity(units: fills)), lots to "
                    + "\(Quantity(units: sum))"
            }
        }
        return nil
    }
}

struct CashAddsUp: Invariant {
    let number = 10
    let text = "cash is the capital less what the fills cost"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .written = fact, let cash = truth.ledger.balances[.cash] else { return nil }
        let capital = Int128(truth.config.portfolio.capital.units)
        if Int128(cash.units) != capital + truth.ledger.paid {
            return "\(cash) is booked, the fills leave \(capital + truth.ledger.paid) nanodollars"
        }
        return nil
    }
}

struct ReservationsAddUp: Invariant {
    let number = 11
    let text = "the reserved budget is that of the orders alive, released once"
    let moment = InvariantMoment.step

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        let expected = truth.reserved
        return engine.reserved == expected
            ? nil : "\(engine.reserved) is reserved, the orders alive need \(expected)"
    }
}

struct ExposureInLimits: Invariant {
    let number = 12
    let text = "at each submission all positions and orders are within the limits"
    let moment = InvariantMoment.step
    private var entries: [ClientOrderID] = []

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        // The books of another process are no measure of what the one before it let go.
        if case .died = fact { entries.removeAll(keepingCapacity: true) }
        guard case .writing(let entry) = fact, let (step, intent) = entry.submission(truth.ledger)
        else { return nil }
        if intent.role.isEntry {
            entries.append(step.id)
            return nil
        }
        // A stop that travels with its entry has no shares yet.
        if case .protectiveStop(let parent) = intent.role,
            truth.ledger.order(parent)?.status.isTerminal == false
        {
            return nil
        }
        let held = truth.ledger.positions[intent.symbol] ?? 0
        let isClosing = held.signum() == -intent.side.sign
        if !isClosing || intent.quantity.units > Int64(held.magnitude) {
            return "\(intent.id) \(intent.side)s \(intent.quantity) against "
                + "\(Quantity(units: held)) held"
        }
        // A stop that the ledger lost may be found beside another; the broker refuses.
        guard case .exit = intent.role, !truth.doubts(intent.symbol) else { return nil }
        let stop = truth.ledger.openOrders.first {
            guard case .protectiveStop = $0.intent.role else { return false }
            return $0.intent.symbol == intent.symbol
        }
        return stop.map { "\(intent.id) leaves while \($0.intent.id) still holds the shares" }
    }

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        guard let id = entries.last else { return nil }
        entries.removeAll(keepingCapacity: true)
        guard let share = truth.config.risk.exposureShareMax,
            let sum = try? engine.portfolio.exposure.adding(truth.reserved)
        else { return nil }
        let ratio = sum.ratio(to: engine.portfolio.equity) ?? 2
        return ratio <= share * 1.001
            ? nil : "\(id) left with \(sum) committed of \(engine.portfolio.equity)"
    }
}

struct OrdersInCaps: Invariant {
    let number = 13
    let text = "orders per minute and day stay within their caps, restarts or not"
    let moment = InvariantMoment.step
    private var made: [(id: ClientOrderID, at: Timestamp)] = []

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        if case .lost(let rows) = fact { made.removeAll { rows.orders.contains($0.id) } }
        guard case .writing(.intent(let intent)) = fact else { return nil }
        if case .protectiveStop = intent.role { return nil }
        let now = intent.createdAt
        defer { made.append((intent.id, now)) }
        // One that the disk lost is found again, not made.
        guard intent.role.isEntry, !truth.lostOrders.contains(intent.id) else { return nil }
        if let most = truth.config.risk.ordersPerMinuteMax {
            let count = made.reversed().prefix { now - $0.at < Span(seconds: 60) }.count
            if count >= most { return "\(intent.id) is number \(count + 1) within a minute" }
        }
        if let most = truth.config.risk.ordersPerDayMax,
            let session = truth.config.calendar.session(containing: now)
        {
            let count = made.reversed().prefix { $0.at >= session.open }.count
            if count >= most { return "\(intent.id) is number \(count + 1) of the day" }
        }
        return nil
    }
}

struct WeightsInBounds: Invariant {
    let number = 24
    let text = "weights stay in their bounds, sum to 1 and move little in a day"
    let moment = InvariantMoment.step
    private var dayStart: (day: CivilDate, weights: StrategyWeights)?

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        // What a lying disk lost was learned for nothing.
        if case .lost = fact { dayStart = nil }
        guard case .writing(.weights(let change)) = fact else { return nil }
        let config = truth.config.learning
        let enabled = truth.config.signals.enabled
        let zone = truth.config.calendar.zone
        let day = zone.localDate(of: change.at)
        if dayStart?.day != day {
            let stored = truth.ledger.weights
            let before = stored.last { zone.localDate(of: $0.at) < day } ?? stored.first ?? change
            dayStart = (day, before.weights)
        }
        for (index, value) in change.weights.values.enumerated() where enabled[index] {
            if value < config.floor - 1e-9 || value > config.ceiling + 1e-9 {
                return "weight \(index) is \(value)"
            }
            let start = dayStart?.weights.values[index] ?? value
            if (value - start).magnitude > config.dailyStepMax + 1e-9 {
                return "weight \(index) went from \(start) to \(value) in a day"
            }
        }
        return nil
    }
}
