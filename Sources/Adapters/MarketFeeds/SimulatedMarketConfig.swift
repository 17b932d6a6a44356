import Domain

/// A made-up market: which companies, when, and how much happens.
package struct SimulatedMarketConfig: Sendable, Equatable {
    /// The same seed gives the same bars and the same news, bit for bit.
    package var seed: UInt64 = 1
    /// Sorted and made unique by the market; a symbol's course depends on the seed and its name
    /// only, not on its neighbours. At most `symbolsMax`.
    package var symbols: [Symbol]
    /// The first session is the one that closes after this instant.
    package var start: Timestamp
    /// Sessions to simulate; the calendar may end earlier.
    package var days: Int
    package var interval = Span(seconds: 60)
    /// Headlines per symbol and session on average, 0 ... 20.
    package var newsPerSymbolPerDay = 2.0

    package static let symbolsMax = 5_000

    package init(start: Timestamp, days: Int, symbols: [Symbol] = Self.defaultSymbols) {
        self.start = start
        self.days = days
        self.symbols = symbols
    }

    /// ALFA BRVO CHRL DLTA ECHO FXTR: no listed company is meant.
    package static let defaultSymbols: [Symbol] = SimulatedCompany.listed.compactMap {
        Symbol($0.ticker)
    }

    /// The default symbols and, beyond them, generated ones: `count` (0 ... `symbolsMax`) in all.
    package static func symbols(count: Int) -> [Symbol] {
        let wanted = min(max(0, count), symbolsMax)
        var symbols = Array(defaultSymbols.prefix(wanted))
        var index = 0
        while symbols.count < wanted {
            let letters = [index / 676 % 26, index / 26 % 26, index % 26].map {
                Character(Unicode.Scalar(UInt8(0x41 + $0)))
            }
            if let symbol = Symbol("Z" + String(letters)) { symbols.append(symbol) }
            index += 1
        }
        return symbols
    }
}

/// The made-up company behind a symbol.
package struct SimulatedCompany: Sendable, Equatable {
    package let ticker: String
    package let name: String

    static let listed = [
        SimulatedCompany(ticker: "ALFA", name: "Alfanor Instruments"),
        SimulatedCompany(ticker: "BRVO", name: "Bravonia Foods"),
        SimulatedCompany(ticker: "CHRL", name: "Charlant Devices"),
        SimulatedCompany(ticker: "DLTA", name: "Deltamere Logistics"),
        SimulatedCompany(ticker: "ECHO", name: "Echovale Media"),
        SimulatedCompany(ticker: "FXTR", name: "Foxtera Energy"),
    ]
    private static let trades = [
        "Instruments", "Foods", "Devices", "Logistics", "Media", "Energy", "Systems", "Materials",
    ]
    private static let syllables = [
        "bel", "cor", "dan", "fir", "gal", "hel", "jor", "kel", "lum", "mar", "nor", "pel", "quin",
        "ros", "sol", "tar", "ul", "ven", "wes", "yar", "zan", "mir", "tor", "val", "cas", "dor",
    ]

    /// The listed company, or a name spelt from the ticker's letters.
    package static func of(_ symbol: Symbol) -> SimulatedCompany {
        if let known = listed.first(where: { $0.ticker == symbol.name }) { return known }
        let bytes = Array(symbol.name.utf8)
        let stem = bytes.suffix(3).map { syllables[Int($0) % syllables.count] }.joined()
        let sum = bytes.reduce(0) { $0 + Int($1) }
        return SimulatedCompany(
            ticker: symbol.name,
            name: stem.prefix(1).uppercased() + stem.dropFirst() + " "
                + trades[sum % trades.count])
    }
}
