import Appliance
import ArgumentParser
import Backtest
import Domain
import Engine
import Foundation
import Host
import MarketFeeds
import Primitives
import Storage

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Trade: play the configured market through the whole pipeline.",
        discussion: """
            Reads the configuration, the market and news that it names, and the store in \
            storage.path: it takes up where that was left, at whatever instant that was. Writes \
            the store, and a line to standard output for every decision, fill, closed trade, \
            session and alert; as a service under systemd it writes them to the journal instead. \
            SIGTERM and SIGINT end it after the event at hand; nothing is lost then or at any \
            other end. SIGHUP has it read the configuration again, SIGUSR1 log more, SIGUSR2 less.
            """)
    static let name = "run"
    /// What the lock of the store says of its holder.
    static let purpose = "bellwether \(name)"

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print nothing but warnings.") var quiet = false

    func run() throws {
        let inbox = Inbox()
        let service = DaemonService(
            ServiceEnvironment(ProcessInfo.processInfo.environment), inbox: inbox, log: .shared)
        service.start()
        defer { service.finish() }
        try reporting {
            let configuration = try options.load(usesStore: true).configuration
            service.use(configuration, load: options.loadQuietly)
            let off = configuration.limitsOff
            guard off.isEmpty else {
                complain(
                    "bellwether: \(off.joined(separator: ", ")): “none” is for backtests only; "
                        + "set a limit to trade with")
                throw Exit.configuration
            }
            let assembly = try Assembly(configuration)
            if service.log.isService {
                let store = configuration.storage.path
                service.log(
                    .starting,
                    "Bellwether \(version) starts, stores in \(store); "
                        + versionParts.joined(separator: ", "),
                    [.version: version])
            }
            service.begins("opening the stores", atMost: .seconds(900))
            let access = try StoreAccess(
                folder: configuration.storage.path, purpose: Self.purpose,
                reserve: configuration.storage.reserve)
            for warning in access.history.warnings { complain("warning: \(warning)") }
            for warning in access.ledger.openWarnings { alert("ledger", warning, inbox) }
            service.begins("checking the books", atMost: .seconds(900))
            let problems = try access.ledger.checkBooks()
            guard problems.isEmpty else {
                for problem in problems { complain("bellwether: the books: \(problem)") }
                throw Exit.data
            }
            if let hold = try holdAfterTroubles(access.ledger, mode: configuration.trading.mode) {
                complain(
                    "bellwether: halted: \(hold.why); bellwether ctl resume --latch storage",
                    .alert("storage"))
            }
            let spool = try startSpool(configuration, service, inbox)
            defer {
                inbox.stop()
                spool?.finish()
            }
            watchHost(configuration, service, inbox)
            let news = try assembly.news()
            report(news.defects, "news")
            switch configuration.market.kind {
            case .simulated:
                try trade(
                    assembly, access, service, inbox, news.feed,
                    feed: try assembly.simulatedMarket(SymbolTable()), bars: { _ in nil })
            case .replay:
                try trade(
                    assembly, access, service, inbox, news.feed,
                    feed: try assembly.barFile(SymbolTable()), bars: { $0.defects })
            }
            try access.close()
            if service.log.isService { service.log(.stopped, "stopped") }
        }
    }

    private func trade<Feed: MarketFeed>(
        _ assembly: Assembly, _ access: borrowing StoreAccess, _ service: DaemonService,
        _ inbox: Inbox, _ news: NewsSources, feed: Feed, bars: (Feed) -> DefectLog?
    ) throws {
        let configuration = assembly.configuration
        try demandSameMarket(
            configuration, interval: feed.interval, folder: configuration.storage.path)
        let journal = LedgerJournal(
            ledger: access.ledger, history: access.history, interval: feed.interval)
        journal.onHistoryTrouble = { alert("history", $0, inbox) }
        journal.onReserveUsed = {
            inbox.post(
                .disk(shortage: "it was full, and the room reserved for the ledger is used"))
        }
        let control = try openControl(
            path: configuration.controlPath, inbox: inbox,
            heartbeat: service.heartbeats.add("control socket"))
        // Whoever asks while it ends gets an answer still.
        defer {
            inbox.stop()
            control.stop()
        }
        let show = RunOutput(service.log, configuration, isQuiet: quiet)
        journal.onNotice = show.notice
        service.begins("restoring the engine", atMost: .seconds(300))
        let pulse = service.pulse()
        let messaging = try MessagingService.open(
            configuration, environment: ProcessInfo.processInfo.environment,
            ledger: access.ledger, service: service, inbox: inbox,
            complain: { complain("bellwether: \($0)") })
        defer { messaging?.stop() }
        var runner = try LiveRunner(
            assembly, feed: feed, news: news, journal: journal, inbox: inbox, pulse: pulse,
            messaging: messaging)
        runner.controlCounters = { control.counters }
        runner.onReload = { ControlAnswer(service.reload()) }
        for warning in access.ledger.loadWarnings { alert("weights-corrupt", warning, inbox) }
        show.opening(runner.loop.engine)
        service.ready(runner.loop.engine)
        runner.onInstant = { _, engine in show.progress(engine) }
        if service.log.isService {
            runner.onOver = { engine in
                service.showMarketOver()
                show.closing(engine, isOver: true)
            }
        }
        let isOver = try runner.run()
        service.ends()
        show.clear()
        if let defects = bars(runner.feed) { report(defects, "bars") }
        if runner.onOver == nil { show.closing(runner.loop.engine, isOver: isOver) }
    }

    /// Clock and disk, each on a thread of its own. What is wrong with the clock at the start is
    /// known before the first event is taken.
    private func watchHost(
        _ configuration: Configuration, _ service: DaemonService, _ inbox: Inbox
    ) {
        DiskWatch(
            folder: configuration.storage.path, freeMin: configuration.storage.freeMin,
            free: { StoreReserve.freeSpace(folder: $0) },
            heartbeat: service.heartbeats.add("disk watch"),
            isOver: { inbox.stopRequested }, onLook: { inbox.post(.disk(shortage: $0)) }
        ).start()
        // There is no real market yet: “auto” has no clock to watch.
        guard configuration.clock.gate == .on else { return }
        let stamp = ClockStamp(folder: configuration.storage.path)
        let verdicts = ClockVerdicts(stamp: stamp) { inbox.post($0) }
        ClockWatch(
            heartbeat: service.heartbeats.add("clock watch"),
            isOver: { inbox.stopRequested }, onLook: { verdicts.take($0) }
        ).start()
    }

    private func startSpool(
        _ configuration: Configuration, _ service: DaemonService, _ inbox: Inbox
    ) throws -> SpoolWatcher? {
        guard configuration.news.sources.contains(.spool) else { return nil }
        let watcher = SpoolWatcher(inbox: inbox, heartbeat: service.heartbeats.add("spool")) {
            // In a service the alert that follows it is in the journal.
            if !ServiceLog.shared.isService { complain("warning: \($0)") }
        }
        try watcher.start(path: configuration.news.spool)
        return watcher
    }
}

