// How the daemon stands: what `bellwether status` shows and what is published as `state`.
//
// Engine, stores and the health of the parts -> one value, written as JSON. Reads only.
import Backtest
import Calendar
import Domain
import Engine
import Execution
import Host
import Messaging
import Portfolio
import Primitives
import Storage

package struct StatusReport {
    package struct Component {
        let name: String
        /// `ok`, or what is wrong in one word.
        let health: String
        let detail: String?
        let lastProgress: Timestamp?
        /// Trading is as well without it.
        var isQuiet = false

        var isTrouble: Bool { health != "ok" && !isQuiet }
    }

    let configuration: Configuration
    let engine: TradingEngine
    let ledger: LedgerStore
    let components: [Component]
    let counters: ControlCounters?
    let isRunning: Bool
    /// The market's.
    let time: Timestamp
    /// Counts what was published of it since this start: who misses one sees the gap.
    var seq: Int64 = 0
    /// The version of the MQTT library, where it is in use.
    var mosquitto: String?

    /// True when somebody should look.
    package var isProblem: Bool {
        engine.mode == .halted || !engine.unprotected.isEmpty
            || engine.standingHolds.contains { !$0.cause.endsWithPlainResume }
            || components.contains(where: \.isTrouble) || unknownOrders > 0
    }

    private var unknownOrders: Int { engine.openOrders.count { $0.status == .unknown } }

    /// One line.
    package var headline: String {
        let state = isRunning ? engine.mode.rawValue : "stopped, \(engine.mode.rawValue)"
        return isProblem ? "\(state), needs attention" : state
    }

    package var json: OrderedJSON { .object(head + body) }

    private var head: [(key: String, value: OrderedJSON)] {
        [
            ("v", .integer(publishedVersion)), ("ts", .string(wallTime().description)),
            ("boot", .integer(Int((try? ledger.boot()) ?? 0))), ("seq", .integer(Int(seq))),
            ("id", OrderedJSON(text: (try? configuration.deviceID()) ?? nil)),
        ]
    }

    private var body: [(key: String, value: OrderedJSON)] {
        let portfolio = engine.portfolio
        let head = ledger.chainHead
        return [
            ("running", .flag(isRunning)),
            ("mode", .string(engine.mode.rawValue)),
            ("holds", .array(engine.standingHolds.map(\.json))),
            ("problem", .flag(isProblem)),
            ("run", run),
            ("session", session),
            ("market_time", engine.now > .distantPast ? .string(time.description) : .null),
            ("unprotected", .array(engine.unprotected.map { .string($0.name) })),
            (
                "account",
                .object([
                    ("currency", .string("USD")), ("equity", .amount(portfolio.equity)),
                    ("cash", .amount(portfolio.cash)), ("exposure", .amount(portfolio.exposure)),
                    ("positions", .integer(portfolio.openPositionCount)),
                    ("orders", .integer(engine.openOrders.count)),
                    ("orders_unknown", .integer(unknownOrders)),
                ])
            ),
            ("reconciliation", reconciliation),
            (
                "journal",
                .object([("seq", .integer(Int(head.seq))), ("head", .string(head.hash))])
            ),
            ("counters", counts),
            (
                "errors",
                .object(
                    engine.counters.sortedErrors.map { ($0.kind.rawValue, .integer(Int($0.count))) }
                )
            ),
            ("components", .object(components.map { ($0.name, $0.json) })),
            (
                "versions",
                .object([
                    ("bellwether", .string(version)),
                    ("sqlite", OrderedJSON(text: try? ledger.libraryVersion())),
                    ("mosquitto", OrderedJSON(text: mosquitto)),
                ])
            ),
        ]
    }

    private var run: OrderedJSON {
        .object([
            ("market", .string(configuration.market.kind.rawValue)),
            ("news", .array(configuration.news.sources.map { .string($0.rawValue) })),
            ("broker", .string(configuration.broker.kind.rawValue)),
        ])
    }

    private var session: OrderedJSON {
        let next =
            engine.session.map(\.close)
            ?? (engine.now > .distantPast
                ? engine.config.calendar.session(atOrAfter: engine.now)?.open : nil)
        return .object([
            ("open", .flag(engine.session != nil)),
            ("next_change", OrderedJSON(text: next?.description)),
        ])
    }

    private var reconciliation: OrderedJSON {
        guard let newest = (try? ledger.reconciliations(limit: 1))?.first?.run else { return .null }
        return .object([
            ("id", .string(newest.id)), ("trigger", .string(newest.trigger.rawValue)),
            ("at", .string(newest.at.description)),
            ("verdict", .string(newest.verdict.rawValue)),
            ("lines", .integer(newest.lines.count)),
        ])
    }

    private var counts: OrderedJSON {
        let engine = engine.counters
        var members: [(key: String, value: OrderedJSON)] = [
            ("bars", .integer(Int(engine.bars))), ("news", .integer(Int(engine.news))),
            ("signals", .integer(Int(engine.signals))),
            ("refusals", .integer(Int(engine.refusals))),
            ("orders", .integer(Int(engine.intents))), ("fills", .integer(Int(engine.fills))),
            ("alerts", .integer(Int(engine.alerts))),
            ("commits", .integer(ledger.statistics.commits)),
        ]
        if let counters {
            members.append(("requests", .integer(Int(counters.requests))))
            members.append(("clients_dropped", .integer(Int(counters.dropped))))
            members.append(
                (
                    "requests_refused",
                    .object(
                        counters.sortedRefused.map { ($0.code.rawValue, .integer(Int($0.count))) })
                ))
        }
        return .object(members)
    }
}

