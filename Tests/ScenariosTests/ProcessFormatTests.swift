import Foundation
import TestSupport
import Testing

/// What the program writes for other programs, as they read it.
@Suite struct ProcessFormatTests {
    private func object(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
            "\(text.prefix(200))")
    }

    private static func isMoney(_ value: Any?) -> Bool {
        (value as? String)?.wholeMatch(of: #/-?[0-9]+\.[0-9]{2,9}/#) != nil
    }

    private static func isTime(_ value: Any?) -> Bool {
        (value as? String)?.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/#) != nil
    }

    // MARK: - Help

    static let commands = [
        "run", "ctl", "status", "reconcile", "backup", "restore", "doctor", "backtest", "report",
        "explain", "score", "calendar", "check-config", "config", "bench",
        "version",
    ]

    @Test("The help of every command says what it reads and what it writes", arguments: commands)
    func help(_ command: String) throws {
        let outcome = try Program.run([command, "--help"])
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors.isEmpty, "\(outcome)")
        let text = outcome.output.replacing(#/\s+/#, with: " ")
        #expect(text.contains("eads ") && text.contains(#/[Ww]rites? /#), "\(outcome)")
        #expect(text.contains("USAGE: bellwether \(command)"), "\(outcome)")
    }

    @Test("The first help names every command and every exit code; version has its libraries")
    func overview() throws {
        let outcome = try Program.run(["--help"])
        #expect(outcome.status == 0)
        let text = outcome.output.replacing(#/\s+/#, with: " ")
        for command in Self.commands { #expect(outcome.output.contains("  \(command) ")) }
        for code in ["65 ", "69 ", "70 ", "74 ", "75 ", "77 ", "78 "] {
            #expect(text.contains(code), "\(code)")
        }
        let version = try Program.run(["version"])
        #expect(version.status == 0)
        let lines =
            #/
            bellwether\ [0-9]+\.[0-9]+\.[0-9]+\n SQLite\ 3\.[0-9.]+\n
            libmosquitto\ 2\.[0-9.]+\n OpenSSL\ 3\.[0-9.]+\n (build\ [0-9a-f]{16,}\n)?
            /#
        #expect(version.output.wholeMatch(of: lines) != nil, "\(version)")
        #expect(try Program.run(["--version"]).output == version.output)
    }

    // MARK: - Calendar

    @Test("S22: calendar --json is a list of sessions in UTC and nothing else")
    func calendar() throws {
        let outcome = try Program.run(["calendar", "2025-07-02", "2025-07-07", "--json"])
        #expect(outcome.status == 0, "\(outcome)")
        let expected = [
            #"{"date":"2025-07-02","open":"2025-07-02T13:30:00Z","close":"2025-07-02T20:00:00Z","early":false}"#,
            #"{"date":"2025-07-03","open":"2025-07-03T13:30:00Z","close":"2025-07-03T17:00:00Z","early":true}"#,
            #"{"date":"2025-07-07","open":"2025-07-07T13:30:00Z","close":"2025-07-07T20:00:00Z","early":false}"#,
        ].map { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary }
        let found = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? NSArray
        #expect(found?.count == 3)
        for (index, session) in expected.enumerated() {
            #expect(found?[index] as? NSDictionary == session)
        }
        let empty = try Program.run(["calendar", "2025-07-05", "2025-07-06", "--json"])
        #expect(empty.output.trimmingCharacters(in: .whitespacesAndNewlines) == "[]")
    }

    // MARK: - Score

    @Test("S39: score gives one line of JSON for every line, whatever the line holds")
    func score() throws {
        var lines: [[UInt8]] = [
            "ALFA beats profit estimates", "", " ", "$AAPL plunges after unexpected loss",
            "{\"text\":\"no\"}", "\"quotes\\ and \\u0000 \t tabs", "\u{202E}evil\u{2028}line\u{0}",
            "%s%n%x ' OR 1=1; --", "née 株価 📈 profit falls", "not not not not not",
        ].map { Array($0.utf8) }
        lines.append([0xFF, 0xFE, 0x80, 0xC3, 0x28, 0xED, 0xA0, 0x80])
        lines.append(Array(repeating: 0x61, count: 300_000))
        lines.append(Array("loss ".utf8) + Array(repeating: 0x20, count: 100_000))
        lines.append(Array(String(repeating: "not ", count: 20_000).utf8))
        lines.append(Array(String(repeating: "$A ", count: 20_000).utf8))
        var random = propertyRandom
        for _ in 0..<40 {
            let count = Int.random(in: 0...300, using: &random)
            lines.append((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        lines = lines.map { $0.filter { $0 != 10 } }
        // The last line has no end.
        let outcome = try Program.run(["score"], input: Array(lines.joined(separator: [10])))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answers = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast()
        #expect(answers.count == lines.count)
        for answer in answers {
            let fields = try object(answer)
            #expect(
                Set(fields.keys)
                    == ["text", "label", "score", "confidence", "symbols", "model"])
            let label = try #require(fields["label"] as? String)
            #expect(["positive", "neutral", "negative"].contains(label))
            let score = try #require(fields["score"] as? Double)
            let confidence = try #require(fields["confidence"] as? Double)
            #expect((-1...1).contains(score) && (0...1).contains(confidence))
            #expect(fields["symbols"] is [String] && fields["model"] is String)
        }
        #expect(try object(answers[0])["label"] as? String == "positive")
        #expect(try object(answers[3])["label"] as? String == "negative")
        #expect(try object(answers[3])["symbols"] as? [String] == ["AAPL"])
    }

    // MARK: - Backtest, explain

    @Test(
        "A12: backtest --json is all of standard output, twice the same; explain tells its orders")
    func backtest() throws {
        let folder = try ScratchFolder(inMemory: true)
        let arguments = ["backtest", "--json", "--seed", "5"] + settings(["market.days=3"])
        let outcome = try Program.run(arguments + ["--out", folder("out")])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        #expect(try Program.run(arguments).output == outcome.output)
        let report = try object(outcome.output)
        #expect(["run", "summary", "equity", "trades"].allSatisfy(report.keys.contains))

        let summary = try #require(report["summary"] as? [String: [String: Any]])
        let keys = """
            fills round_trips total_pnl total_pnl_pct daily_pnl daily_pnl_pct max_drawdown \
            max_drawdown_pct hold_seconds_avg win_rate profit_factor expectancy sharpe sortino
            """.split(separator: " ").map(String.init)
        #expect(Set(keys).subtracting(summary.keys).isEmpty)
        for (key, metric) in summary {
            #expect((metric["formula"] as? String)?.isEmpty == false, "\(key)")
            let value = try #require(metric["value"], "\(key)")
            #expect(value is NSNumber || value is NSNull || Self.isMoney(value), "\(key)")
        }
        for key in ["total_pnl", "daily_pnl", "max_drawdown", "expectancy"] {
            #expect(Self.isMoney(summary[key]?["value"]), "\(key)")
        }

        let equity = try #require(report["equity"] as? [[Any]])
        #expect(equity.count == 3)
        #expect(equity.allSatisfy { $0.count == 2 && Self.isTime($0[0]) && Self.isMoney($0[1]) })
        let trades = try #require(report["trades"] as? [[String: Any]])
        #expect(!trades.isEmpty)
        for trade in trades {
            for key in ["entry_price", "exit_price", "costs", "pnl"] {
                #expect(Self.isMoney(trade[key]), "\(key)")
            }
            #expect(Self.isTime(trade["entry_time"]) && Self.isTime(trade["exit_time"]))
            for key in ["symbol", "side", "quantity", "exit_reason"] {
                #expect(trade[key] is String, "\(key)")
            }
        }
        try explain(try #require(trades.first), store: folder("out"))
        for name in ["report.html", "report.json", "ledger.db"] {
            #expect(FileManager.default.fileExists(atPath: folder("out/" + name)))
        }
        #expect(
            try String(contentsOfFile: folder("out/report.json"), encoding: .utf8)
                == outcome.output)
    }

    private func explain(_ trade: [String: Any], store: String) throws {
        let order = try #require(trade["entry_order"] as? String)
        let text = try Program.run(["explain", order, "--store", store])
        #expect(text.status == 0 && text.errors.isEmpty, "\(text)")
        for words in [order, "voted", "risk gate", "Approved", "FILLED", "P&L"] {
            #expect(text.output.contains(words), "\(words) in \(text)")
        }
        // As much of the id as is unique does.
        let json = try Program.run([
            "explain", String(order.dropLast(6)), "--store", store, "--json",
        ])
        #expect(json.status == 0 && json.errors.isEmpty, "\(json)")
        let told = try object(json.output)
        let fields = try #require(told["order"] as? [String: Any])
        #expect(fields["id"] as? String == order)
        #expect(Self.isTime(fields["created_at"]) && Self.isMoney(fields["reference_price"]))
        #expect((told["verdict"] as? [String: Any])?["approved"] as? Bool == true)
        let unknown = try Program.run(["explain", "zz", "--store", store])
        #expect(unknown.status == 1 && unknown.errors.contains("no order starts with zz"))
        let many = try Program.run(["explain", "bw", "--store", store])
        #expect(many.status == 64 && many.errors.contains("more than one order starts with bw"))
    }

    @Test("S08: a run without trades says n/a and null, not 0")
    func noTrades() throws {
        let quiet = settings(["market.days=2", "trading.mode=paused"])
        let json = try Program.run(["backtest", "--json"] + quiet)
        #expect(json.status == 0 && json.errors.isEmpty, "\(json)")
        let report = try object(json.output)
        #expect((report["trades"] as? [Any])?.isEmpty == true)
        let summary = try #require(report["summary"] as? [String: [String: Any]])
        for key in ["win_rate", "profit_factor", "expectancy", "hold_seconds_avg", "sharpe"] {
            #expect(summary[key]?["value"] is NSNull, "\(key)")
        }
        #expect(summary["fills"]?["value"] as? Int == 0)
        let text = try Program.run(["backtest"] + quiet)
        #expect(text.status == 0 && text.errors.isEmpty, "\(text)")
        #expect(text.output.contains(/Win rate +n\/a/), "\(text)")
        #expect(text.output.contains(/Profit factor +n\/a/), "\(text)")
        #expect(!text.output.contains("\u{1B}"), "no colours in a pipe")
    }
}
