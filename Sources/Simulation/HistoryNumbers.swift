import Domain
import Execution

/// Numbers of one row, mixed to one: FNV-1a.
private struct Digest {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    var value: Int64 { Int64(bitPattern: hash) }

    mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    mutating func add(_ number: Int64) {
        var left = UInt64(bitPattern: number)
        for _ in 0..<8 {
            add(UInt8(truncatingIfNeeded: left))
            left >>= 8
        }
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
    }

    static func of(_ numbers: Int64..., texts: [String] = []) -> Int64 {
        var digest = Digest()
        for number in numbers { digest.add(number) }
        for text in texts { digest.add(text) }
        return digest.value
    }
}

extension LedgerEntry {
    /// What the row says, beside what it is about: two histories that differ in it are not equal.
    var number: Int64 {
        switch self {
        case .taken, .proof, .outgoing: 0
        case .signal(let signal, let verdict):
            switch verdict {
            case .approved(let quantity, _): quantity.units
            case .refused(let refusal):
                Digest.of(texts: [refusal.code.rawValue, signal.side.rawValue])
            }
        case .intent(let intent):
            Digest.of(
                intent.quantity.units, intent.referencePrice.units, intent.reservation.units,
                texts: [intent.bodyHash])
        case .transition(let step): Digest.of(texts: [step.from.rawValue, step.reason ?? ""])
        case .fill(let fill):
            Digest.of(
                fill.quantity.units, fill.price.units, fill.fee.units,
                texts: [fill.orderID.text, fill.foundBy ?? ""])
        case .postings(let lines):
            lines.reduce(0) { $0 &+ Int64(bitPattern: UInt64($1.amount.units.magnitude)) }
        case .lot(let lot): Digest.of(lot.quantity.units, lot.price.units, lot.cost.units)
        case .closedTrade(let trade): Digest.of(trade.quantity.units, trade.pnl.units)
        case .weights(let change):
            change.weights.values.reduce(0) { $0 &* 31 &+ Int64(bitPattern: $1.bitPattern) }
        case .checkpoint(let checkpoint):
            Digest.of(checkpoint.at.nanoseconds, Int64(checkpoint.revisions.count))
        case .alert(let alert): Digest.of(texts: [alert.message])
        case .hold(.set(let hold)): Digest.of(texts: [hold.mode.rawValue, hold.by, hold.why])
        case .hold(.lifted(_, let by, let why, _)): Digest.of(texts: [by, why])
        case .command(let record):
            Digest.of(
                texts: [record.answer.message, record.answer.refusal?.rawValue ?? ""])
        case .reconciliation(let run):
            Digest.of(
                Int64(run.orders), Int64(run.fills), run.cashBooks.units,
                run.cashBroker?.units ?? 0, Int64(run.lines.count), texts: [run.verdict.rawValue])
        }
    }
}

extension BrokerReport {
    var number: Int64 {
        let total = filledTotal?.units ?? 0
        switch event {
        case .fill(let execution, let quantity, let price, _):
            return Digest.of(total, quantity.units, price.units, texts: [execution])
        case .corrected(let execution, let quantity, let price):
            return Digest.of(total, quantity.units, price.units, texts: [execution])
        case .busted(let execution): return Digest.of(total, texts: [execution])
        default: return Digest.of(total)
        }
    }
}

extension AccountAnswer {
    var number: Int64 {
        guard case .account(let report) = result else { return 0 }
        let held = report.holdings.reduce(Int64(0)) { $0 &+ $1.quantity.units }
        return Digest.of(
            report.cash.units, held, Int64(report.orders.count), Int64(report.fills.count))
    }
}
