/// history.db: what is comfortable to have.
///
/// In: bars, news, readings and equity, buffered and written in batches. Out: the windows after a
/// restart, the equity curve, bars for export.
///
/// Invariants: losing this file costs only comfort, so a broken one is moved aside and a new one
/// begun, at start and while running; a row that comes again replaces itself; buffer and file are
/// bounded. One thread uses the store.
import Domain
import Foundation
import GRDB
import Primitives

/// A bar with its ticker instead of an index of the engine.
package struct StoredBar: Sendable, Equatable {
    package let symbol: Symbol
    package let start: Timestamp
    package let interval: Span
    package let open: Price
    package let high: Price
    package let low: Price
    package let close: Price
    package let volume: Volume

    /// The engine's bar, under the index that `symbol` has there.
    package func bar(_ id: SymbolID) -> Bar {
        Bar(
            symbol: id, start: start, open: open, high: high, low: low, close: close,
            volume: volume)
    }
}

package final class HistoryStore {
    /// Rows held back at most; a batch of this size is some 300 kB of memory.
    package static let bufferCapacity = 4096
    /// Broken files kept for a look, the oldest goes first.
    static let keptAside = 2

    enum Pending {
        case bar(StoredBar)
        case entry(HistoryEntry)
    }

    private(set) var connection: StoreConnection
    private let folder: String
    private var pending: [Pending] = []
    private var symbolIDs: [Symbol: Int64] = [:]
    private let encoder: JSONEncoder
    /// What was given up or replaced since the store was opened, one sentence each.
    package private(set) var warnings: [String] = []

    /// Opens or creates `history.db` in `folder`. A file that is damaged is moved to
    /// `history.db.corrupt-N` and a new one is made: `warnings` says so.
    ///
    /// - Throws: `newer`, `folder`, `library`, `setting`, `sqlite`.
    package init(folder: String) throws(StorageError) {
        self.folder = folder
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let opened: (StoreConnection, [String])
        do {
            opened = (try Self.open(folder), [])
        } catch {
            guard error.isDamage else { throw error }
            opened = try Self.replace(folder, because: error)
        }
        (connection, warnings) = opened
    }

    package var statistics: StoreStatistics { connection.statistics }
    package var path: String { connection.path }
    package var pendingCount: Int { pending.count }

    /// Takes a bar into the buffer; the same symbol and start again corrects it.
    ///
    /// - Throws: only when the buffer is full and cannot be written; its oldest half is then given
    ///   up and counted (`droppedRows`), and the new row is kept.
    package func append(bar: Bar, symbol: Symbol, interval: Span) throws(StorageError) {
        try append(
            .bar(
                StoredBar(
                    symbol: symbol, start: bar.start, interval: interval, open: bar.open,
                    high: bar.high, low: bar.low, close: bar.close, volume: bar.volume)))
    }

    /// Takes a row into the buffer; throws as for bars, and `unstorable` for a score that is no
    /// number, which is not taken.
    package func append(_ entry: HistoryEntry) throws(StorageError) {
        if case .reading(let reading) = entry,
            !reading.score.score.isFinite || !reading.score.confidence.isFinite
        {
            throw .unstorable(file: .history, table: "readings", detail: "a score is not finite")
        }
        try append(.entry(entry))
    }

    private func append(_ row: Pending) throws(StorageError) {
        pending.append(row)
        guard pending.count >= Self.bufferCapacity else { return }
        do { try flush() } catch {
            let surplus = pending.count / 2
            pending.removeFirst(surplus)
            connection.countDropped(surplus)
            throw error
        }
    }

    /// Writes the buffer in one transaction. On an error the rows stay in the buffer.
    package func flush() throws(StorageError) {
        if pending.isEmpty { return }
        let rows = pending
        try mended { () throws(StorageError) in
            do throws(StorageError) {
                try connection.write { session in
                    for row in rows { try write(row, session) }
                }
            } catch {
                // Ids given out in a transaction that is gone.
                symbolIDs.removeAll()
                throw error
            }
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func write(_ row: Pending, _ session: StoreSession) throws {
        switch row {
        case .bar(let bar):
            try session.run(
                """
                INSERT INTO bars (symbol_id, start, interval, open, high, low, close, volume)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (symbol_id, start) DO UPDATE SET interval = excluded.interval,
                    open = excluded.open, high = excluded.high, low = excluded.low,
                    close = excluded.close, volume = excluded.volume
                """,
                try symbolID(bar.symbol, session), bar.start.nanoseconds, bar.interval.nanoseconds,
                bar.open.units, bar.high.units, bar.low.units, bar.close.units, bar.volume.shares)
        case .entry(.news(let item, let linked, let firstSeen, let duplicateOf)):
            try session.run(
                """
                INSERT INTO news (id, headline, summary, symbols, linked, created_at, source, url,
                    first_seen, duplicate_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET linked = excluded.linked,
                    duplicate_of = excluded.duplicate_of
                """,
                item.id, item.headline, item.summary, try json(item.symbols), try json(linked),
                item.createdAt.nanoseconds, item.source, item.url, firstSeen.nanoseconds,
                duplicateOf)
        case .entry(.reading(let reading)):
            try session.run(
                """
                INSERT INTO readings (news_id, symbol, model, headline, label, score, confidence,
                    at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (news_id, symbol, model) DO UPDATE SET label = excluded.label,
                    score = excluded.score, confidence = excluded.confidence, at = excluded.at
                """,
                reading.newsID, reading.symbol.name, reading.score.model, reading.headline,
                reading.score.label.rawValue, reading.score.score, reading.score.confidence,
                reading.at.nanoseconds)
        case .entry(.equity(let snapshot)):
            try session.run(
                """
                INSERT INTO equity (at, is_session_close, equity, cash, exposure, open_positions)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (at, is_session_close) DO UPDATE SET equity = excluded.equity,
                    cash = excluded.cash, exposure = excluded.exposure,
                    open_positions = excluded.open_positions
                """,
                snapshot.at.nanoseconds, snapshot.isSessionClose ? 1 : 0, snapshot.equity.units,
                snapshot.cash.units, snapshot.exposure.units, snapshot.openPositions)
        }
    }

    private func symbolID(_ symbol: Symbol, _ session: StoreSession) throws -> Int64 {
        if let id = symbolIDs[symbol] { return id }
        try session.run("INSERT INTO symbols (name) VALUES (?) ON CONFLICT DO NOTHING", symbol.name)
        let found = try session.integer("SELECT id FROM symbols WHERE name = ?", symbol.name)
        guard let found else {
            throw StorageError.badRow(file: .history, table: "symbols", column: "id")
        }
        symbolIDs[symbol] = found
        return found
    }

    private func json(_ symbols: [Symbol]) throws -> String {
        String(decoding: try encoder.encode(symbols), as: UTF8.self)
    }

    /// Copies the WAL into the database; for quiet times.
    package func checkpoint() throws(StorageError) { try connection.checkpoint() }

    /// Writes what is buffered, checkpoints and closes.
    package func close() throws(StorageError) {
        try flush()
        try connection.close()
    }

    /// SQLite's structural check over the whole file; slow on a large one, for idle hours.
    package func quickCheck() throws(StorageError) -> [String] { try connection.quickCheck() }

    /// What `PRAGMA name` answers on the store's own connection.
    package func setting(_ name: String) throws(StorageError) -> String? {
        try connection.setting(name)
    }

    /// For tests and diagnosis: the SQL of every statement SQLite runs.
    package func trace(_ tracer: (@Sendable (String) -> Void)?) throws(StorageError) {
        try connection.trace(tracer)
    }
}

// MARK: - Broken files

extension HistoryStore {
    /// Files up to this size are checked at start; a larger one would delay trading, and its
    /// damage is met and mended when it is read.
    private static let checkedBytesMax: Int64 = 8 << 20

    private static func open(_ folder: String) throws(StorageError) -> StoreConnection {
        let connection = try StoreConnection(
            .history, folder: folder, migrator: HistorySchema.migrator)
        guard StoreFolder.size(connection.path) ?? 0 <= checkedBytesMax else { return connection }
        let problems = try connection.quickCheck()
        if !problems.isEmpty {
            let detail = problems.joined(separator: "; ")
            try? connection.close()
            throw .damaged(file: .history, path: connection.path, detail: detail)
        }
        return connection
    }

    /// Runs `body`; where the file turns out to be broken, begins a new one and runs it again.
    func mended<T>(_ body: () throws(StorageError) -> T) throws(StorageError) -> T {
        do { return try body() } catch {
            guard error.isDamage else { throw error }
            try? connection.close()
            let (fresh, said) = try Self.replace(folder, because: error)
            connection = fresh
            symbolIDs.removeAll()
            warnings = Array((warnings + said).suffix(16))
            return try body()
        }
    }

    private static func replace(
        _ folder: String, because error: StorageError
    ) throws(StorageError) -> (StoreConnection, [String]) {
        let path = (folder as NSString).appendingPathComponent(StoreFile.history.rawValue)
        let aside = try moveAside(path)
        let warning = "\(path) was unreadable and is now \(aside); a new one was begun: \(error)"
        return (try open(folder), [warning])
    }

    /// Renames the file, drops its -wal and -shm, keeps the newest few of its kind.
    private static func moveAside(_ path: String) throws(StorageError) -> String {
        let name = (path as NSString).lastPathComponent + ".corrupt-"
        let folder = (path as NSString).deletingLastPathComponent
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let numbers = entries.filter { $0.hasPrefix(name) }
            .compactMap { Int($0.dropFirst(name.count)) }.sorted()
        let number = (numbers.last ?? 0) + 1
        let aside = "\(path).corrupt-\(number)"
        guard rename(path, aside) == 0 else {
            throw StoreFolder.failure(path, "is damaged and cannot be moved", errno)
        }
        for suffix in ["-wal", "-shm", "-journal"] { _ = unlink(path + suffix) }
        for old in numbers.dropLast(keptAside - 1) { _ = unlink("\(path).corrupt-\(old)") }
        return aside
    }
}
