// Why orders are kept back until somebody says otherwise.
//
// The mode is the strictest of the configuration and of the holds that stand. Commands and the
// machine itself add holds; only a command that names them, or their own end, lifts them. Every
// change is a row, written before anything follows from it.

import Domain
import Execution
import Portfolio
import Primitives
import Risk

extension TradingEngine {
    /// When the next hold ends by itself, or a command has waited for long enough.
    var holdsDue: Timestamp { min(host.isClockTrusted ? holds.due : .distantFuture, memory.due) }

    /// Those that stand, in order of their ids.
    package var standingHolds: [TradingHold] { holds.all }

    /// Whether the mode lets an order of this kind leave.
    func modeAllows(_ order: WorkingOrder) -> Bool {
        switch order.intent.role {
        case .entry: mode == .active
        case .exit(.flatten): mode <= (isFlattening ? .paused : .reduceOnly)
        case .exit, .protectiveStop: mode <= .reduceOnly
        }
    }

    /// A confirmed `flatten` stands.
    var isFlattening: Bool { holds.isFlattening }

    // MARK: - Setting

    /// The machine's own step: one hold for each cause, only ever stricter.
    mutating func hold(
        _ cause: HoldCause, _ mode: TradingMode, _ why: String, _ effects: inout [Effect]
    ) {
        guard
            let hold = holds.tighten(cause, mode, by: "machine", why: why, at: now, until: nil)
        else { return }
        announce(.set(hold), &effects)
        raise(cause.rawValue, .critical, "\(hold.mode.rawValue): \(why)", &effects)
    }

    /// For the caller of `process` that got an error, or could not commit: the mode is as strict as
    /// `halted` from here on, and the rows say so to the next start.
    package mutating func haltHold(
        _ why: String, cause: HoldCause, at: Timestamp
    ) -> [LedgerEntry] {
        isHalted = true
        _ = holds.tighten(cause, .halted, by: "machine", why: why, at: at, until: nil)
        mode = .halted
        counters.alerts += 1
        // A hold of the event that failed has no row yet; the others' rows change nothing.
        return holds.all.map { .hold(.set($0)) } + [
            .alert(Alert(code: cause.rawValue, severity: .critical, message: why, at: at))
        ]
    }

    /// A step in the history of the holds, with the mode that follows from it.
    mutating func announce(_ change: HoldChange, _ effects: inout [Effect]) {
        effects.append(.record(.hold(change)))
        let old = mode
        mode = max(config.mode, holds.mode, isHalted ? .halted : .active)
        effects.append(.notice(.hold(change, mode: mode)))
        guard mode != old else { return }
        // What was refused under another mode is worth a word again.
        for index in states.indices { states[index].lastRefusal = nil }
        if mode > old { stopOrders(&effects) }
    }

    // MARK: - Ending

    /// Holds end by a clock that can be trusted.
    mutating func endHolds(_ effects: inout [Effect]) {
        answerLate(&effects)
        guard host.isClockTrusted, holds.due <= now else { return }
        let time = now
        let ended = holds.lift { $0.until.map { $0 <= time } ?? false }
        for hold in ended {
            announce(
                .lifted(id: hold.id, by: "machine", why: "its time has passed", at: now), &effects)
        }
    }

    // MARK: - What follows

    /// What may not leave any more lapses where it has not left, and is canceled where it opens a
    /// position. Protective stops and exits that the broker has stay with it.
    mutating func stopOrders(_ effects: inout [Effect]) {
        var cancels: [Effect] = []
        for order in execution.openOrders {
            switch order.intent.role {
            case .entry:
                if order.status != .intent { cancels.append(.cancel(order.intent.id)) }
            case .exit: break
            case .protectiveStop: continue
            }
            if order.status == .intent, !modeAllows(order) {
                _ = execution.beginSubmit(
                    order.intent.id, at: now, .lapses(reason: "the mode is \(mode.rawValue)"),
                    effects: &effects)
            }
        }
        effects += cancels
    }

    /// Positions without a protective stop that left and is alive, in order of the symbols'
    /// numbers; empty where the configuration wants no stops.
    package var unprotected: [Symbol] {
        guard config.execution.protectiveStops, portfolio.openPositionCount > 0 else { return [] }
        return symbols.symbols.indices.compactMap { index in
            let id = SymbolID(index: index)
            guard !portfolio.quantity(id).isZero else { return nil }
            let stop = execution.protectiveStop(id).flatMap { execution.order($0) }
            return stop.map { $0.status != .intent } ?? false ? nil : symbols[id]
        }
    }

    /// While nothing may leave, nobody can heal a position that lost its stop: a person is told,
    /// once for each, where the event from `start` on has not told it already.
    mutating func watchUnprotected(_ effects: inout [Effect], from start: Int) {
        guard mode >= .paused else {
            toldUnprotected = []
            return
        }
        let found = unprotected
        let told = effects[start...].compactMap { effect -> String? in
            guard case .record(.alert(let alert)) = effect, alert.code == "unprotected" else {
                return nil
            }
            return alert.message
        }
        let new = found.filter { symbol in
            !toldUnprotected.contains(symbol) && !told.contains { $0.hasPrefix("\(symbol):") }
        }
        toldUnprotected = found
        if new.isEmpty { return }
        raise(
            "unprotected", .critical,
            "\(new.map(\.name).joined(separator: ", ")) held without a protective stop; the mode "
                + "is \(mode.rawValue)", &effects)
    }

    /// An order is kept back that would protect or leave a position without a stop: where that
    /// lasts, in whatever mode, a person is told, once for each order.
    mutating func tellBare(_ id: ClientOrderID, _ effects: inout [Effect]) {
        guard config.execution.isOutside, config.execution.protectiveStops,
            let order = execution.order(id), !order.intent.role.isEntry,
            order.status == .intent || order.status == .submitting,
            now - order.intent.createdAt >= Limits.barePatience, !toldBare.contains(id),
            case .waits = admission(of: order), !execution.hasEntry(order.symbolID),
            !portfolio.quantity(order.symbolID).isZero
        else { return }
        // An exit waits in peace while the stop rests at the broker.
        if let stop = execution.protectiveStop(order.symbolID), stop != id,
            execution.order(stop)?.status != .intent
        {
            return
        }
        toldBare = toldBare.filter { execution.order($0) != nil } + [id]
        let why = entryBlock(order.symbolID).map { ": \($0.rawValue)" } ?? ""
        raise(
            "unprotected", .critical,
            "\(symbols[order.symbolID]): \(portfolio.quantity(order.symbolID)) held without a "
                + "protective stop; \(id) may not leave\(why)", &effects)
    }

    // MARK: - Restart

    /// Holds and commands of the ledger; before anything that asks for the mode.
    mutating func restoreHolds(_ state: LedgerState) {
        holds = HoldSet(restoring: state.holds, count: state.holdCount)
        memory = CommandMemory(restoring: state.commands)
        mode = max(config.mode, holds.mode)
    }

    /// What the day's entries cost before the restart.
    mutating func restoreNotional(_ state: LedgerState, from start: Timestamp) {
        notionalToday = state.recentIntents.reduce(.zero) { sum, mark in
            guard mark.role.isEntry, mark.at >= start else { return sum }
            return (try? sum.adding(mark.notional)) ?? Money(units: .max)
        }
    }
}
