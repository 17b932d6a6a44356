import Calendar
import Domain
import Engine
import Host
import Learning
import Portfolio
import Primitives

/// Writes what trading does as entries of the journal, with the fields by which it is found again.
package final class NoticeLog {
    private let log: ServiceLog
    private var mode: TradingMode
    private var weights: [Double] = []

    /// - Parameter mode: at the start; the notices tell of every change.
    package init(_ log: ServiceLog, mode: TradingMode) { (self.log, self.mode) = (log, mode) }

    package func write(_ notice: Notice) {
        switch notice {
        case .signal(let signal, let verdict): write(signal, verdict)
        case .fill(let fill): write(fill)
        case .closed(let trade):
            write(
                .tradeClosed, trade.exitTime,
                "\(trade.symbol) closed: \(trade.quantity) for \(trade.pnl), "
                    + "\(trade.reason.rawValue)",
                [
                    .symbol: trade.symbol.name, .orderID: trade.exitOrder.text,
                    .clientOrderID: trade.exitOrder.text, .quantity: "\(trade.quantity)",
                    .amount: "\(trade.pnl)", .reason: trade.reason.rawValue,
                ])
        case .sessionClosed(let snapshot, let dailyPnL):
            let day = dailyPnL.map { "\($0)" } ?? "n/a"
            write(
                .sessionClosed, snapshot.at,
                "session closed: equity \(snapshot.equity), day \(day), "
                    + "\(snapshot.openPositions) positions",
                [.equity: "\(snapshot.equity)", .amount: day])
        case .weights(let change): write(change)
        case .alert(let alert):
            write(
                .alert(alert.code), alert.at, alert.message, [.code: alert.code],
                alert.severity == .critical ? .critical : .warning)
        case .hold(let change, let mode): write(change, mode)
        case .reconciliation(let run): write(run)
        }
    }

    private func write(_ signal: Signal, _ verdict: Verdict) {
        let strategies = signal.votes.filter { $0.direction == Int(signal.side.sign) }
            .map(\.strategy.rawValue)
        var fields: [LogField: String] = [
            .symbol: signal.symbol.name, .signal: signal.id, .side: signal.side.rawValue,
            .reason: signal.reason.rawValue, .price: "\(signal.price)",
        ]
        if !strategies.isEmpty { fields[.strategy] = strategies.joined(separator: ",") }
        let head = "\(signal.symbol) \(signal.side.rawValue)"
        switch verdict {
        case .approved(let quantity, _):
            fields[.quantity] = "\(quantity)"
            write(
                .order, signal.at,
                "\(head) \(quantity) near \(signal.price), \(signal.reason.rawValue)", fields)
        case .refused(let refusal):
            fields[.code] = refusal.code.rawValue
            write(
                .orderRefused, signal.at,
                "\(head) refused, \(signal.reason.rawValue): \(refusal.code.rawValue)", fields)
        }
    }

    private func write(_ fill: Fill) {
        var fields: [LogField: String] = [
            .symbol: fill.symbol.name, .clientOrderID: fill.orderID.text,
            // The venue inside the process knows an order by our own id.
            .orderID: fill.orderID.text, .side: fill.side.rawValue,
            .quantity: "\(fill.quantity)", .price: "\(fill.price)", .execution: fill.executionID,
        ]
        if let run = fill.foundBy { fields[.run] = run }
        write(
            .fill, fill.at,
            "\(fill.symbol) \(fill.side.rawValue) \(fill.quantity) at \(fill.price), order "
                + "\(fill.orderID)", fields)
    }

    private func write(_ change: WeightsChange) {
        guard change.weights.values != weights else { return }
        weights = change.weights.values
        let shares = StrategyID.allCases.map { "\($0.rawValue) \(change.weights[$0])" }
        write(
            .weights, change.at,
            "weights version \(change.weights.version): \(shares.joined(separator: ", "))",
            [.version: "\(change.weights.version)"])
    }

    private func write(_ change: HoldChange, _ mode: TradingMode) {
        self.mode = mode
        switch change {
        case .set(let hold):
            let why = hold.why.isEmpty ? "" : ": " + Humane.plain(hold.why)
            write(
                .holdSet, hold.since,
                "hold \(hold.id) \(hold.cause.rawValue) by \(hold.by)\(why), mode "
                    + mode.rawValue,
                [.hold: hold.id, .cause: hold.cause.rawValue, .by: hold.by])
        case .lifted(let id, let by, let why, let at):
            let why = why.isEmpty ? "" : ": " + Humane.plain(why)
            write(
                .holdLifted, at, "hold \(id) lifted by \(by)\(why), mode \(mode.rawValue)",
                [.hold: id, .by: by])
        }
    }

    private func write(_ run: ReconciliationRun) {
        let differs = run.verdict == .differs
        write(
            differs ? .reconciliationDiffers : .reconciled, run.at,
            "broker and books: \(run.verdict.rawValue), \(run.orders) orders, \(run.fills) fills, "
                + "\(run.positions) positions (\(run.trigger.rawValue))",
            [.verdict: run.verdict.rawValue, .run: run.id])
    }

    private func write(
        _ kind: MessageKind, _ at: Timestamp, _ text: String, _ fields: [LogField: String],
        _ priority: LogPriority? = nil
    ) {
        var fields = fields
        fields[.mode] = mode.rawValue
        fields[.marketTime] = at.description
        log(kind, text, fields, priority: priority)
    }
}
