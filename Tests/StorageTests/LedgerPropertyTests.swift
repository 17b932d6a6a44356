import Domain
import Primitives
import Simulation
import Storage
import TestSupport
import Testing

/// Whatever happens in whatever order: what a restart gets from the disk is what the simulator's
/// disk would give, the chain holds, and a refused commit leaves nothing.
@Suite struct LedgerPropertyTests {
    @Test("S05: random days come back from the disk as the simulator's disk has them")
    func randomDays() throws {
        try forAll(8) { draw in
            var pair = try Pair()
            try pair.commit([capital(), .weights(weights(0, [0.4, 0.3, 0.3], at: -90_000))])
            var days = LedgerDays(&draw)
            var commits = 0
            while let entries = days.next(pair.model, &draw) {
                commits += 1
                try #require(commits < 2_000)
                try pair.commit(entries)
                if draw.chance(0.2) { try pair.refuse(days.refused(pair.model, &draw)) }
                if draw.chance(0.1) { try pair.reopen() }
                let found = try pair.differences(&draw)
                try #require(found.isEmpty, "\(found) after commit \(commits); \(draw)")
            }
            // More than a restart takes back.
            try pair.commit((0..<257).map { .command(command("last-\($0)")) })
            try pair.reopen()
            #expect(try pair.differences(&draw) == [], "\(draw)")
            #expect(try pair.store.verifyChain() == [], "\(draw)")
            #expect(try pair.store.checkBooks() == [], "\(draw)")
        }
    }
}

/// The store and its model side by side.
private struct Pair {
    let folder = TemporaryFolder()
    var store: LedgerStore
    var model = LedgerModel()

    init() throws { store = try LedgerStore(folder: folder.path, reserve: 0) }

    mutating func commit(_ entries: [LedgerEntry]) throws {
        try store.commit(entries)
        for entry in entries { #expect(model.take(entry) == nil) }
    }

    mutating func reopen() throws {
        try store.close()
        store = try LedgerStore(folder: folder.path, reserve: 0)
    }

    /// Refused by both, also at the end of a commit that would be good.
    func refuse(_ entry: LedgerEntry) throws {
        let head = store.chainHead
        let fresh = LedgerEntry.alert(
            Alert(code: "fresh", severity: .warning, message: "fresh", at: time(1)))
        #expect(throws: StorageError.self, "\(entry)") { try store.commit([fresh, entry]) }
        #expect(store.chainHead == head)
        var copy = model
        #expect(copy.take(entry) != nil, "\(entry)")
    }

    func differences(_ draw: inout Draw) throws -> [String] {
        var found: [String] = []
        func check<Value: Equatable>(_ name: String, _ stored: Value, _ modelled: Value) {
            if stored != modelled { found.append("\(name): \(stored) against \(modelled)") }
        }
        check("state", try store.loadState(), model.state(dayStart: dayStart))
        let since = time(Int64(draw.element(of: [1, 5, 100, 105]) + draw.int(in: -1...4)))
        var named: Set<String> = ["x\" or 1", "bw-none"]
        if let id = model.orderIDs.first { named.insert(id.text) }
        check(
            "extract", try store.extract(since: since, naming: named),
            model.extract(since: since, naming: named))
        let holds = try store.holds(limit: .max).reversed()
        check("holds", holds.filter { $0.liftedAt == nil }.map(\.hold), model.holds)
        for name in [model.commands.first, model.commands.last].map({ $0?.command.transaction }) {
            let name = name ?? "none"
            check(name, try store.command(transaction: name), model.command(name))
        }
        check("commands", try store.commands(limit: .max).reversed(), model.commands)
        check(
            "reconciliations", try store.reconciliations(limit: .max).reversed().map(\.run),
            model.reconciliations)
        check("fills", try store.fills(), model.fills)
        check("trades", try store.closedTrades(), model.trades)
        check("weights", try store.weightsHistory(), model.weights)
        check("alerts", try store.alerts(limit: .max).reversed(), model.alerts)
        check(
            "orders", try store.orders(limit: .max).reversed().map { "\($0.id) \($0.status)" },
            model.orderIDs.map { "\($0) \(model.order($0)?.status ?? .replaced)" })
        return found
    }
}
