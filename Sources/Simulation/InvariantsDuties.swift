import Calendar
import Domain
import Engine
import Execution
import Portfolio
import Primitives

// Promises of what must happen, each within a time in which the process lived and the line was up.

extension Truth {
    /// How long process and line have been there; nil: one of them is not.
    var ready: Span? {
        guard let up = linkUpSince, let alive = aliveSince, isClockTrusted else { return nil }
        return stamp - max(up, alive)
    }

    /// An exit of the books that is alive or waits.
    func hasExit(_ symbol: Symbol) -> Bool {
        ledger.openOrders.contains { order in
            guard case .exit = order.intent.role else { return false }
            return order.intent.symbol == symbol
        }
    }
}

extension Truth {
    /// Whether what is being written takes an execution of the symbol back.
    func takesBack(_ symbol: Symbol) -> Bool {
        batch.contains { entry in
            guard case .fill(let fill) = entry else { return false }
            return fill.reverses != nil && fill.symbol == symbol
        }
    }
}

extension Truth {
    /// A stop that is alive in the books.
    func hasStop(_ symbol: Symbol) -> Bool {
        ledger.openOrders.contains { order in
            guard case .protectiveStop = order.intent.role else { return false }
            return order.intent.symbol == symbol && order.status == .acked
        }
    }
}

extension Truth {
    /// Whether what is being written ends an order of the symbol that has ended at the exchange, or
    /// never came there.
    func endsTruly(_ symbol: Symbol) -> Bool {
        batch.contains { entry in
            guard case .transition(let step) = entry, step.to.isTerminal,
                ledger.order(step.id)?.intent.symbol == symbol
            else { return false }
            return exchange.orders[step.id]?.isOpen != true
        }
    }
}

/// After the second step of a flatten.
struct FlattenLeaves: Invariant {
    let number = 30
    let text = "what a confirmed flatten found is gone, leaving, or alarmed, two sessions later"
    let moment = InvariantMoment.day
    /// Shares by symbol when it was confirmed.
    private var asked: (transaction: String, at: Timestamp, lots: [Lot])?
    private var closes = 0

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .writing(.command(let record)):
            guard case .flatten(let token?) = record.command.verb, record.answer.refusal == nil,
                !token.isEmpty
            else { return nil }
            asked = (record.command.transaction, record.at, truth.ledger.lots)
            closes = 0
        case .writing(.hold(.lifted(let id, _, _, _))):
            // Whoever lifts it takes the wish back.
            if truth.ledger.holds.first(where: { $0.id == id })?.cause == .flatten { asked = nil }
        case .lost: asked = nil
        default: break
        }
        return nil
    }

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        guard moment == .day, let asked else { return nil }
        closes += 1
        // Two whole sessions in which it could be done.
        guard closes >= 3, truth.ledger.mode(truth.config.mode) < .halted,
            truth.ready.map({ $0 > Truth.patience }) ?? false
        else { return nil }
        for lot in asked.lots {
            guard truth.ledger.lots.contains(where: { $0.id == lot.id }),
                !truth.hasExit(lot.symbol), !truth.doubts(lot.symbol)
            else { continue }
            if truth.isAlarmed(of: [lot.symbol.name, lot.openedBy.text], since: asked.at) {
                continue
            }
            return "\(lot.symbol) is held and not left since \(asked.transaction) at \(asked.at)"
        }
        return nil
    }
}

struct NoEntryStays: Invariant {
    let number = 31
    let text = "no entry stays open at the broker while the mode wants none"
    let moment = InvariantMoment.tick
    static let patience = Span(seconds: 600)
    private var since: Timestamp?

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        guard truth.ledger.mode(truth.config.mode) > .active else {
            since = nil
            return nil
        }
        let begin = since ?? truth.stamp
        since = begin
        guard let ready = truth.ready, ready > Self.patience, truth.stamp - begin > Self.patience
        else { return nil }
        for id in truth.exchange.openIDs {
            // Where the broker does not end it, a person hears of it in time.
            let isStuck = truth.exchange.stuck.contains(id)
            if isStuck, truth.isAlarmed(of: [id.text], since: begin) { continue }
            let patience =
                isStuck
                ? truth.config.execution.resolver.alarmAfter.later(Self.patience) : Self.patience
            guard let real = truth.exchange.orders[id], !real.isForeign,
                truth.ledger.order(id)?.intent.role.isEntry == true,
                real.visibleAt + patience < truth.now, ready > patience,
                truth.stamp - begin > patience
            else { continue }
            return
                "\(id) is open at the broker since \(real.submittedAt), no entries since \(begin)"
        }
        return nil
    }
}

