// The payloads of `event/<kind>`: one JSON object each, for things that happened once.
//
// Facts of the ledger -> OrderedJSON. Every one has `v`, `ts` (wall time of writing), `id` (a ULID) and
// `at` (the market's time). Amounts are strings in the currency that is named once; text that came
// from outside is cut to a bound. Schemas: Packaging/schemas/event-*.schema.json.
import Domain
import Primitives

/// What every event begins with.
struct EventHead {
    let id: String
    let written: Timestamp

    func members(
        at: Timestamp, type: String? = nil
    ) -> [(key: String, value: OrderedJSON)] {
        var members: [(key: String, value: OrderedJSON)] = [
            ("v", .integer(publishedVersion)), ("ts", .string(written.description)),
            ("id", .string(id)),
        ]
        if let type { members.append(("event_type", .string(type))) }
        members.append(("at", .string(at.description)))
        return members
    }
}

/// Of the payloads; a change that an old reader would misread counts it up.
let publishedVersion = 1
let publishedCurrency = "USD"

enum EventPayload {
    /// Text of strangers in a payload: so many characters at most.
    static let textMax = 300
    static let headlinesMax = 5
    static let linesMax = 50

    static func signal(_ signal: Signal, _ verdict: Verdict, _ head: EventHead) -> OrderedJSON {
        var members = head.members(at: signal.at, type: verdict.word)
        members += [
            ("signal", .string(signal.id)), ("symbol", .string(signal.symbol.name)),
            ("side", .string(signal.side.rawValue)), ("reason", .string(signal.reason.rawValue)),
        ]
        members += verdict.members
        members += [
            ("score", .number(signal.score)), ("strength", .number(signal.strength)),
            ("currency", .string(publishedCurrency)), ("price", .amount(signal.price)),
            ("price_at", .string(signal.priceTime.description)),
            ("weights_version", .integer(signal.weightsVersion)),
            (
                "votes",
                .array(
                    signal.votes.map {
                        .object([
                            ("strategy", .string($0.strategy.rawValue)),
                            ("direction", .integer($0.direction)),
                            ("strength", .number($0.strength)),
                        ])
                    })
            ),
            ("headlines", .array(signal.headlines.suffix(headlinesMax).map(headline))),
        ]
        return .object(members)
    }

    private static func headline(_ reading: SentimentReading) -> OrderedJSON {
        .object([
            ("news", .string(cut(reading.newsID))), ("headline", .string(cut(reading.headline))),
            ("label", .string(reading.score.label.rawValue)),
            ("score", .number(reading.score.score)),
            ("confidence", .number(reading.score.confidence)),
            ("model", .string(cut(reading.score.model))),
        ])
    }

    static func fill(_ fill: Fill, _ head: EventHead) -> OrderedJSON {
        var members = head.members(at: fill.at, type: TradeEvent.fill.rawValue)
        members += [
            ("symbol", .string(fill.symbol.name)), ("side", .string(fill.side.rawValue)),
            ("order", .string(fill.orderID.text)), ("execution", .string(cut(fill.executionID))),
            ("quantity", .amount(fill.quantity)), ("currency", .string(publishedCurrency)),
            ("price", .amount(fill.price)), ("fee", .amount(fill.fee)),
            ("reverses", OrderedJSON(text: fill.reverses.map(cut))),
            ("found_by", OrderedJSON(text: fill.foundBy.map(cut))),
        ]
        return .object(members)
    }

    /// An order that ended without being filled whole.
    static func end(
        _ order: OrderOutline, _ step: OrderTransition, _ type: TradeEvent, _ head: EventHead
    ) -> OrderedJSON {
        var members = head.members(at: step.at, type: type.rawValue)
        members += [
            ("symbol", .string(order.symbol.name)), ("side", .string(order.side.rawValue)),
            ("order", .string(step.id.text)), ("quantity", .amount(order.quantity)),
            ("code", .string(step.to.rawValue)),
            ("reason", OrderedJSON(text: step.reason.map(cut))),
        ]
        return .object(members)
    }

