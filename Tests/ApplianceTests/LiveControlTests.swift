import Domain
import Engine
import Foundation
import Host
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Appliance

/// Requests to a daemon that has not played its market yet.
@Suite struct LiveControlTests {
    final class Letters: Sendable {
        let all = Mutex<[ControlAnswer]>([])
    }

    /// A runner on a store of its own, asked on this thread.
    private final class Daemon {
        let folder: ScratchFolder
        let access: StoreAccess
        let inbox = Inbox()
        let assembly: Assembly
        let letters = Letters()
        var take: ((Timestamp) throws -> Void)!
        var status: (() -> OrderedJSON)!
        var reload: ((@escaping () -> ControlAnswer) -> Void)!
        let start = Timestamp(seconds: 1_762_785_000)

        init(_ folder: ScratchFolder) throws {
            self.folder = folder
            var configuration = Configuration()
            configuration.storage.path = folder.path
            configuration.market.simulation.days = 1
            configuration.market.speed = .max
            assembly = try Assembly(configuration)
            access = try StoreAccess(folder: folder.path, purpose: "test", reserve: 0)
            _ = try access.ledger.nextBoot()
            let journal = LedgerJournal(
                ledger: access.ledger, history: access.history, interval: Span(seconds: 60))
            let runner = try LiveRunner(
                assembly, feed: assembly.simulatedMarket(SymbolTable()),
                news: assembly.news().feed, journal: journal, inbox: inbox)
            // One runner for all of them: it is a value.
            let box = Box(runner)
            take = { try box.value.takeControl(at: $0) }
            status = { [start] in box.value.status(at: start).json }
            reload = { box.value.onReload = $0 }
        }

        private final class Box<Value> {
            var value: Value
            init(_ value: Value) { self.value = value }
        }

        func ask(
            _ verb: ControlRequest.Verb, _ transaction: String, isProven: Bool = true,
            proof: CommandProof? = nil, isSurplus: Bool = false
        ) throws -> ControlAnswer {
            let letters = letters
            let message = ControlMessage(
                ControlRequest(transaction: transaction, verb: verb), by: "mqtt:k1",
                isProven: isProven, proof: proof, isSurplus: isSurplus,
                reply: { answer in letters.all.withLock { $0.append(answer) } })
            #expect(inbox.post(message))
            try take(start)
            let all = letters.all.withLock { all in
                defer { all = [] }
                return all
            }
            #expect(all.count == 1, "each request is answered once")
            return try #require(all.first)
        }

        func close() throws {
            take = nil
            status = nil
            reload = nil
            try access.history.close()
            try access.ledger.close()
        }
    }

    private func value(_ json: OrderedJSON) throws -> JSONValue {
        try JSONReader.read(Array(json.compact.utf8)[...])
    }

    @Test("A04: state has every member of the interface's example, under the same names")
    func state() throws {
        let daemon = try Daemon(ScratchFolder())
        _ = try daemon.ask(.command(.pause(until: nil, exits: false)), "t")
        let state = try value(daemon.status())
        let example = try JSONReader.read(
            Array(
                """
                {"v":1,"ts":"2026-11-22T15:04:05Z","boot":7,"seq":4711,"mode":"paused","holds":[
                {"id":"h12","mode":"paused","by":"ctl:root","why":"holiday",
                "since":"2026-11-22T15:00:00Z","until":null}],"problem":false,"run":{"market":
                "simulated","news":["simulated"],"broker":"paper"},"session":{"open":false,
                "next_change":"2026-11-23T14:30:00Z"},"unprotected":[],"components":{"broker":
                {"health":"ok","last_progress":"2026-11-22T15:04:04Z"}},"versions":{"bellwether":
                "0.1.0","sqlite":"3.40.1","mosquitto":"2.0.11"}}
                """.utf8)[...])
        func names(_ value: JSONValue, _ path: String) -> [String] {
            switch value {
            case .object(let members):
                members.flatMap { ["\(path)/\($0.key)"] + names($0.value, "\(path)/\($0.key)") }
            case .array(let values): values.first.map { names($0, "\(path)/0") } ?? []
            default: []
            }
        }
        let given = Set(names(state, ""))
        #expect(names(example, "").filter { !given.contains($0) } == [])
        #expect(state["boot"] == .number("1") && state["seq"] == .number("0"))
        #expect(state["mode"] == .string("paused"))
        // No MQTT here: there is no version of its library to tell.
        #expect(state["versions"]?["mosquitto"] == .null)
        try daemon.close()
    }

