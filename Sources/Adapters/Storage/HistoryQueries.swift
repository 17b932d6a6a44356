import Domain
import GRDB
import Primitives

extension HistoryStore {
    private static let barColumns = "start, interval, open, high, low, close, volume"

    private static func bar(_ row: StoredRow, _ symbol: Symbol) throws -> StoredBar {
        StoredBar(
            symbol: symbol, start: try row.time(0, "bars.start"),
            interval: Span(nanoseconds: try row.integer(1, "bars.interval")),
            open: try row.price(2, "bars.open"), high: try row.price(3, "bars.high"),
            low: try row.price(4, "bars.low"), close: try row.price(5, "bars.close"),
            volume: Volume(shares: try row.integer(6, "bars.volume")))
    }

    /// The last `count` bars of each of `symbols` that start before `before`, symbol by symbol in
    /// the order given, oldest first in each: one index seek a symbol, whatever is stored.
    package func lastBars(
        perSymbol count: Int, symbols: [Symbol], before: Timestamp? = nil
    ) throws(StorageError) -> [StoredBar] {
        try flush()
        return try mended { () throws(StorageError) in
            try connection.access { session in
                var bars: [StoredBar] = []
                for symbol in symbols {
                    let first = bars.count
                    try session.rows(
                        """
                        SELECT \(Self.barColumns) FROM bars
                        WHERE symbol_id = (SELECT id FROM symbols WHERE name = ?) AND start < ?
                        ORDER BY start DESC LIMIT ?
                        """, symbol.name, (before ?? .distantFuture).nanoseconds, max(0, count)
                    ) { row throws in bars.append(try Self.bar(row, symbol)) }
                    bars[first...].reverse()
                }
                return bars
            }
        }
    }

    /// Hands the bars of `symbols` (nil: of all) with `from` ≤ start < `to` to `body`, by start
    /// and then by name, without holding more than one bar of each symbol in memory.
    ///
    /// An error of `body` ends the export and is given back as the result.
    package func exportBars<Failure: Error>(
        symbols: [Symbol]? = nil, from: Timestamp = .distantPast, to: Timestamp = .distantFuture,
        _ body: (StoredBar) throws(Failure) -> Void
    ) throws(StorageError) -> Result<Void, Failure> {
        try flush()
        return try connection.access { session in
            var streams = try barStreams(session, symbols: symbols, from: from, to: to)
            // The stream whose next bar is the earliest stands last, so that taking it is cheap.
            streams.sort { $1.precedes($0) }
            while let stream = streams.popLast() {
                do throws(Failure) { try body(stream.head) } catch { return .failure(error) }
                guard let next = try stream.advanced() else { continue }
                var low = 0
                var high = streams.count
                while low < high {
                    let middle = (low + high) / 2
                    if next.precedes(streams[middle]) { low = middle + 1 } else { high = middle }
                }
                streams.insert(next, at: low)
            }
            return .success(())
        }
    }

    private func barStreams(
        _ session: StoreSession, symbols: [Symbol]?, from: Timestamp, to: Timestamp
    ) throws -> [BarStream] {
        var named: [(Int64, Symbol)] = []
        try session.rows("SELECT id, name FROM symbols ORDER BY name") { row throws in
            let symbol = try row.symbol(1, "symbols.name")
            if symbols?.contains(symbol) ?? true {
                named.append((try row.integer(0, "symbols.id"), symbol))
            }
        }
        return try named.compactMap { id, symbol in
            connection.countStatement()
            let cursor = try Row.fetchCursor(
                session.db,
                sql: """
                    SELECT \(Self.barColumns) FROM bars
                    WHERE symbol_id = ? AND start >= ? AND start < ? ORDER BY start
                    """, arguments: [id, from.nanoseconds, to.nanoseconds])
            return try BarStream(cursor, symbol)
        }
    }

