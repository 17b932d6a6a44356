import Domain

/// The common row, `AAPL,2021-04-20T13:30:00Z,135.02,135.43,134.92,135.395,2768416`, from bytes to
/// a bar without a string, a division or an allocation.
///
/// It accepts only what `BarRow` would accept with the same result and gives 0 for anything else:
/// an unknown symbol, an odd stamp, a refusable price. The caller then takes the careful way.
/// Reads up to `overread` bytes beyond the line's end; the line must end in a line feed.
struct FastBarParser {
    static let overread = 48

    private var symbols = SymbolIndex()
    /// The symbol of the row before; all ones stand for none, for no symbol fills 16 bytes.
    private var keyLow = UInt64.max
    private var keyHigh = UInt64.max
    private var id = SymbolID(index: 0)
    /// The stamp of the row before, as its bytes 0-7, 8-15 and 16-19; at first the epoch's.
    private var stampLow: UInt64
    private var stampHigh: UInt64
    private var stampTail: UInt32
    private var start = Timestamp(nanoseconds: 0)
    /// The date of the row before, as its bytes 0-7 and 8-9.
    private var dateLow: UInt64
    private var dateHigh: UInt64
    private var midnight: Int64 = 0

    init() {
        let epoch = Array("1970-01-01T00:00:00Z".utf8)
        func packed(_ range: Range<Int>) -> UInt64 {
            epoch[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        (stampLow, stampHigh, stampTail) = (packed(0..<8), packed(8..<16), UInt32(packed(16..<20)))
        (dateLow, dateHigh) = (packed(0..<8), packed(8..<10))
    }

    /// Makes `symbol` known, so that its rows are recognised.
    mutating func learn(_ symbol: Symbol, _ id: SymbolID) { symbols.insert(symbol, id) }

    /// - Returns: the bytes of the line, line feed included; 0 when the row is for the careful way.
    @inline(__always)
    mutating func parse(_ line: UnsafePointer<UInt8>, _ body: (Bar) -> Void) -> Int {
        var at = line
        guard readSymbol(&at), readStamp(&at) else { return 0 }
        let open = Self.price(&at)
        let high = Self.price(&at)
        let low = Self.price(&at)
        let close = Self.price(&at)
        let volume = Self.volume(&at)
        guard open >= low, close >= low, open <= high, close <= high, low > 0, volume >= 0
        else { return 0 }
        body(
            Bar(
                symbol: id, start: start, open: Price(units: open), high: Price(units: high),
                low: Price(units: low), close: Price(units: close),
                volume: Volume(shares: volume)))
        return at - line
    }

    /// Symbols are 1 to 15 bytes; the key is the bytes before the comma in two words.
    @inline(__always)
    private mutating func readSymbol(_ at: inout UnsafePointer<UInt8>) -> Bool {
        var low = word(at)
        var high: UInt64 = 0
        var length: Int
        let comma = firstComma(low)
        if comma != 0 {
            // The lowest set bit is the top bit of the comma's byte.
            length = comma.trailingZeroBitCount >> 3
            low &= (1 << UInt64(length << 3)) &- 1
        } else {
            high = word(at + 8)
            let second = firstComma(high)
            if second == 0 { return false }
            length = second.trailingZeroBitCount >> 3
            high &= (1 << UInt64(length << 3)) &- 1
            length += 8
        }
        at += length + 1
        if low == keyLow, high == keyHigh { return true }
        guard let found = symbols.find(low, high) else { return false }
        (keyLow, keyHigh, id) = (low, high, found)
        return true
    }

    @inline(__always)
    private mutating func readStamp(_ at: inout UnsafePointer<UInt8>) -> Bool {
        let low = word(at)
        let high = word(at + 8)
        let tail = UInt32(
            littleEndian: UnsafeRawPointer(at + 16).loadUnaligned(as: UInt32.self))
        guard at[20] == 0x2C else { return false }
        if low != stampLow || high != stampHigh || tail != stampTail {
            guard decodeStamp(at, low, high) else { return false }
            (stampLow, stampHigh, stampTail) = (low, high, tail)
        }
        at += 21
        return true
    }

    private mutating func decodeStamp(
        _ at: UnsafePointer<UInt8>, _ low: UInt64, _ high: UInt64
    ) -> Bool {
        guard at[10] == 0x54, at[13] == 0x3A, at[16] == 0x3A, at[19] == 0x5A,
            let hour = twoDigits(at + 11), let minute = twoDigits(at + 14),
            let second = twoDigits(at + 17), hour < 24, minute < 60, second < 60
        else { return false }
        if low != dateLow || high & 0xFFFF != dateHigh {
            guard at[4] == 0x2D, at[7] == 0x2D, let century = twoDigits(at),
                let year = twoDigits(at + 2), let month = twoDigits(at + 5),
                let day = twoDigits(at + 8), (1678...2261).contains(century * 100 + year),
                let date = CivilDate(
                    year: Int(century * 100 + year), month: Int(month), day: Int(day))
            else { return false }
            (dateLow, dateHigh) = (low, high & 0xFFFF)
            midnight = Int64(date.daysSinceEpoch) * 86400
        }
        start = Timestamp(seconds: midnight + hour * 3600 + minute * 60 + second)
        return true
    }

    /// `digits[.digits],` with at most nine digits on either side; -1 for anything else. Nine and
    /// nine stay below 10^18, so nothing can overflow.
    @inline(__always)
    private static func price(_ at: inout UnsafePointer<UInt8>) -> Int64 {
        var value: UInt64 = 0
        var begin = at
        var byte = at.pointee
        while byte &- 48 < 10 {
            value = value &* 10 &+ UInt64(byte &- 48)
            at += 1
            byte = at.pointee
        }
        let whole = at - begin
        guard whole > 0, whole < 10 else { return -1 }
        var fraction = 0
        if byte == 0x2E {
            at += 1
            begin = at
            byte = at.pointee
            while byte &- 48 < 10 {
                value = value &* 10 &+ UInt64(byte &- 48)
                at += 1
                byte = at.pointee
            }
            fraction = at - begin
            guard fraction > 0, fraction < 10 else { return -1 }
        }
        guard byte == 0x2C else { return -1 }
        at += 1
        return Int64(truncatingIfNeeded: value &* powerOfTen(9 - fraction))
    }

    /// At most 18 digits up to the end of the line; -1 for anything else.
    @inline(__always)
    private static func volume(_ at: inout UnsafePointer<UInt8>) -> Int64 {
        var value: UInt64 = 0
        let begin = at
        var byte = at.pointee
        while byte &- 48 < 10 {
            value = value &* 10 &+ UInt64(byte &- 48)
            at += 1
            byte = at.pointee
        }
        let digits = at - begin
        guard digits > 0, digits < 19 else { return -1 }
        if byte == 0x0D {
            at += 1
            byte = at.pointee
        }
        guard byte == 0x0A else { return -1 }
        at += 1
        return Int64(truncatingIfNeeded: value)
    }
}

@inline(__always)
private func word(_ at: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
}

/// The top bit of every byte that is a comma, exact up to the first one.
/// Source: Mycroft's zero-byte test, as in "Bit Twiddling Hacks" (S. E. Anderson).
@inline(__always)
private func firstComma(_ word: UInt64) -> UInt64 {
    let x = word ^ 0x2C2C_2C2C_2C2C_2C2C
    return (x &- 0x0101_0101_0101_0101) & ~x & 0x8080_8080_8080_8080
}

@inline(__always)
private func twoDigits(_ at: UnsafePointer<UInt8>) -> Int64? {
    let tens = at[0] &- 48
    let ones = at[1] &- 48
    guard tens < 10, ones < 10 else { return nil }
    return Int64(tens) * 10 + Int64(ones)
}

@inline(__always)
private func powerOfTen(_ exponent: Int) -> UInt64 {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1_000
    case 4: 10_000
    case 5: 100_000
    case 6: 1_000_000
    case 7: 10_000_000
    case 8: 100_000_000
    default: 1_000_000_000
    }
}

/// Symbol bytes to id: open addressing with linear probing, at most half full.
private struct SymbolIndex {
    private struct Entry {
        var low: UInt64 = 0
        var high: UInt64 = 0
        /// -1 is an empty place.
        var id = -1
    }
    private var entries = [Entry](repeating: Entry(), count: 256)
    private var count = 0