    @Test("A05: what changes something is refused without a proof, and nothing has changed")
    func unproven() throws {
        let daemon = try Daemon(ScratchFolder())
        daemon.reload { ControlAnswer(transaction: nil, message: "read") }
        let verbs: [ControlRequest.Verb] = [
            .command(.resume(latch: nil)), .command(.flatten(token: nil)), .command(.reconcile),
            .command(.weights(.freeze)), .command(.weights(.set([1, 0, 0]))),
            .command(.weights(.rollback(version: 0))), .command(.limits([.positionsMax: 1])),
            .reload,
        ]
        for (index, verb) in verbs.enumerated() {
            let answer = try daemon.ask(verb, "t\(index)", isProven: false)
            #expect(answer.error == .unsigned, "\(verb)")
        }
        for verb: ControlRequest.Verb in [
            .status, .positions, .weights, .limits, .report(from: nil, to: nil),
            .command(.pause(until: nil, exits: true)),
        ] {
            #expect(try daemon.ask(verb, verb.name, isProven: false).error == nil, "\(verb)")
        }
        try daemon.close()
    }

    @Test("S25: a signed message acts once; sent again it is refused, also for what only reads")
    func replayed() throws {
        let daemon = try Daemon(ScratchFolder())
        func proof(_ jti: String) -> CommandProof {
            CommandProof(jti: jti, kid: "k1", until: daemon.start + Span(seconds: 60))
        }
        let lower = ControlRequest.Verb.command(.limits([.positionsMax: 2]))
        let first = try daemon.ask(lower, "t1", proof: proof("j1"))
        #expect(first.error == nil && first.message == "positions_max 2")
        #expect(try daemon.ask(lower, "t1", proof: proof("j1")).error == .replayed)
        // Signed anew it is the same request, and gets the same answer.
        let again = try daemon.ask(lower, "t1", proof: proof("j2"))
        #expect(again.json.compact == first.json.compact)
        #expect(try daemon.ask(.status, "t2", proof: proof("j3")).error == nil)
        #expect(try daemon.ask(.status, "t3", proof: proof("j3")).error == .replayed)
        let limits = try value(try daemon.ask(.limits, "t4").data)["limits"]?["positions_max"]
        #expect(limits?["value"] == .number("2") && limits?["lowered"] == .bool(true))
        try daemon.close()
    }

    @Test("S13: a pause too many is stored where it tightens, and answered where it does not")
    func surplusPauses() throws {
        let daemon = try Daemon(ScratchFolder())
        func pause(_ name: String, exits: Bool, isSurplus: Bool = true) throws -> ControlAnswer {
            try daemon.ask(
                .command(.pause(until: nil, exits: exits)), name, isProven: false,
                isSurplus: isSurplus)
        }
        func commits() -> UInt64 { UInt64(daemon.access.ledger.statistics.commits) }
        #expect(try pause("t1", exits: true).message.hasPrefix("reduce-only"))
        let before = commits()
        #expect(try pause("t2", exits: true).message.hasPrefix("reduce-only"))
        #expect(commits() == before)
        #expect(try pause("t3", exits: false).message.hasPrefix("paused"))
        #expect(commits() > before)
        let after = commits()
        let known = try pause("t4", exits: false)
        #expect(known.transaction == "t4" && known.message == "paused" && commits() == after)
        let state = try value(known.data)
        #expect(state["mode"] == .string("paused") && state["holds"] != .array([]))
        // After it was lifted, the next one holds again.
        #expect(try daemon.ask(.command(.resume(latch: nil)), "t5").error == nil)
        #expect(try pause("t6", exits: false).message.hasPrefix("paused"))
        #expect(commits() > after + 1)
        _ = try pause("t7", exits: false, isSurplus: false)
        #expect(commits() > after + 2)
        try daemon.close()
    }

    @Test("A reload is done once for each transaction, and answered alike")
    func reload() throws {
        let daemon = try Daemon(ScratchFolder())
        #expect(try daemon.ask(.reload, "t0").error == .unavailable)
        let count = Mutex(0)
        daemon.reload {
            count.withLock { $0 += 1 }
            return ControlAnswer(transaction: nil, error: .invalidArgument, message: "line 3")
        }
        let first = try daemon.ask(.reload, "t1")
        #expect(first.error == .invalidArgument && first.message == "line 3")
        #expect(first.transaction == "t1")
        #expect(try daemon.ask(.reload, "t1").json.compact == first.json.compact)
        #expect(count.withLock { $0 } == 1)
        _ = try daemon.ask(.reload, "t2")
        #expect(count.withLock { $0 } == 2)
        try daemon.close()
    }

    @Test("The report has every figure of the account, and none where there is nothing")
    func report() throws {
        let daemon = try Daemon(ScratchFolder())
        let answer = try daemon.ask(
            .report(from: CivilDate("2025-01-01"), to: CivilDate("2025-12-31")), "t")
        let summary = try #require(try value(answer.data)["summary"])
        for key in ["total_pnl", "max_drawdown", "hold_seconds_avg", "win_rate", "fills"] {
            #expect(summary[key]?["formula"] != nil, "\(key)")
        }
        #expect(summary["win_rate"]?["value"] == .null)
        #expect(summary["fills"]?["value"] == .number("0"))
        #expect(dataText(answer, verb: "report", colour: false).contains("Win rate"))
        try daemon.close()
    }
}
