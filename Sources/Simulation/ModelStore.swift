import Domain
import Engine
import Primitives

/// The ledger failed at the disk: the process dies by design and starts again through recovery.
struct StoreFailure: Error {}

/// A disk with a ledger on it. It survives the process; what it says is durable is durable, unless
/// it lies.
final class ModelStore {
    private let fate: Fate
    /// Told of everything that is written, before and after.
    let watch: Watch
    private let truth: Truth
    var ledger: LedgerModel { truth.ledger }
    /// What would be left after a power cut, while the disk lies.
    private var real: LedgerModel?
    /// In a second file, on its own `fsync`.
    private(set) var highWaterMark = 0
    /// Pauses that were stored together with the hold they set.
    private(set) var pausesHeld: Set<String> = []

    private let history: History

    init(_ fate: Fate, watch: Watch, history: History) {
        self.fate = fate
        self.history = history
        self.watch = watch
        truth = watch.truth
    }

    func beginLying() { if real == nil { real = truth.ledger } }

    /// - Throws: `Crash` when the process dies before or after, `StoreFailure` when it has to.
    func commit(_ effects: [Effect]) throws {
        var entries: [LedgerEntry] = []
        for case .record(let entry) in effects { entries.append(entry) }
        if entries.isEmpty && fate.isDead { throw Crash() }
        guard !entries.isEmpty else { return }
        if entries.contains(where: \.isIntent) { fate.meetsIntent() }
        if fate.point() { throw Crash() }
        if fate.strikes(.commitFails) {
            // After a failed fsync nobody knows what is on the disk; a full disk kept nothing.
            if fate.random.below(2) == 0 { write(entries) }
            fate.die()
            throw StoreFailure()
        }
        write(entries)
        for case .answer(let answer) in effects { watch.see(.answered(answer)) }
        if fate.point() { throw Crash() }
    }

    private func write(_ entries: [LedgerEntry]) {
        watch.beginCommit(entries)
        for entry in entries {
            watch.see(.writing(entry))
            history.note(
                10, truth.stamp, entry.subject, entry.number, "   writes \(entry.traceText)")
            if let refusal = truth.ledger.take(entry) { watch.refused(refusal) }
        }
        notePauses(entries)
        truth.ledger.endCommit()
        highWaterMark = truth.ledger.commits
        watch.see(.written)
    }

    private func notePauses(_ entries: [LedgerEntry]) {
        let sets = entries.contains { entry in
            guard case .hold(.set(let hold)) = entry else { return false }
            return hold.cause == .operator
        }
        guard sets else { return }
        for case .command(let record) in entries {
            guard case .pause = record.command.verb else { continue }
            pausesHeld.insert(record.command.transaction)
        }
    }

    /// The power went: what a lying disk had kept back is gone.
    func cutPower() {
        if let real {
            watch.see(.lost(truth.lose(to: real)))
        }
        real = nil
    }

    /// What a start reads. A ledger that is behind its mark is refused; a person puts it back as
    /// they would a backup: paused until it is resumed by name.
    func open(at: Timestamp, dayStart: (Timestamp) -> Timestamp) -> LedgerState {
        if ledger.commits < highWaterMark {
            truth.ledger.restore(at: at)
            highWaterMark = ledger.commits
        }
        return ledger.state(dayStart: dayStart)
    }
}

/// The engine's way to the disk.
struct ModelJournal: EventJournal {
    let store: ModelStore

    mutating func commit(_ effects: [Effect], symbols: SymbolTable) throws {
        try store.commit(effects)
    }

    mutating func took(_ bar: Bar, symbols: SymbolTable) {}

    mutating func extract(since: Timestamp, naming ids: Set<String>) -> LedgerExtract {
        store.ledger.extract(since: since, naming: ids)
    }

    mutating func command(transaction: String) -> CommandRecord? {
        store.ledger.command(transaction)
    }
}
