import Domain
import News
import Portfolio
import Primitives
import Risk
import Sentiment

/// Every key there is. Parsing, the search for unknown keys and their likely meaning, the shipped
/// file's test, the printed configuration and the manual all read this table.
package enum ConfigurationSchema {
    /// In the order in which they are written down.
    package static let keys: [ConfigurationKey] =
        trading + market + news + session + sentiment + strategies + ensemble + sizing + exits
        + orders + risk + broker + learning + storage + host + messaging

    /// All tables, outer ones before inner ones, e.g. `strategies`, `strategies.trend`.
    package static let tables: [String] = {
        var tables: [String] = []
        for key in keys {
            let members = key.table.split(separator: ".")
            for length in 1...max(1, members.count) {
                let table = members.prefix(length).joined(separator: ".")
                if !tables.contains(table) { tables.append(table) }
            }
        }
        return tables
    }()

    static let byPath = Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0) })

    static let second = Span(seconds: 1)
    static let day = Span(seconds: 86400)
    static let tenYears = Span(seconds: 3650 * 86400)

    private static let trading: [ConfigurationKey] = [
        ConfigurationKey(
            "trading.mode", \.trading.mode, .choice(),
            "The mode at every start."),
        ConfigurationKey(
            "trading.symbols", \.trading.symbols, .symbols,
            "The symbols to trade; none means every symbol of the market's data."),
        ConfigurationKey(
            "trading.capital", \.portfolio.capital,
            .decimal("an amount", Money(whole: 1)...Money(whole: 9_000_000_000)),
            "The opening balance in USD, booked once when the ledger is new."),
        ConfigurationKey(
            "trading.shorts", \.trading.shorts, .flag,
            "Whether positions below zero may be opened."),
    ]

    private static let market: [ConfigurationKey] = [
        ConfigurationKey(
            "market.kind", \.market.kind, .choice(later: ["alpaca"]),
            "Where bars come from: a seeded simulation, or recorded files."),
        ConfigurationKey(
            "market.bars", \.market.bars, .paths,
            "The bar files of a replay: symbol,timestamp,open,high,low,close,volume."),
        ConfigurationKey(
            "market.speed", \.market.speed, .speed,
            "How many times real time a simulation or replay runs, or \"max\"."),
        ConfigurationKey(
            "market.interval", \.market.interval, Codec.span(second...day).or("auto"),
            "The length of a bar; \"auto\" is the smallest gap in the file, or a minute."),
        ConfigurationKey(
            "market.on_bad_row", \.market.onBadRow, .choice(),
            "What a row that cannot be used does: it is set aside, or the run stops."),
        ConfigurationKey(
            "market.seed", \.market.simulation.seed, .seed,
            "The simulation's seed: the same seed gives the same market."),
        ConfigurationKey(
            "market.start", \.market.simulation.start, .date,
            "The simulation's first date."),
        ConfigurationKey(
            "market.days", \.market.simulation.days, .integer(1...7500),
            "Sessions that the simulation lasts."),
        ConfigurationKey(
            "market.symbols_count", \.market.simulation.symbolsCount, .integer(1...5000),
            "Companies that the simulation makes up when trading.symbols names none."),
        ConfigurationKey(
            "market.news_per_day", \.market.simulation.newsPerDay, .number(0...10_000),
            "Headlines that the simulation writes a session, over all symbols, on average."),
    ]

    private static let news: [ConfigurationKey] = [
        ConfigurationKey(
            "news.sources", \.news.sources,
            choices(NewsSettings.Source.self, countMin: 0, later: ["alpaca", "rss", "mqtt"]),
            "Where news comes from; none means no news."),
        ConfigurationKey(
            "news.paths", \.news.paths, .paths,
            "The news files of the source \"replay\": JSON lines or CSV."),
        ConfigurationKey(
            "news.spool", \.news.spool, .path,
            "The folder watched by the source \"spool\": one JSON file an item."),
        ConfigurationKey(
            "news.date_only", \.news.dateOnly, .choice(),
            "What an item stamped with only a date does: count from the next open, or go."),
        ConfigurationKey(
            "news.age_max", \.news.admission.ageMax, .span(second...tenYears),
            "An item older than this when first seen is stored, but not scored."),
        ConfigurationKey(
            "news.future_max", \.news.admission.futureMax, .span(.zero...day),
            "An item stamped further ahead of the clock than this is refused."),
        ConfigurationKey(
            "news.headline_bytes_max", \.news.admission.headlineBytesMax, .integer(100...10_000),
            "Longer headlines are cut."),
        ConfigurationKey(
            "news.duplicate_window", \.news.admission.duplicateWindow, .integer(1...100_000),
            "Recent items remembered to recognise a repeated one."),
        ConfigurationKey(
            "news.duplicate_age", \.news.admission.duplicateAge,
            .span(.zero...Span(seconds: 365 * 86400)),
            "After this time the same words are news again."),
        ConfigurationKey(
            "news.symbols_max", \.news.admission.symbolsMax, .integer(1...100),
            "An item about more symbols than this is stored, but not scored."),
        ConfigurationKey(
            "news.aliases", \.news.admission.aliases, .aliases,
            combine: { $0.merging($1) { _, new in new } },
            "Names that stand for a symbol in a headline."),
    ]

    private static let session: [ConfigurationKey] = [
        ConfigurationKey(
            "session.calendar", \.session.calendar, .choice(),
            "When the market is open: by the rules of New York, or whenever there are bars."),
        ConfigurationKey(
            "session.extended_hours", \.session.extendedHours, .flag,
            "Whether bars before the open and after the close count."),
        ConfigurationKey(
            "session.edge_open", \.risk.sessionEdgeOpen, .span(.zero...Span(seconds: 6 * 3600)),
            "No entries for this long after the open."),
        ConfigurationKey(
            "session.edge_close", \.risk.sessionEdgeClose, .span(.zero...Span(seconds: 6 * 3600)),
            "No entries for this long before the close."),
    ]

    private static let sentiment: [ConfigurationKey] = [
        ConfigurationKey(
            "sentiment.chain", \.sentiment.chain,
            choices(SentimentSettings.Model.self, countMin: 1, later: ["finbert", "ollama"]),
            "The models asked, in this order, until one is sure enough."),
        ConfigurationKey(
            "sentiment.window_items", \.sentiment.window.windowItems, .integer(1...10_000),
            "Readings kept for each symbol."),
        ConfigurationKey(
            "sentiment.window_age", \.sentiment.window.windowAge,
            .span(second...Span(seconds: 90 * 86400)),
            "Readings older than this no longer count."),
        ConfigurationKey(
            "sentiment.confidence_min", \.sentiment.window.confidenceMin, .share,
            "Readings less sure than this do not count."),
    ]
}
