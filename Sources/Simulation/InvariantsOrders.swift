import Domain
import Engine
import Execution
import Primitives

/// One per promise. The rest is held elsewhere, because it is of processes and files: 18 (hash
/// chain and mark on a real disk), 21 (the store's lock) and 25 (secrets) by the tests of the
/// storage, 23 (the inbox's bounds) and 6's and 19's way over MQTT by those of the appliance; 28
/// by running a seed twice.
func allInvariants() -> [any Invariant] {
    [
        PositionsAgree(), OneOrderPerDecision(), IntentBeforeOrder(), CommitBeforeSend(),
        NothingWhilePaused(), NothingAfterThePause(), TerminalOnce(), FilledInRange(),
        FillsAddUp(), CashAddsUp(), ReservationsAddUp(), ExposureInLimits(),
        OrdersInCaps(), SessionAndClock(), NothingWhileUncertain(), OneEnvironment(),
        RestartGivesTheSame(), AnswersAreDurable(), CommandsOnce(), SameBody(), Bounded(),
        WeightsInBounds(), NothingIsForgotten(), NothingWhileDown(), DoubtsAreTold(),
        FlattenLeaves(), NoEntryStays(), ProtectedOrTold(), ComparedDaily(), NothingInvented(),
        ForeignIsLeftAlone(), DifferencesHaveCauses(), MatchesAreTrue(),
    ]
}

extension OrderTransition {
    /// The last gate before the broker.
    var isSubmission: Bool { to == .submitting && from != to }
}

extension OrderRole {
    var kind: String {
        switch self {
        case .entry: "entry"
        case .exit: "exit"
        case .protectiveStop: "stop"
        }
    }
}

extension LedgerEntry {
    var isIntent: Bool {
        if case .intent = self { return true }
        return false
    }

    /// The order that this entry lets leave.
    func submission(_ ledger: LedgerModel) -> (step: OrderTransition, intent: OrderIntent)? {
        guard case .transition(let step) = self, step.isSubmission,
            let order = ledger.order(step.id)
        else { return nil }
        return (step, order.intent)
    }
}

struct OneOrderPerDecision: Invariant {
    let number = 2
    let text = "the broker has at most one order per client order id and per decision"
    let moment = InvariantMoment.step
    private var made: [String: ClientOrderID] = [:]
    private var placed: Set<ClientOrderID> = []

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .writing(.intent(let intent)):
            // Whatever the id is made of: one signal, one order of each kind.
            let cause = intent.signalID + intent.role.kind
            if let other = made.updateValue(intent.id, forKey: cause), other != intent.id,
                !truth.lostOrders.contains(other)
            {
                return "\(other) and \(intent.id) come from the same signal"
            }
            return nil
        case .placed(let ticket):
            if !placed.insert(ticket.id).inserted { return "\(ticket.id) was placed twice" }
            return nil
        default: return nil
        }
    }
}

struct IntentBeforeOrder: Invariant {
    let number = 3
    let text = "every order at the broker has an intent that was durable before it"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .placed(let ticket) = fact else { return nil }
        let ids = [ticket.id] + (ticket.protectiveStop.map { [$0.id] } ?? [])
        for id in ids where truth.ledger.order(id) == nil && !truth.lostOrders.contains(id) {
            return "\(id) is at the broker and not in the ledger"
        }
        return nil
    }
}

struct CommitBeforeSend: Invariant {
    let number = 4
    let text = "no byte of an order leaves before its submission is durable"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .posted(let ticket) = fact else { return nil }
        let ids = [ticket.id] + (ticket.protectiveStop.map { [$0.id] } ?? [])
        for id in ids {
            let status = truth.ledger.order(id)?.status
            if status != .submitting {
                return "\(id) leaves while the ledger has it \(status?.rawValue ?? "not at all")"
            }
        }
        return nil
    }
}

struct TerminalOnce: Invariant {
    let number = 7
    let text = "a terminal status is entered once and never left"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .writing(.transition(let step)) = fact,
            let order = truth.ledger.order(step.id)
        else { return nil }
        if order.status.isTerminal, step.from != step.to {
            return "\(step.id) goes from \(order.status.rawValue) to \(step.to.rawValue)"
        }
        return nil
    }
}

struct FilledInRange: Invariant {
    let number = 8
    let text = "an order is filled between nothing and its quantity, and never less than before"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .writing(.fill(let fill)) = fact,
            let order = truth.ledger.order(fill.orderID)
        else { return nil }
        if !fill.quantity.isPositive, fill.reverses == nil {
            return "\(fill.executionID) fills \(fill.quantity) of \(fill.orderID)"
        }
        let (filled, overflow) = order.filled.units.addingReportingOverflow(fill.quantity.units)
        if overflow || filled < 0 || filled > order.intent.quantity.units {
            return "\(fill.orderID) would be filled \(Quantity(units: filled)) of "
                + "\(order.intent.quantity) after \(fill.executionID)"
        }
        if fill.side != order.intent.side || fill.symbol != order.intent.symbol {
            return "\(fill.executionID) is of another side or symbol than \(fill.orderID)"
        }
        return nil
    }
}

