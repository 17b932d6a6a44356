import Domain
import Primitives
import Storage

/// The story of an order for tools: `order`, `signal` with its evidence, `verdict`, `transitions`,
/// `fills`, `trades`, `weights`, `entry_order`. Money and prices are decimal strings, times RFC 3339
/// UTC; what there is none of is null or an empty list.
package func explainJSON(_ explanation: OrderExplanation) -> String {
    explanationJSON(explanation).lines
}

/// The same, to be put into something else.
package func explanationJSON(_ explanation: OrderExplanation) -> OrderedJSON {
    .object([
        ("order", order(explanation)),
        ("signal", explanation.signal.map(signal) ?? .null),
        ("verdict", explanation.verdict.map(verdict) ?? .null),
        ("transitions", .array(explanation.transitions.map(transition))),
        ("fills", .array(explanation.fills.map(fill))),
        ("trades", .array(explanation.trades.map(\.json))),
        ("weights", .array(explanation.weightChanges.map(\.json))),
        ("entry_order", OrderedJSON(text: explanation.entryOrder?.text)),
    ])
}

private func order(_ explanation: OrderExplanation) -> OrderedJSON {
    let intent = explanation.intent
    let role: (name: String, reason: String?)
    switch intent.role {
    case .entry: role = ("entry", nil)
    case .exit(let reason): role = ("exit", reason.rawValue)
    case .protectiveStop: role = ("protective-stop", nil)
    }
    return .object([
        ("id", .string(intent.id.text)),
        ("signal_id", .string(intent.signalID)),
        ("symbol", .string(intent.symbol.name)),
        ("side", .string(intent.side.rawValue)),
        ("quantity", .amount(intent.quantity)),
        ("filled_quantity", .amount(explanation.filledQuantity)),
        ("type", .string(intent.type.name)),
        ("price", .amount(intent.type.price)),
        ("time_in_force", .string(intent.timeInForce.rawValue)),
        ("role", .string(role.name)),
        ("exit_reason", OrderedJSON(text: role.reason)),
        ("status", .string(explanation.status.rawValue)),
        ("broker_order_id", OrderedJSON(text: explanation.brokerOrderID)),
        ("created_at", .string(intent.createdAt.description)),
        ("expires_at", .string(intent.expiresAt.description)),
        ("reference_price", .amount(intent.referencePrice)),
        ("reservation", .amount(intent.reservation)),
    ])
}

private func signal(_ signal: Signal) -> OrderedJSON {
    .object([
        ("id", .string(signal.id)),
        ("symbol", .string(signal.symbol.name)),
        ("time", .string(signal.at.description)),
        ("reason", .string(signal.reason.rawValue)),
        ("side", .string(signal.side.rawValue)),
        ("score", .number(signal.score)),
        ("strength", .number(signal.strength)),
        ("price", .amount(signal.price)),
        ("price_time", .string(signal.priceTime.description)),
        ("votes", .array(signal.votes.map(vote))),
        ("indicators", figures(signal.indicators)),
        ("headlines", .array(signal.headlines.map(headline))),
        ("weights_version", .integer(signal.weightsVersion)),
    ])
}

private func vote(_ vote: Vote) -> OrderedJSON {
    .object([
        ("strategy", .string(vote.strategy.rawValue)),
        ("direction", .integer(vote.direction)),
        ("strength", .number(vote.strength)),
    ])
}

private func headline(_ reading: SentimentReading) -> OrderedJSON {
    .object([
        ("news_id", .string(reading.newsID)),
        ("time", .string(reading.at.description)),
        ("headline", .string(reading.headline)),
        ("label", .string(reading.score.label.rawValue)),
        ("score", .number(reading.score.score)),
        ("confidence", .number(reading.score.confidence)),
        ("model", .string(reading.score.model)),
    ])
}

private func verdict(_ verdict: Verdict) -> OrderedJSON {
    switch verdict {
    case .approved(let quantity, let list):
        .object([
            ("approved", .flag(true)), ("code", .null), ("quantity", .amount(quantity)),
            ("figures", figures(list)),
        ])
    case .refused(let refusal):
        .object([
            ("approved", .flag(false)), ("code", .string(refusal.code.rawValue)),
            ("quantity", .null), ("figures", figures(refusal.figures)),
        ])
    }
}

private func figures(_ figures: [Figure]) -> OrderedJSON {
    .array(
        figures.map { .object([("name", .string($0.name)), ("value", .string($0.value))]) })
}

private func transition(_ step: OrderTransition) -> OrderedJSON {
    .object([
        ("time", .string(step.at.description)),
        ("from", .string(step.from.rawValue)),
        ("to", .string(step.to.rawValue)),
        ("broker_order_id", OrderedJSON(text: step.brokerOrderID)),
        ("reason", OrderedJSON(text: step.reason)),
    ])
}

private func fill(_ fill: Fill) -> OrderedJSON {
    .object([
        ("execution_id", .string(fill.executionID)),
        ("time", .string(fill.at.description)),
        ("side", .string(fill.side.rawValue)),
        ("quantity", .amount(fill.quantity)),
        ("price", .amount(fill.price)),
        ("fee", .amount(fill.fee)),
    ])
}
