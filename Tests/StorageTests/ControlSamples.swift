import Domain
import Foundation
import Primitives
import Storage

func pause(
    _ id: String, _ mode: TradingMode = .paused, cause: HoldCause = .operator,
    until: Timestamp? = nil
) -> TradingHold {
    TradingHold(
        id: id, cause: cause, mode: mode, by: "ctl:root", why: "“why” of \(id)", since: time(10),
        until: until)
}

func command(
    _ transaction: String, _ verb: Command.Verb = .pause(until: time(900), exits: true),
    by: String = "ctl:root", refusal: CommandRefusal? = nil, at seconds: Int64 = 20
) -> CommandRecord {
    CommandRecord(
        command: Command(
            transaction: transaction, by: by, isProven: true, why: "to see", verb: verb),
        at: time(seconds),
        answer: CommandAnswer(
            transaction: transaction, verb: verb.name, refusal: refusal, message: "done",
            mode: .paused, holds: [pause("h1", until: time(900))], unprotected: ["AAA"],
            token: "t-1", reconciliation: reconciliation("rec-in-\(transaction)")))
}

func reconciliation(
    _ id: String, _ verdict: ReconciliationRun.Verdict = .repaired,
    _ trigger: ReconciliationTrigger = .reconnect, at seconds: Int64 = 30
) -> ReconciliationRun {
    ReconciliationRun(
        id: id, trigger: trigger, since: time(0), at: time(seconds), verdict: verdict, orders: 3,
        fills: 2, positions: 1, cashBooks: usd("99949.5"), cashBroker: usd("99949.49"),
        lines: [
            ReconciliationLine(
                kind: .cash, subject: "cash", books: "99949.5", broker: "99949.49",
                outcome: .noted)
        ])
}

extension TemporaryFolder {
    /// Another folder with the same files, for damage that only one of them gets.
    func copy() throws -> TemporaryFolder {
        let other = TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            try FileManager.default.copyItem(atPath: file(name), toPath: other.file(name))
        }
        return other
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}
