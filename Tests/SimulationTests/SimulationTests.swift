import Calendar
import Domain
import Foundation
import Testing

@testable import Simulation

func newYork() throws -> MarketCalendar {
    let data = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/America/New_York"))
    return .xnys(try TimeZoneRules(tzif: [UInt8](data)))
}

func simulate(_ plan: SimulationPlan) throws -> SimulationResult {
    var simulation = Simulation(plan, calendar: try newYork())
    return simulation.run()
}

@Suite struct SimulationTests {
    /// A run that once broke a promise.
    struct Regression: Sendable, CustomTestStringConvertible {
        let name: String
        let seed: UInt64
        let days: Int
        /// What was wrong.
        let why: String
        var testDescription: String { name }

        init(_ name: String, _ seed: UInt64, days: Int, _ why: String) {
            self.name = name
            self.seed = seed
            self.days = days
            self.why = why
        }
    }

    @Test(
        "S33, S37: no order is made twice or lost, whatever breaks",
        arguments: [UInt64](1...8))
    func seeds(seed: UInt64) throws {
        let result = try simulate(SimulationPlan(seed: seed, days: 2))
        #expect(result.violation == nil, "\(result.violation.map { "\($0)" } ?? "")")
        #expect(result.steps > 50)
    }

    @Test("A run without faults trades on every day")
    func calm() throws {
        var plan = SimulationPlan(seed: 3, days: 3)
        plan.rates = FaultRates()
        let result = try simulate(plan)
        #expect(result.violation == nil, "\(result.violation.map { "\($0)" } ?? "")")
        #expect(result.fills > 20 && result.crashes == 0)
    }

    @Test("The same seed gives the same history, another seed another one")
    func determinism() throws {
        let first = try simulate(SimulationPlan(seed: 11, days: 2))
        var traced = SimulationPlan(seed: 11, days: 2)
        traced.traceLines = 50
        let second = try simulate(traced)
        #expect(first.hash == second.hash && first.steps == second.steps)
        #expect(first.faults == second.faults && !second.trace.isEmpty)
        #expect(try simulate(SimulationPlan(seed: 12, days: 2)).hash != first.hash)
    }

    @Test(
        "S34: a pause before any step of an entry or an exit lets nothing more out",
        arguments: PauseFrom.allCases, Array(stride(from: 0, to: 40, by: 5)))
    func pauseSweep(from: PauseFrom, first: Int) throws {
        for step in first..<(first + 5) {
            try pause(from, step, FaultRates())
        }
    }

    @Test(
        "S34: the same among requests, replies and reports that are lost, late and twice",
        arguments: PauseFrom.allCases, Array(stride(from: 0, to: 40, by: 8)))
    func pauseSweepAmongFaults(from: PauseFrom, first: Int) throws {
        var rates = FaultRates()
        for (fault, rate) in Self.ratesOfSweep { rates[fault] = rate }
        for step in first..<(first + 8) { try pause(from, step, rates) }
    }

    /// None of commands: the hold is to be that of the pause.
    private static let ratesOfSweep: [Fault: Int] = [
        .requestLost: 500, .replyLost: 500, .serverErrorWithEffect: 500, .notSent: 500,
        .queryFailed: 800, .listedLate: 800, .reportLost: 600, .reportTwice: 1_000,
        .reportLate: 1_000, .partialFill: 3_000, .slowFill: 1_500, .crash: 60,
    ]

    private func pause(_ from: PauseFrom, _ step: Int, _ rates: FaultRates) throws {
        var plan = SimulationPlan(seed: 21, days: 1)
        plan.rates = rates
        plan.pauseFrom = from
        plan.pauseAtStep = step
        let result = try simulate(plan)
        #expect(result.violation == nil, "\(result.violation.map { "\($0)" } ?? "")")
        #expect(result.pausesGiven == 1 && result.pausesHeld == 1, "\(from) \(step)")
    }

