import Domain
import Foundation
import GRDB
import Primitives

/// The words of a command beyond its name.
struct StoredArguments: Codable {
    var until: Int64?
    var exits: Bool?
    var latch: String?
    var token: String?
    /// The word of a `WeightsOrder`.
    var order: String?
    /// By `StrategyID.index`.
    var weights: [Double]?
    var version: Int?
    var limits: [String: Double]?

    init(_ verb: Command.Verb) {
        switch verb {
        case .pause(let until, let exits): (self.until, self.exits) = (until?.nanoseconds, exits)
        case .resume(let latch): self.latch = latch
        case .flatten(let token): self.token = token
        case .reconcile: break
        case .weights(let order):
            self.order = order.name
            switch order {
            case .set(let values): weights = values
            case .rollback(let version): self.version = version
            case .freeze, .unfreeze: break
            }
        case .limits(let lowered):
            limits = Dictionary(uniqueKeysWithValues: lowered.map { ($0.key.rawValue, $0.value) })
        }
    }

    private var weightsOrder: WeightsOrder? {
        switch order {
        case "set": weights.map { .set($0) }
        case "freeze": .freeze
        case "unfreeze": .unfreeze
        case "rollback": version.map { .rollback(version: $0) }
        default: nil
        }
    }

    private var lowered: [RiskLimit: Double]? {
        var lowered: [RiskLimit: Double] = [:]
        for (name, value) in limits ?? [:] {
            guard let limit = RiskLimit(rawValue: name) else { return nil }
            lowered[limit] = value
        }
        return lowered
    }

    func verb(_ name: String) -> Command.Verb? {
        switch name {
        case "pause":
            .pause(until: until.map(Timestamp.init(nanoseconds:)), exits: exits ?? false)
        case "resume": .resume(latch: latch)
        case "flatten": .flatten(token: token)
        case "reconcile": .reconcile
        case "weights": weightsOrder.map { .weights($0) }
        case "limits": lowered.map { .limits($0) }
        default: nil
        }
    }
}

// MARK: - Writing

extension LedgerWriter {
    func write(_ change: HoldChange, _ session: StoreSession) throws {
        let changed: Int
        switch change {
        case .set(let hold):
            try session.run(
                """
                INSERT INTO hold_changes (hold_id, change, cause, mode, said_by, why, at, until)
                VALUES (?, 'set', ?, ?, ?, ?, ?, ?)
                """,
                hold.id, hold.cause.rawValue, hold.mode.rawValue, hold.by, hold.why,
                hold.since.nanoseconds, hold.until?.nanoseconds)
            changed = try session.run(
                """
                INSERT INTO holds (id, cause, mode, set_by, why, since, until)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET mode = excluded.mode, why = excluded.why,
                    until = excluded.until WHERE lifted_at IS NULL
                """,
                hold.id, hold.cause.rawValue, hold.mode.rawValue, hold.by, hold.why,
                hold.since.nanoseconds, hold.until?.nanoseconds)
            guard changed == 1 else { throw StorageError.notStanding(hold: hold.id) }
        case .lifted(let id, let by, let why, let at):
            try session.run(
                """
                INSERT INTO hold_changes (hold_id, change, said_by, why, at)
                VALUES (?, 'lifted', ?, ?, ?)
                """,
                id, by, why, at.nanoseconds)
            changed = try session.run(
                """
                UPDATE holds SET lifted_at = ?, lifted_by = ?, lifted_why = ?
                WHERE id = ? AND lifted_at IS NULL
                """,
                at.nanoseconds, by, why, id)
            guard changed == 1 else { throw StorageError.notStanding(hold: id) }
        }
    }