/// For the ledger, for whoever watches, and for the person at a terminal; in a service the alert
/// itself is in the journal.
private func alert(_ code: String, _ text: String, _ inbox: Inbox) {
    if !ServiceLog.shared.isService { complain("warning: \(text)") }
    inbox.alert(code, text)
}

/// What a run shows of trading: lines on standard output for a person, entries of the journal
/// where the program is a service.
private final class RunOutput {
    private let log: ServiceLog
    private let configuration: Configuration
    private let console: Console?
    private let notices: NoticeLog?
    /// What a restart brings is shown below the line that tells of it.
    private var early: [Notice]? = []

    init(_ log: ServiceLog, _ configuration: Configuration, isQuiet: Bool) {
        (self.log, self.configuration) = (log, configuration)
        let isConsole = !log.isService && !isQuiet
        console =
            isConsole ? Console(colour: wantsColour, showsProgress: isErrorTerminal) : nil
        notices = log.isService ? NoticeLog(log, mode: configuration.trading.mode) : nil
    }

    func notice(_ notice: Notice) {
        notices?.write(notice)
        guard let console else { return }
        if early == nil { console.show(notice) } else { early?.append(notice) }
    }

    func opening(_ engine: TradingEngine) {
        console?.opening(engine, configuration)
        let waiting = early ?? []
        early = nil
        for notice in waiting { console?.show(notice) }
    }

    func progress(_ engine: TradingEngine) {
        if let console, console.showsProgress { console.progress(engine) }
    }

    func clear() { console?.clearProgress() }

    func closing(_ engine: TradingEngine, isOver: Bool) {
        console?.closing(engine, isOver: isOver)
        if log.isService, isOver { log(.marketOver, "the market is over at \(engine.now)") }
    }
}

/// Rows that were set aside: the first few word for word, then how many of each kind.
func report(_ defects: DefectLog, _ what: String) {
    guard !defects.isEmpty else { return }
    for defect in defects.kept.prefix(5) { complain("warning: \(defect)") }
    let kinds = defects.countsByKind.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
    complain("warning: \(defects.total) rows of \(what) were set aside: \(kinds)")
}
