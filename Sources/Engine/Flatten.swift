import Domain
import Execution
import Portfolio
import Primitives
import Signals

/// Leaving every position, in two steps: the first gives a token, the second repeats it.
extension TradingEngine {
    mutating func flatten(
        _ command: Command, token: String?, _ effects: inout [Effect]
    ) throws(EngineError) {
        guard command.isProven else { return refuseUnsigned(command, &effects) }
        guard let token else {
            let seconds = Int64(Limits.flattenConfirmation.seconds)
            return answer(
                command,
                "nothing is done yet: repeat it with the token"
                    + (config.pace == nil ? "" : " within \(seconds) seconds")
                    + " to leave \(portfolio.openPositionCount) positions",
                token: makeToken(command), &effects)
        }
        if let (refusal, message) = objection(to: token) {
            return refuse(command, refusal, message, &effects)
        }
        var made: [Effect] = []
        let before = mode
        if let hold = holds.tighten(
            .flatten, .reduceOnly, by: command.by, why: command.why, at: now, until: nil)
        {
            announce(.set(hold), &made)
        }
        // A stricter mode has stopped them already.
        if mode == before { stopOrders(&made) }
        let left = try leaveAll(command, &made)
        // Of many symbols: first all that is recorded, then all that is done.
        effects += made.filter { !$0.isStep }
        effects += made.filter(\.isStep)
        answer(
            command,
            "every position is left: \(left) at once, "
                + "\(portfolio.openPositionCount - left) as soon as it may be"
                + (mode == .halted ? "; halted: not before a resume" : ""), &effects)
    }

    /// A function of what was asked, so that a repetition could get no other.
    private func makeToken(_ command: Command) -> String {
        var hash = StableHash()
        hash.combine("flatten")
        hash.combine(command.transaction)
        hash.combine(now.nanoseconds)
        return String(hash.text.prefix(10))
    }

    /// Nil for a token that was given, is young enough and not used yet.
    private func objection(to token: String) -> (CommandRefusal, String)? {
        guard let asked = memory.records.last(where: { $0.answer.token == token }) else {
            return (.invalidArgument, "this token was not given here")
        }
        // The seconds are those of a person, at whatever speed the market goes.
        if let pace = config.pace,
            (now - asked.at).seconds > Limits.flattenConfirmation.seconds * pace
        {
            return (.expired, "the token of \(asked.at) is too old: ask for another")
        }
        let isUsed = memory.records.contains {
            $0.command.verb == .flatten(token: token) && $0.answer.refusal == nil
        }
        return isUsed ? (.conflict, "this token was used already") : nil
    }

    /// - Returns: how many positions have an exit on its way now.
    private mutating func leaveAll(
        _ command: Command, _ effects: inout [Effect]
    ) throws(EngineError) -> Int {
        var left = 0
        for index in states.indices {
            let id = SymbolID(index: index)
            guard !portfolio.quantity(id).isZero else { continue }
            wantExit(.flatten, id)
            states[index].lastRefusal = nil
            if !execution.hasExit(id), !execution.hasEntry(id) {
                try leave(id, .flatten, cause: command.transaction, &effects)
            }
            if execution.hasExit(id) { left += 1 }
        }
        return left
    }

    /// The hold is lifted: what has not begun to leave stays.
    mutating func forgetFlatten() {
        for index in states.indices where states[index].exitWanted == .flatten {
            let id = SymbolID(index: index)
            if !execution.hasExit(id) { wantExit(nil, id) }
        }
    }
}

extension Effect {
    /// Something done outside.
    fileprivate var isStep: Bool {
        switch self {
        case .submit, .cancel, .ask, .answer: true
        case .record, .history, .notice: false
        }
    }
}
