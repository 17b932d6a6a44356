import Appliance
import ArgumentParser
import Calendar
import Domain
import Foundation
import Simulation

struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play trading days with faults at every boundary, and look for broken promises.",
        discussion: """
            The real engine trades among a modelled disk, network, broker, market and clock. Reads \
            and writes no store. A run is a seed and a few days; further days are played under \
            the seeds that follow. Equal seeds give equal runs: the hash of the history says so.

            Ends with 0 when every promise held; else with 1, the seed, day and step, and the \
            newest events before it. “--pause-sweep” plays each seed once for every step after \
            its first entry, and after its first exit; “--crash-sweep” once for every commit and \
            send from its first order on.
            """)

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "Trading days in all.") var days = 100
    @Option(help: "Trading days under one seed.") var daysPerSeed = 10
    @Option(help: "Seeds played at a time, each on its own thread.") var jobs = 1
    @Flag(help: "Pause before each step after the first entry, and the first exit, in turn.")
    var pauseSweep = false
    @Flag(help: "Die at each commit and send from the first order on in turn.")
    var crashSweep = false
    @Option(help: "Steps or points of a sweep.") var sweepLength = 60
    @Option(help: "Newest events to show of a run that broke a promise.") var trace = 200
    @Flag(help: "Write JSON.") var json = false

    func validate() throws {
        guard days > 0, daysPerSeed > 0, jobs > 0, sweepLength > 0, trace > 0 else {
            throw ValidationError(
                "days, days per seed, jobs, sweep length and trace are positive")
        }
    }

    func run() throws {
        try reporting {
            let calendar = MarketCalendar.xnys(try newYorkZone())
            let began = ContinuousClock.now
            let totals = SimulationTotals()
            play(plans(), calendar, totals)
            let passed = began.duration(to: .now).components
            let seconds = Double(passed.seconds) + Double(passed.attoseconds) / 1e18
            let summary = totals.summary(seconds: seconds)
            if let failed = totals.failed {
                try fail(failed, calendar, summary)
                throw Exit.negative
            }
            print(json ? try summary.json() : summary.text)
        }
    }

    private func plans() -> [SimulationPlan] {
        var plans: [SimulationPlan] = []
        var left = days
        var seed = seed
        while left > 0 {
            let plan = SimulationPlan(seed: seed, days: min(daysPerSeed, left))
            left -= plan.days
            seed &+= 1
            guard pauseSweep || crashSweep else {
                plans.append(plan)
                continue
            }
            for place in 0..<sweepLength {
                for from in pauseSweep ? PauseFrom.allCases : [.entry] {
                    var directed = plan
                    directed.pauseFrom = from
                    if pauseSweep { directed.pauseAtStep = place }
                    if crashSweep { directed.crashAtPoint = place }
                    plans.append(directed)
                }
            }
        }
        return plans
    }

    /// Each thread takes the next plan; what comes out does not depend on which.
    private func play(
        _ plans: [SimulationPlan], _ calendar: MarketCalendar, _ totals: SimulationTotals
    ) {
        let next = PlanQueue(plans)
        let showsProgress = isErrorTerminal
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while let (index, plan) = next.take() {
                var simulation = Simulation(plan, calendar: calendar)
                let result = simulation.run()
                let days = totals.add(result, index: index, plan: plan)
                if result.violation != nil { next.stop(after: index) }
                if showsProgress {
                    FileHandle.standardError.write(Data("\r\(days) days ".utf8))
                }
            }
        }
        if showsProgress { FileHandle.standardError.write(Data("\r".utf8)) }
    }

    /// The same run once more, now with its events as text.
    private func fail(
        _ plan: SimulationPlan, _ calendar: MarketCalendar, _ summary: SimulationSummary
    ) throws {
        var plan = plan
        plan.traceLines = trace
        var simulation = Simulation(plan, calendar: calendar)
        let result = simulation.run()
        guard let violation = result.violation else { return }
        if json {
            print(try summary.json(violation: violation, trace: result.trace))
            return
        }
        for line in result.trace { print(line) }
        print(violation)
        var again = "bellwether simulate --seed \(plan.seed) --days \(plan.days)"
        if plan.days != 10 { again += " --days-per-seed \(plan.days)" }
        if plan.pauseAtStep != nil { again += " --pause-sweep" }
        if plan.crashAtPoint != nil { again += " --crash-sweep" }
        print("again: \(again)")
    }
}

/// Hands out plans in order, and none after one that failed.
// @unchecked: everything is touched under the lock only.
private final class PlanQueue: @unchecked Sendable {
    private let lock = NSLock()
    private let plans: [SimulationPlan]
    private var next = 0
    private var end: Int

    init(_ plans: [SimulationPlan]) {
        self.plans = plans
        end = plans.count
    }

    func take() -> (Int, SimulationPlan)? {
        lock.withLock {
            guard next < end else { return nil }
            defer { next += 1 }
            return (next, plans[next])
        }
    }

    func stop(after index: Int) { lock.withLock { end = min(end, index) } }
}

/// Adds up results that come in any order.
// @unchecked: everything is touched under the lock only.
private final class SimulationTotals: @unchecked Sendable {
    private let lock = NSLock()
    private var sum = SimulationResult()
    private var hashes: [(index: Int, hash: UInt64)] = []
    private var firstFailed: (index: Int, plan: SimulationPlan)?

    var failed: SimulationPlan? { lock.withLock { firstFailed?.plan } }

    /// - Returns: the days so far.
    func add(_ result: SimulationResult, index: Int, plan: SimulationPlan) -> Int {
        lock.withLock {
            sum.add(result)
            hashes.append((index, result.hash))
            if result.violation != nil, index < firstFailed?.index ?? .max {
                firstFailed = (index, plan)
            }
            return sum.days
        }
    }

    func summary(seconds: Double) -> SimulationSummary {
        lock.withLock {
            var hash: UInt64 = 0
            for (_, one) in hashes.sorted(by: { $0.index < $1.index }) {
                hash = (hash ^ one) &* 0x9E37_79B9_7F4A_7C15
            }
            return SimulationSummary(
                sum: sum, runs: hashes.count, hash: hash, seconds: seconds)
        }
    }
}
