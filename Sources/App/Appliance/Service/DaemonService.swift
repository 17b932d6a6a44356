// What makes the running program a service: signals, the word to systemd, the watch over its parts,
// the journal. The composition root makes one first of all and hands its parts out.
//
// Signals -> inbox; pulses of the parts -> watchdog; how trading stands -> the status line.
// Invariants: READY is said when trading could start and not before; STOPPING before anything is
// waited for; a stop that hangs ends by itself, with a message; nobody waits for the journal.
import Domain
import Engine
import Glibc
import Host

package final class DaemonService {
    package let log: ServiceLog
    package let manager: ServiceManager
    package let heartbeats: Heartbeats
    private let watchdog: Watchdog
    private let inbox: Inbox
    private var line: StatusLine?
    private var status = ""
    private var reloader: Reloader?
    /// Told, on the loop's thread, what a reload brought into force.
    package var onTakeUp: ((Configuration) -> Void)?
    /// From SIGTERM to the end.
    package static let stopPatience = Duration.seconds(20)

    /// - Parameter environment: what systemd gave the process.
    package init(_ environment: ServiceEnvironment, inbox: Inbox, log: ServiceLog) {
        self.log = log
        self.inbox = inbox
        manager = ServiceManager(environment)
        heartbeats = Heartbeats(watchdog: environment.watchdog)
        watchdog = Watchdog(manager, heartbeats, log: log)
    }

    /// Starts the threads of signals and watchdog; once, and the first that are started.
    package func start() {
        // Of a service, SIGHUP says that files have changed; of what a person started, that the
        // terminal is gone, wherever the output goes.
        let isService = manager.environment.isNotified || log.isService
        let hangUpStops = !isService && ServiceSignals.belongsToTerminal
        let (log, manager, heartbeats, inbox) = (log, manager, heartbeats, inbox)
        ServiceSignals.watch(patience: Self.stopPatience) {
            giveUp(log, heartbeats)
        } onSignal: { signal in
            switch signal {
            case .reload where !hangUpStops: inbox.postReload()
            case .more:
                let level = log.sink.level.more()
                log(.logLevel, "log level is now \(level.word)")
            case .less:
                // Said before it may be too little to be written.
                log(.logLevel, "less is logged from here on, as SIGUSR2 asks")
                log.sink.level.less()
            case .reload, .stop, .interrupt:
                // Who presses Ctrl-C again does not want to wait; nothing is lost then either.
                if signal == .interrupt && inbox.stopRequested {
                    log.sink.flush(within: .seconds(1))
                    _exit(128 + SIGINT)
                }
                manager.stopping()
                inbox.stop()
                if log.isService { log(.stopping, "stopping") }
            }
        }
        watchdog.start()
    }

    /// The loop has ended; what is left is to put things away.
    package func ends() { manager.stopping() }

    /// The last thing.
    package func finish() { watchdog.stop() }

    // MARK: - The start

    /// A part of the start that may take long.
    package func begins(_ work: String, atMost time: Duration) { manager.needs(time, for: work) }

    /// - Parameters:
    ///   - configuration: that the daemon runs with.
    ///   - load: reads it again as it was read at the start.
    package func use(
        _ configuration: Configuration,
        load: @escaping () throws(ConfigurationErrors) -> LoadedConfiguration
    ) {
        line = StatusLine(configuration)
        let log = log
        func takeUp(_ configuration: Configuration) {
            // What SIGUSR1 and SIGUSR2 changed ends with that.
            log.sink.level.current =
                LogPriority(word: configuration.log.level.rawValue) ?? .info
        }
        takeUp(configuration)
        reloader = Reloader(configuration, log: log, load: load) { [unowned self] configuration in
            takeUp(configuration)
            onTakeUp?(configuration)
        }
    }

    /// How the MQTT connection is, e.g. `mqtt up`, for the status line.
    package func showMessaging(_ text: @escaping () -> String?) { line?.messaging = text }

    package func showMarketOver() { line?.isOver = true }

    /// The pulse of the loop's thread. While it catches up, that is progress of the start.
    package func pulse() -> RunnerPulse {
        let pulse = RunnerPulse(heartbeats, log: log)
        pulse.onLook = { [unowned self] engine in look(engine) }
        return pulse
    }

    private func look(_ engine: TradingEngine) {
        guard manager.isReady else {
            return manager.needs(.seconds(60), for: "catching up with the market: \(engine.now)")
        }
        status = line?.text(engine) ?? ""
        manager.status(full)
    }

    private var full: String { [status, note].compactMap { $0 }.joined(separator: "; ") }
    private var note: String?

    /// Trading can start: stores migrated, engine restored, broker compared or known to be down.
    package func ready(_ engine: TradingEngine) {
        status = line?.text(engine) ?? ""
        manager.ready(full)
        if log.isService { log(.ready, "ready: \(full)", [.mode: engine.mode.rawValue]) }
    }

    // MARK: - Reload

    /// On the loop's thread, between two events.
    package func reload() -> ReloadOutcome {
        guard let reloader else { return ReloadOutcome() }
        manager.reloading()
        let outcome = reloader.reload()
        note = outcome.isRefused ? outcome.summary : nil
        manager.ready(full)
        return outcome
    }
}

/// The stop has hung: who waits for it learns why, and what hangs cannot be helped.
private func giveUp(_ log: ServiceLog, _ heartbeats: Heartbeats) {
    let seconds = DaemonService.stopPatience.components.seconds
    let still = heartbeats.late(after: .seconds(2)).map(\.name).joined(separator: ", ")
    log(
        .stopStuck,
        "not stopped after \(seconds) s, given up; "
            + (still.isEmpty ? "no part stands still" : "standing still: \(still)"),
        [.seconds: "\(seconds)", .stage: still])
    log.sink.flush(within: .seconds(1))
    // A start with much to do, a disk that does not answer, or a bug. Nothing is lost, and the next
    // start goes on from there: EX_TEMPFAIL of sysexits.h.
    _exit(75)
}
