import Calendar
import Domain
import Engine
import Host
import Portfolio
import Primitives
import Storage

/// The weights of the strategies and whether closed trades move them.
func weightsJSON(_ engine: TradingEngine) -> OrderedJSON {
    let weights = engine.weights
    return .object([
        ("v", .integer(1)), ("ts", .string(wallTime().description)),
        ("version", .integer(weights.version)), ("frozen", .flag(engine.isLearningFrozen)),
        (
            "weights",
            .object(StrategyID.allCases.map { ($0.rawValue, .number(weights[$0])) })
        ),
    ])
}

/// The limits that count, and which of them a command has lowered.
func limitsJSON(_ engine: TradingEngine) -> OrderedJSON {
    .object([
        ("v", .integer(1)), ("ts", .string(wallTime().description)),
        (
            "limits",
            .object(
                engine.effectiveLimits.map { entry in
                    (
                        entry.limit.rawValue,
                        .object([
                            ("value", limitJSON(entry.limit, entry.value)),
                            ("lowered", .flag(entry.isLowered)),
                        ])
                    )
                })
        ),
    ])
}

private func limitJSON(_ limit: RiskLimit, _ value: Double?) -> OrderedJSON {
    if limit.isCount, let value, let count = Int(exactly: value) { return .integer(count) }
    return OrderedJSON(number: value)
}

/// The summary of the account over some days, as `bellwether report` computes it; refusals are those
/// of all days.
func reportJSON(
    _ ledger: LedgerStore, _ history: HistoryStore, from: CivilDate?, to: CivilDate?,
    zone: TimeZoneRules
) throws -> OrderedJSON {
    let report = try RunReport(ledger, history, folder: nil, zone: zone, from: from, to: to)
    return .object([
        ("v", .integer(1)), ("ts", .string(wallTime().description)),
        ("currency", .string("USD")),
        ("from", OrderedJSON(text: from?.description)), ("to", OrderedJSON(text: to?.description)),
        (
            "summary",
            .object(
                report.metrics.map { metric in
                    (
                        metric.key,
                        .object([
                            ("value", metric.value.json), ("formula", .string(metric.formula)),
                        ])
                    )
                })
        ),
        ("trades", .integer(report.trades.count)),
        ("refusals", .object(report.refusals.map { ($0.code, .integer($0.count)) })),
    ])
}
