import Domain
import Execution
import Primitives

// What happens, as a line of the trace that a broken promise is explained with.

extension OrderTicket {
    var traceText: String {
        "\(id) \(side) \(quantity) \(symbol) \(type.name)"
            + (protectiveStop.map { " with stop \($0.id) at \($0.price)" } ?? "")
    }
}

extension BrokerReport {
    var traceText: String { "\(orderID) \(event)" + (filledTotal.map { ", total \($0)" } ?? "") }
}

extension BrokerQuery {
    var traceText: String {
        switch self {
        case .order(let id): "order \(id)"
        case .account(let query): "account for \(query.run) since \(query.since)"
        }
    }
}

extension BrokerOrder {
    fileprivate var traceText: String {
        "\(clientOrderID) \(side) \(quantity) \(symbol), \(status.word), filled \(filled)"
    }
}

extension OrderAnswer {
    var traceText: String {
        switch result {
        case .found(let order, let fills):
            "\(order.traceText)" + fills.map { ", \($0.executionID)" }.joined()
        case .absent: "\(id): no such order"
        case .failed(let reason): "\(id): \(reason)"
        }
    }
}

extension AccountAnswer {
    var traceText: String {
        switch result {
        case .account(let report):
            "account for \(query.run), asked \(asked): cash \(report.cash), "
                + report.holdings.map { "\($0.quantity) \($0.symbol), " }.joined()
                + "\(report.orders.count) orders, \(report.fills.count) fills"
        case .failed(let reason): "account for \(query.run): \(reason)"
        }
    }
}

extension Command {
    var traceText: String { "\(transaction) by \(by)\(isProven ? "" : ", unproven"): \(verb)" }
}

extension ReconciliationLine {
    fileprivate var traceText: String {
        "\(kind.rawValue) \(subject): \(books) here, \(broker) there, \(outcome.rawValue)"
    }
}

extension HoldChange {
    fileprivate var traceText: String {
        switch self {
        case .set(let hold):
            "hold \(hold.id) \(hold.cause.rawValue), \(hold.mode.rawValue)"
                + (hold.until.map { " until \($0)" } ?? "") + " by \(hold.by): \(hold.why)"
        case .lifted(let id, let by, let why, _): "hold \(id) lifted by \(by): \(why)"
        }
    }
}

extension LedgerEntry {
    /// What the row is about.
    var subject: String {
        switch self {
        case .taken(let id, _): id
        case .signal(let signal, _): signal.id
        case .intent(let intent): intent.id.text
        case .transition(let step): step.id.text + step.to.rawValue
        case .fill(let fill): fill.executionID
        case .postings(let lines): lines.first?.cause ?? ""
        case .lot(let lot): lot.id
        case .closedTrade(let trade): trade.id
        case .weights, .checkpoint: ""
        case .alert(let alert): alert.code
        case .hold(.set(let hold)): hold.id
        case .hold(.lifted(let id, _, _, _)): id
        case .command(let record): record.command.transaction
        case .reconciliation(let run): run.id
        case .proof(let proof): proof.jti
        case .outgoing(let row): row.id
        }
    }

    var traceText: String {
        switch self {
        case .taken: "taken \(subject)"
        case .postings: "postings of \(subject)"
        case .lot: "lot \(subject)"
        case .closedTrade: "closed trade \(subject)"
        case .weights: "weights"
        case .checkpoint: "checkpoint"
        case .proof: "proof \(subject)"
        case .outgoing: "outgoing \(subject)"
        case .signal(let signal, let verdict):
            "\(signal.side) \(signal.symbol) (\(signal.reason.rawValue)): \(verdict.traceText)"
        case .intent(let intent):
            "\(intent.id): \(intent.role), \(intent.side) \(intent.quantity) \(intent.symbol)"
        case .transition(let step):
            "\(step.id): \(step.from.rawValue) -> \(step.to.rawValue) \(step.reason ?? "")"
        case .fill(let fill):
            "\(fill.executionID): \(fill.quantity) of \(fill.orderID) at \(fill.price)"
                + (fill.reverses.map { ", takes back \($0)" } ?? "")
                + (fill.foundBy.map { ", found by \($0)" } ?? "")
        case .alert(let alert): "alert \(alert.code): \(alert.message)"
        case .hold(let change): change.traceText
        case .command(let record):
            "\(record.command.transaction): \(record.answer.refusal?.rawValue ?? "done"), "
                + record.answer.message
        case .reconciliation(let run):
            "\(run.id) (\(run.trigger.rawValue)) \(run.verdict.rawValue)"
                + run.lines.map { "; \($0.traceText)" }.joined()
        }
    }
}

extension Verdict {
    fileprivate var traceText: String {
        switch self {
        case .approved(let quantity, _): "approved for \(quantity)"
        case .refused(let refusal): "refused, \(refusal.code.rawValue)"
        }
    }
}
