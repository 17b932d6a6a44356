import Domain
import Foundation
import GRDB
import Primitives

/// What a signal was based on, as it is kept in its row.
struct SignalEvidence: Codable {
    let votes: [Vote]
    let indicators: [Figure]
    let headlines: [SentimentReading]
    let weightsVersion: Int
}

/// Turns entries into rows, inside the caller's transaction.
struct LedgerWriter {
    private let encoder: JSONEncoder
    private let chain = LedgerChain()

    init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// - Parameter head: the chain before these entries.
    func write(_ entries: [LedgerEntry], head: ChainHead, _ session: StoreSession) throws {
        var departing: Set<String> = []
        for case .transition(let step) in entries where step.to == .submitting {
            departing.insert(step.id.text)
        }
        for entry in entries {
            switch entry {
            case .transition(let step): try write(step, session)
            case .reconciliation(let run): try write(run, head: head, session)
            default: try write(entry, session)
            }
        }
        if entries.contains(where: { if case .outgoing = $0 { true } else { false } }) {
            try boundOutbox(session)
        }
        // Only now: a hold counts wherever in the commit it stands.
        for case .transition(let step) in entries where step.to == .submitting {
            try LedgerGate.check(step, departing: departing, session)
        }
    }

    private func write(_ entry: LedgerEntry, _ session: StoreSession) throws {
        switch entry {
        case .taken(let newsID, let at):
            // Taken twice is taken: the first instant stands.
            try session.run(
                "INSERT INTO taken (news_id, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                newsID, at.nanoseconds)
        case .signal(let signal, let verdict): try write(signal, verdict, session)
        case .intent(let intent): try write(intent, session)
        case .fill(let fill): try write(fill, session)
        case .postings(let postings): for posting in postings { try write(posting, session) }
        case .lot(let lot): try write(lot, session)
        case .closedTrade(let trade): try write(trade, session)
        case .weights(let change): try write(change, session)
        case .alert(let alert):
            try session.run(
                "INSERT INTO alerts (code, severity, message, at) VALUES (?, ?, ?, ?)",
                alert.code, alert.severity.rawValue, alert.message, alert.at.nanoseconds)
        case .checkpoint(let checkpoint): try write(checkpoint, session)
        case .hold(let change): try write(change, session)
        case .command(let record): try write(record, session)
        case .proof(let proof): try write(proof, session)
        case .outgoing(let row): try write(row, session)
        case .transition, .reconciliation: break
        }
    }

    func json(_ value: some Encodable, for table: String) throws -> String {
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw StorageError.unstorable(
                file: .ledger, table: table, detail: "a number is not finite")
        }
    }

    /// The same signal again keeps its place and takes the newer verdict.
    private func write(_ signal: Signal, _ verdict: Verdict, _ session: StoreSession) throws {
        let evidence = SignalEvidence(
            votes: signal.votes, indicators: signal.indicators, headlines: signal.headlines,
            weightsVersion: signal.weightsVersion)
        var code: String?
        if case .refused(let refusal) = verdict { code = refusal.code.rawValue }
        try session.run(
            """
            INSERT INTO signals (id, symbol, at, reason, side, score, strength, price, price_time,
                evidence, verdict, code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict, code = excluded.code
            """,
            signal.id, signal.symbol.name, signal.at.nanoseconds, signal.reason.rawValue,
            signal.side.rawValue, signal.score, signal.strength, signal.price.units,
            signal.priceTime.nanoseconds, try json(evidence, for: "signals"),
            try json(verdict, for: "signals"), code)
    }

