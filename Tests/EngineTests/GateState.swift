import Domain
import Primitives
import TestSupport

@testable import Engine

/// What a ledger keeps of holds and commands, from the recorded rows alone.
struct GateRows {
    private(set) var holds: [TradingHold] = []
    private(set) var holdCount = 0
    private(set) var changes: [HoldChange] = []
    private(set) var commands: [CommandRecord] = []
    private(set) var answers: [CommandAnswer] = []
    /// What no ledger could have stored.
    private(set) var problems: [String] = []

    init(_ log: [[Effect]]) {
        for effect in log.joined() {
            switch effect {
            case .record(.hold(let change)): take(change)
            case .record(.command(let record)): take(record)
            case .answer(let answer): answers.append(answer)
            default: break
            }
        }
    }

    private mutating func take(_ record: CommandRecord) {
        if commands.contains(where: { $0.command.transaction == record.command.transaction }) {
            problems.append("command \(record.command.transaction) twice")
        }
        commands.append(record)
    }

    private mutating func take(_ change: HoldChange) {
        changes.append(change)
        switch change {
        case .set(let hold):
            if let index = holds.firstIndex(where: { $0.id == hold.id }) {
                if hold.mode < holds[index].mode { problems.append("\(hold.id) became looser") }
                holds[index] = hold
                return
            }
            holdCount += 1
            if hold.id != "h\(holdCount)" { problems.append("\(hold.id) after \(holdCount - 1)") }
            holds.append(hold)
        case .lifted(let id, _, _, _):
            if !holds.contains(where: { $0.id == id }) { problems.append("\(id) does not stand") }
            holds.removeAll { $0.id == id }
        }
    }
}

extension World {
    var rows: GateRows { GateRows(log) }
    var answers: [CommandAnswer] { rows.answers }
    var causes: [HoldCause] { engine.standingHolds.map(\.cause) }

    /// The state of the ledger with the rows above in it.
    func withGate(_ state: LedgerState) -> LedgerState {
        var state = state
        let rows = rows
        state.holds = rows.holds
        state.holdCount = rows.holdCount
        state.commands = Array(rows.commands.suffix(256))
        let intents = ledger.orderIDs.compactMap { ledger.orders[$0]?.intent }
            .filter { intent in (state.checkpoint?.at).map { intent.createdAt <= $0 } ?? false }
            .suffix(state.recentIntents.count)
        state.recentIntents = intents.map {
            LedgerState.IntentMark(
                at: $0.createdAt, role: $0.role,
                notional: (try? $0.referencePrice * $0.quantity) ?? .zero)
        }
        return state
    }

    /// Gives a command now and returns the newest answer to it; nil while it waits.
    @discardableResult
    mutating func send(
        _ verb: Command.Verb, _ transaction: String, by: String = "ctl:root",
        isProven: Bool = true, at: Timestamp? = nil
    ) throws -> CommandAnswer? {
        let before = answers.count
        try take(
            .command(
                Command(
                    transaction: transaction, by: by, isProven: isProven, why: "test",
                    verb: verb)), at ?? engine.now)
        return answers.count > before ? answers.last { $0.transaction == transaction } : nil
    }

    /// Wakes the engine as a loop does.
    mutating func wake(at: Timestamp) throws { try take(.timer(.due), at) }

    /// Dies here and goes on from the rows.
    mutating func restart() throws {
        engine = try restarted()
    }
}

let pause = Command.Verb.pause(until: nil, exits: false)
let reduce = Command.Verb.pause(until: nil, exits: true)
let resume = Command.Verb.resume(latch: nil)
