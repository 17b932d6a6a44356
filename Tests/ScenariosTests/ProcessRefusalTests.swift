import Foundation
import GRDB
import Glibc
import TestSupport
import Testing

/// What the program says and how it ends when it cannot do what it is asked.
@Suite struct ProcessRefusalTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let name: String
        /// `@` is a folder of the test.
        let arguments: [String]
        let status: Int32
        /// Each must stand in standard error.
        let words: [String]
        var testDescription: String { name }

        init(_ name: String, _ status: Int32, _ arguments: [String], _ words: String...) {
            (self.name, self.status) = (name, status)
            (self.arguments, self.words) = (arguments, words)
        }
    }

    static let replay = [
        "market.kind=replay", "news.sources=", "strategies.sentiment.enabled=false",
    ]

    @Test(
        "S39: what cannot be done ends with the exit code of its kind and a line that says why",
        arguments: [
            Row("unknown option", 64, ["run", "--nonsense"], "Unknown option '--nonsense'"),
            Row("unknown command", 64, ["trade"], "Unexpected argument 'trade'"),
            Row("a date that is none", 64, ["calendar", "2025-02-30", "2025-03-01"], "2025-02-30"),
            Row(
                "dates in the wrong order", 64, ["calendar", "2025-03-02", "2025-03-01"], "before"),
            Row("no bars", 74, ["backtest", "--bars", "@/none.csv"], "@/none.csv: cannot be read"),
            Row(
                "bars with a wrong header", 65, ["backtest", "--bars", "@/bad.csv"],
                "@/bad.csv:1: the header must be", "found “a,b”"),
            Row(
                "run without its bars", 74,
                ["run"] + settings(replay + ["market.bars=@/none.csv", "storage.path=@/s1"]),
                "@/none.csv: cannot be read"),
            Row(
                "run on bars with a wrong header", 65,
                ["run"] + settings(replay + ["market.bars=@/bad.csv", "storage.path=@/s2"]),
                "@/bad.csv:1: the header must be"),
            Row(
                "a store below a file", 74, ["run"] + settings(["storage.path=@/bad.csv/store"]),
                "@/bad.csv"),
            Row(
                "a store that is a file", 74, ["run"] + settings(["storage.path=@/bad.csv"]),
                "@/bad.csv: is a file, not a folder"),
            Row(
                "garbage for a ledger", 65, ["run"] + settings(["storage.path=@/garbage"]),
                "@/garbage/ledger.db is damaged", "restore a backup"),
            Row("a report of no store", 74, ["report", "--store", "@"], "holds no ledger.db"),
            Row("an order of no store", 74, ["explain", "bw", "--store", "@"], "holds no ledger"),
            Row(
                "an unknown key", 78, ["check-config"] + settings(["risk.nonsense=1"]),
                "--set: risk.nonsense: unknown key"),
            Row(
                "many wrong keys", 78, ["run", "--config", "@/wrong.toml"],
                "@/wrong.toml:2: risk.positions_max: must be", "@/wrong.toml:3: risk.nope: unknown",
                "@/wrong.toml:4: markt: unknown table, perhaps market is meant",
                "@/wrong.toml:7: market.kind: must be"),
            Row(
                "limits that are none", 78,
                ["run"] + settings(["risk.cooldown=none", "storage.path=@/s3"]),
                "risk.cooldown: “none” is for backtests only"),
            Row("no such file of settings", 78, ["run", "--config", "@/no.toml"], "no such file"),
        ])
    func refused(_ row: Row) throws {
        let folder = try ScratchFolder(inMemory: true)
        try folder.write("a,b\n1,2\n", to: "bad.csv")
        try folder.write([UInt8](repeating: 0x5A, count: 20_000), to: "garbage/ledger.db")
        try folder.write(
            "[risk]\npositions_max = \"x\"\nnope = 1\n[markt]\nspeed = 3\n[market]\nkind = 1\n",
            to: "wrong.toml")
        func placed(_ text: String) -> String {
            text.replacingOccurrences(of: "@", with: folder.path)
        }
        let outcome = try Program.run(row.arguments.map(placed))
        #expect(outcome.status == row.status, "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
        for words in row.words {
            #expect(outcome.errors.contains(placed(words)), "\(words) in \(outcome)")
        }
        if row.status != 64 {
            #expect(outcome.errors.split(separator: "\n").count <= 8, "\(outcome)")
        }
    }

    @Test("Limits that are none are no matter of a backtest")
    func backtestWithoutLimits() throws {
        let outcome = try Program.run(
            ["backtest"]
                + settings(["market.days=1", "risk.cooldown=none", "risk.positions_max=none"]))
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.isEmpty, "\(outcome)")
    }

    @Test("A database of a newer version is left alone")
    func newer() throws {
        let folder = try ScratchFolder(inMemory: true)
        let run =
            ["run"]
            + settings(["storage.path=\(folder.path)", "market.days=1", "market.speed=max"])
        #expect(try Program.run(run).status == 0)
        for name in ["ledger", "history"] {
            let queue = try DatabaseQueue(path: folder("\(name).db"))
            try queue.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('\(name)-99')")
            }
            try queue.close()
            let outcome = try Program.run(run)
            #expect(outcome.status == 65, "\(outcome)")
            #expect(outcome.errors.contains("was written by a newer version (\(name)-99)"))
            let mended = try DatabaseQueue(path: folder("\(name).db"))
            try mended.write { db in
                try db.execute(
                    sql: "DELETE FROM grdb_migrations WHERE identifier = '\(name)-99'")
            }
            try mended.close()
        }
        #expect(try Program.run(run).status == 0)
    }

    @Test("A backtest replaces the stores of a backtest, and no others")
    func backtestKeepsStores() throws {
        let folder = try ScratchFolder(inMemory: true)
        let market = settings(["market.days=1", "market.speed=max"])
        let run = ["run"] + market + settings(["storage.path=\(folder("store"))"])
        #expect(try Program.run(run).status == 0)
        let ledger = try Data(contentsOf: URL(fileURLWithPath: folder("store/ledger.db")))
        let refused = try Program.run(["backtest", "--out", folder("store")] + market)
        #expect(refused.status == 74, "\(refused)")
        #expect(refused.errors.contains("ledger.db: was not made by a backtest"), "\(refused)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder("store/ledger.db"))) == ledger)

        for _ in 0..<2 {
            let outcome = try Program.run(["backtest", "--out", folder("out")] + market)
            #expect(outcome.status == 0, "\(outcome)")
        }
        let outcome = try Program.run(
            ["run"] + market + settings(["storage.path=\(folder("out"))"]))
        #expect(outcome.status == 78, "\(outcome)")
        #expect(outcome.errors.contains("was made by a backtest"), "\(outcome)")
    }

    @Test("A store goes on with its own market only")
    func otherMarket() throws {
        let folder = try ScratchFolder(inMemory: true)
        let run =
            ["run"] + settings(["storage.path=\(folder("store"))", "market.speed=max"])
        #expect(try Program.run(run + settings(["market.days=1"])).status == 0)
        for other in ["market.seed=2", "market.symbols_count=4", "market.interval=5m"] {
            let outcome = try Program.run(run + settings(["market.days=2", other]))
            #expect(outcome.status == 78, "\(outcome)")
            #expect(outcome.errors.contains("belongs to another market"), "\(outcome)")
            #expect(outcome.errors.contains("give another storage.path"), "\(outcome)")
        }
        let more = try Program.run(run + settings(["market.days=2"]))
        #expect(more.status == 0, "\(more)")
    }

    @Test("A store has one user at a time; who else comes is told its process id")
    func locked() throws {
        let folder = try ScratchFolder(inMemory: true)
        let store = folder("store")
        let run =
            ["run"] + settings(["storage.path=\(store)", "market.speed=1", "market.days=2"])
        let holder = try Program.start(run)
        try holder.wait(for: "Bellwether")
        for command in [run, ["report", "--store", store], ["explain", "bw", "--store", store]] {
            let outcome = try Program.run(command)
            #expect(outcome.status == 75, "\(outcome)")
            #expect(outcome.output.isEmpty, "\(outcome)")
            #expect(
                outcome.errors.contains("\(store) is in use by pid \(holder.pid) (bellwether run)"),
                "\(outcome)")
        }
        holder.kill(SIGTERM)
        let outcome = try holder.wait()
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("Stopped at"), "\(outcome)")
        let report = try Program.run(["report", "--store", store])
        #expect(report.status == 0, "\(report)")
    }
}
