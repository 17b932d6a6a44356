import Backtest
import Domain
import Engine
import Primitives

/// Writes what is committed as lines of a trading day's table.
struct TableJournal: EventJournal {
    let log: EffectLog

    mutating func commit(_ effects: [Effect], symbols: SymbolTable) throws {
        log.lines += effects.compactMap { log.line($0) }
    }

    mutating func took(_ bar: Bar, symbols: SymbolTable) {}
    mutating func extract(since: Timestamp, naming: Set<String>) -> LedgerExtract {
        LedgerExtract()
    }
}

/// The effects of one instant, in the order in which they were committed.
final class EffectLog {
    var lines: [String] = []
    private var roles: [ClientOrderID: String] = [:]

    func line(_ effect: Effect) -> String? {
        switch effect {
        case .record(let entry): line(entry).map { "    " + $0 }
        case .history(.reading(let reading)):
            "    reading \(reading.symbol) \(reading.score.label.rawValue) "
                + "\(two(reading.score.score)) confidence \(two(reading.score.confidence))"
        case .history(.news(_, let linked, _, let duplicate)):
            duplicate.map { "    duplicate of \($0)" }
                ?? (linked.isEmpty ? "    no symbol" : nil)
        case .history(.equity(let snapshot)):
            "    session equity \(snapshot.equity) cash \(snapshot.cash) "
                + "positions \(snapshot.openPositions)"
        case .notice(.sessionClosed(_, let dailyPnL)):
            "    day \(dailyPnL?.description ?? "n/a")"
        case .notice: nil
        case .submit(let id): "    send \(role(id))"
        case .cancel(let id): "    cancel \(role(id))"
        case .ask, .answer: nil
        }
    }

    private func line(_ entry: LedgerEntry) -> String? {
        switch entry {
        case .taken, .checkpoint, .lot, .reconciliation, .command, .hold, .proof, .outgoing:
            return nil
        case .signal(let signal, let verdict):
            let votes = signal.votes.map {
                "\($0.strategy) \(signed($0.strength * Double($0.direction)))"
            }
            let what =
                "signal \(signal.symbol) \(signal.side.rawValue) \(signal.reason.rawValue) at "
                + "\(signal.price)"
                + (votes.isEmpty ? "" : " votes " + votes.joined(separator: " "))
            switch verdict {
            case .approved(let quantity, _): return what + ": \(quantity)"
            case .refused(let refusal): return what + ": refused \(refusal.code.rawValue)"
            }
        case .intent(let intent):
            switch intent.role {
            case .entry: roles[intent.id] = "\(intent.symbol) entry"
            case .exit: roles[intent.id] = "\(intent.symbol) exit"
            case .protectiveStop: roles[intent.id] = "\(intent.symbol) stop"
            }
            let price = intent.type.price.map { " @ \($0)" } ?? ""
            return "order \(role(intent.id)) \(intent.side.rawValue) \(intent.quantity)\(price)"
        case .transition(let step):
            return "\(role(step.id)) \(step.to.rawValue)" + (step.reason.map { ": \($0)" } ?? "")
        case .fill(let fill):
            return
                "fill \(role(fill.orderID)) \(fill.side.rawValue) \(fill.quantity) @ \(fill.price)"
        case .postings(let postings):
            return "book "
                + postings.map { "\($0.account.name) \($0.amount)" }.joined(separator: ", ")
        case .closedTrade(let trade):
            return
                "closed \(trade.symbol) \(trade.quantity) for \(trade.pnl) \(trade.reason.rawValue)"
        case .weights(let change):
            return "weights "
                + StrategyID.allCases.map { "\($0) \(four(change.weights[$0]))" }
                .joined(separator: " ")
        case .alert(let alert): return "alert \(alert.code)"
        }
    }

    private func role(_ id: ClientOrderID) -> String { roles[id] ?? "unknown" }
}

private func two(_ value: Double) -> String {
    formatFixedDecimal(
        Int64((value * 100).rounded()) * 10_000_000, minimumFractionDigits: 2)
}

private func four(_ value: Double) -> String {
    formatFixedDecimal(Int64((value * 10_000).rounded()) * 100_000, minimumFractionDigits: 4)
}

private func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + two(value) }
