import Engine
import Host
import Storage

/// What the loop's thread does for the watch over it: it shows that it moves, that the ledger takes
/// writes, and how trading stands, at least once a second.
///
/// A commit is the best proof that the ledger works. Where none came for a while, its steps are
/// gone through without leaving anything (`LedgerStore.probe`).
package final class RunnerPulse {
    private let loop: Heartbeat
    private let store: Heartbeat
    private let log: ServiceLog
    private let probeEvery: Duration
    private var lookedAt: SuspendingClock.Instant?
    private var provedAt = SuspendingClock.now
    private var commits = -1
    private var trouble: String?
    /// At most once a second, on the loop's thread; during the start too.
    package var onLook: ((TradingEngine) -> Void)?

    package init(_ heartbeats: Heartbeats, log: ServiceLog) {
        loop = heartbeats.add("loop")
        store = heartbeats.add("store")
        probeEvery = heartbeats.deadline / 3
        self.log = log
    }

    /// The loop has moved.
    func beat(_ engine: TradingEngine, _ ledger: LedgerStore) {
        loop.beat()
        let now = SuspendingClock.now
        if let lookedAt, now < lookedAt + .seconds(1) { return }
        lookedAt = now
        prove(ledger, at: now)
        onLook?(engine)
    }

    /// The loop is within a long piece of work, of which it has done a step.
    package func moved() {
        loop.beat()
        // What it does is writing.
        store.beat(unless: trouble != nil)
    }

    private func prove(_ ledger: LedgerStore, at now: SuspendingClock.Instant) {
        let count = ledger.statistics.commits
        if count == commits {
            guard now >= provedAt + probeEvery else { return store.beat(unless: trouble != nil) }
            do throws(StorageError) { try ledger.probe() } catch { return told("\(error)") }
        }
        (commits, provedAt, trouble) = (count, .now, nil)
        store.beat()
        // A slow write is no hang of the loop.
        loop.beat()
    }

    /// The next commit says what is to become of it; until then the store does not count as alive.
    private func told(_ reason: String) {
        if trouble == nil { log(.warning, "the ledger takes no write: \(reason)") }
        trouble = reason
    }
}

extension Heartbeat {
    fileprivate func beat(unless isStill: Bool) { if !isStill { beat() } }
}