struct ProtectedOrTold: Invariant {
    let number = 32
    let text = "every position has a living stop or exit, or an alarm"
    let moment = InvariantMoment.tick
    static let patience = Span(seconds: 1_800)
    /// Without a stop or an exit, by symbol.
    private var bare: [Symbol: Timestamp] = [:]
    /// When it was last seen well: what ended over a night was told of in that night.
    private var well: [Symbol: Timestamp] = [:]

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        for (index, symbol) in truth.exchange.symbols.enumerated() {
            let isHeld = truth.exchange.positions[index].isPositive
            guard isHeld, truth.ledger.positions[symbol] ?? 0 > 0, !truth.hasExit(symbol),
                !truth.exchange.hasSale(of: symbol)
            else {
                bare[symbol] = nil
                well[symbol] = truth.stamp
                continue
            }
            let begin = bare[symbol] ?? truth.stamp
            bare[symbol] = begin
            // That a stop of the books is gone, the next comparison finds if nobody says so.
            let patience =
                truth.hasStop(symbol)
                ? truth.config.execution.reconciliation.every.later(Self.patience) : Self.patience
            guard let ready = truth.ready, ready > Self.patience, truth.stamp - begin > patience
            else { continue }
            let since = (well[symbol] ?? begin) - Span(seconds: 900)
            if truth.isAlarmed(of: [symbol.name], since: since) { continue }
            let orders = truth.ledger.orderIDs.suffix(200).filter {
                truth.ledger.order($0)?.intent.symbol == symbol
            }
            if truth.isAlarmed(of: orders.map(\.text), since: since) { continue }
            // What lives on as the broker's own was told of when that began.
            let isReplaced = truth.ledger.alerts.suffix(10_000).contains { alert in
                alert.code == "order-replaced"
                    && orders.contains { alert.message.contains($0.text) }
            }
            if isReplaced { continue }
            return "\(symbol) has neither stop nor exit since \(begin), told to nobody"
        }
        return nil
    }
}

/// Looked at before the next session and at the end, with a line of two hours.
struct ComparedDaily: Invariant {
    let number = 33
    let text = "every session has a daily comparison, whatever it says"
    let moment = InvariantMoment.dawn

    mutating func look(
        at engine: TradingEngine, _ moment: InvariantMoment, _ truth: Truth
    ) -> String? {
        guard let close = truth.lastClose, let ready = truth.ready, ready > Span(seconds: 7_200),
            truth.stamp - close > Span(seconds: 7_200)
        else { return nil }
        // A disk that lied may have lost it; the clock may have been minutes wrong.
        let since = close - Span(seconds: 600)
        let isThere = truth.ledger.reconciliations.contains {
            $0.trigger == .daily && $0.at > since
        }
        return isThere ? nil : "the session that closed at \(close) has no daily comparison"
    }
}

/// Neither an order nor an account that is not the whole one makes anything happen that did not.
struct NothingInvented: Invariant {
    let number = 34
    let text = "what is booked happened at the broker, and a short account proves nothing"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        guard case .writing(let entry) = fact else { return nil }
        switch entry {
        case .fill(let fill):
            let id = String(Revision.original(fill.reverses ?? fill.executionID))
            guard let real = truth.exchange.everFilled[id] else {
                return "\(fill.executionID) of \(fill.orderID) never happened"
            }
            if real != fill.orderID { return "\(fill.executionID) is of \(real)" }
            let isGone = truth.exchange.everRevised.contains(id)
            if fill.reverses != nil, !isGone { return "\(id) is taken back and stands" }
        case .intent(let intent) where truth.isLiedTo && !truth.lostOrders.contains(intent.id):
            // A stop for what is left once an execution is taken back, which waited for the ledger,
            // or after an order that did end: only what such an account leaves out is not so.
            if case .protectiveStop = intent.role,
                truth.takesBack(intent.symbol) || truth.endsTruly(intent.symbol)
            {
                return nil
            }
            return "\(intent.id) is made of an account that is not the whole one"
        default: break
        }
        return nil
    }
}

struct ForeignIsLeftAlone: Invariant {
    let number = 35
    let text = "orders and positions of others are noted and never touched"
    let moment = InvariantMoment.step

    mutating func see(_ fact: Fact, _ truth: Truth) -> String? {
        switch fact {
        case .cancelSent(let id) where truth.exchange.orders[id]?.isForeign == true:
            return "\(id) of another is canceled"
        case .posted(let ticket) where !truth.exchange.symbols.contains(ticket.symbol):
            return "\(ticket.id) trades \(ticket.symbol), which is another's"
        case .writing(.intent(let intent)) where !truth.exchange.symbols.contains(intent.symbol):
            return "\(intent.id) is of \(intent.symbol), which is another's"
        case .writing(.fill(let fill))
        where truth.exchange.orders[fill.orderID]?.isForeign == true:
            return "\(fill.executionID) of another is booked"
        default: return nil
        }
    }
}