struct FillsAddUp: Invariant {
    let number = 9
    let text = "the engine's orders are those of the ledger, filled by the same executions"
    let moment = InvariantMoment.step

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        let open = engine.openOrders
        guard open.count == truth.ledger.openIDs.count else {
            return "\(open.count) orders are alive, \(truth.ledger.openIDs.count) in the ledger"
        }
        for order in open {
            guard let stored = truth.ledger.order(order.intent.id) else {
                return "\(order.intent.id) is not in the ledger"
            }
            if stored.status != order.status || stored.filled != order.filled {
                return "\(order.intent.id) is \(order.status.rawValue) with \(order.filled), in "
                    + "the ledger \(stored.status.rawValue) with \(stored.filled)"
            }
        }
        return nil
    }
}

struct OneEnvironment: Invariant {
    let number = 16
    let text = "every order carries the prefix of its environment"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .posted(let ticket) = fact else { return nil }
        let prefix = truth.config.execution.idPrefix
        return ticket.id.text.hasPrefix(prefix + "-") ? nil : "\(ticket.id) is not of \(prefix)"
    }
}

struct SameBody: Invariant {
    let number = 22
    let text = "what is sent under an id is what was decided, each time"
    let moment = InvariantMoment.step
    private var bodies: [ClientOrderID: OrderTicket] = [:]

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .posted(let ticket) = fact else { return nil }
        var body = ticket
        body.attempt = 1
        if let before = bodies.updateValue(body, forKey: ticket.id), before != body {
            return "\(ticket.id) is sent again with another body"
        }
        guard let intent = truth.ledger.order(ticket.id)?.intent else { return nil }
        let isSame =
            intent.symbol == ticket.symbol && intent.side == ticket.side
            && intent.quantity == ticket.quantity && intent.type == ticket.type
            && intent.timeInForce == ticket.timeInForce
        return isSame ? nil : "\(ticket.id) differs from its intent"
    }
}

/// What an order may not do again: be sent when nobody knows whether it arrived.
struct NothingIsForgotten: Invariant {
    let number = 26
    let text = "every order becomes terminal or alarmed, and at rest the books are the broker's"
    let moment = InvariantMoment.day
    /// Simulated seconds an order may be in doubt with a line to the broker.
    static let patience = Span(seconds: 3_600)
    private var ambiguous: Set<ClientOrderID> = []

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .told(.broker(let report)):
            if case .ambiguous = report.event { ambiguous.insert(report.orderID) }
        case .posted(let ticket) where ambiguous.contains(ticket.id):
            return "\(ticket.id) is sent again after nobody knew what became of it"
        default: break
        }
        return nil
    }

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        if moment == .day { return lingering(truth, isOpen: true) }
        return lingering(truth, isOpen: false) ?? difference(truth)
    }

    /// - Parameter isOpen: a session was open; an exit that has not left waits for one.
    private func lingering(_ truth: Truth, isOpen: Bool) -> String? {
        guard let since = truth.linkUpSince, truth.stamp - since > Self.patience else {
            return nil
        }
        for order in truth.ledger.openOrders
        where order.status != .acked && truth.stamp - order.since > Self.patience {
            let id = order.intent.id
            if !isOpen, order.status == .intent { continue }
            if truth.doubts(order.intent.symbol), truth.isDoubtTold { continue }
            if !truth.isAlarmed(of: [id.text], since: order.since) {
                return "\(id) is \(order.status.rawValue) since \(order.since), without an alert"
            }
        }
        return nil
    }

    /// At rest: calm, a line to the broker, and time enough. What is in doubt was told to a person
    /// and waits for them.
    private func difference(_ truth: Truth) -> String? {
        let isTold = truth.isDoubtTold
        for (index, symbol) in truth.exchange.symbols.enumerated() {
            let books = Quantity(units: truth.ledger.positions[symbol] ?? 0)
            let broker = truth.exchange.positions[index]
            if isTold, truth.doubts(symbol) { continue }
            if books != broker { return "\(symbol): \(books) in the books, \(broker) held" }
        }
        let cash = truth.ledger.balances[.cash]
        let isCashInDoubt = isTold && !truth.doubts.isEmpty
        if let cash, cash != truth.exchange.cash, !isCashInDoubt {
            return "cash is \(cash) in the books and \(truth.exchange.cash) at the broker"
        }
        for id in truth.exchange.openIDs {
            guard let real = truth.exchange.orders[id], !real.isForeign else { continue }
            if isTold, truth.doubts(real.symbol) { continue }
            guard let order = truth.ledger.order(id) else {
                return "\(id) is open at the broker and not in the ledger"
            }
            if order.status.isTerminal {
                return "\(id) is open at the broker and \(order.status.rawValue) in the books"
            }
        }
        for order in truth.ledger.openOrders {
            let id = order.intent.id
            if order.status == .intent { continue }
            if isTold, truth.doubts(order.intent.symbol) { continue }
            let isAlarmed = truth.isAlarmed(of: [id.text], since: order.since)
            guard let real = truth.exchange.orders[id] else {
                if isAlarmed { continue }
                return "\(id) is \(order.status.rawValue) in the books and not at the broker"
            }
            if !real.isOpen, !isAlarmed {
                return "\(id) is \(order.status.rawValue) in the books and ended at the broker"
            }
        }
        return nil
    }
}
