/// What a restore takes over from the ledger that it replaces: what was forbidden after the copy was
/// made must not be allowed by going back to it.
import Domain
import Foundation
import Primitives

struct ReplacedLedger {
    /// Those that stand.
    private(set) var holds: [TradingHold] = []
    private(set) var holdCount = 0
    private(set) var overrides = OperatorOverrides()
    private(set) var boot: Int64 = 0
    private(set) var installation = ""
    /// Why there may be more than is known; nil where all is.
    private(set) var doubt: String?

    /// - Parameter folder: of the store. Where it holds no ledger, what a restore that was interrupted
    ///   moved aside is looked at.
    init(folder: String) {
        let ledger = StoreFile.ledger.rawValue
        func holdsLedger(_ place: String) -> Bool {
            StoreFolder.size(StoreFiles.join(place, ledger)) ?? 0 > 0
        }
        var place = folder
        if !holdsLedger(folder) {
            let aside = StoreFiles.names(folder).filter { $0.hasPrefix("replaced-") }
                .map { StoreFiles.join(folder, $0) }.last(where: holdsLedger)
            doubt = "there is no \(ledger) in \(folder)"
            guard let aside else { return }
            place = aside
            doubt = doubt.map { "\($0), the newest that was replaced before is \(aside)" }
        }
        let named = StoreFiles.join(place, ledger)
        do throws(StorageError) {
            let copy = try TemporaryCopy(
                of: .ledger, in: place, temporary: NSTemporaryDirectory())
            defer { withExtendedLifetime(copy) {} }
            do throws(StorageError) { try read(copy.path(.ledger), place) } catch {
                let said = error.description
                doubt = said.replacingOccurrences(of: copy.path(.ledger), with: named)
                if case .badBackup(_, let reason) = error { doubt = "\(named): \(reason)" }
            }
        } catch {
            doubt = error.description
        }
    }

    private mutating func read(_ path: String, _ place: String) throws(StorageError) {
        let connection = try StoreConnection(copy: path, of: .ledger)
        guard connection.migrationsBefore.contains("ledger-1") else {
            throw .badBackup(path: path, reason: "it is no ledger")
        }
        // An older shape knew no holds.
        guard connection.migrationsBefore.contains("ledger-2") else {
            return try connection.close()
        }
        var found = self
        try connection.access { session in
            try session.rows(
                "SELECT \(LedgerColumns.hold) FROM holds WHERE lifted_at IS NULL ORDER BY seq"
            ) { row throws in found.holds.append(try row.hold()) }
            found.holdCount = Int(
                try session.integer(
                    "SELECT coalesce(max(CAST(substr(id, 2) AS INTEGER)), 0) FROM holds") ?? 0)
            try session.rows(
                """
                SELECT \(LedgerColumns.command) FROM commands
                WHERE verb IN ('weights', 'limits') ORDER BY seq
                """
            ) { row throws in found.overrides.take(try row.command()) }
            found.boot =
                try session.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'boot'")
                ?? 0
            try session.rows("SELECT value FROM meta WHERE key = 'installation'") { row throws in
                found.installation = try row.text(0, "meta.value")
            }
        }
        self = found
        // What it lost at its end, or where it was altered, may have been a pause.
        let examined = try LedgerExamination(connection)
        if let mark = try LedgerMark.read(folder: place) {
            let hash = try connection.access { session in
                try LedgerChain.hash(at: mark.seq, session)
            }
            try LedgerMark.check(mark, head: examined.head.seq, hash: hash, path: path)
        }
        try connection.close()
        guard examined.problems.isEmpty else {
            throw .damaged(
                file: .ledger, path: path, detail: examined.problems.joined(separator: "; "))
        }
    }

    /// For the newest start that the restored ledger knows: numbers that were told already must not be
    /// told a second time.
    func boot(after copy: Int64, of installation: String) -> Int64 {
        let isKnown = doubt == nil && installation == self.installation
        return max(boot, isKnown ? copy : copy + 999) + 1
    }
}

/// The holds that stand in a restored ledger, and what has to be written for it.
struct RestoredHolds {
    private(set) var standing: [TradingHold]
    private(set) var changed: [TradingHold] = []
    /// Of the replaced ledger, as they stand now.
    private(set) var carried: [TradingHold] = []
    private var count: Int

    /// - Parameters:
    ///   - standing: in the copy.
    ///   - count: the number of the newest id in the copy.
    init(_ standing: [TradingHold], count: Int, restored: TradingHold, _ replaced: ReplacedLedger) {
        self.standing = standing
        self.count = max(count, replaced.holdCount)
        var later: [TradingHold] = []
        for hold in replaced.holds.map(Self.tame) where hold.cause != .restored {
            if let index = place(of: hold) {
                tighten(index, hold)
            } else if Int(hold.id.dropFirst()) ?? 0 > count {
                add(hold)
                carried.append(hold)
            } else {
                // The copy knows another under this id.
                later.append(hold)
            }
        }
        self.count += 1
        add(Self.renamed(restored, "h\(self.count)"))
        for hold in later {
            self.count += 1
            add(Self.renamed(hold, "h\(self.count)"))
            carried.append(self.standing[self.standing.count - 1])
        }
    }

    private mutating func add(_ hold: TradingHold) {
        standing.append(hold)
        changed.append(hold)
    }

    /// Each cause of the machine has one, and so has each person.
    private func place(of hold: TradingHold) -> Int? {
        standing.firstIndex {
            $0.cause == hold.cause && (hold.cause != .operator || $0.by == hold.by)
        }
    }

    private mutating func tighten(_ index: Int, _ hold: TradingHold) {
        let old = standing[index]
        let end = old.until.flatMap { old in hold.until.map { max(old, $0) } }
        if hold.mode <= old.mode && end == old.until { return }
        standing[index].mode = max(old.mode, hold.mode)
        standing[index].until = end
        standing[index].why = hold.why
        changed.append(standing[index])
        carried.append(standing[index])
    }

    /// A `flatten` lets exits leave through a pause, for positions that are older here than it is: it
    /// stands as a pause.
    private static func tame(_ hold: TradingHold) -> TradingHold {
        guard hold.cause == .flatten else { return hold }
        return TradingHold(
            id: hold.id, cause: .operator, mode: hold.mode, by: hold.by,
            why: "flatten: \(hold.why)", since: hold.since, until: hold.until)
    }

    private static func renamed(_ hold: TradingHold, _ id: String) -> TradingHold {
        TradingHold(
            id: id, cause: hold.cause, mode: hold.mode, by: hold.by, why: hold.why,
            since: hold.since, until: hold.until)
    }
}