    func write(_ record: CommandRecord, _ session: StoreSession) throws {
        let command = record.command
        do {
            try session.run(
                """
                INSERT INTO commands (transaction_id, verb, arguments, sent_by, proven, why, at,
                    answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
                command.transaction, command.verb.name,
                try json(StoredArguments(command.verb), for: "commands"), command.by,
                command.isProven ? 1 : 0, command.why, record.at.nanoseconds,
                try json(record.answer, for: "commands"))
        } catch let error as DatabaseError where error.isUniqueness {
            throw StorageError.duplicateCommand(command.transaction)
        }
    }

    func write(
        _ run: ReconciliationRun, head: ChainHead, _ session: StoreSession
    ) throws {
        try session.run(
            """
            INSERT INTO reconciliations (id, cause, since, at, verdict, orders, fills, positions,
                cash_books, cash_broker, lines, journal_seq, journal_head)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            run.id, run.trigger.rawValue, run.since.nanoseconds, run.at.nanoseconds,
            run.verdict.rawValue, run.orders, run.fills, run.positions, run.cashBooks.units,
            run.cashBroker?.units, try json(run.lines, for: "reconciliations"), head.seq,
            Data(head.hash))
    }
}

// MARK: - Reading

extension LedgerColumns {
    static let holdChange = "hold_id, change, cause, mode, said_by, why, at, until"
    static let hold = "id, cause, mode, set_by, why, since, until"
    static let command = """
        transaction_id, verb, arguments, sent_by, proven, why, at, answer
        """
    static let reconciliation = """
        id, cause, since, at, verdict, orders, fills, positions, cash_books, cash_broker, lines
        """
}

extension StoredRow {
    /// From `LedgerColumns.hold`.
    func hold() throws -> TradingHold {
        TradingHold(
            id: try text(0, "holds.id"), cause: try word(1, "holds.cause"),
            mode: try word(2, "holds.mode"), by: try text(3, "holds.set_by"),
            why: try text(4, "holds.why"), since: try time(5, "holds.since"),
            until: try integerIfAny(6, "holds.until").map(Timestamp.init(nanoseconds:)))
    }

    /// From `LedgerColumns.command`.
    func command() throws -> CommandRecord {
        let arguments: StoredArguments = try decoded(2, "commands.arguments")
        guard let verb = arguments.verb(try text(1, "commands.verb")) else {
            throw bad("commands.verb")
        }
        let command = Command(
            transaction: try text(0, "commands.transaction_id"),
            by: try text(3, "commands.sent_by"),
            isProven: try integer(4, "commands.proven") != 0, why: try text(5, "commands.why"),
            verb: verb)
        return CommandRecord(
            command: command, at: try time(6, "commands.at"),
            answer: try decoded(7, "commands.answer"))
    }

    /// From `LedgerColumns.reconciliation`.
    func reconciliation() throws -> ReconciliationRun {
        ReconciliationRun(
            id: try text(0, "reconciliations.id"), trigger: try word(1, "reconciliations.cause"),
            since: try time(2, "reconciliations.since"), at: try time(3, "reconciliations.at"),
            verdict: try word(4, "reconciliations.verdict"),
            orders: Int(try integer(5, "reconciliations.orders")),
            fills: Int(try integer(6, "reconciliations.fills")),
            positions: Int(try integer(7, "reconciliations.positions")),
            cashBooks: try money(8, "reconciliations.cash_books"),
            cashBroker: try integerIfAny(9, "reconciliations.cash_broker").map(Money.init(units:)),
            lines: try decoded(10, "reconciliations.lines"))
    }
}

extension StoredRow {
    /// From `LedgerColumns.reconciliation`, the head's seq and hash.
    func signedReconciliation() throws -> SignedReconciliation {
        SignedReconciliation(
            run: try reconciliation(),
            journalSeq: try integer(11, "reconciliations.journal_seq"),
            journalHead: Digest.hexadecimal(try blob(12, "reconciliations.journal_head")))
    }
}

/// A hold with its end, where it has come to one.
package struct StoredHold: Sendable, Equatable {
    package let hold: TradingHold
    package let liftedAt: Timestamp?
    package let liftedBy: String?
    package let liftedWhy: String?
}

/// A reconciliation with the head of the chain that its run began from.
package struct SignedReconciliation: Sendable, Equatable {
    package let run: ReconciliationRun
    package let journalSeq: Int64
    /// 64 hexadecimal digits.
    package let journalHead: String
}

extension LedgerStore {
    static func loadControl(_ session: StoreSession, _ state: inout LedgerState) throws {
        try session.rows(
            "SELECT \(LedgerColumns.hold) FROM holds WHERE lifted_at IS NULL ORDER BY seq"
        ) { row throws in state.holds.append(try row.hold()) }
        let count = try session.integer(
            "SELECT max(count(*), coalesce(max(CAST(substr(id, 2) AS INTEGER)), 0)) FROM holds")
        state.holdCount = Int(count ?? 0)
        try session.rows(
            "SELECT \(LedgerColumns.command) FROM commands ORDER BY seq DESC LIMIT 256"
        ) { row throws in state.commands.append(try row.command()) }
        state.commands.reverse()
        try session.rows(
            """
            SELECT \(LedgerColumns.command) FROM commands
            WHERE verb IN ('weights', 'limits') ORDER BY seq
            """
        ) { row throws in state.overrides.take(try row.command()) }
        state.reconciledAt = try session.integer(
            """
            SELECT at FROM reconciliations WHERE verdict IN ('matches', 'repaired')
            ORDER BY seq DESC LIMIT 1
            """
        ).map(Timestamp.init(nanoseconds:))
        state.reconciliationCount = Int(
            try session.integer("SELECT coalesce(max(seq), 0) FROM reconciliations") ?? 0)
        state.comparedDailyAt = try session.integer(
            """
            SELECT coalesce(
                (SELECT at FROM reconciliations WHERE cause = 'daily' AND verdict <> 'incomplete'
                    ORDER BY seq DESC LIMIT 1),
                (SELECT at FROM reconciliations ORDER BY seq LIMIT 1))
            """
        ).map(Timestamp.init(nanoseconds:))
        var executions: [ClientOrderID: [String]] = [:]
        try session.rows(
            """
            SELECT f.order_id, f.execution_id FROM orders o JOIN fills f ON f.order_id = o.id
            WHERE o.status IN ('INTENT', 'SUBMITTING', 'UNKNOWN', 'ACKED') ORDER BY f.seq
            """
        ) { row throws in
            executions[try row.orderID(0, "fills.order_id"), default: []].append(
                try row.text(1, "fills.execution_id"))
        }
        for index in state.openOrders.indices {
            state.openOrders[index].executionIDs =
                executions[state.openOrders[index].intent.id] ?? []
        }
    }

