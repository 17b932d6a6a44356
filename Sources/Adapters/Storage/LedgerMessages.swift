import Domain
import GRDB
import Primitives

/// What the ledger says to a signed message that is about to have its effect.
package enum ProofVerdict: Sendable, Equatable {
    case unseen
    /// It had its effect before.
    case known
    /// So many are remembered that no other can be: refused, because to forget one would be worse.
    case full
}

// MARK: - Writing

extension LedgerWriter {
    /// Proofs that live; no honest sender comes near it, with the limits on how often one may send.
    static let proofsMax: Int64 = 10_000
    /// Rows of the outbox: weeks of a broker that is away. Full, so many go at once: where there is no
    /// broker at all, a busy day of 30 symbols writes 15 % more than without an outbox, and 29 % more
    /// if each commit made its own room.
    static let outboxMax: Int64 = 10_000
    static let outboxStep: Int64 = 100

    /// What lies this far before a proof that holds now has ended for good, whatever the clock says.
    private static func horizon(_ proof: CommandProof) -> Timestamp {
        proof.until - CommandProof.margin
    }

    static func verdict(
        _ proof: CommandProof, _ session: StoreSession
    ) throws -> ProofVerdict {
        if try session.integer("SELECT 1 FROM proofs WHERE jti = ?", proof.jti) != nil {
            return .known
        }
        let alive = try session.integer(
            "SELECT count(*) FROM proofs WHERE until >= ?", horizon(proof).nanoseconds)
        return alive ?? 0 < proofsMax ? .unseen : .full
    }

    func write(_ proof: CommandProof, _ session: StoreSession) throws {
        try session.run("DELETE FROM proofs WHERE until < ?", Self.horizon(proof).nanoseconds)
        let alive = try session.integer("SELECT count(*) FROM proofs") ?? 0
        guard alive < Self.proofsMax else { throw StorageError.proofsFull }
        do {
            try session.run(
                "INSERT INTO proofs (jti, kid, until) VALUES (?, ?, ?)", proof.jti, proof.kid,
                proof.until.nanoseconds)
        } catch let error as DatabaseError where error.isUniqueness {
            throw StorageError.knownProof(proof.jti)
        }
    }

    /// The same id once more is the same row.
    func write(_ row: OutboxRow, _ session: StoreSession) throws {
        try session.run(
            """
            INSERT INTO outbox (id, kind, payload, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, row.id, row.kind, row.payload, row.at.nanoseconds)
    }

    /// After a commit that added to it: the oldest go. By their places, which are found without
    /// reading the rows; a place that was confirmed out of its turn counts as well.
    func boundOutbox(_ session: StoreSession) throws {
        let first = try session.integer("SELECT min(seq) FROM outbox") ?? 0
        let last = try session.integer("SELECT max(seq) FROM outbox") ?? 0
        guard last - first >= Self.outboxMax else { return }
        let dropped = try session.run(
            "DELETE FROM outbox WHERE seq <= ?", last - Self.outboxMax + Self.outboxStep)
        try session.run(
            """
            UPDATE meta SET value = CAST(CAST(value AS INTEGER) + ? AS TEXT)
            WHERE key = 'outbox-dropped'
            """, dropped)
    }
}

// MARK: - Reading and what needs no event

extension LedgerStore {
    /// Counts this start: 1 for the first, durable when given, never the same twice.
    package func nextBoot() throws(StorageError) -> Int64 {
        try change { session in
            try session.run(
                """
                INSERT INTO meta VALUES ('boot', '1') ON CONFLICT (key) DO UPDATE
                SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)
                """)
            return try Self.number("boot", session)
        }
    }

    /// The number of the newest start; 0 before the first.
    package func boot() throws(StorageError) -> Int64 {
        try connection.access { session in try Self.number("boot", session) }
    }

    /// After a restore: the copy's number was counted on since.
    func setBoot(_ number: Int64) throws(StorageError) {
        _ = try change { session in
            try session.run(
                """
                INSERT INTO meta VALUES ('boot', ?) ON CONFLICT (key) DO UPDATE
                SET value = excluded.value
                """, "\(number)")
        }
    }

    private static func number(_ key: String, _ session: StoreSession) throws -> Int64 {
        try session.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?", key) ?? 0
    }

    /// To be asked before a proof is committed: a commit that repeats one fails, and with it all
    /// that belongs to it.
    package func verdict(on proof: CommandProof) throws(StorageError) -> ProofVerdict {
        try connection.access { session in try LedgerWriter.verdict(proof, session) }
    }

    /// The oldest first, at most `limit`.
    package func outbox(limit: Int) throws(StorageError) -> [OutboxRow] {
        try connection.access { session in
            var rows: [OutboxRow] = []
            try session.rows(
                """
                SELECT id, kind, payload, at FROM outbox ORDER BY seq LIMIT ?
                """, max(0, limit)
            ) { row throws in
                rows.append(
                    OutboxRow(
                        id: try row.text(0, "outbox.id"), kind: try row.text(1, "outbox.kind"),
                        payload: try row.text(2, "outbox.payload"),
                        at: try row.time(3, "outbox.at")))
            }
            return rows
        }
    }

    /// Removes what the broker has confirmed; an id that is not there is none too many.
    /// - Throws: `full`, which costs nothing: they are told of once more; `sqlite` and `stopped` as
    ///   `commit`.
    package func forgetDelivered(_ ids: [String]) throws(StorageError) {
        if ids.isEmpty { return }
        try change { session in
            for id in ids { try session.run("DELETE FROM outbox WHERE id = ?", id) }
        }
    }

    /// How many wait, and how many were ever dropped because too many did.
    package func outboxCount() throws(StorageError) -> (waiting: Int, dropped: Int64) {
        try connection.access { session in
            (
                Int(try session.integer("SELECT count(*) FROM outbox") ?? 0),
                try Self.number("outbox-dropped", session)
            )
        }
    }

    /// What was remembered under this name; nil: nothing.
    package func memo(_ memo: LedgerMemo) throws(StorageError) -> String? {
        try connection.access { session in
            var text: String?
            try session.rows("SELECT value FROM meta WHERE key = ?", memo.rawValue) { row throws in
                text = try row.text(0, "meta.value")
            }
            return text
        }
    }

    /// Remembers it in place of what was; a commit of its own, none where nothing changes.
    package func remember(_ memo: LedgerMemo, _ text: String) throws(StorageError) {
        if try self.memo(memo) == text { return }
        _ = try change { session in
            try session.run(
                """
                INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE
                SET value = excluded.value
                """, memo.rawValue, text)
        }
    }
}

/// Small things about the world outside that a later start must know.
package enum LedgerMemo: String, Sendable {
    /// Topics at which a broker may keep a device for Home Assistant, one a line.
    case devices = "mqtt-devices"
    /// Of `outboxCount().dropped`, how many somebody was told of.
    case toldDropped = "outbox-dropped-told"
}
