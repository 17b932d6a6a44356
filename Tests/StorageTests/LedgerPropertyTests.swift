import Domain
import Primitives
import Storage
import TestSupport
import Testing

/// Whatever happens in whatever order: what a restart gets from the disk is what a ledger in memory
/// would give, the chain holds, and a refused commit leaves nothing.
@Suite struct LedgerPropertyTests {
    /// The two ledgers side by side, and what the one in memory does not keep.
    private struct Pair {
        let folder = TemporaryFolder()
        var store: LedgerStore
        var memory = MemoryLedger()
        var holds: [TradingHold] = []
        var holdCount = 0
        var commands: [CommandRecord] = []
        var reconciledAt: Timestamp?
        var reconciliationCount = 0
        var executions: [ClientOrderID: [String]] = [:]

        init() throws { store = try LedgerStore(folder: folder.path, reserve: 0) }

        mutating func commit(_ entries: [LedgerEntry]) throws {
            try store.commit(entries)
            memory.commit(entries.map { .record($0) })
            for entry in entries {
                switch entry {
                case .hold(.set(let hold)):
                    if let index = holds.firstIndex(where: { $0.id == hold.id }) {
                        holds[index] = hold
                    } else {
                        holds.append(hold)
                        holdCount += 1
                    }
                case .hold(.lifted(let id, _, _, _)): holds.removeAll { $0.id == id }
                case .command(let record): commands.append(record)
                case .reconciliation(let run):
                    reconciliationCount += 1
                    if run.verdict == .matches || run.verdict == .repaired { reconciledAt = run.at }
                case .fill(let fill):
                    executions[fill.orderID, default: []].append(fill.executionID)
                default: break
                }
            }
        }

        /// Of the one in memory, completed.
        var expected: LedgerState {
            var state = memory.state {
                let offset = Span(seconds: 4 * 3600)
                return Timestamp(($0 - offset).utcDate, secondsOfDay: 0) + offset
            }
            (state.holds, state.holdCount, state.commands) = (holds, holdCount, commands)
            (state.reconciledAt, state.reconciliationCount) = (reconciledAt, reconciliationCount)
            // The samples are not made in the order of their times.
            state.recentIntents = state.recentIntents.enumerated()
                .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
                .map(\.element)
            for index in state.openOrders.indices {
                state.openOrders[index].executionIDs =
                    executions[state.openOrders[index].intent.id] ?? []
            }
            return state
        }
    }

    /// The commits of one position's life, up to where chance ends it.
    private static func life(_ name: String, at: Int64, _ random: inout SeededRandom)
        -> [[LedgerEntry]]
    {
        let sample = Sample(name, at: at)
        var entry = sample.steps(exit: false, to: [.submitting, .acked, .filled])
        if random.below(4) == 0 {
            entry = sample.steps(exit: false, to: [.submitting, .unknown, .acked, .filled])
        }
        let bookings = sample.opening.suffix(3)
        var commits: [[LedgerEntry]] = [sample.intake]
        commits += entry.dropLast().map { [$0] }
        commits.append([entry[entry.count - 1]] + bookings)
        commits.append(Array(sample.closing.prefix(2)))
        commits.append(Array(sample.closing.dropFirst(2)))
        return Array(commits.prefix(1 + random.below(commits.count)))
    }

    @Test(
        "S05: random days come back from the disk as a ledger in memory has them", arguments: 1...6)
    func randomDays(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var pair = try Pair()
        try pair.commit([capital(), .weights(weights(0, [0.4, 0.3, 0.3], at: -90_000))])
        var lives = (0..<12).map {
            Self.life("S\($0)", at: Int64($0) * 7, &random)
        }
        var version = 0
        var rounds = 0
        var names = 0
        while lives.contains(where: { !$0.isEmpty }) {
            rounds += 1
            try #require(rounds < 2_000)
            names += 1
            var entries: [LedgerEntry] = []
            let alive = lives.indices.filter { !lives[$0].isEmpty }
            let index = alive[random.below(alive.count)]
            if random.below(8) > 0 {
                // Under a hold no order leaves: it is lifted first.
                if let hold = pair.holds.first {
                    try pair.commit([
                        .hold(.lifted(id: hold.id, by: "t", why: "w", at: time(Int64(rounds))))
                    ])
                    continue
                }
                entries += lives[index].removeFirst()
            }
            switch random.below(8) {
            case 0: entries.append(.checkpoint(checkpoint(at: Int64(rounds * 3))))
            case 1:
                version += 1
                entries.append(
                    .weights(
                        weights(version, [0.5, 0.25, 0.25], at: Int64(rounds), cause: "c\(names)")))
            case 2: entries.append(.command(command("t\(names)")))
            case 3:
                let verdicts: [ReconciliationRun.Verdict] = [.matches, .differs, .incomplete]
                entries.append(
                    .reconciliation(
                        reconciliation(
                            "rec-\(names)", verdicts[random.below(3)], at: Int64(rounds))))
            default: break
            }
            let isSending = entries.contains {
                if case .transition(let step) = $0 { step.to == .submitting } else { false }
            }
            if random.below(6) == 0, !isSending {
                entries.append(.hold(.set(pause("h\(pair.holdCount + 1)"))))
            }
            try pair.commit(entries)
            if random.below(5) == 0 { try refuse(&pair, &random) }
            if random.below(9) == 0 {
                try pair.store.close()
                pair.store = try LedgerStore(folder: pair.folder.path, reserve: 0)
            }
            let isEqual = try pair.store.loadState() == pair.expected
            try #require(isEqual, "seed \(seed), round \(rounds)")
        }
        #expect(pair.memory.problems == [])
        #expect(rounds > 20)
        #expect(try pair.store.verifyChain() == [], "seed \(seed)")
        #expect(try pair.store.checkBooks() == [], "seed \(seed)")
    }

    /// Something that was done before, at the end of a commit that would be good.
    private func refuse(_ pair: inout Pair, _ random: inout SeededRandom) throws {
        let sample = Sample("S\(random.below(12))", at: 0)
        let fresh = LedgerEntry.taken(newsID: "n\(random.next())", at: time(1))
        var bad: [LedgerEntry] = [
            .hold(.lifted(id: "h0", by: "t", why: "w", at: time(1))),
            .transition(
                OrderTransition(id: sample.entryID, from: .replaced, to: .acked, at: time(1))),
            .transition(
                OrderTransition(id: sample.exitID, from: .intent, to: .intent, at: .distantPast)),
        ]
        bad += pair.commands.prefix(1).map { .command($0) }
        bad += pair.memory.fills.prefix(1).map { .fill($0) }
        if let order = pair.memory.orderIDs.first.flatMap({ pair.memory.orders[$0] }) {
            bad.append(.intent(order.intent))
        }
        let entry = bad[random.below(bad.count)]
        let isStep = if case .transition(let step) = entry { step.from == .intent } else { false }
        if isStep, pair.memory.orders[sample.exitID]?.status == .intent { return }
        let head = pair.store.chainHead
        #expect(throws: StorageError.self) { try pair.store.commit([fresh, entry]) }
        #expect(pair.store.chainHead == head)
    }
}
