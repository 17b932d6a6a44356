import Domain
import Engine
import Host
import Storage

/// Writes the engine's effects into the two databases.
///
/// News and readings are written before the commit of the ledger that counts them as taken, so that
/// after a crash of the process the windows are refilled with all of them. Bars wait for a full
/// batch, which spares the flash: what a crash loses of them the feed brings again. The history is
/// not waited for on the disk, and when it fails, trading goes on without it: it only costs comfort.
package final class LedgerJournal: EventJournal {
    package let ledger: LedgerStore
    package let history: HistoryStore
    private let interval: Span
    /// Told of every notice as it is committed.
    package var onNotice: ((Notice) -> Void)?
    /// What is to be told outside is stored with what it tells of.
    package var publisher: Publisher?
    /// How long commits of the ledger took.
    package private(set) var latency = LatencyFigures()
    /// Given the engine's answers once they are durable.
    package var onAnswer: ((CommandAnswer) -> Void)?
    /// Told once when the ledger's reserve was given up to make a commit.
    package var onReserveUsed: (() -> Void)?
    /// Commits of the ledger so far: whether anything of an event was stored.
    package private(set) var commits = 0
    /// Told once when the history stops taking rows, and once when it takes them again.
    package var onHistoryTrouble: ((String) -> Void)?
    private var historyTrouble: String?
    /// Why the history takes no rows; nil: it does.
    package var trouble: String? { historyTrouble }
    private var entries: [LedgerEntry] = []

    package init(ledger: LedgerStore, history: HistoryStore, interval: Span) {
        self.ledger = ledger
        self.history = history
        self.interval = interval
    }

    package func commit(_ effects: [Effect], symbols: SymbolTable) throws {
        entries.removeAll(keepingCapacity: true)
        var hasRows = false
        for effect in effects {
            switch effect {
            case .record(let entry): entries.append(entry)
            case .history(let row):
                hasRows = true
                tryHistory { try history.append(row) }
            case .notice, .submit, .cancel, .ask, .answer: break
            }
        }
        if let publisher {
            let now = ContinuousClock.now
            entries += publisher.prepare(effects, now: now).map {
                .outgoing(OutboxRow($0, at: wallTime()))
            }
        }
        if !entries.isEmpty {
            if hasRows { tryHistory { try history.flush() } }
            do { try commitEntries() } catch {
                publisher?.failed()
                throw error
            }
            commits += 1
        }
        publisher?.committed()
        if let onAnswer {
            for case .answer(let answer) in effects { onAnswer(answer) }
        }
        guard let onNotice else { return }
        for case .notice(let notice) in effects { onNotice(notice) }
    }

    /// On a full disk the reserve is given up, once: what is committed then is how the daemon
    /// stands down. A disk that is full again after that ends it.
    private func commitEntries() throws(StorageError) {
        let began = ContinuousClock.now
        defer { latency.take(began.duration(to: .now)) }
        do { try ledger.commit(entries) } catch {
            guard case .full = error else { throw error }
            ledger.releaseReserve()
            try ledger.commit(entries)
            onReserveUsed?()
        }
    }

    package func extract(since: Timestamp, naming ids: Set<String>) throws -> LedgerExtract {
        try ledger.extract(since: since, naming: ids)
    }

    package func command(transaction: String) throws -> CommandRecord? {
        try ledger.command(transaction: transaction)
    }

    package func weights(version: Int) throws -> StrategyWeights? {
        try ledger.weights(version: version)
    }

    package func took(_ bar: Bar, symbols: SymbolTable) {
        tryHistory {
            try history.append(bar: bar, symbol: symbols[bar.symbol], interval: interval)
        }
    }

    /// Writes what is buffered and removes what is past its retention.
    /// - Parameter onStep: called between the steps of the removal; false puts off what is left.
    package func tidy(
        _ retention: Retention, now: Timestamp, onStep: @escaping () -> Bool = { true }
    ) {
        let works = tryHistory {
            try history.prune(retention: retention, now: now, onStep: onStep)
        }
        guard works, historyTrouble != nil else { return }
        historyTrouble = nil
        onHistoryTrouble?("the history takes rows again")
    }

    /// A trouble is over only when all that waits was written (`tidy`): on a full disk small batches
    /// still succeed now and then, and every alert is a commit that takes the ledger's last room.
    @discardableResult
    private func tryHistory(_ work: () throws -> Void) -> Bool {
        do {
            try work()
            return true
        } catch {
            let text = "\(error)"
            if historyTrouble == nil { onHistoryTrouble?("the history loses rows: \(text)") }
            historyTrouble = text
            return false
        }
    }
}
