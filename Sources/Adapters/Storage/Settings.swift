import GRDB

/// How a file is tuned for small machines and flash (S26).
struct Setting {
    let name: String
    let value: String
    /// What `PRAGMA name` must answer afterwards; nil where the answer is not checked.
    let expected: String?

    init(_ name: String, _ value: String, reads expected: String? = nil) {
        (self.name, self.value, self.expected) = (name, value, expected)
    }
}

extension StoreFile {
    /// In the order they are applied: the first two only count before the first table exists.
    var settings: [Setting] {
        [
            // The page of most file systems and flash translation layers: one write, one page.
            Setting("page_size", "4096"),
            // Free pages go to a list that retention gives back in small steps; FULL would move
            // pages in every commit, NONE would never shrink the file.
            Setting("auto_vacuum", "INCREMENTAL", reads: "2"),
            // Writers append: one sequential write and one sync per commit instead of two files.
            Setting("journal_mode", "WAL", reads: "wal"),
            // Ledger FULL: a commit that returned survives a power cut. History NORMAL: it syncs
            // at checkpoints only; a power cut may cost the last batches, never the structure.
            synchronous,
            // Postings without an order, fills without an order: refused.
            Setting("foreign_keys", "ON", reads: "1"),
            // A file somebody planted cannot run functions from its schema.
            Setting("trusted_schema", "OFF", reads: "0"),
            // Malformed pages are found when they are read, not when they have done harm.
            Setting("cell_size_check", "ON", reads: "1"),
            // KiB, negative by SQLite's convention: small, the kernel's page cache is behind it.
            Setting("cache_size", self == .ledger ? "-512" : "-1024"),
            // Ledger none: SQLite keeps to itself what came of a checkpoint after a commit, and a
            // failed sync must not be lost; `LedgerStore` makes its own. History: so many pages in
            // the WAL before a commit copies them home; it commits in batches.
            Setting("wal_autocheckpoint", self == .ledger ? "0" : "2000"),
            // Bytes the WAL file keeps after a checkpoint: one burst must not hold flash for ever.
            Setting("journal_size_limit", self == .ledger ? "4194304" : "16777216"),
            // Sorts are small and stay off the flash.
            Setting("temp_store", "MEMORY", reads: "2"),
        ]
    }

    private var synchronous: Setting {
        self == .ledger
            ? Setting("synchronous", "FULL", reads: "2")
            : Setting("synchronous", "NORMAL", reads: "1")
    }

    /// Applies all settings on `db`, outside of a transaction, then reads them back.
    func apply(to db: Database) throws {
        for setting in settings {
            try db.execute(sql: "PRAGMA \(setting.name) = \(setting.value)")
        }
        for setting in settings {
            guard let expected = setting.expected else { continue }
            let found = try String.fetchOne(db, sql: "PRAGMA \(setting.name)") ?? "unknown"
            guard found == expected else {
                throw StorageError.setting(
                    file: self, name: setting.name, wanted: setting.value, found: found)
            }
        }
    }
}

/// What the store needs of the library it found at run time (S32).
package enum LibraryCheck {
    /// STRICT tables came with 3.37.0.
    package static let versionMin = [3, 37, 0]

    /// Nil when `version` and `options` (of `PRAGMA compile_options`) will do, else what is missing.
    package static func missing(version: String, options: [String]) -> String? {
        let parts = version.split(separator: ".").map { Int($0) ?? 0 }
        if parts.lexicographicallyPrecedes(versionMin) { return "STRICT tables need 3.37.0" }
        if options.contains("OMIT_WAL") { return "it was built without WAL" }
        if options.contains("THREADSAFE=0") { return "it was built without thread safety" }
        if options.contains("OMIT_AUTOVACUUM") { return "it was built without auto_vacuum" }
        return nil
    }

    static func run(_ db: Database) throws {
        let version = try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? "0"
        let options = try String.fetchAll(db, sql: "PRAGMA compile_options")
        if let missing = missing(version: version, options: options) {
            throw StorageError.library(found: version, missing: missing)
        }
    }
}
