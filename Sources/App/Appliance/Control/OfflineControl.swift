import Backtest
import Calendar
import Domain
import Engine
import Execution
import Host
import MarketFeeds
import Portfolio
import Primitives
import Storage

/// Carries out a request where no daemon runs: on the engine as the ledger has it, with the store's
/// lock held. Nothing leaves: what a command asks of the broker is done by the next start.
package struct OfflineControl {
    private let assembly: Assembly
    private let ledger: LedgerStore
    private let history: HistoryStore

    package init(_ assembly: Assembly, _ access: borrowing StoreAccess) {
        self.assembly = assembly
        (ledger, history) = (access.ledger, access.history)
    }

    /// - Parameter by: as a daemon would note it.
    package func answer(_ request: ControlRequest, by: String) throws -> ControlAnswer {
        switch request.verb {
        case .command(let verb):
            return try carryOut(
                Command(
                    transaction: request.transaction ?? madeTransaction(), by: by, isProven: true,
                    why: request.reason, verb: verb))
        case .status:
            let engine = try restored()
            let report = StatusReport(
                configuration: assembly.configuration, engine: engine, ledger: ledger,
                components: [], counters: nil, isRunning: false, time: engine.now)
            return ControlAnswer(
                transaction: request.transaction, message: report.headline, data: report.json)
        case .positions:
            let engine = try restored()
            return ControlAnswer(
                transaction: request.transaction,
                message: "\(engine.portfolio.openPositionCount) positions",
                data: positionsJSON(engine, at: engine.now))
        case .weights:
            let engine = try restored()
            return ControlAnswer(
                transaction: request.transaction,
                message: "weights version \(engine.weights.version)", data: weightsJSON(engine))
        case .limits:
            return ControlAnswer(
                transaction: request.transaction, message: "the limits that count",
                data: limitsJSON(try restored()))
        case .report(let from, let to):
            return ControlAnswer(
                transaction: request.transaction, message: "the figures of the account",
                data: try reportJSON(
                    ledger, history, from: from, to: to, zone: assembly.calendar.zone))
        case .backup(let folder, let keep):
            return backUp(
                ledger, assembly.configuration, to: folder, keep: keep,
                transaction: request.transaction)
        case .explain, .doctor, .reload:
            return ControlAnswer(
                transaction: request.transaction, error: .unavailable, message: "no daemon runs")
        }
    }

    private func carryOut(_ command: Command) throws -> ControlAnswer {
        var engine = try restored(compares: command.verb == .reconcile)
        let at = try engine.now > .distantPast ? engine.now : firstTime()
        let journal = LedgerJournal(
            ledger: ledger, history: history, interval: engine.config.interval)
        var given: CommandAnswer?
        journal.onAnswer = { given = $0 }
        if command.verb == .reconcile {
            // The broker inside has to be asked: it remembers what the ledger remembers.
            var loop = TradingLoop(
                engine: engine, venue: SimulatedVenue(assembly.venue), journal: journal)
            loop.venue.register(count: engine.symbols.count)
            try loop.recover(state())
            try loop.take(.command(command), at)
        } else {
            if !engine.remembers(command.transaction),
                let record = try journal.command(transaction: command.transaction)
            {
                engine.recall(record)
            }
            if case .weights(.rollback(let version)) = command.verb,
                let weights = try journal.weights(version: version)
            {
                engine.recall(weights)
            }
            var effects: [Effect] = []
            try engine.process(Stamped(at: at, .command(command)), effects: &effects)
            try journal.commit(effects, symbols: engine.symbols)
        }
        return given.map { ControlAnswer($0) }
            ?? ControlAnswer(
                transaction: command.transaction, error: .unavailable,
                message: "\(command.verb.name) needs the daemon")
    }

    private func restored(compares: Bool = false) throws -> TradingEngine {
        let interval = assembly.configuration.market.interval ?? Span(seconds: 60)
        var config = assembly.runConfig(ledger: ledger, interval: interval)
        config.execution.reconciliation.isEnabled = compares
        // The market's time stands still.
        config.pace = nil
        var engine = TradingEngine(config)
        try engine.restore(try state())
        return engine
    }

    private func state() throws(StorageError) -> LedgerState {
        let zone = assembly.calendar.zone
        return try ledger.loadState { zone.timestamp(zone.localDate(of: $0), secondsOfDay: 0) }
    }

    /// When the market will begin.
    private func firstTime() throws -> Timestamp {
        var instant = Instant()
        switch assembly.configuration.market.kind {
        case .simulated:
            var timeline = Timeline(
                feed: try assembly.simulatedMarket(SymbolTable()), news: try assembly.news().feed,
                calendar: assembly.calendar)
            _ = try timeline.next(&instant)
        case .replay:
            var timeline = Timeline(
                feed: try assembly.barFile(SymbolTable()), news: try assembly.news().feed,
                calendar: assembly.calendar, universe: assembly.universe)
            _ = try timeline.next(&instant)
        }
        return instant.at
    }
}

extension Assembly {
    /// The engine's configuration for a run on this ledger: its ids name the installation.
    func runConfig(
        ledger: LedgerStore, idPrefix: String? = nil, interval: Span
    ) -> EngineConfig {
        // Neither part is cut, or two installations could have the same ids: together they have
        // room for 20 bytes, of which the configuration allows 11 and 8.
        let own = configuration.installation.name ?? ledger.installation
        let prefix = configuration.execution.idPrefix + "-" + own
        var config = engineConfig(idPrefix: idPrefix ?? prefix, interval: interval)
        config.execution.reconciliation.isEnabled = true
        return config
    }
}
