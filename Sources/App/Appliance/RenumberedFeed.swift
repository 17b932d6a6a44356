import Domain

/// A feed whose symbols carry the engine's ids.
///
/// A file numbers its symbols as it meets them. After a restart the engine knows some of them
/// from its ledger already, in another order: without this the bars of one symbol would be taken
/// for those of another.
struct RenumberedFeed<Feed: MarketFeed>: MarketFeed {
    private(set) var feed: Feed
    /// The engine's symbols first, then those that the feed met since.
    private(set) var symbols: SymbolTable
    /// By the feed's index.
    private var ids: [SymbolID] = []
    private var isSame = true

    /// - Parameter symbols: those of the engine, which from now on only learns the feed's.
    init(_ feed: Feed, symbols: SymbolTable) {
        self.feed = feed
        self.symbols = symbols
    }

    var interval: Span { feed.interval }

    mutating func read(into bars: inout [Bar]) throws(FeedError) -> Bool {
        let first = bars.count
        guard try feed.read(into: &bars) else { return false }
        if feed.symbols.count > ids.count { try learn() }
        if isSame { return true }
        for index in first..<bars.count {
            let bar = bars[index]
            bars[index] = Bar(
                symbol: ids[bar.symbol.index], start: bar.start, open: bar.open, high: bar.high,
                low: bar.low, close: bar.close, volume: bar.volume)
        }
        return true
    }

    private mutating func learn() throws(FeedError) {
        for symbol in feed.symbols.symbols[ids.count...] {
            guard let id = symbols.intern(symbol) else {
                throw .cannotRead(
                    path: "market",
                    reason: "with \(symbol) there are more symbols than the \(symbols.capacity) "
                        + "that fit, those of the store included")
            }
            if id.index != ids.count { isSame = false }
            ids.append(id)
        }
    }
}
