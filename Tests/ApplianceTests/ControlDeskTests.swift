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

@Suite struct ControlDeskTests {
    /// Answers in the order they came, each with who got it.
    final class Letters: Sendable {
        let all = Mutex<[String]>([])
        func box(_ name: String) -> @Sendable (ControlAnswer) -> Void {
            { answer in
                self.all.withLock {
                    $0.append("\(name) \(answer.error?.rawValue ?? "ok") \(answer.message)")
                }
            }
        }
        var taken: [String] {
            all.withLock { all in
                defer { all = [] }
                return all
            }
        }
    }

    private func answer(_ message: String, _ error: CommandRefusal? = nil) -> ControlAnswer {
        ControlAnswer(transaction: "t", error: error, message: message)
    }

    @Test("S39: a conflict is told to who caused it, the answer to all who asked for it")
    func conflict() throws {
        let (desk, letters) = (ControlDesk(), Letters())
        _ = try #require(desk.expect("t", "reconcile", letters.box("first")))
        let pause = try #require(desk.expect("t", "pause", letters.box("pause")))
        desk.give(answer("used", .conflict), to: "pause")
        desk.giveUp(pause, answer("late"))
        #expect(letters.taken == ["pause conflict used"])
        _ = desk.expect("t", "reconcile", letters.box("second"))
        _ = desk.expect("t", "reconcile", letters.box("stranger"))
        desk.give(answer("used", .conflict), to: "reconcile")
        #expect(letters.taken == ["stranger conflict used"])
        desk.give(answer("matches"), to: "reconcile")
        #expect(letters.taken == ["first ok matches", "second ok matches"])
        let last = try #require(desk.expect("t", "resume", letters.box("last")))
        desk.giveUp(last, answer("not carried out", .unavailable))
        desk.giveUp("over")
        #expect(letters.taken == ["last unavailable not carried out"])
    }

    @Test("S26: copies are verified one at a time, on a thread that is not the caller's")
    func copies() throws {
        let folder = try ScratchFolder()
        var configuration = Configuration()
        configuration.storage.path = folder.path
        let ledger = try LedgerStore(folder: folder.path, reserve: 0)
        let (desk, letters) = (CopyDesk(), Letters())
        let answered = DispatchSemaphore(value: 0)
        // An address, which the other thread can compare.
        let caller = UInt(pthread_self())
        func message(_ name: String, _ verb: ControlRequest.Verb) -> ControlMessage {
            let box = letters.box(name)
            return ControlMessage(
                ControlRequest(transaction: name, verb: verb), by: "test", isProven: true,
                reply: { answer in
                    #expect(UInt(pthread_self()) != caller)
                    box(answer)
                    answered.signal()
                })
        }
        let backup = message("backup", .backup(folder: nil, keep: nil))
        let doctor = message("doctor", .doctor)
        // While one is at work the next is refused at once, and has left nothing.
        #expect(desk.claim())
        let refused = desk.backUp(ledger, configuration, to: nil, keep: nil, backup)
        #expect(refused?.error == .rateLimited && refused?.transaction == "backup")
        #expect(desk.examine(ledger, configuration, doctor)?.error == .rateLimited)
        #expect(!FileManager.default.fileExists(atPath: folder("examined")))
        desk.release()
        #expect(desk.examine(ledger, configuration, doctor) == nil)
        answered.wait()
        #expect(desk.backUp(ledger, configuration, to: nil, keep: nil, backup) == nil)
        answered.wait()
        let told = letters.taken
        #expect(told.count == 2 && told[0].contains("; not looked at while"), "\(told)")
        #expect(told.last?.hasSuffix("verified") == true, "\(told)")
        // What fails before it begins holds up nobody.
        let bad = desk.backUp(ledger, configuration, to: "/dev/null", keep: nil, backup)
        #expect(bad?.error == .unavailable && bad.flatMap(failure) == .io)
        #expect(desk.claim())
        try ledger.close()
    }

    @Test("S26: a store in use is examined in full but for what is said, and nothing else is lost")
    func examined() throws {
        let folder = try ScratchFolder()
        var configuration = Configuration()
        configuration.storage.path = folder.path
        let ledger = try LedgerStore(folder: folder.path, reserve: 1 << 20)
        _ = try HistoryStore(folder: folder.path)
        try folder.write("mine", to: "examined/ledger-notes.part")
        let given = Mutex<ControlAnswer?>(nil)
        let answered = DispatchSemaphore(value: 0)
        let message = ControlMessage(
            ControlRequest(transaction: "t", verb: .doctor), by: "test", isProven: true,
            reply: { answer in
                given.withLock { $0 = answer }
                answered.signal()
            })
        #expect(CopyDesk().examine(ledger, configuration, message) == nil)
        answered.wait()
        let answer = try #require(given.withLock { $0 })
        let data = try JSONReader.read(Array(answer.data.compact.utf8)[...])
        func checks(_ data: JSONValue) -> Set<String> {
            guard case .array(let findings) = data["findings"] else { return [] }
            return Set(
                findings.compactMap { finding in
                    if case .string(let check) = finding["check"] { check } else { nil }
                })
        }
        #expect(
            data["not_examined"]
                == .array(
                    ["the structure of ledger.db itself", "mark", "history"]
                        .map(JSONValue.string)))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder("examined"))
                == ["ledger-notes.part"])
        try ledger.close()
        let alone = doctorData(Doctor.examine(folder: folder.path, now: wallTime()))
        let whole = checks(try JSONReader.read(Array(alone.compact.utf8)[...]))
        #expect(whole.subtracting(checks(data)) == ["mark", "history"])
        #expect(checks(data).subtracting(whole) == ["copy"])
    }

    @Test("The kind of a failure of the store goes over the wire")
    func kinds() throws {
        for (error, kind) in [
            (StorageError.badBackup(path: "p", reason: "r"), FailureClass.data),
            (.denied(path: "p", reason: "r"), .permission), (.folder(path: "p", reason: "r"), .io),
            (.full(file: .ledger, path: "p"), .io), (.locked(path: "p", holder: "h"), .tryLater),
        ] {
            let line = ControlAnswer(error, "t").json.compact
            let read = ControlAnswer(try JSONReader.read(Array(line.utf8)[...]))
            #expect(read?.error == .unavailable && read.flatMap(failure) == kind, "\(line)")
        }
        #expect(failure(ControlAnswer(transaction: "t", message: "")) == nil)
    }

    @Test("The socket's path must be absolute")
    func path() throws {
        #expect(
            try loadConfiguration(path: nil, overrides: ["control.path=/run/x"]).configuration
                .controlPath == "/run/x")
        #expect(throws: ConfigurationErrors.self) {
            try loadConfiguration(path: nil, overrides: ["control.path=run/x"])
        }
    }
}