    /// One symbol's bars, the next of them read already.
    private struct BarStream {
        let head: StoredBar
        private let cursor: RowCursor

        init?(_ cursor: RowCursor, _ symbol: Symbol) throws {
            guard let row = try cursor.next() else { return nil }
            self.cursor = cursor
            head = try HistoryStore.bar(StoredRow(row: row, file: .history), symbol)
        }

        func advanced() throws -> BarStream? { try BarStream(cursor, head.symbol) }

        func precedes(_ other: BarStream) -> Bool {
            (head.start, head.symbol) < (other.head.start, other.head.symbol)
        }
    }

    /// How many bars are stored, and of how many symbols.
    package func barCount() throws(StorageError) -> Int {
        try flush()
        return try connection.access { session in
            Int(try session.integer("SELECT count(*) FROM bars") ?? 0)
        }
    }

    /// Readings first seen at `since` or later, in time order: refills the windows (S15).
    package func readings(since: Timestamp) throws(StorageError) -> [SentimentReading] {
        try flushed { session in
            var readings: [SentimentReading] = []
            try session.rows(
                """
                SELECT news_id, symbol, model, headline, label, score, confidence, at
                FROM readings WHERE at >= ? ORDER BY at, seq
                """, since.nanoseconds
            ) { row throws in
                readings.append(
                    SentimentReading(
                        newsID: try row.text(0, "readings.news_id"),
                        symbol: try row.symbol(1, "readings.symbol"),
                        headline: try row.text(3, "readings.headline"),
                        score: SentimentScore(
                            label: try row.word(4, "readings.label"),
                            score: try row.real(5, "readings.score"),
                            confidence: try row.real(6, "readings.confidence"),
                            model: try row.text(2, "readings.model")),
                        at: try row.time(7, "readings.at")))
            }
            return readings
        }
    }

    /// A headline as it was first seen.
    package struct StoredNews: Sendable, Equatable {
        package let id: String
        package let headline: String
        /// The symbols that it was linked to.
        package let linked: [Symbol]
        package let firstSeen: Timestamp
    }

    /// The `limit` headlines seen last, duplicates left out, oldest first: refills the duplicate
    /// filter.
    package func recentNews(limit: Int) throws(StorageError) -> [StoredNews] {
        try flushed { session in
            var news: [StoredNews] = []
            try session.rows(
                """
                SELECT id, headline, linked, first_seen FROM news WHERE duplicate_of IS NULL
                ORDER BY first_seen DESC, seq DESC LIMIT ?
                """, max(0, limit)
            ) { row throws in
                news.append(
                    StoredNews(
                        id: try row.text(0, "news.id"), headline: try row.text(1, "news.headline"),
                        linked: try row.decoded(2, "news.linked"),
                        firstSeen: try row.time(3, "news.first_seen")))
            }
            return news.reversed()
        }
    }

    /// Snapshots taken at `from` or later, in time order.
    package func equity(from: Timestamp = .distantPast) throws(StorageError) -> [EquitySnapshot] {
        try flushed { session in
            var snapshots: [EquitySnapshot] = []
            try session.rows(
                """
                SELECT at, equity, cash, exposure, open_positions, is_session_close
                FROM equity WHERE at >= ? ORDER BY at, is_session_close
                """, from.nanoseconds
            ) { row throws in
                snapshots.append(
                    EquitySnapshot(
                        at: try row.time(0, "equity.at"), equity: try row.money(1, "equity.equity"),
                        cash: try row.money(2, "equity.cash"),
                        exposure: try row.money(3, "equity.exposure"),
                        openPositions: Int(try row.integer(4, "equity.open_positions")),
                        isSessionClose: try row.integer(5, "equity.is_session_close") != 0))
            }
            return snapshots
        }
    }

    private func flushed<T>(_ body: (StoreSession) throws -> T) throws(StorageError) -> T {
        try flush()
        return try mended { () throws(StorageError) in try connection.access(body) }
    }
}
