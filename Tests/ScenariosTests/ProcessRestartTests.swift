import Foundation
import Glibc
import TestSupport
import Testing

/// The real program, ended in an orderly way or robbed of its history, and started again.
@Suite struct ProcessRestartTests {
    private func market(_ store: String, days: Int = 6) -> [String] {
        ["run"]
            + settings([
                "storage.path=\(store)", "market.seed=11", "market.days=\(days)",
                "market.speed=max", "market.news_per_day=40",
                "orders.installation=test0000",
            ])
    }

    private func stopAfterFirstSession(_ arguments: [String], signal: Int32) throws {
        let child = try Program.start(arguments) { pid, line in
            // Sent from the reader, which hears of it first.
            if line.contains("  session ") { _ = Glibc.kill(pid, signal) }
        }
        let outcome = try child.wait()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.lines.last?.hasPrefix("Stopped at 2024-01-0") == true, "\(outcome)")
    }

    @Test("S05: SIGTERM and SIGINT end a run cleanly, and the next goes on where it was")
    func stopped() throws {
        let folder = try ScratchFolder(inMemory: true)
        let whole = ProcessStore(path: folder("whole"))
        let reference = try Program.run(market(whole.path))
        let expected = try whole.contents()
        for signal in [SIGTERM, SIGINT] {
            let store = ProcessStore(path: folder("stopped\(signal)"))
            try stopAfterFirstSession(market(store.path), signal: signal)
            let outcome = try Program.run(market(store.path))
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.lines.dropFirst().first?.hasPrefix("Goes on at 2024-01-0") == true)
            #expect(outcome.lines.last?.hasPrefix("The market is over at") == true, "\(outcome)")
            let differences = try store.contents().differences(from: expected)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            let equity = outcome.lines.last?.components(separatedBy: "equity ").last
            #expect(equity == reference.lines.last?.components(separatedBy: "equity ").last)
        }
    }

    @Test("A SIGTERM that comes early, before the market is open, is not lost")
    func stoppedEarly() throws {
        let folder = try ScratchFolder(inMemory: true)
        let run =
            ["run"]
            + settings(["storage.path=\(folder.path)", "market.speed=1", "market.days=1"])
        var random = propertyRandom
        for _ in 0..<10 {
            let delay = Double.random(in: 0...0.1, using: &random)
            let outcome = try Program.start(run).kill(after: delay, SIGTERM)
            // Before the program's first instruction there is nobody to ask for an orderly end.
            #expect(outcome.status == 0 || outcome.signal == SIGTERM, "\(delay) s: \(outcome)")
        }
    }

    @Test(
        "S16: history.db may be deleted between two runs; trading goes on and explain still tells")
    func withoutHistory() throws {
        let folder = try ScratchFolder(inMemory: true)
        let store = ProcessStore(path: folder("store"))
        try stopAfterFirstSession(market(store.path), signal: SIGTERM)
        let before = try store.contents()
        for name in ["history.db", "history.db-wal", "history.db-shm"] {
            unlink(store.path + "/" + name)
        }
        let outcome = try Program.run(market(store.path))
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.isEmpty, "\(outcome)")
        #expect(outcome.lines.last?.hasPrefix("The market is over at") == true, "\(outcome)")
        try store.expectSound("history deleted")
        let after = try store.contents()
        let fills = try #require(before.tables["fills"])
        #expect(after.tables["fills"]?.starts(with: fills) == true)
        #expect(after.tables["fills"]?.count ?? 0 > fills.count)
        #expect(try store.count("SELECT count(*) FROM bars", file: "history.db") > 0)
        let order = try #require(
            before.tables["closed_trades"]?.first?.split(separator: "\"").first {
                $0.hasPrefix("bw-")
            }?.split(separator: "/").first)
        let told = try Program.run(["explain", String(order.prefix(20)), "--store", store.path])
        #expect(told.status == 0, "\(told)")
        #expect(told.output.contains(order.prefix(20)), "\(told)")
    }
}
