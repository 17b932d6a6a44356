import Domain
import GRDB
import Primitives

/// The connection inside one access: cached prepared statements with positional arguments.
struct StoreSession {
    let db: Database
    let file: StoreFile
    /// Counts the statements; nil inside a migration.
    let connection: StoreConnection?

    /// Runs a statement that returns no rows; gives how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: (any DatabaseValueConvertible)?...) throws -> Int {
        connection?.countStatement()
        let statement = try db.cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(values))
        return db.changesCount
    }

    /// Runs a query and hands over its rows one by one; `each` must not keep a row.
    func rows(
        _ sql: String, _ values: (any DatabaseValueConvertible)?...,
        each: (StoredRow) throws -> Void
    ) throws {
        connection?.countStatement()
        let statement = try db.cachedStatement(sql: sql)
        let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(values))
        while let row = try cursor.next() {
            try each(StoredRow(row: row, file: file))
        }
    }

    /// As `rows`, until `each` answers true.
    func firstRow(
        _ sql: String, _ values: (any DatabaseValueConvertible)?...,
        where each: (StoredRow) throws -> Bool
    ) throws {
        connection?.countStatement()
        let statement = try db.cachedStatement(sql: sql)
        let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(values))
        while let row = try cursor.next() {
            if try each(StoredRow(row: row, file: file)) { return }
        }
    }

    /// The integer of a query of one row and column; nil for no row or NULL.
    func integer(_ sql: String, _ values: (any DatabaseValueConvertible)?...) throws -> Int64? {
        connection?.countStatement()
        let statement = try db.cachedStatement(sql: sql)
        let row = try Row.fetchOne(statement, arguments: StatementArguments(values))
        return try row.flatMap {
            try StoredRow(row: $0, file: file).integerIfAny(0, sql)
        }
    }
}

/// A row whose columns are read without trust: a flipped bit may turn any value into another
/// type, and nothing read from a file may trap.
struct StoredRow {
    let row: Row
    let file: StoreFile

    func value(_ index: Int) -> DatabaseValue.Storage {
        let value: DatabaseValue = row[index]
        return value.storage
    }

    func bad(_ column: String) -> StorageError {
        let parts = column.split(separator: ".", maxSplits: 1).map(String.init)
        return .badRow(
            file: file, table: parts.count > 1 ? parts[0] : "a query", column: parts.last ?? column)
    }

    func integer(_ index: Int, _ column: String) throws -> Int64 {
        guard case .int64(let integer) = value(index) else { throw bad(column) }
        return integer
    }

    func integerIfAny(_ index: Int, _ column: String) throws -> Int64? {
        switch value(index) {
        case .null: nil
        case .int64(let integer): integer
        default: throw bad(column)
        }
    }

    func text(_ index: Int, _ column: String) throws -> String {
        guard case .string(let text) = value(index) else { throw bad(column) }
        return text
    }

    func textIfAny(_ index: Int, _ column: String) throws -> String? {
        switch value(index) {
        case .null: nil
        case .string(let text): text
        default: throw bad(column)
        }
    }

    func blob(_ index: Int, _ column: String) throws -> [UInt8] {
        guard case .blob(let data) = value(index) else { throw bad(column) }
        return [UInt8](data)
    }

    /// Nil for anything that is no number: for values that have a fallback.
    func realIfAny(_ index: Int) -> Double? {
        switch value(index) {
        case .double(let real): real
        case .int64(let integer): Double(integer)
        default: nil
        }
    }

    func real(_ index: Int, _ column: String) throws -> Double {
        guard let real = realIfAny(index) else { throw bad(column) }
        return real
    }

    func time(_ index: Int, _ column: String) throws -> Timestamp {
        Timestamp(nanoseconds: try integer(index, column))
    }

    func symbol(_ index: Int, _ column: String) throws -> Symbol {
        guard let symbol = Symbol(try text(index, column)) else { throw bad(column) }
        return symbol
    }

    func orderID(_ index: Int, _ column: String) throws -> ClientOrderID {
        guard let id = ClientOrderID(try text(index, column)) else { throw bad(column) }
        return id
    }

    /// A value of an enum that is stored by its word.
    func word<Word: RawRepresentable>(
        _ index: Int, _ column: String, _: Word.Type = Word.self
    ) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try text(index, column)) else { throw bad(column) }
        return word
    }
}
