/// A table of RFC 4180: fields in quotes may hold commas, line ends and doubled quotes.
struct CSVTable {
    enum Row {
        /// The fields and the line on which the row begins.
        case fields([String], line: Int)
        case problem(NewsProblem, line: Int)

        var line: Int {
            switch self {
            case .fields(_, let line), .problem(_, let line): line
            }
        }
    }

    private let bytes: [UInt8]
    private var index: Int
    private var line = 1
    private var start = 0
    private static let columnsMax = 64

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The bytes of the row `next` gave, for a message.
    var text: ArraySlice<UInt8> {
        var row = bytes[start..<index]
        while row.last == 0x0A || row.last == 0x0D { row.removeLast() }
        return row
    }

    /// The next row that is not empty; nil at the end. After quotes that do not pair it goes on at
    /// the line after the one where the row began.
    mutating func next() -> Row? {
        while index < bytes.count, bytes[index] == 0x0A || bytes[index] == 0x0D { step() }
        guard index < bytes.count else { return nil }
        start = index
        let first = line
        do throws(NewsProblem) {
            return .fields(try fields(), line: first)
        } catch {
            (index, line) = (start, first)
            while index < bytes.count, bytes[index] != 0x0A { index += 1 }
            if index < bytes.count { step() }
            return .problem(error, line: first)
        }
    }

    private mutating func step() {
        if bytes[index] == 0x0A { line += 1 }
        index += 1
    }

    private mutating func fields() throws(NewsProblem) -> [String] {
        var fields: [String] = []
        while true {
            guard fields.count < Self.columnsMax else {
                throw .columns(found: fields.count + 1, expected: Self.columnsMax)
            }
            fields.append(try field())
            guard index < bytes.count else { return fields }
            if bytes[index] == UInt8(ascii: ",") {
                index += 1
                continue
            }
            if bytes[index] == 0x0D { index += 1 }
            if index < bytes.count, bytes[index] == 0x0A { step() }
            return fields
        }
    }

    private mutating func field() throws(NewsProblem) -> String {
        var text: [UInt8] = []
        let quote = UInt8(ascii: "\"")
        if index < bytes.count, bytes[index] == quote {
            index += 1
            while true {
                guard index < bytes.count, index - start <= NewsRecord.bytesMax else {
                    throw index < bytes.count ? .lineTooLong : .quotes
                }
                let byte = bytes[index]
                if byte == quote {
                    index += 1
                    guard index < bytes.count, bytes[index] == quote else { break }
                } else if byte == 0x0A {
                    line += 1
                }
                text.append(byte)
                index += 1
            }
            guard index == bytes.count || isEnd(bytes[index]) else { throw .quotes }
        } else {
            while index < bytes.count, !isEnd(bytes[index]) {
                text.append(bytes[index])
                index += 1
                guard index - start <= NewsRecord.bytesMax else { throw .lineTooLong }
            }
        }
        guard let valid = String(validating: text, as: UTF8.self) else { throw .notUTF8 }
        return valid
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D
    }
}

/// Which column holds what.
struct CSVColumns {
    static let expected =
        "headline|title, created_at|published|date, symbols|symbol|stock|ticker; "
        + "id, url, source|publisher, summary as there are"

    private let count: Int
    private var columns: [(field: NewsRecord.Field, column: Int)] = []
    private let symbols: Int?

    /// Nil when there is no column for headline or time.
    init?(_ header: [String]) {
        let names = header.map { $0.lowercased() }
        count = names.count
        func column(_ aliases: [String]) -> Int? {
            aliases.lazy.compactMap { names.firstIndex(of: $0) }.first
        }
        symbols = column(NewsRecord.symbolNames)
        for field in NewsRecord.Field.allCases {
            if let column = column(field.names) { columns.append((field, column)) }
        }
        guard columns.contains(where: { $0.field == .headline }),
            columns.contains(where: { $0.field == .createdAt })
        else { return nil }
    }

    /// Rows may have one column more than the header, at their front: the row's number, as
    /// statistics programs write it.
    func record(_ fields: [String]) throws(NewsProblem) -> NewsRecord {
        let shift = fields.count - count
        guard shift == 0 || shift == 1 else {
            throw .columns(found: fields.count, expected: count)
        }
        var record = NewsRecord()
        for (field, column) in columns { record[field] = fields[column + shift] }
        if let symbols { record.symbols = NewsRecord.split(fields[symbols + shift]) }
        return record
    }
}
