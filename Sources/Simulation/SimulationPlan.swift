import Domain
import Primitives

/// Something that goes wrong, and is counted.
package enum Fault: String, Sendable, CaseIterable, Codable {
    // Between us and the broker, per request.
    case requestLost = "request-lost"
    case replyLost = "reply-lost"
    case serverErrorWithEffect = "5xx-with-effect"
    case serverErrorWithout = "5xx-without-effect"
    case rateLimited = "429"
    case notSent = "not-sent"
    case requestLate = "request-late"
    case queryFailed = "query-failed"
    case listedLate = "listed-late"
    // Per report.
    case reportLost = "report-lost"
    case reportTwice = "report-twice"
    case reportLate = "report-late"
    // At the broker.
    case rejected
    case slowFill = "slow-fill"
    case partialFill = "partial-fill"
    case busted
    case corrected
    case unknownWord = "unknown-word"
    case replaced
    case foreign
    /// An account that is read well and is empty, or not the whole.
    case shortAccount = "short-account"
    // The line and the account.
    case linkDown = "link-down"
    case credentials = "credentials-refused"
    // Here.
    case crash
    case commitFails = "commit-fails"
    case lyingDisk = "lying-disk"
    case clockJump = "clock-jump"
    case diskShort = "disk-short"
    case command
    /// Hundreds of commands, and then an old one again.
    case oldCommand = "old-command"
}

/// How often each fault happens, in 10,000ths of its occasions: per request, report, order or step.
package struct FaultRates: Sendable, Equatable {
    private var rates: [Int]

    /// Nothing goes wrong.
    package init() { rates = Array(repeating: 0, count: Fault.allCases.count) }

    package subscript(fault: Fault) -> Int {
        get { rates[fault.index] }
        set { rates[fault.index] = newValue }
    }

    /// The usual rate of a fault where it happens at all.
    private static func usual(_ fault: Fault) -> Int {
        switch fault {
        case .requestLost, .replyLost, .serverErrorWithEffect, .serverErrorWithout: 250
        case .rateLimited, .requestLate: 150
        case .notSent: 300
        case .queryFailed, .listedLate: 800
        case .reportLost: 300
        case .reportTwice, .reportLate: 1_000
        case .rejected: 200
        case .slowFill: 1_500
        case .partialFill: 3_000
        case .busted, .corrected: 60
        case .unknownWord: 60
        case .replaced, .foreign: 12
        case .shortAccount: 200
        case .linkDown: 25
        case .credentials: 2
        case .crash: 60
        case .commitFails: 8
        case .lyingDisk: 4
        case .clockJump: 8
        case .diskShort: 8
        case .command: 100
        case .oldCommand: 2
        }
    }

    /// Each fault is there or not, and then rare, usual or frequent, so that runs differ in kind
    /// (Groce and others, "Swarm Testing", ISSTA 2012).
    static func drawn(_ random: inout SeededRandom) -> FaultRates {
        var rates = FaultRates()
        let calm = random.below(12) == 0
        for fault in Fault.allCases {
            let roll = random.below(8)
            let usual = Self.usual(fault)
            let rate =
                switch roll {
                case 0, 1, 2: 0
                case 3, 4: max(1, usual / 4)
                case 5, 6: usual
                default: min(5_000, usual * 3)
                }
            rates[fault] = calm ? 0 : rate
        }
        return rates
    }
}

extension Fault {
    /// Place among all cases.
    var index: Int {
        // Few cases: built once.
        Self.places[self] ?? 0
    }

    private static let places: [Fault: Int] = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

/// The kind of order from whose first intent the steps to a pause are counted.
package enum PauseFrom: String, Sendable, CaseIterable {
    case entry, exit

    func includes(_ role: OrderRole) -> Bool {
        switch role {
        case .entry: self == .entry
        case .exit: self == .exit
        case .protectiveStop: false
        }
    }
}

/// What one run plays. Equal plans give equal runs, bit for bit.
package struct SimulationPlan: Sendable, Equatable {
    package var seed: UInt64
    /// Sessions of the exchange.
    package var days: Int
    /// Nil: drawn from the seed.
    package var rates: FaultRates?
    /// Pauses just before this step after the first intent of `pauseFrom`; nil: as drawn.
    package var pauseAtStep: Int?
    package var pauseFrom = PauseFrom.entry
    /// Dies at this point of commits and sends, counted from just before the first intent is
    /// written.
    package var crashAtPoint: Int?
    /// And once more at this point, counted from the start that follows.
    package var crashAgainAfter: Int?
    /// So many of the newest events are kept as text, for a person to read.
    package var traceLines = 0

    package init(seed: UInt64, days: Int = 10) {
        self.seed = seed
        self.days = days
    }
}

/// What a run found.
package struct SimulationResult: Sendable, Equatable {
    package var seed: UInt64 = 0
    package var days = 0
    package var steps = 0
    package var orders = 0
    package var fills = 0
    package var crashes = 0
    package var reconciliations = 0
    package var commands = 0
    package var holds = 0
    /// Pauses that the plan orders, given and stored as a hold.
    package var pausesGiven = 0
    package var pausesHeld = 0
    /// Refusals of an order because of another of ours on the other side.
    package var washTrades = 0
    /// Executions of orders whose cancel had left.
    package var fillsBeforeCancel = 0
    /// By `Fault.index`.
    package var faults = Array(repeating: 0, count: Fault.allCases.count)
    /// Of everything that happened, in order.
    package var hash: UInt64 = 0
    package var violation: SimulationViolation?
    /// The newest events, oldest first; empty unless asked for.
    package var trace: [String] = []

    package init() {}

    /// Counts only: hash, seed and violation stay what they are.
    package mutating func add(_ other: SimulationResult) {
        days += other.days
        steps += other.steps
        orders += other.orders
        fills += other.fills
        crashes += other.crashes
        reconciliations += other.reconciliations
        commands += other.commands
        holds += other.holds
        pausesGiven += other.pausesGiven
        pausesHeld += other.pausesHeld
        washTrades += other.washTrades
        fillsBeforeCancel += other.fillsBeforeCancel
        for index in faults.indices { faults[index] += other.faults[index] }
    }
}

/// A promise that was broken.
package struct SimulationViolation: Sendable, Equatable, CustomStringConvertible {
    /// Of reliability's invariants; 0: the simulation itself could not go on.
    package let invariant: Int
    package let text: String
    package let detail: String
    package let seed: UInt64
    package let day: Int
    package let step: Int
    package let at: Timestamp

    package var description: String {
        "seed \(seed), day \(day), step \(step), \(at): invariant \(invariant) (\(text)): \(detail)"
    }
}