    private func write(_ intent: OrderIntent, _ session: StoreSession) throws {
        let role = StoredRole(intent.role)
        do {
            try session.run(
                """
                INSERT INTO orders (id, decision_key, signal_id, symbol, side, quantity, type,
                    price, time_in_force, role, reason, parent, created_at, expires_at,
                    reference_price, reservation, body_hash, status)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                intent.id.text, intent.decisionKey, intent.signalID, intent.symbol.name,
                intent.side.rawValue, intent.quantity.units, intent.type.name,
                intent.type.price?.units, intent.timeInForce.rawValue, role.name, role.reason,
                role.parent, intent.createdAt.nanoseconds, intent.expiresAt.nanoseconds,
                intent.referencePrice.units, intent.reservation.units, intent.bodyHash,
                OrderStatus.intent.rawValue)
        } catch let error as DatabaseError where error.isUniqueness {
            throw StorageError.duplicateDecision(intent.decisionKey)
        }
    }

    private func write(_ step: OrderTransition, _ session: StoreSession) throws {
        let changed = try session.run(
            """
            UPDATE orders SET status = ?, broker_order_id = coalesce(?, broker_order_id)
            WHERE id = ? AND status = ?
            """,
            step.to.rawValue, step.brokerOrderID, step.id.text, step.from.rawValue)
        guard changed == 1 else {
            throw try refusal(of: step, session)
        }
        try session.run(
            """
            INSERT INTO order_events (order_id, from_status, to_status, at, broker_order_id, reason)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            step.id.text, step.from.rawValue, step.to.rawValue, step.at.nanoseconds,
            step.brokerOrderID, step.reason)
    }

    private func refusal(
        of step: OrderTransition, _ session: StoreSession
    ) throws -> StorageError {
        var status: String?
        try session.rows("SELECT status FROM orders WHERE id = ?", step.id.text) { row throws in
            status = try row.text(0, "orders.status")
        }
        guard let status else { return .unknownOrder(step.id.text) }
        return .wrongStatus(
            order: step.id.text, expected: step.from.rawValue, found: status,
            to: step.to.rawValue)
    }

    private func write(_ fill: Fill, _ session: StoreSession) throws {
        let changed = try session.run(
            "UPDATE orders SET filled = filled + ? WHERE id = ?",
            fill.quantity.units, fill.orderID.text)
        guard changed == 1 else { throw StorageError.unknownOrder(fill.orderID.text) }
        do {
            try session.run(
                """
                INSERT INTO fills (execution_id, order_id, symbol, side, quantity, price, fee, at,
                    reverses, found_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                fill.executionID, fill.orderID.text, fill.symbol.name, fill.side.rawValue,
                fill.quantity.units, fill.price.units, fill.fee.units, fill.at.nanoseconds,
                fill.reverses, fill.foundBy)
        } catch let error as DatabaseError where error.isUniqueness {
            throw StorageError.duplicateExecution(fill.executionID)
        }
    }

    private func write(_ posting: Posting, _ session: StoreSession) throws {
        try session.run(
            "INSERT INTO postings (cause, account, amount, at) VALUES (?, ?, ?, ?)",
            posting.cause, posting.account.name, posting.amount.units, posting.at.nanoseconds)
        // A sum beyond 64 bits becomes a REAL, which the STRICT column refuses.
        try session.run(
            """
            INSERT INTO balances (account, amount) VALUES (?, ?)
            ON CONFLICT (account) DO UPDATE SET amount = amount + excluded.amount
            """,
            posting.account.name, posting.amount.units)
    }

    private func write(_ lot: Lot, _ session: StoreSession) throws {
        try session.run(
            """
            INSERT INTO lots (id, symbol, opened_at, opened_by, price, quantity, cost, open_fees)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET quantity = excluded.quantity, cost = excluded.cost,
                open_fees = excluded.open_fees
            """,
            lot.id, lot.symbol.name, lot.openedAt.nanoseconds, lot.openedBy.text, lot.price.units,
            lot.quantity.units, lot.cost.units, lot.openFees.units)
    }

    private func write(_ trade: ClosedTrade, _ session: StoreSession) throws {
        try session.run(
            """
            INSERT INTO closed_trades (id, symbol, side, quantity, entry_order, exit_order,
                entry_time, exit_time, entry_price, exit_price, costs, pnl, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            trade.id, trade.symbol.name, trade.side.rawValue, trade.quantity.units,
            trade.entryOrder.text, trade.exitOrder.text, trade.entryTime.nanoseconds,
            trade.exitTime.nanoseconds, trade.entryPrice.units, trade.exitPrice.units,
            trade.costs.units, trade.pnl.units, trade.reason.rawValue)
    }

    private func write(_ change: WeightsChange, _ session: StoreSession) throws {
        let weights = change.weights
        let credits = change.credits + Array(repeating: 0, count: max(0, 3 - change.credits.count))
        guard credits.allSatisfy(\.isFinite) else {
            throw StorageError.unstorable(
                file: .ledger, table: "weights", detail: "a credit is not finite")
        }
        try session.run(
            """
            INSERT INTO weights (version, at, cause, sentiment, trend, reversion,
                sentiment_credit, trend_credit, reversion_credit)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            weights.version, change.at.nanoseconds, change.cause, weights[.sentiment],
            weights[.trend], weights[.reversion], credits[StrategyID.sentiment.index],
            credits[StrategyID.trend.index], credits[StrategyID.reversion.index])
    }

    private func write(_ checkpoint: Checkpoint, _ session: StoreSession) throws {
        try session.run(
            """
            INSERT INTO checkpoint (id, at, feed_position, equity_peak, drawdown_max, session_date,
                day_start_equity, loss_base, drawdown_base, losing_streak, order_failures,
                round_trips, lost_stops, exits_wanted, revisions)
            VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET at = excluded.at,
                feed_position = excluded.feed_position, equity_peak = excluded.equity_peak,
                drawdown_max = excluded.drawdown_max, session_date = excluded.session_date,
                day_start_equity = excluded.day_start_equity, loss_base = excluded.loss_base,
                drawdown_base = excluded.drawdown_base, losing_streak = excluded.losing_streak,
                order_failures = excluded.order_failures,
                round_trips = excluded.round_trips, lost_stops = excluded.lost_stops,
                exits_wanted = excluded.exits_wanted, revisions = excluded.revisions
            """,
            checkpoint.at.nanoseconds, checkpoint.feedPosition, checkpoint.equityPeak.units,
            checkpoint.drawdownMax.units, checkpoint.sessionDate, checkpoint.dayStartEquity.units,
            checkpoint.lossBase?.units,
            checkpoint.drawdownBase?.units, checkpoint.losingStreak, checkpoint.orderFailures,
            LedgerColumns.units(checkpoint.roundTrips.mapValues(\.units)),
            LedgerColumns.units(checkpoint.lostStops.mapValues(\.units)),
            LedgerColumns.words(checkpoint.exitsWanted.mapValues(\.rawValue)),
            checkpoint.revisions.isEmpty
                ? ""
                : try json(
                    checkpoint.revisions.compactMap { StoredRevision($0) }, for: "checkpoint"))
        try CheckpointSeal.renew(chain, session)
    }
}

extension DatabaseError {
    /// A row with this key exists: SQLITE_CONSTRAINT_UNIQUE or _PRIMARYKEY.
    var isUniqueness: Bool {
        extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE
            || extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY
    }
}

/// An order's role in three columns.
struct StoredRole {
    let name: String
    let reason: String?
    let parent: String?

    init(_ role: OrderRole) {
        switch role {
        case .entry: (name, reason, parent) = ("entry", nil, nil)
        case .exit(let why): (name, reason, parent) = ("exit", why.rawValue, nil)
        case .protectiveStop(let entry):
            (name, reason, parent) = ("protective-stop", nil, entry.text)
        }
    }

    static func role(name: String, reason: String?, parent: String?) -> OrderRole? {
        switch name {
        case "entry": .entry
        case "exit": reason.flatMap(TradeReason.init(rawValue:)).map { .exit($0) }
        case "protective-stop":
            parent.flatMap { ClientOrderID($0) }.map { .protectiveStop(parent: $0) }
        default: nil
        }
    }
}
