import Domain
import Foundation
import Simulation

/// What a number of simulated runs came to.
struct SimulationSummary {
    let sum: SimulationResult
    let runs: Int
    /// Of the runs' hashes, in order.
    let hash: UInt64
    let seconds: Double

    private var hashText: String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private var rate: Double { seconds > 0 ? Double(sum.days) / seconds : 0 }

    var text: String {
        var lines = [
            "\(sum.days) days in \(runs) runs, \(Int(rate.rounded())) a second: "
                + "every promise held",
            "\(sum.steps) steps, \(sum.orders) orders, \(sum.fills) fills, "
                + "\(sum.crashes) restarts, \(sum.reconciliations) reconciliations, "
                + "\(sum.commands) commands, \(sum.holds) holds",
        ]
        let faults = zip(Fault.allCases, sum.faults).filter { $0.1 > 0 }
        lines.append("faults: " + faults.map { "\($0.0.rawValue) \($0.1)" }.joined(separator: ", "))
        lines.append(
            "met by chance: \(sum.washTrades) refusals as a wash trade, "
                + "\(sum.fillsBeforeCancel) fills that beat a cancel")
        lines.append("hash \(hashText)")
        return lines.joined(separator: "\n")
    }

    private struct Document: Encodable {
        struct Violation: Encodable {
            let seed: UInt64
            let day: Int
            let step: Int
            let at: String
            let invariant: Int
            let text: String
            let detail: String
            let trace: [String]
        }

        let days: Int
        let runs: Int
        let steps: Int
        let orders: Int
        let fills: Int
        let restarts: Int
        let reconciliations: Int
        let commands: Int
        let holds: Int
        let washTrades: Int
        let fillsBeforeCancel: Int
        let faults: [String: Int]
        let hash: String
        let daysPerSecond: Double
        let violation: Violation?
    }

    func json(violation: SimulationViolation? = nil, trace: [String] = []) throws -> String {
        let document = Document(
            days: sum.days, runs: runs, steps: sum.steps, orders: sum.orders, fills: sum.fills,
            restarts: sum.crashes, reconciliations: sum.reconciliations, commands: sum.commands,
            holds: sum.holds, washTrades: sum.washTrades,
            fillsBeforeCancel: sum.fillsBeforeCancel,
            faults: Dictionary(
                uniqueKeysWithValues: zip(Fault.allCases.map(\.rawValue), sum.faults)),
            hash: hashText, daysPerSecond: (rate * 10).rounded() / 10,
            violation: violation.map {
                Document.Violation(
                    seed: $0.seed, day: $0.day, step: $0.step, at: $0.at.description,
                    invariant: $0.invariant, text: $0.text, detail: $0.detail, trace: trace)
            })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