    @inline(__always)
    private static func slot(_ low: UInt64, _ high: UInt64, _ mask: Int) -> Int {
        let mixed = (low ^ (high &* 0xC2B2_AE3D_27D4_EB4F)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & mask
    }

    @inline(__always)
    func find(_ low: UInt64, _ high: UInt64) -> SymbolID? {
        let mask = entries.count - 1
        var slot = Self.slot(low, high, mask)
        while true {
            let entry = entries[slot]
            if entry.id < 0 { return nil }
            if entry.low == low, entry.high == high { return SymbolID(index: entry.id) }
            slot = (slot + 1) & mask
        }
    }

    mutating func insert(_ symbol: Symbol, _ id: SymbolID) {
        var (low, high): (UInt64, UInt64) = (0, 0)
        for (index, byte) in symbol.name.utf8.enumerated() {
            if index < 8 {
                low |= UInt64(byte) << UInt64(index * 8)
            } else {
                high |= UInt64(byte) << UInt64(index * 8 - 64)
            }
        }
        guard find(low, high) == nil else { return }
        if count * 2 >= entries.count {
            let old = entries
            entries = [Entry](repeating: Entry(), count: old.count * 2)
            for entry in old where entry.id >= 0 { place(entry) }
        }
        place(Entry(low: low, high: high, id: id.index))
        count += 1
    }

    private mutating func place(_ entry: Entry) {
        let mask = entries.count - 1
        var slot = Self.slot(entry.low, entry.high, mask)
        while entries[slot].id >= 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
    }
}
