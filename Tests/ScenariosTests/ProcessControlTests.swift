import Domain
import Foundation
import Glibc
import Host
import Primitives
import Storage
import TestSupport
import Testing

/// The real program, told what to do while it trades.
@Suite(.serialized) struct ProcessControlTests {
    let folder: ScratchFolder
    var store: ProcessStore { ProcessStore(path: folder("store")) }

    init() throws { folder = try ScratchFolder(inMemory: true) }

    /// Busy: several orders a market hour, and a market hour in about a second.
    private var common: [String] {
        settings([
            "storage.path=\(store.path)", "market.seed=11", "market.days=400",
            "market.speed=4000", "market.news_per_day=40", "risk.cooldown=1m",
            "exits.hold_max=1h", "risk.orders_per_day_max=5000",
            "strategies.reversion.entry_z=1.5", "ensemble.entry_threshold=0.2",
            "risk.latches=false",
        ])
    }

    private func start() throws -> ChildProcess { try Program.start(["run"] + common) }

    private func ctl(_ words: String...) throws -> ChildProcess.Outcome {
        try Program.run(["ctl"] + words + common)
    }

    private func value(_ outcome: ChildProcess.Outcome) throws -> JSONValue {
        try JSONReader.read(Array(outcome.output.utf8.dropLast())[...])
    }

    private func text(_ value: JSONValue?) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    private func state() throws -> JSONValue {
        let outcome = try Program.run(["status", "--json"] + common)
        #expect(outcome.status == 0 || outcome.status == 1, "\(outcome)")
        return try value(outcome)
    }

    /// Of the hold with this cause in an answer or a state.
    private func standing(_ cause: String, in data: JSONValue?) -> JSONValue? {
        guard case .array(let holds) = data?["holds"] else { return nil }
        return holds.first { text($0["cause"]) == cause }
    }

    private func end(_ child: ChildProcess) throws {
        child.kill(SIGTERM)
        let outcome = try child.wait()
        #expect(outcome.status == 0, "\(outcome)")
        try store.expectSound("control")
    }

    /// Until the market shows a later time than `since`, by the seconds given.
    private func passes(_ seconds: Int64, after since: Timestamp) throws -> Bool {
        try comesTrue {
            let time = text(try state()["market_time"]).flatMap { Timestamp(rfc3339: $0) }
            return time.map { $0 > since + Span(seconds: seconds) } ?? false
        }
    }

    private func sent(after time: Timestamp) throws -> Int {
        try store.count(
            "SELECT count(*) FROM order_events WHERE to_status = 'SUBMITTING' AND at > "
                + "\(time.nanoseconds)")
    }

    @Test(
        "S34: after the answer to a pause no order leaves, and a kill does not end the pause (S05)")
    func pause() throws {
        let child = try start()
        try child.wait(for: "  fill ")
        let outcome = try ctl("pause", "--reason", "test", "--transaction", "t1", "--json")
        child.kill(SIGKILL)
        #expect(outcome.status == 0, "\(outcome)")
        _ = try child.wait()
        let answer = try value(outcome)
        #expect(text(answer["status"]) == "ok" && text(answer["transaction"]) == "t1")
        let hold = try #require(standing("operator", in: answer["data"]))
        #expect(text(hold["mode"]) == "paused" && text(hold["why"]) == "test")
        #expect(text(hold["by"])?.hasPrefix("ctl:") == true)
        let since = try #require(text(hold["since"]).flatMap { Timestamp(rfc3339: $0) })
        try store.expectSound("killed after the answer")
        #expect(try store.count("SELECT count(*) FROM commands") == 1)

        let again = try start()
        try again.wait(for: "mode paused")
        // The same request has one effect and one answer.
        let repeated = try ctl("pause", "--reason", "other", "--transaction", "t1", "--json")
        #expect(try value(repeated)["data"]?["holds"] == answer["data"]?["holds"], "\(repeated)")
        #expect(try passes(7_200, after: since))
        try end(again)
        #expect(try sent(after: since) == 0)
        #expect(try store.count("SELECT count(*) FROM commands") == 1)

        let resumed = try start()
        try resumed.wait(for: "mode paused")
        let lifted = try ctl("resume", "--reason", "over")
        #expect(lifted.status == 0 && lifted.output.contains("mode  active"), "\(lifted)")
        try resumed.wait(for: "  fill ")
        try end(resumed)
        #expect(try sent(after: since) > 0)
    }

