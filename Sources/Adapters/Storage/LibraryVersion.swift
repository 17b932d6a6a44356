import GRDB

/// Of the SQLite that this program was loaded with.
package func sqliteVersion() -> String {
    let found = try? DatabaseQueue().read {
        try String.fetchOne($0, sql: "SELECT sqlite_version()")
    }
    return (found ?? nil) ?? "unknown"
}
