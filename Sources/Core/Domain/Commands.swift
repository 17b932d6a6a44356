/// What a person tells the daemon to do. Reading requests never get here.
package struct Command: Sendable, Equatable {
    package enum Verb: Sendable, Equatable {
        /// `exits`: positions may still be left.
        case pause(until: Timestamp?, exits: Bool)
        /// `latch`: the cause or the id of the holds that are lifted; nil lifts a person's own.
        case resume(latch: String?)
        /// Without a token: asks for one. With it: leaves every position.
        case flatten(token: String?)
        case reconcile
        case weights(WeightsOrder)
        /// Lowers limits of the gate; never empty.
        case limits([RiskLimit: Double])

        package var name: String {
            switch self {
            case .pause: "pause"
            case .resume: "resume"
            case .flatten: "flatten"
            case .reconcile: "reconcile"
            case .weights: "weights"
            case .limits: "limits"
            }
        }
    }

    /// Chosen by the sender, 1...64 bytes: the same once more gets the same answer and has no
    /// second effect.
    package let transaction: String
    /// Who sends it, and by what way: `ctl:root`.
    package let by: String
    /// Signed, or sent by root or the group: without it a command can only tighten.
    package let isProven: Bool
    package let why: String
    package let verb: Verb
    /// What it was signed with, where a signature is the way to be proven; not kept with it.
    package let proof: CommandProof?

    package init(
        transaction: String, by: String, isProven: Bool, why: String, verb: Verb,
        proof: CommandProof? = nil
    ) {
        self.proof = proof
        self.transaction = transaction
        self.by = by
        self.isProven = isProven
        self.why = why
        self.verb = verb
    }
}

/// Why a command was not carried out; stable words of the interface.
package enum CommandRefusal: String, Error, Sendable, Codable, CaseIterable {
    case malformed, oversize
    case unknownVerb = "unknown-verb"
    case retained, unsigned
    case badSignature = "bad-signature"
    case wrongDevice = "wrong-device"
    case expired
    case notYetValid = "not-yet-valid"
    case replayed
    case rateLimited = "rate-limited"
    case clock, conflict
    case invalidArgument = "invalid-argument"
    /// What it needs is not there now: no market time yet, no broker.
    case unavailable
}

/// The answer to a command: given once, and alike for every repetition.
package struct CommandAnswer: Sendable, Equatable, Codable {
    package let transaction: String
    package let verb: String
    /// Nil: done.
    package let refusal: CommandRefusal?
    package let message: String
    /// As they stand after the command.
    package let mode: TradingMode
    package let holds: [TradingHold]
    /// Positions without a protective stop.
    package let unprotected: [String]
    /// To confirm a `flatten` with, within the time that the message names, if any.
    package let token: String?
    package let reconciliation: ReconciliationRun?
    /// What was set, as it stands now.
    package let figures: [Figure]?

    package init(
        transaction: String, verb: String, refusal: CommandRefusal?, message: String,
        mode: TradingMode, holds: [TradingHold], unprotected: [String], token: String? = nil,
        reconciliation: ReconciliationRun? = nil, figures: [Figure]? = nil
    ) {
        self.figures = figures
        self.transaction = transaction
        self.verb = verb
        self.refusal = refusal
        self.message = message
        self.mode = mode
        self.holds = holds
        self.unprotected = unprotected
        self.token = token
        self.reconciliation = reconciliation
    }
}

/// A command and its answer, as they are kept.
package struct CommandRecord: Sendable, Equatable {
    package let command: Command
    package let at: Timestamp
    package let answer: CommandAnswer

    package init(command: Command, at: Timestamp, answer: CommandAnswer) {
        self.command = command
        self.at = at
        self.answer = answer
    }
}
