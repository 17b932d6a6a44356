import Domain
import Primitives

/// One row of a bar file, read with care: slow, but every refusal has its reason. The fast
/// parser hands over whatever it does not recognise at once; where both accept a row, they agree.
package enum BarRow {
    package static let header = "symbol,timestamp,open,high,low,close,volume"
    package static let lineBytesMax = 65_536

    package struct Fields: Sendable, Equatable {
        package let symbol: Symbol
        package let start: Timestamp
        package let open: Price
        package let high: Price
        package let low: Price
        package let close: Price
        package let volume: Volume
    }

    /// Reads a line without its line feed; a carriage return at its end is dropped.
    /// - Returns: nil for an empty line.
    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(BarProblem) -> Fields? {
        var line = bytes[...]
        if line.last == 0x0D { line.removeLast() }
        if line.isEmpty { return nil }
        guard line.count <= lineBytesMax else { throw .lineTooLong }
        if line.contains(0) { throw .nulByte }
        let columns = line.split(separator: 0x2C, omittingEmptySubsequences: false)
        guard columns.count == 7 else { throw .columns(found: columns.count) }
        guard columns[0].count <= 15, let symbol = Symbol(text(columns[0])) else {
            throw .symbol(FeedDefect.shown(columns[0], max: 40))
        }
        let start = try stamp(columns[1])
        let open = try price(columns[2], "open")
        let high = try price(columns[3], "high")
        let low = try price(columns[4], "low")
        let close = try price(columns[5], "close")
        guard let volume = volume(columns[6]) else {
            throw .volume(FeedDefect.shown(columns[6], max: 40))
        }
        let fields = Fields(
            symbol: symbol, start: start, open: open, high: high, low: low, close: close,
            volume: volume)
        let bar = Bar(
            symbol: SymbolID(index: 0), start: start, open: open, high: high, low: low,
            close: close, volume: volume)
        if let defect = bar.defect { throw .figures(defect) }
        return fields
    }

    private typealias Field = Slice<UnsafeBufferPointer<UInt8>>

    private static func text(_ field: Field) -> String { String(decoding: field, as: UTF8.self) }

    private static func stamp(_ field: Field) throws(BarProblem) -> Timestamp {
        guard field.count <= 40, let start = Timestamp(rfc3339: text(field)) else {
            throw .timestamp(FeedDefect.shown(field, max: 40))
        }
        guard field.last == 0x5A || field.last == 0x7A else {
            throw .timeZone(FeedDefect.shown(field, max: 40))
        }
        return start
    }

    private static func price(_ field: Field, _ column: String) throws(BarProblem) -> Price {
        let units: Int64
        do throws(DecimalError) {
            units = try parseFixedDecimal(UnsafeBufferPointer(rebasing: field))
        } catch {
            throw .price(column: column, text: FeedDefect.shown(field, max: 40), error)
        }
        guard units > 0 else { throw .figures(.priceNotPositive) }
        return Price(units: units)
    }

    /// Digits, and perhaps a point with nothing but zeros behind it, as spreadsheets write it.
    private static func volume(_ field: Field) -> Volume? {
        var value: Int64 = 0
        var index = field.startIndex
        while index < field.endIndex, field[index] &- 48 < 10 {
            let (shifted, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, over2) = shifted.addingReportingOverflow(Int64(field[index] &- 48))
            if over || over2 { return nil }
            value = sum
            index += 1
        }
        guard index > field.startIndex else { return nil }
        if index < field.endIndex {
            let zeros = field[(index + 1)...]
            guard field[index] == 0x2E, !zeros.isEmpty, zeros.allSatisfy({ $0 == 0x30 }) else {
                return nil
            }
        }
        return Volume(shares: value)
    }
}
