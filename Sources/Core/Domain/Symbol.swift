/// A ticker that exists is valid: 1 to 15 of `A-Z 0-9 . - /`, starting with a letter or digit.
///
/// At 15 bytes a Swift string needs no heap, so a `Symbol` is as cheap as two words.
package struct Symbol: Sendable, Hashable, Comparable, CustomStringConvertible, Codable {
    package let name: String

    /// Nil when `name` is not a ticker. Lower case is not folded: the rim decides that.
    package init?(_ name: some StringProtocol) {
        let bytes = name.utf8
        guard (1...15).contains(bytes.count), let first = bytes.first, first.isTickerStart,
            bytes.allSatisfy({ $0.isTickerStart || $0 == 0x2E || $0 == 0x2D || $0 == 0x2F })
        else { return nil }
        self.name = String(name)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let symbol = Symbol(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is not a ticker")
        }
        self = symbol
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }

    package static func < (a: Symbol, b: Symbol) -> Bool { a.name < b.name }
    package var description: String { name }
}

extension UInt8 {
    fileprivate var isTickerStart: Bool {
        (self >= 0x41 && self <= 0x5A) || (self >= 0x30 && self <= 0x39)
    }
}

/// A symbol's index in the engine's arrays, given out by `SymbolTable` in order of first sight.
@frozen
public struct SymbolID: Sendable, Hashable, Comparable {
    public let index: Int
    @inlinable package init(index: Int) { self.index = index }
    @inlinable public static func < (a: SymbolID, b: SymbolID) -> Bool { a.index < b.index }
}

/// Interns symbols at the rim; ids are dense, start at 0 and never change.
package struct SymbolTable: Sendable {
    package private(set) var symbols: [Symbol] = []
    private var ids: [Symbol: SymbolID] = [:]
    package let capacity: Int

    /// - Parameter capacity: more symbols than this are refused (`intern` gives nil).
    package init(capacity: Int = 8192) { self.capacity = capacity }

    /// The id of `symbol`, a new one at first sight; nil when the table is full.
    package mutating func intern(_ symbol: Symbol) -> SymbolID? {
        if let id = ids[symbol] { return id }
        guard symbols.count < capacity else { return nil }
        let id = SymbolID(index: symbols.count)
        symbols.append(symbol)
        ids[symbol] = id
        return id
    }

    package func id(of symbol: Symbol) -> SymbolID? { ids[symbol] }
    package subscript(id: SymbolID) -> Symbol { symbols[id.index] }
    package var count: Int { symbols.count }
}
