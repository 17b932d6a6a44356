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

    private let history: History

    init(_ fate: Fate, watch: Watch, history: History) {
        self.fate = fate
        self.history = history
        self.watch = watch
        truth = watch.truth
    }

    var isLying: Bool { real != nil }
    func beginLying() { if real == nil { real = truth.ledger } }

    /// - Throws: `Crash` when the process dies before or after, `StoreFailure` when it has to.
    func commit(_ effects: [Effect]) throws {
        var entries: [LedgerEntry] = []
        for case .record(let entry) in effects { entries.append(entry) }
        if entries.isEmpty && fate.isDead { throw Crash() }
        guard !entries.isEmpty else { return }
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
            history.note(10, truth.stamp, entry.subject, 0, "   writes \(entry.describe)")
            if let refusal = truth.ledger.take(entry) { watch.refused(refusal) }
        }
        truth.ledger.endCommit()
        highWaterMark = truth.ledger.commits
        watch.see(.written)
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
            watch.refusedToTrade()
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

extension LedgerEntry {
    /// What the row is about.
    fileprivate var subject: String {
        switch self {
        case .taken(let id, _): id
        case .signal(let signal, _): signal.id
        case .intent(let intent): intent.id.text
        case .transition(let step): step.id.text + step.to.rawValue
        case .fill(let fill): fill.executionID
        case .postings(let lines): lines.first?.cause ?? ""
        case .lot(let lot): lot.id
        case .closedTrade(let trade): trade.id
        case .weights, .checkpoint: ""
        case .alert(let alert): alert.code
        case .hold(.set(let hold)): hold.id
        case .hold(.lifted(let id, _, _, _)): id
        case .command(let record): record.command.transaction
        case .reconciliation(let run): run.id
        case .proof(let proof): proof.jti
        case .outgoing(let row): row.id
        }
    }

    fileprivate var describe: String {
        switch self {
        case .taken, .postings, .lot, .closedTrade, .weights, .checkpoint, .proof, .outgoing:
            "\(subject)"
        case .signal(let signal, let verdict):
            "\(signal.side) \(signal.symbol) (\(signal.reason.rawValue)): \(verdict)"
        case .intent(let intent):
            "\(intent.id): \(intent.role), \(intent.side) \(intent.quantity) \(intent.symbol)"
        case .transition(let step):
            "\(step.id): \(step.from.rawValue) -> \(step.to.rawValue) \(step.reason ?? "")"
        case .fill(let fill):
            "\(fill.executionID): \(fill.quantity) of \(fill.orderID) at \(fill.price)"
                + (fill.reverses.map { ", takes back \($0)" } ?? "")
                + (fill.foundBy.map { ", found by \($0)" } ?? "")
        case .alert(let alert): "alert \(alert.code): \(alert.message)"
        case .hold(let change): "\(change)"
        case .command(let record):
            "\(record.command.transaction): \(record.answer.refusal?.rawValue ?? "done"), "
                + record.answer.message
        case .reconciliation(let run): "\(run.id): \(run.verdict.rawValue) \(run.lines)"
        }
    }
}
