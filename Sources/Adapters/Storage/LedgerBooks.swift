import Domain
import Primitives

extension LedgerStore {
    /// Whether the books balance: each problem as a sentence, empty when they do.
    ///
    /// These hold by construction of the ledger's rows; a problem is a bug or a damaged file, and a
    /// reason to halt. Some scans of the tables, so at start-up and daily, not per event.
    package func checkBooks() throws(StorageError) -> [String] {
        try connection.access { session in try LedgerBooks.problems(session) }
    }
}

enum LedgerBooks {
    static func problems(_ session: StoreSession) throws -> [String] {
        var problems: [String] = []
        for check in checks + derivedChecks {
            try session.rows(check.sql) { row throws in
                let subject = try row.text(0, "books.subject")
                let figures = [try row.integer(1, "books.a"), try row.integer(2, "books.b")]
                problems.append(
                    "\(subject): \(check.problem), "
                        + figures.map { formatFixedDecimal($0, minimumFractionDigits: 0) }
                        .joined(separator: " against "))
            }
        }
        if try CheckpointSeal.isKept(session), let broken = try CheckpointSeal.problem(session) {
            problems.append(broken)
        }
        return problems
    }

    struct Check {
        let problem: String
        /// Rows of subject and the two figures that differ.
        let sql: String
    }

    private static let checks: [Check] = [
        Check(
            problem: "the postings of this cause do not sum to zero",
            sql: """
                SELECT cause, sum(amount), 0 FROM postings GROUP BY cause HAVING sum(amount) <> 0
                """),
        Check(
            problem: "the balance differs from the sum of the postings",
            sql: """
                SELECT account, sum(kept), sum(posted) FROM (
                    SELECT account, amount AS kept, 0 AS posted FROM balances
                    UNION ALL SELECT account, 0, amount FROM postings)
                GROUP BY account HAVING sum(kept) <> sum(posted)
                """),
        Check(
            problem: "fills and lots disagree on the shares held",
            sql: """
                SELECT symbol, sum(filled), sum(held) FROM (
                    SELECT symbol, CASE side WHEN 'buy' THEN quantity ELSE -quantity END AS filled,
                        0 AS held FROM fills
                    UNION ALL SELECT symbol, 0, quantity FROM lots)
                GROUP BY symbol HAVING sum(filled) <> sum(held)
                """),
        Check(
            problem: "the cost of the lots differs from the account of the shares",
            sql: """
                SELECT account, sum(cost), sum(booked) FROM (
                    SELECT 'securities:' || symbol AS account, cost, 0 AS booked FROM lots
                    UNION ALL SELECT account, 0, amount FROM balances
                        WHERE account LIKE 'securities:%')
                GROUP BY account HAVING sum(cost) <> sum(booked)
                """),
        Check(
            problem: "the order is filled beyond its quantity",
            sql: "SELECT id, filled, quantity FROM orders WHERE filled > quantity"),
        Check(
            problem: "the order's filled quantity differs from its fills",
            sql: """
                SELECT o.id, o.filled, coalesce(sum(f.quantity), 0) AS total
                FROM orders o LEFT JOIN fills f ON f.order_id = o.id
                GROUP BY o.seq HAVING o.filled <> total
                """),
        Check(
            problem: "a fill without an order",
            sql: """
                SELECT execution_id, quantity, 0 FROM fills
                WHERE order_id NOT IN (SELECT id FROM orders)
                """),
        Check(
            problem: "the order entered more than one terminal state",
            sql: """
                SELECT order_id, count(*) * 1000000000, 1000000000 FROM order_events
                WHERE to_status IN (\(terminal)) AND from_status <> to_status
                GROUP BY order_id HAVING count(*) > 1
                """),
        Check(
            problem: "the closed trades' gains before costs differ from the account of gains",
            sql: """
                SELECT 'realized', gains, booked FROM (
                    SELECT (SELECT coalesce(sum(pnl + costs), 0) FROM closed_trades) AS gains,
                        -(SELECT coalesce(sum(amount), 0) FROM balances
                            WHERE account = 'realized') AS booked)
                WHERE gains <> booked
                """),
        Check(
            problem: "fees of closed trades and open lots differ from the account of fees",
            sql: """
                SELECT 'fees', attributed, booked FROM (
                    SELECT (SELECT coalesce(sum(costs), 0) FROM closed_trades)
                            + (SELECT coalesce(sum(open_fees), 0) FROM lots) AS attributed,
                        (SELECT coalesce(sum(amount), 0) FROM balances
                            WHERE account = 'fees') AS booked)
                WHERE attributed <> booked
                """),
    ]

    static let terminal = OrderStatus.allCases.filter(\.isTerminal)
        .map { "'\($0.rawValue)'" }.joined(separator: ", ")
}