    @Test("S34: a pause ends at its time and not before; what it has no time for stays")
    func until() throws {
        let child = try start()
        try child.wait(for: "  order ")
        let time = try #require(
            text(try state()["market_time"]).flatMap { Timestamp(rfc3339: $0) })
        let until = Timestamp(seconds: time.seconds) + Span(seconds: 4 * 3600)
        let outcome = try ctl("pause", "--until", until.description)
        #expect(outcome.status == 0 && outcome.output.contains(" until "), "\(outcome)")
        try child.wait(for: "its time has passed")
        #expect(text(try state()["mode"]) == "active")
        try end(child)
        #expect(
            try store.count(
                "SELECT count(*) FROM order_events WHERE to_status = 'SUBMITTING' AND at > "
                    + "\((time + Span(seconds: 1800)).nanoseconds) AND at < \(until.nanoseconds)")
                == 0)
    }

    @Test("S34: flatten asks twice, then leaves every position and opens none")
    func flatten() throws {
        let child = try start()
        try child.wait(for: "  fill ")
        let first = try ctl("flatten", "--json")
        #expect(first.status == 0, "\(first)")
        #expect(text(try state()["mode"]) == "active")
        let wrong = try ctl("flatten", "--token", "nonsense")
        #expect(wrong.status == 1 && wrong.output.isEmpty && !wrong.errors.isEmpty, "\(wrong)")
        let second = try ctl("flatten", "--yes", "--reason", "test")
        #expect(second.status == 0, "\(second)")
        let isFlat = try comesTrue {
            guard case .number(let count) = try state()["account"]?["positions"] else {
                return false
            }
            return count == "0"
        }
        #expect(isFlat)
        let shown = try state()
        #expect(standing("flatten", in: shown) != nil)
        try end(child)
        #expect(try store.count("SELECT count(*) FROM lots WHERE quantity <> 0") == 0)
    }

    @Test(
        "S34: a pause without a daemon is written into the store, and the next run starts with it")
    func offline() throws {
        for words in [
            ["ctl", "pause"], ["ctl", "resume"], ["ctl", "flatten", "--yes"], ["ctl", "reconcile"],
            ["reconcile"], ["status"], ["ctl", "positions"], ["backup"],
        ] {
            let lost = try Program.run(words + common)
            #expect(lost.status == 69 && lost.output.isEmpty, "\(words) \(lost)")
            #expect(lost.errors.contains("no daemon answers at"), "\(lost)")
            #expect(lost.errors.contains("\(store.path) holds no ledger"), "\(lost)")
            #expect(!FileManager.default.fileExists(atPath: store.path))
        }
        let home = folder("home")
        let unnamed = try Program.run(
            ["ctl", "pause", "--create"], environment: ["XDG_STATE_HOME": home])
        #expect(unnamed.status == 64 && unnamed.errors.contains("storage.path"), "\(unnamed)")
        #expect(!FileManager.default.fileExists(atPath: home))
        let outcome = try ctl("pause", "--create", "--json", "--reason", "before the first start")
        let place = "\(store.path)/control.sock; written into \(store.path) for its next start\n"
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.errors == "no daemon runs at " + place, "\(outcome)")
        #expect(try value(outcome)["offline"] == .bool(true), "\(outcome)")
        let stopped = try state()
        #expect(stopped["running"] == .bool(false) && text(stopped["mode"]) == "paused")
        let child = try start()
        try child.wait(for: "mode paused")
        let shown = try state()
        #expect(shown["running"] == .bool(true) && text(shown["mode"]) == "paused")
        #expect(text(standing("operator", in: shown)?["why"]) == "before the first start")
        try end(child)
        let resumed = try ctl("resume")
        #expect(resumed.status == 0, "\(resumed)")
        let active = try start()
        try active.wait(for: "mode active")
        try active.wait(for: "  order ")
        try end(active)
    }

    @Test("S39: what the daemon refuses ends with exit code 1, its code and a reason")
    func refused() throws {
        let child = try start()
        try child.wait(for: "  order ")
        for (words, status, code) in [
            (["resume", "--latch", "nonsense"], Int32(1), "invalid-argument"),
            (["flatten", "--token", "old"], 1, "invalid-argument"),
            (["pause", "--until", "tomorrow"], 64, "market time after RFC 3339, such as 2026-"),
            (["pause", "--reason", String(repeating: "r", count: 300)], 64, "invalid-argument"),
        ] {
            let outcome = try Program.run(["ctl"] + words + common)
            #expect(outcome.status == status, "\(words) \(outcome)")
            #expect(outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.errors.contains(code), "\(outcome)")
        }
        // What fails at the copy's place ends with its own code, with and without a daemon.
        try demandCodes()
        // A second daemon gets neither the store nor, with another store, the socket.
        let second = try Program.run(["run"] + common)
        #expect(second.status == 75 && second.errors.contains("is in use by pid \(child.pid)"))
        let other = try Program.run(
            ["run"] + common
                + settings([
                    "storage.path=\(folder("other"))", "control.path=\(store.path)/control.sock",
                ]))
        #expect(other.status == 75, "\(other)")
        #expect(other.errors.contains("another daemon answers there"), "\(other)")
        let lost = try Program.run(
            ["run"] + common
                + settings(["storage.path=\(folder("other"))", "control.path=\(folder("no"))/s"]))
        #expect(lost.status == 78 && lost.errors.contains("set control.path"), "\(lost)")
        try end(child)
        try demandCodes()
    }

    private func demandCodes() throws {
        for (place, codes) in [("/dev/null", [Int32?(74)]), ("/proc/x", [74, 77])] {
            let outcome = try Program.run(["backup", "--to", place] + common)
            #expect(codes.contains(outcome.status), "\(place) \(outcome)")
            #expect(outcome.output.isEmpty && outcome.errors.contains(place), "\(outcome)")
        }
    }

    @Test(
        "S43: what the socket cannot read is refused, and the commands after it are done (S39)")
    func garbage() throws {
        let child = try start()
        try child.wait(for: "  order ")
        let path = store.path + "/control.sock"
        let bad = ["", "{", "{\"verb\":\"buy\"}", String(repeating: "x", count: 6_000)]
        for (line, word) in zip(bad, ["pause", "resume", "pause", "resume"]) {
            let answer = try ControlClient.ask(line, path: path, seconds: 10)
            #expect(answer.error != nil, "\(line.prefix(20))")
            let next = try ctl(word)
            #expect(next.status == 0, "\(line.prefix(20)): \(next)")
            #expect(text(try state()["mode"]) == (word == "pause" ? "paused" : "active"))
        }
        let counters = try state()["counters"]
        #expect(counters?["requests_refused"]?["oversize"] == .number("1"))
        #expect(counters?["requests_refused"]?["malformed"] == .number("2"))
        try end(child)
        #expect(try store.count("SELECT count(*) FROM commands") == 4)
    }

    @Test("S34: with the gate on, a clock behind its own past is known before the first event")
    func clock() throws {
        try folder.write("2199-01-01T00:00:00Z\n", to: "store/clock")
        let outcome = try Program.run(
            ["run"] + common
                + settings(["clock.gate=on", "market.days=3", "market.speed=max"]))
        #expect(outcome.status == 0 && outcome.output.contains("clock"), "\(outcome)")
        #expect(try store.count("SELECT count(*) FROM orders") == 0)
        // The same market without the gate.
        let other = ProcessStore(path: folder("other"))
        let trading = try Program.run(
            ["run"] + common
                + settings([
                    "storage.path=\(other.path)", "market.days=3", "market.speed=max",
                ]))
        #expect(trading.status == 0, "\(trading)")
        #expect(try other.count("SELECT count(*) FROM orders") > 0)
        // A time that was not trusted is not kept.
        #expect(
            try String(contentsOfFile: store.path + "/clock", encoding: .utf8)
                == "2199-01-01T00:00:00Z\n")
    }

    @Test("S34: a pause while the daemon is still starting waits until it listens, and says so")
    func starting() throws {
        #expect(try ctl("pause", "--create").status == 0)
        // Has the store and does not listen yet.
        let lock = try StoreLock(folder: store.path, purpose: "bellwether run")
        let patient = try Program.start(["ctl", "pause"] + common)
        try patient.wait(for: "bellwether run is starting (pid \(getpid())): waiting for it")
        let socket = try ControlSocket(path: store.path + "/control.sock") { request, _, reply in
            reply.give(ControlAnswer(transaction: request.transaction, message: "heard"))
        }
        socket.start()
        let heard = try patient.wait()
        #expect(heard.status == 0 && heard.output.contains("heard"), "\(heard)")
        socket.stop()
        // One that never gets so far.
        let others = try [["ctl", "pause"], ["status"], ["doctor"], ["backup"]].map {
            try Program.start($0 + common)
        }
        for other in others {
            let outcome = try other.wait()
            #expect(outcome.status == 75 && outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.errors.contains("starting (pid \(getpid()))"), "\(outcome)")
            #expect(outcome.errors.contains("ask again"), "\(outcome)")
        }
        withExtendedLifetime(lock) {}
    }

    @Test(
        "The store is examined and copied while it is used, and a copy brings a paused store back")
    func copies() throws {
        let child = try start()
        try child.wait(for: "  fill ")
        let doctor = try Program.run(["doctor"] + common)
        #expect(doctor.status == 0 && doctor.output.contains("commits, head "), "\(doctor)")
        #expect(doctor.output.contains("not looked at while the daemon runs: "), "\(doctor)")
        #expect(!FileManager.default.fileExists(atPath: store.path + "/examined"))
        let backup = try Program.run(
            ["backup", "--to", folder("copies"), "--keep", "2", "--json"] + common)
        #expect(backup.status == 0 && backup.errors.isEmpty, "\(backup)")
        let path = try #require(text(try value(backup)["path"]))
        let running = try Program.run(["reconcile"] + common)
        #expect(running.status == 0 && running.output.contains("matches at"), "\(running)")
        let busy = try Program.run(["restore", path] + common)
        #expect(busy.status == 75, "\(busy)")
        try end(child)
        let offline = try Program.run(["reconcile"] + common)
        #expect(offline.status == 0 && offline.output.contains("matches at"), "\(offline)")
        let sound = try Program.run(["doctor"] + common)
        #expect(sound.status == 0 && !sound.output.contains("failed"), "\(sound)")
        let restored = try Program.run(["restore", path] + common)
        #expect(restored.status == 0 && restored.output.contains("is in \(store.path)"))
        let shown = try state()
        #expect(text(shown["mode"]) == "paused" && shown["problem"] == .bool(true))
        let plain = try ctl("resume")
        #expect(plain.status == 1 && plain.errors.contains("restored"), "\(plain)")
        let bad = try folder.write("garbage", to: "bad.db")
        let refused = try Program.run(["restore", bad] + common)
        #expect(refused.status == 65 && refused.errors.contains("no good backup"), "\(refused)")
    }

    @Test("S04: a ledger that failed twice within the hour starts halted, and says how to go on")
    func troubles() throws {
        let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        try folder.write(
            "\(now - 60_000_000_000) disk I/O error\n\(now) disk I/O error again\n",
            to: "store/ledger.trouble")
        let child = try start()
        try child.wait(for: "mode halted")
        let shown = try state()
        #expect(text(shown["mode"]) == "halted" && shown["problem"] == .bool(true))
        let plain = try ctl("resume")
        #expect(plain.status == 1, "\(plain)")
        let named = try ctl("resume", "--latch", "storage")
        #expect(named.status == 0 && named.output.contains("mode  active"), "\(named)")
        try end(child)
    }

    @Test("S37: the state tells of versions, errors, the journal, and the last comparison")
    func stateOfAll() throws {
        let child = try start()
        try child.wait(for: "  fill ")
        let shown = try state()
        #expect(text(shown["reconciliation"]?["verdict"]) == "matches")
        #expect(text(shown["reconciliation"]?["trigger"]) == "start")
        #expect(text(shown["reconciliation"]?["at"]).flatMap { Timestamp(rfc3339: $0) } != nil)
        #expect(text(shown["versions"]?["sqlite"])?.hasPrefix("3.") == true)
        #expect(text(shown["journal"]?["head"])?.count == 64)
        guard case .object(let errors) = shown["errors"] else {
            Issue.record("no errors in \(shown)")
            return
        }
        #expect(errors.isEmpty)
        for part in ["broker", "news"] {
            #expect(text(shown["components"]?[part]?["health"]) == "ok")
            #expect(text(shown["components"]?[part]?["last_progress"]) != nil)
        }
        try end(child)
    }
}
