import Domain
import Portfolio
import Primitives

extension RunReport {
    /// The machine format: one object with `run`, `summary`, `equity`, `trades`, `weights`,
    /// `refusals` and `defects`, always in this order, one member or element a line. Money is a
    /// decimal string, a ratio a number (0.0123 is 1.23 %), a time RFC 3339 UTC, a duration seconds;
    /// undefined is null.
    package func json() -> String {
        OrderedJSON.object([
            ("run", .object(run.map { ($0.key, $0.value.json) })),
            (
                "summary",
                .object(
                    metrics.map { metric in
                        let members: [(key: String, value: OrderedJSON)] = [
                            ("value", metric.value.json), ("formula", .string(metric.formula)),
                        ]
                        return (metric.key, .object(members))
                    })
            ),
            (
                "equity",
                .array(equity.map { .array([.string($0.at.description), .amount($0.equity)]) })
            ),
            ("trades", .array(trades.map(\.json))),
            ("weights", .array(weights.map(\.json))),
            ("refusals", .object(refusals.map { ($0.code, .integer($0.count)) })),
            ("defects", .array(defects.map(OrderedJSON.string))),
        ]).lines
    }
}

extension ReportValue {
    var json: OrderedJSON {
        switch self {
        case .text(let text): .string(text)
        case .integer(let integer): .integer(integer)
        case .number(let number), .seconds(let number): .number(number)
        case .money(let money): .amount(money)
        case .time(let time): .string(time.description)
        case .flag(let flag): .flag(flag)
        case .list(let values): .array(values.map(\.json))
        case .values(let members): .object(members.map { ($0.key, $0.value.json) })
        case .none: .null
        }
    }
}

extension MetricValue {
    var json: OrderedJSON {
        switch self {
        case .money(let money): .amount(money)
        case .ratio(let ratio): .number(ratio)
        case .count(let count): .integer(count)
        case .seconds(let seconds): .number(seconds)
        case .none: .null
        }
    }
}

extension ClosedTrade {
    /// The side is that of the entry: `buy` for a long trade.
    var json: OrderedJSON {
        .object([
            ("symbol", .string(symbol.name)),
            ("side", .string(side.rawValue)),
            ("quantity", .amount(quantity)),
            ("entry_time", .string(entryTime.description)),
            ("entry_price", .amount(entryPrice)),
            ("exit_time", .string(exitTime.description)),
            ("exit_price", .amount(exitPrice)),
            ("costs", .amount(costs)),
            ("pnl", .amount(pnl)),
            ("exit_reason", .string(reason.rawValue)),
            ("entry_order", .string(entryOrder.text)),
            ("exit_order", .string(exitOrder.text)),
            ("hold_seconds", .number((exitTime - entryTime).seconds)),
        ])
    }
}

extension WeightsChange {
    var json: OrderedJSON {
        let strategies = StrategyID.allCases
        return .object([
            ("time", .string(at.description)),
            ("version", .integer(weights.version)),
            ("weights", .object(strategies.map { ($0.rawValue, .number(weights[$0])) })),
            ("cause", OrderedJSON(text: cause)),
            (
                "credits",
                .object(
                    strategies.map { strategy in
                        let known = credits.indices.contains(strategy.index)
                        return (
                            strategy.rawValue, known ? .number(credits[strategy.index]) : .null
                        )
                    })
            ),
        ])
    }
}
