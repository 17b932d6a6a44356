import Domain
import Primitives

/// What to do with a row that cannot be used.
package enum DefectPolicy: Sendable {
    /// Set it aside, count it, go on.
    case skip
    /// Deliver what came before it, then throw `FeedError.stoppedAtDefect`.
    case stop
}

/// What is wrong with one row of a bar file. The description says what was found, what is
/// expected, and where there is one, the way out.
package enum BarProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case columns(found: Int)
    case symbol(String)
    case tooManySymbols(capacity: Int)
    case timestamp(String)
    case timeZone(String)
    case outOfOrder(start: Timestamp, before: Timestamp)
    case offGrid(start: Timestamp, interval: Span)
    case duplicate
    case price(column: String, text: String, DecimalError)
    case figures(BarDefect)
    case volume(String)
    case lineTooLong
    case nulByte

    /// A stable word for counting.
    package var kind: String {
        switch self {
        case .columns: "columns"
        case .symbol: "symbol"
        case .tooManySymbols: "too-many-symbols"
        case .timestamp: "timestamp"
        case .timeZone: "time-zone"
        case .outOfOrder: "out-of-order"
        case .offGrid: "off-grid"
        case .duplicate: "duplicate"
        case .price: "price"
        case .figures(let defect): defect.rawValue
        case .volume: "volume"
        case .lineTooLong: "line-too-long"
        case .nulByte: "nul-byte"
        }
    }

    package var description: String {
        switch self {
        case .columns(let found):
            "has \(found) column\(found == 1 ? "" : "s") where 7 belong "
                + "(symbol,timestamp,open,high,low,close,volume)"
        case .symbol(let text):
            "“\(text)” is not a symbol: 1 to 15 of A-Z 0-9 . - / in capitals, "
                + "a letter or digit first"
        case .tooManySymbols(let capacity):
            "names one symbol more than the \(capacity) that fit: raise the limit or split the file"
        case .timestamp(let text):
            "“\(text)” is not RFC 3339 UTC with Z: write it like 2021-04-20T13:30:00Z"
        case .timeZone(let text):
            "“\(text)” is not RFC 3339 UTC with Z: convert the time to UTC and end it in Z"
        case .outOfOrder(let start, let before):
            "starts \(start), before the row above it (\(before)): sort the file by timestamp"
        case .offGrid(let start, let interval):
            "starts \(start), which is not on the grid of \(spanText(interval)) bars: "
                + "a half-built bar, or another interval is needed"
        case .duplicate: "repeats the row before it of the same symbol"
        case .price(let column, let text, let error):
            "the \(column) “\(text)” \(error): write a plain decimal such as 135.02"
        case .figures(let defect): "\(defect)"
        case .volume(let text):
            "the volume “\(text)” is not a whole number of shares from 0 to 9223372036854775807"
        case .lineTooLong: "is longer than \(BarRow.lineBytesMax) bytes: is this a bar file?"
        case .nulByte: "holds a NUL byte: the file is damaged or is not text"
        }
    }
}
