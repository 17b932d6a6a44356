extension LedgerBooks {
    /// What is kept beside covered rows for speed follows from them, and what is unique is.
    static let derivedChecks: [Check] = [
        Check(
            problem: "the order's status is not where its last step left it",
            sql: """
                SELECT id, 0, 0 FROM orders o WHERE status <> coalesce(
                    (SELECT to_status FROM order_events WHERE order_id = o.id
                        ORDER BY seq DESC LIMIT 1), 'INTENT')
                """),
        Check(
            problem: "the step does not begin where the one before it ended",
            sql: """
                SELECT order_id, seq * 1000000000, 0 FROM (
                    SELECT seq, order_id, from_status, lag(to_status, 1, 'INTENT')
                        OVER (PARTITION BY order_id ORDER BY seq) AS before FROM order_events)
                WHERE from_status <> before
                """),
        Check(
            problem: "the order's id at the broker is not that of its last step that gave one",
            sql: """
                SELECT id, 0, 0 FROM orders o WHERE broker_order_id IS NOT
                    (SELECT broker_order_id FROM order_events
                        WHERE order_id = o.id AND broker_order_id IS NOT NULL
                        ORDER BY seq DESC LIMIT 1)
                """),
        Check(
            problem: "the fill takes back an execution that differs from it",
            sql: """
                SELECT back.execution_id, back.quantity, -f.quantity
                FROM fills back LEFT JOIN fills f ON f.execution_id = back.reverses
                WHERE back.reverses IS NOT NULL AND (f.seq IS NULL OR f.seq >= back.seq
                    OR back.quantity <> -f.quantity OR back.order_id <> f.order_id
                    OR back.symbol <> f.symbol OR back.side <> f.side)
                """),
        Check(
            problem: "the fill has no quantity, or a negative one and takes nothing back",
            sql: """
                SELECT execution_id, quantity, 0 FROM fills
                WHERE quantity = 0 OR quantity < 0 AND reverses IS NULL
                """),
        Check(
            problem: "the reservation is negative",
            sql: "SELECT id, reservation, 0 FROM orders WHERE reservation < 0"),
        Check(
            problem: "the hold is not what its changes add up to",
            sql: """
                SELECT h.id, 0, 0 FROM holds h LEFT JOIN
                    (SELECT hold_id, max(seq) FILTER (WHERE change = 'set') AS set_seq,
                        max(seq) FILTER (WHERE change = 'lifted') AS lifted_seq
                        FROM hold_changes GROUP BY hold_id) n ON n.hold_id = h.id
                    LEFT JOIN hold_changes s ON s.seq = n.set_seq
                    LEFT JOIN hold_changes l ON l.seq = n.lifted_seq
                WHERE h.cause IS NOT s.cause OR h.mode IS NOT s.mode OR h.until IS NOT s.until
                    OR h.lifted_at IS NOT l.at OR l.seq < s.seq
                """),
        Check(
            problem: "changes of a hold that is not kept",
            sql: """
                SELECT DISTINCT hold_id, 0, 0 FROM hold_changes
                WHERE hold_id NOT IN (SELECT id FROM holds)
                """),
        // Indexes can lose entries that the tables have: these read the tables.
        Check(
            problem: "the decision led to more than one order",
            sql: """
                SELECT +decision_key, count(*) * 1000000000, 1000000000 FROM orders NOT INDEXED
                GROUP BY +decision_key HAVING count(*) > 1
                """),
        Check(
            problem: "the order is stored more than once",
            sql: """
                SELECT +id, count(*) * 1000000000, 1000000000 FROM orders NOT INDEXED
                GROUP BY +id HAVING count(*) > 1
                """),
        Check(
            problem: "the execution is booked more than once",
            sql: """
                SELECT +execution_id, count(*) * 1000000000, 1000000000 FROM fills NOT INDEXED
                GROUP BY +execution_id HAVING count(*) > 1
                """),
        Check(
            problem: "the command was answered more than once",
            sql: """
                SELECT +transaction_id, count(*) * 1000000000, 1000000000 FROM commands NOT INDEXED
                GROUP BY +transaction_id HAVING count(*) > 1
                """),
    ]
}