extension StatusReport.Component {
    fileprivate var json: OrderedJSON {
        var members: [(key: String, value: OrderedJSON)] = [("health", .string(health))]
        if let detail { members.append(("detail", .string(detail))) }
        members.append(("last_progress", OrderedJSON(text: lastProgress?.description)))
        return .object(members)
    }
}

extension LiveRunner {
    func status(at time: Timestamp) -> StatusReport {
        StatusReport(
            configuration: assembly.configuration, engine: loop.engine, ledger: journal.ledger,
            components: health.components(
                broker: loop.engine.brokerTrouble, history: journal.trouble,
                messaging: messaging?.component ?? .disabled),
            counters: controlCounters?(), isRunning: true, time: time,
            seq: messaging?.sequence ?? 0,
            mosquitto: messaging == nil ? nil : MessagingLibrary.version.description)
    }

    /// What of it is worth a message on `state` at once.
    var stateMark: StateMark {
        let engine = loop.engine
        let components = health.components(
            broker: engine.brokerTrouble, history: journal.trouble,
            messaging: messaging?.component ?? .disabled)
        return StateMark(
            mode: engine.mode, holds: engine.standingHolds, isSessionOpen: engine.session != nil,
            unprotected: engine.unprotected,
            components: components.map { "\($0.name) \($0.health)" })
    }
}

extension ComponentHealth {
    func components(
        broker: String?, history: String?, messaging: MessagingComponent
    ) -> [StatusReport.Component] {
        func part(_ name: String, _ trouble: String?, _ word: String, _ at: Timestamp? = nil)
            -> StatusReport.Component
        {
            StatusReport.Component(
                name: name, health: trouble == nil ? "ok" : word, detail: trouble, lastProgress: at)
        }
        return [
            StatusReport.Component(
                name: "market", health: isMarketOver ? "over" : "ok",
                detail: isMarketOver ? "another market needs another store" : nil,
                lastProgress: marketAt, isQuiet: isMarketOver),
            part("news", newsTrouble, "degraded", newsAt),
            part("broker", broker, "blocked", marketAt), part("ledger", nil, "down", marketAt),
            part("history", history, "degraded"), part("clock", clock, "unsynchronised"),
            part("disk", disk, "short"),
            StatusReport.Component(
                name: "mqtt", health: messaging.health.rawValue, detail: messaging.detail,
                lastProgress: messaging.since,
                isQuiet: messaging.health == .down || messaging.health == .disabled),
        ]
    }
}

extension TradingEngine {
    /// What of the broker keeps entries back, in words; nil: nothing.
    var brokerTrouble: String? {
        let blocks = brokerBlocks.map { block, symbols in
            symbols.count == self.symbols.count
                ? block.rawValue
                : block.rawValue + " " + symbols.map(\.name).joined(separator: " ")
        }
        return blocks.isEmpty ? nil : blocks.joined(separator: ", ")
    }
}

/// The whole list, by symbol.
func positionsJSON(_ engine: TradingEngine, at time: Timestamp) -> OrderedJSON {
    let unprotected = engine.unprotected
    return .object([
        ("v", .integer(1)), ("ts", .string(wallTime().description)),
        ("market_time", engine.now > .distantPast ? .string(time.description) : .null),
        ("currency", .string("USD")),
        (
            "positions",
            .array(
                engine.portfolio.positions.map { position in
                    .object([
                        ("symbol", .string(position.symbol.name)),
                        ("side", .string(position.side == .buy ? "long" : "short")),
                        ("quantity", .amount(position.quantity)),
                        ("average_price", .amount(position.averagePrice)),
                        ("mark", .amount(position.mark)),
                        ("value", .amount(position.marketValue)),
                        ("unrealized", .amount(position.unrealized)),
                        ("opened_at", .string(position.openedAt.description)),
                        ("entry_order", .string(position.entryOrder.text)),
                        ("protected", .flag(!unprotected.contains(position.symbol))),
                    ])
                })
        ),
    ])
}
