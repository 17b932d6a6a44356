import Domain
import Execution
import Portfolio
import Primitives

/// When the stop of a position may be canceled from here, at a broker outside.
extension TradingEngine {
    /// Whether a cancel of the order may leave now. A stop is given up for an exit that leaves as
    /// soon as the shares are free, for a stop that fits, or where nothing is held; not for a wish
    /// of before that no order stands for any more.
    func mayBeGivenUp(_ order: WorkingOrder) -> Bool {
        guard case .protectiveStop = order.intent.role else { return true }
        let id = order.symbolID
        if portfolio.quantity(id).isZero { return true }
        if states[id.index].isStopUnfit { return mode <= .reduceOnly }
        guard let exit = execution.exit(id) else { return false }
        return exit.status != .intent || admission(of: exit, besidesStop: true) == .sends
    }

    /// Shares were taken back, or came back: a stop for more than is held would open the other
    /// side, one for less leaves shares without any. It ends, and the position gets one that fits
    /// (`protect`).
    mutating func fitStop(_ id: SymbolID, _ effects: inout [Effect]) {
        guard config.execution.isOutside, !execution.hasEntry(id),
            let stop = execution.protectiveStop(id).flatMap({ execution.order($0) }),
            isUnfit(stop)
        else { return }
        if mode <= .reduceOnly {
            states[id.index].isStopUnfit = true
            effects.append(.cancel(stop.intent.id))
            return
        }
        let isTooLarge = stop.remaining > portfolio.quantity(id).magnitude
        raise(
            isTooLarge ? "stop-too-large" : "unprotected", .critical,
            "\(symbols[id]): the stop \(stop.intent.id) is for \(stop.remaining), and "
                + "\(portfolio.quantity(id)) are held; the mode is \(mode.rawValue)", &effects)
    }

    /// What the process may have ended before it could ask for: a stop that has nothing left to
    /// protect ends, and one for more or less than is held gives way to one that fits.
    ///
    /// - Parameter isSettled: broker and books agree on the symbol.
    mutating func fitStops(_ effects: inout [Effect], where isSettled: (SymbolID) -> Bool) {
        guard config.execution.isOutside else { return }
        for index in states.indices {
            let id = SymbolID(index: index)
            guard let stop = execution.protectiveStop(id), !execution.hasEntry(id),
                !execution.wantsCancel(stop), isSettled(id)
            else { continue }
            if portfolio.quantity(id).isZero {
                effects.append(.cancel(stop))
            } else if !execution.hasExit(id), mode <= .reduceOnly {
                fitStop(id, &effects)
            }
        }
    }

    func isUnfit(_ stop: WorkingOrder) -> Bool {
        let held = portfolio.quantity(stop.symbolID).magnitude
        return !held.isZero && stop.remaining != held
    }

    /// A stop was reached and sold all it was for, and more is held than that: the rest goes too.
    mutating func leaveRest(of stop: WorkingOrder, _ effects: inout [Effect]) {
        let id = stop.symbolID
        let held = portfolio.quantity(id)
        guard !held.isZero, !execution.hasEntry(id), execution.protectiveStop(id) == nil else {
            return
        }
        wantExit(.stop, id)
        raise(
            "unprotected", .critical,
            "\(symbols[id]): \(held) held beyond what the stop \(stop.intent.id) was for; they are "
                + "left at the next bar", &effects)
    }
}