    @Test(
        "S05: death at any commit or send of an order loses and repeats nothing",
        arguments: Array(stride(from: 0, to: 40, by: 5)))
    func crashSweep(first: Int) throws {
        for point in first..<(first + 5) {
            var plan = SimulationPlan(seed: 22, days: 1)
            plan.rates = FaultRates()
            plan.crashAtPoint = point
            let result = try simulate(plan)
            #expect(result.violation == nil, "\(result.violation.map { "\($0)" } ?? "")")
            #expect(result.crashes == 1)
        }
    }

    @Test(
        "K12: death at any commit or send of the recovery that follows a death",
        arguments: [0, 1, 2, 3, 4, 5, 6, 8])
    func crashInRecovery(point: Int) throws {
        for again in 0..<6 {
            var plan = SimulationPlan(seed: 22, days: 1)
            plan.rates = FaultRates()
            plan.crashAtPoint = point
            plan.crashAgainAfter = again
            let result = try simulate(plan)
            #expect(result.violation == nil, "\(result.violation.map { "\($0)" } ?? "")")
            #expect(result.crashes == 2)
        }
    }

    @Test(
        "Runs that once broke a promise keep it",
        arguments: [
            Regression(
                "an old stop is canceled", 3, days: 7,
                "the broker listed a stop made before the window of the comparison; it was taken "
                    + "for an order from outside and stored a second time"),
            Regression(
                "an old execution is taken back", 10, days: 8,
                "the broker listed an order of last week for its bust, with the same end"),
            Regression(
                "found while paused", 7, days: 1,
                "orders found after a restore passed through the last gate, which was closed"),
            Regression(
                "a new stop kept back", 46, days: 10,
                "the stop after a lost exit waited on a suspended symbol, and nobody was told"),
            Regression(
                "a bust that waited for its terms", 49, days: 10,
                "an execution to be taken back was known to a process that died before the next "
                    + "comparison"),
            Regression(
                "the exit of another position", 195, days: 10,
                "an execution of before was corrected: its lot was older than the exit of the "
                    + "position it had been in, which a restart took for a wish to leave"),
            Regression(
                "a stop with nothing to protect", 234, days: 3,
                "shares were taken back and the process ended before it canceled their stop, beside "
                    + "which the next entry left without one"),
            Regression(
                "found after many reads", 1755, days: 8,
                "an entry that was looked for often was found while none may work, and its cancel "
                    + "waited for a quarter of an hour"),
            Regression(
                "a stop found beside another", 2035, days: 7,
                "an older stop had the place of one that was found at the broker, and ended: an exit "
                    + "left without giving up the other"),
            Regression(
                "a clock that was behind", 7402, days: 7,
                "a position began by the broker's time, ahead of ours, and was to be left at another "
                    + "time after a restart"),
            Regression(
                "found orders of the day", 8249, days: 5,
                "orders found at the broker after the ledger lost them did not count as orders of "
                    + "the day"),
            Regression(
                "a loss forgiven after the close", 13142, days: 10,
                "what the day's loss is measured from was lost by a restart between sessions"),
            Regression(
                "corrected while nobody lived", 5270, days: 3,
                "a doubt of the hours without a process was to be told of before the comparison "
                    + "that follows the start"),
            Regression(
                "lost on the way", 10104, days: 9,
                "an order that the disk lost came to the broker after a comparison had vouched for "
                    + "the books"),
        ])
    func regressions(row: Regression) throws {
        var plan = SimulationPlan(seed: row.seed, days: row.days)
        if row.seed == 3 { plan.rates = FaultRates() }
        if row.seed == 10 {
            var rates = FaultRates()
            rates[.busted] = 500
            rates[.corrected] = 500
            plan.rates = rates
        }
        if row.seed == 7 {
            var rates = FaultRates()
            rates[.lyingDisk] = 500
            plan.rates = rates
        }
        let result = try simulate(plan)
        #expect(
            result.violation == nil,
            "\(row.why): \(result.violation.map { "\($0)" } ?? "")")
    }
}