    /// What the ledger holds for an account report that covers the time from `since` on: orders made
    /// since then, those still open and those of `ids`, all fills of these and all fills since
    /// then, those that were taken back and those that take back included.
    package func extract(
        since: Timestamp, naming ids: Set<String> = []
    ) throws(StorageError) -> LedgerExtract {
        try connection.access { session in
            var extract = LedgerExtract()
            // Ids need no escapes; what does is no id of ours.
            let plain = ids.filter { ClientOrderID($0) != nil }.sorted()
            let list = "[" + plain.map { "\"\($0)\"" }.joined(separator: ",") + "]"
            let listed = """
                created_at >= ?1 OR status IN ('INTENT', 'SUBMITTING', 'UNKNOWN', 'ACKED')
                    OR id IN (SELECT value FROM json_each(?2))
                """
            try session.rows(
                "SELECT id, symbol, status, quantity, filled FROM orders WHERE \(listed) ORDER BY seq",
                since.nanoseconds, list
            ) { row throws in
                extract.orders.append(
                    LedgerExtract.Order(
                        id: try row.orderID(0, "orders.id"),
                        symbol: try row.symbol(1, "orders.symbol"),
                        status: try row.word(2, "orders.status"),
                        quantity: try row.quantity(3, "orders.quantity"),
                        filled: try row.quantity(4, "orders.filled")))
            }
            try session.rows(
                """
                SELECT \(LedgerColumns.fill) FROM fills
                WHERE at >= ?1 OR order_id IN (SELECT id FROM orders WHERE \(listed))
                ORDER BY seq
                """, since.nanoseconds, list
            ) { row throws in extract.fills.append(try row.fill()) }
            return extract
        }
    }

    /// The newest `limit` holds with their ends, newest first.
    package func holds(limit: Int) throws(StorageError) -> [StoredHold] {
        try collect(
            """
            SELECT \(LedgerColumns.hold), lifted_at, lifted_by, lifted_why FROM holds
            ORDER BY seq DESC
            """, limit: limit
        ) { row throws in
            StoredHold(
                hold: try row.hold(),
                liftedAt: try row.integerIfAny(7, "holds.lifted_at")
                    .map(Timestamp.init(nanoseconds:)),
                liftedBy: try row.textIfAny(8, "holds.lifted_by"),
                liftedWhy: try row.textIfAny(9, "holds.lifted_why"))
        }
    }

    /// The command of that transaction, however old.
    package func command(transaction: String) throws(StorageError) -> CommandRecord? {
        try connection.access { session in
            var found: CommandRecord?
            try session.rows(
                "SELECT \(LedgerColumns.command) FROM commands WHERE transaction_id = ?",
                transaction
            ) { row throws in found = try row.command() }
            return found
        }
    }

    /// The newest `limit` commands, newest first.
    package func commands(limit: Int) throws(StorageError) -> [CommandRecord] {
        try collect("SELECT \(LedgerColumns.command) FROM commands ORDER BY seq DESC", limit: limit)
        {
            row throws in try row.command()
        }
    }

    /// The newest `limit` reconciliations, newest first.
    package func reconciliations(limit: Int) throws(StorageError) -> [SignedReconciliation] {
        try collect(
            """
            SELECT \(LedgerColumns.reconciliation), journal_seq, journal_head FROM reconciliations
            ORDER BY seq DESC
            """, limit: limit
        ) { row throws in
            try row.signedReconciliation()
        }
    }
}
