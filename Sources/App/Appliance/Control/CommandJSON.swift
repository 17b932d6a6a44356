import Domain
import Host
import Primitives

extension ControlAnswer {
    /// What the engine answered, for the wire.
    package init(_ answer: CommandAnswer) {
        var data: [(key: String, value: OrderedJSON)] = [
            ("verb", .string(answer.verb)),
            ("mode", .string(answer.mode.rawValue)),
            ("holds", .array(answer.holds.map(\.json))),
            ("unprotected", .array(answer.unprotected.map(OrderedJSON.string))),
        ]
        if let token = answer.token { data.append(("token", .string(token))) }
        if let run = answer.reconciliation { data.append(("reconciliation", run.json)) }
        if let figures = answer.figures {
            data.append(("figures", .object(figures.map { ($0.name, .string($0.value)) })))
        }
        self.init(
            transaction: answer.transaction, error: answer.refusal, message: answer.message,
            data: .object(data))
    }
}

extension TradingHold {
    package var json: OrderedJSON {
        .object([
            ("id", .string(id)), ("cause", .string(cause.rawValue)),
            ("mode", .string(mode.rawValue)), ("by", .string(by)), ("why", .string(why)),
            ("since", .string(since.description)), ("until", OrderedJSON(text: until?.description)),
        ])
    }
}

extension ReconciliationRun {
    package var json: OrderedJSON {
        .object([
            ("id", .string(id)), ("trigger", .string(trigger.rawValue)),
            ("since", .string(since.description)), ("at", .string(at.description)),
            ("verdict", .string(verdict.rawValue)), ("orders", .integer(orders)),
            ("fills", .integer(fills)), ("positions", .integer(positions)),
            ("cash_books", .amount(cashBooks)), ("cash_broker", .amount(cashBroker)),
            ("lines", .array(lines.map(\.json))),
        ])
    }
}

extension ReconciliationLine {
    fileprivate var json: OrderedJSON {
        .object([
            ("kind", .string(kind.rawValue)), ("subject", .string(subject)),
            ("books", .string(books)), ("broker", .string(broker)),
            ("outcome", .string(outcome.rawValue)),
        ])
    }
}