    /// A signal that the risk gate turned down: no order was made.
    static func denied(_ signal: Signal, _ refusal: Refusal, _ head: EventHead) -> OrderedJSON {
        var members = head.members(at: signal.at, type: TradeEvent.denied.rawValue)
        members += [
            ("symbol", .string(signal.symbol.name)), ("side", .string(signal.side.rawValue)),
            ("order", .null), ("quantity", .null), ("code", .string(refusal.code.rawValue)),
            ("reason", .string(signal.reason.rawValue)), ("signal", .string(signal.id)),
            ("figures", figures(refusal.figures)),
        ]
        return .object(members)
    }

    static func alert(_ alert: Alert, _ head: EventHead) -> OrderedJSON {
        var members = head.members(at: alert.at, type: alert.severity.rawValue)
        members += [
            ("code", .string(alert.code)), ("severity", .string(alert.severity.rawValue)),
            ("message", .string(cut(alert.message, to: 1_000))),
        ]
        return .object(members)
    }

    static func reconciliation(_ run: ReconciliationRun, _ head: EventHead) -> OrderedJSON {
        var members = head.members(at: run.at, type: run.verdict.rawValue)
        members += [
            ("run", .string(run.id)), ("trigger", .string(run.trigger.rawValue)),
            ("since", .string(run.since.description)), ("verdict", .string(run.verdict.rawValue)),
            ("orders", .integer(run.orders)), ("fills", .integer(run.fills)),
            ("positions", .integer(run.positions)), ("currency", .string(publishedCurrency)),
            ("cash_books", .amount(run.cashBooks)), ("cash_broker", .amount(run.cashBroker)),
            ("lines_total", .integer(run.lines.count)),
            (
                "lines",
                .array(
                    run.lines.prefix(linesMax).map {
                        .object([
                            ("kind", .string($0.kind.rawValue)),
                            ("subject", .string(cut($0.subject))),
                            ("books", .string(cut($0.books))), ("broker", .string(cut($0.broker))),
                            ("outcome", .string($0.outcome.rawValue)),
                        ])
                    })
            ),
        ]
        return .object(members)
    }

    fileprivate static func figures(_ figures: [Figure]) -> OrderedJSON {
        .object(figures.map { ($0.name, .string(cut($0.value))) })
    }

    static func cut(_ text: String) -> String { cut(text, to: textMax) }

    private static func cut(_ text: String, to count: Int) -> String {
        // By scalars: a single character of a stranger can be of any length.
        text.unicodeScalars.count <= count
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(count - 1))) + "…"
    }
}

/// The words of `event_type` on `event/trade`.
package enum TradeEvent: String, Sendable, CaseIterable {
    case fill
    /// The broker proved that it did not take the order.
    case reject
    /// Turned down here: nothing was sent.
    case denied
    /// Ended at the broker before it was filled whole.
    case canceled

    /// Nil for a step after which the order lives on or is filled.
    init?(_ status: OrderStatus) {
        switch status {
        case .rejected, .notPlaced: self = .reject
        case .expiredLocal: self = .denied
        case .canceled, .expired, .replaced: self = .canceled
        case .intent, .submitting, .unknown, .acked, .filled: return nil
        }
    }
}

/// What an event tells of an order beside the step that ended it.
package struct OrderOutline: Sendable, Equatable {
    let symbol: Symbol
    let side: OrderSide
    let quantity: Quantity

    package init(_ intent: OrderIntent) {
        symbol = intent.symbol
        side = intent.side
        quantity = intent.quantity
    }
}

extension Verdict {
    fileprivate var word: String {
        switch self {
        case .approved: "approved"
        case .refused: "refused"
        }
    }

    fileprivate var members: [(key: String, value: OrderedJSON)] {
        let (quantity, code, figures): (Quantity?, String?, [Figure]) =
            switch self {
            case .approved(let quantity, let figures): (quantity, nil, figures)
            case .refused(let refusal): (nil, refusal.code.rawValue, refusal.figures)
            }
        return [
            ("verdict", .string(word)), ("quantity", .amount(quantity)),
            ("code", OrderedJSON(text: code)), ("figures", EventPayload.figures(figures)),
        ]
    }
}
