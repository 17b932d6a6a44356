import Domain
import Foundation
import GRDB
import Glibc
import TestSupport
import Testing

/// News dropped into a folder while the real program trades.
@Suite struct ProcessSpoolTests {
    let folder: ScratchFolder
    var spool: String { folder("spool") }
    var store: ProcessStore { ProcessStore(path: folder("store")) }

    init() throws { folder = try ScratchFolder(inMemory: true) }

    /// One market minute takes a twentieth of a second.
    private var run: [String] {
        ["run"]
            + settings([
                "storage.path=\(store.path)", "market.speed=1200", "market.days=2",
                "news.sources=spool", "news.spool=\(spool)",
            ])
    }

    /// Written under another name first, as the spool asks for.
    private func drop(_ text: String, as name: String) throws {
        try folder.write(text, to: "spool/" + name + ".part")
        #expect(rename(spool + "/" + name + ".part", spool + "/" + name) == 0)
    }

    private func item(_ id: String) -> String {
        """
        {"id": "\(id)", "headline": "Alfanor Instruments beats profit estimates, \(id)",
         "symbols": ["ALFA"], "created_at": "2024-01-02T14:30:00Z", "source": "test"}
        """
    }

    private func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: spool + "/" + name)
    }

    private func taken(_ id: String) throws -> Int {
        try store.count("SELECT count(*) FROM taken WHERE news_id = '\(id)'")
    }

    @Test(
        "S39: good files of the spool are taken and moved, bad ones set aside with a reason (S25)")
    func files() throws {
        try drop(item("before"), as: "before.json")
        let child = try Program.start(run)
        try child.wait(for: "Bellwether")
        try drop(item("good"), as: "good.json")
        try drop("[\(item("one")), \(item("two"))]", as: "list.json")
        try drop("{\"headline\": 7", as: "bad.json")
        try drop("{\"id\": \"x\", \"created_at\": \"yesterday\"}\n", as: "fields.jsonl")
        try drop(String(repeating: " ", count: (1 << 20) + 1), as: "large.json")
        try drop("", as: "empty.json")
        #expect(symlink("/etc/passwd", spool + "/link.json") == 0)
        try folder.write(item("unfinished"), to: "spool/unfinished.json.part")
        let good = ["before.json", "good.json", "list.json"]
        let bad = ["bad.json", "fields.jsonl", "large.json", "empty.json", "link.json"]
        let came = comesTrue {
            good.allSatisfy { isThere("done/" + $0) }
                && bad.allSatisfy { isThere("rejected/" + $0) }
        }
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(came, "\(outcome)")
        #expect(outcome.status == 0, "\(outcome)")
        for id in ["before", "good", "one", "two"] { #expect(try taken(id) == 1, "\(id)") }
        for id in ["x", "unfinished"] { #expect(try taken(id) == 0, "\(id)") }
        for name in bad {
            let reason = try? String(
                contentsOfFile: spool + "/rejected/" + name + ".reason", encoding: .utf8)
            #expect(reason?.hasPrefix("line ") == true, "\(name): \(reason ?? "no reason")")
            #expect(outcome.errors.contains("warning: \(spool)/\(name):"), "\(name) in \(outcome)")
        }
        #expect(isThere("unfinished.json.part"))
        #expect(try store.count("SELECT count(*) FROM readings", file: "history.db") == 4)
        try store.expectSound("spool")
    }

    @Test(
        "S43: news whose effects cannot be stored is set aside with an alert, and trading goes on")
    func poison() throws {
        let first = try Program.run(
            run + settings(["market.days=1", "market.speed=max"]))
        #expect(first.status == 0, "\(first)")
        // A row that the ledger cannot take, however often it is tried.
        let queue = try DatabaseQueue(path: store.path + "/ledger.db")
        try queue.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER poison BEFORE INSERT ON taken WHEN NEW.news_id = 'poison'
                    BEGIN SELECT RAISE(ABORT, 'poisoned'); END
                    """)
        }
        try queue.close()
        try drop("[\(item("one")), \(item("poison")), \(item("two"))]", as: "bad.json")
        try drop(item("three"), as: "good.json")
        let child = try Program.start(run)
        let came = comesTrue { isThere("done/good.json") && isThere("rejected/bad.json") }
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(came && outcome.status == 0, "\(outcome)")
        #expect(outcome.output.contains("news-poison: the news poison was set aside"))
        for id in ["one", "two", "three"] { #expect(try taken(id) == 1, "\(id)") }
        #expect(try taken("poison") == 0)
        #expect(
            try store.count("SELECT count(*) FROM alerts WHERE code = 'news-poison'") == 1)
        let reason = try String(
            contentsOfFile: spool + "/rejected/bad.json.reason", encoding: .utf8)
        #expect(reason.contains("its effects could not be stored"), "\(reason)")
        try store.expectSound("poison")
    }

    @Test("S25: more news at once than fits the inbox is taken in pieces")
    func many() throws {
        for file in 0..<3 {
            let lines = (0..<700).map { number in
                """
                {"id": "many-\(file)-\(number)", "headline": "Item \(file) of \(number)", \
                "symbols": ["ALFA"], "created_at": "2024-01-02T14:30:00Z", "source": "test"}
                """
            }
            try drop(lines.joined(separator: "\n") + "\n", as: "many-\(file).jsonl")
        }
        try finish("many-2.jsonl")
        #expect(try store.count("SELECT count(*) FROM taken WHERE news_id LIKE 'many-%'") == 2_100)
    }

    /// Runs until the file has gone to `done`, then ends the run.
    private func finish(_ name: String) throws {
        let child = try Program.start(run)
        // A signal before its first statement would end it as any program.
        try child.wait(for: "Bellwether")
        let came = comesTrue { isThere("done/" + name) }
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(came && outcome.status == 0, "\(outcome)")
    }

    @Test(
        "S25: killed between taking a file and moving it, its news is delivered again and counts once",
        .enabled(if: Strace.works, "strace is not here, or may not trace"),
        arguments: [false, true])
    func handOver(losesHistory: Bool) throws {
        // The spool's are the only renames of the program once the store is there: the first marks
        // the file as being taken.
        try drop(item("hand-over"), as: "file.json")
        let killed = try Strace.kill(
            [Program.path] + run, atCall: "renameat,renameat2", number: 2
        ).wait()
        #expect(killed.signal == SIGKILL || killed.status == 128 + SIGKILL, "\(killed)")
        #expect(isThere(".taking-1-file.json") && !isThere("done/file.json"))
        #expect(try taken("hand-over") == 1)
        if losesHistory {
            for end in ["", "-wal", "-shm"] { unlink(store.path + "/history.db" + end) }
        }

        try finish("file.json")
        #expect(!isThere("file.json"))
        #expect(try taken("hand-over") == 1)
        let readings = try store.count("SELECT count(*) FROM readings", file: "history.db")
        #expect(readings == (losesHistory ? 0 : 1))
        let repeats = try store.count(
            "SELECT count(*) FROM news WHERE duplicate_of IS NOT NULL", file: "history.db")
        #expect(repeats == 0)
        try store.expectSound("hand-over")
    }

    @Test("S25: killed at random moments around the hand-over, every file counts once")
    func kills() throws {
        var random = propertyRandom
        let delays = (0..<6).map { _ in Double.random(in: 0.05...0.6, using: &random) }
        for (index, delay) in delays.enumerated() {
            try drop(item("kill-\(index)"), as: "kill-\(index).json")
            _ = try Program.start(run).kill(after: delay)
        }
        try finish("kill-5.json")
        for index in delays.indices {
            #expect(isThere("done/kill-\(index).json"), "kills after \(delays) s")
            #expect(try taken("kill-\(index)") == 1, "kills after \(delays) s")
        }
        try store.expectSound("kills after \(delays) s")
    }
}
