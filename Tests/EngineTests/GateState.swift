import Domain
import Primitives
import TestSupport

@testable import Engine

extension World {
    var answers: [CommandAnswer] {
        log.joined().compactMap { if case .answer(let answer) = $0 { answer } else { nil } }
    }
    var causes: [HoldCause] { engine.standingHolds.map(\.cause) }

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
