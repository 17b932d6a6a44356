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
        commandName: "run",
        abstract: "Trade: play the configured market through the whole pipeline.",
        discussion: """
            Reads the configuration, the market and news that it names, and the store in \
            storage.path: it takes up where that was left, at whatever instant that was. Writes \
            the store, and a line to standard output for every decision, fill, closed trade, \
            session and alert. SIGTERM and SIGINT end it after the event at hand; nothing is lost \
            then or at any other end.
            """)

    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print nothing but warnings.") var quiet = false

    func run() throws {
        let inbox = Inbox()
        stopOnSignals(inbox)
        try reporting {
            let loaded = try options.load(usesStore: true)
            let configuration = loaded.configuration
            let off = configuration.limitsOff
            guard off.isEmpty else {
                complain(
                    "bellwether: \(off.joined(separator: ", ")): “none” is for backtests only; "
                        + "set a limit to trade with")
                throw Exit.configuration
            }
            let assembly = try Assembly(configuration)
            let access = try StoreAccess(
                folder: configuration.storage.path, purpose: "bellwether run",
                reserve: configuration.storage.reserve)
            for warning in access.history.warnings { complain("warning: \(warning)") }
            for warning in access.ledger.openWarnings {
                complain("warning: \(warning)")
                inbox.alert("ledger", warning)
            }
            let problems = try access.ledger.checkBooks()
            guard problems.isEmpty else {
                for problem in problems { complain("bellwether: the books: \(problem)") }
                throw Exit.data
            }
            if let hold = try holdAfterTroubles(access.ledger, mode: configuration.trading.mode) {
                complain("bellwether: halted: \(hold.why); bellwether ctl resume --latch storage")
            }
            let spool = try startSpool(configuration, inbox)
            defer {
                inbox.stop()
                spool?.finish()
            }
            watchHost(configuration, inbox)
            let news = try assembly.news()
            report(news.defects, "news")
            switch configuration.market.kind {
            case .simulated:
                try trade(
                    assembly, access, inbox, news.feed,
                    feed: try assembly.simulatedMarket(SymbolTable()), bars: { _ in nil })
            case .replay:
                try trade(
                    assembly, access, inbox, news.feed,
                    feed: try assembly.barFile(SymbolTable()), bars: { $0.defects })
            }
            try access.close()
        }
    }

    private func trade<Feed: MarketFeed>(
        _ assembly: Assembly, _ access: borrowing StoreAccess, _ inbox: Inbox,
        _ news: NewsSources, feed: Feed, bars: (Feed) -> DefectLog?
    ) throws {
        try demandSameMarket(
            assembly.configuration, interval: feed.interval,
            folder: assembly.configuration.storage.path)
        let journal = LedgerJournal(
            ledger: access.ledger, history: access.history, interval: feed.interval)
        let console = Console(colour: wantsColour, showsProgress: isErrorTerminal && !quiet)
        // What a restart brings is shown below the line that tells of it.
        var early: [Notice] = []
        if !quiet { journal.onNotice = { early.append($0) } }
        journal.onHistoryTrouble = {
            complain("warning: \($0)")
            inbox.alert("history", $0)
        }
        journal.onReserveUsed = {
            inbox.post(
                .disk(shortage: "it was full, and the room reserved for the ledger is used"))
        }
        let control = try openControl(
            path: assembly.configuration.controlPath, inbox: inbox)
        // Whoever asks while it ends gets an answer still.
        defer {
            inbox.stop()
            control.stop()
        }
        var runner = try LiveRunner(
            assembly, feed: feed, news: news, journal: journal, inbox: inbox)
        runner.controlCounters = { control.counters }
        for warning in access.ledger.loadWarnings {
            complain("warning: \(warning)")
            inbox.alert("weights-corrupt", warning)
        }
        if !quiet {
            console.opening(runner.loop.engine, assembly.configuration)
            early.forEach(console.show)
            journal.onNotice = { console.show($0) }
        }
        runner.onInstant = { instant, engine in
            if console.showsProgress { console.progress(engine) }
        }
        let isOver = try runner.run()
        console.clearProgress()
        if let defects = bars(runner.feed) { report(defects, "bars") }
        if !quiet { console.closing(runner.loop.engine, isOver: isOver) }
    }

    /// Clock and disk, each on a thread of its own.
    private func watchHost(_ configuration: Configuration, _ inbox: Inbox) {
        DiskWatch(
            folder: configuration.storage.path, freeMin: configuration.storage.freeMin,
            isOver: { inbox.stopRequested }, onLook: { inbox.post(.disk(shortage: $0)) }
        ).start()
        // There is no real market yet: “auto” has no clock to watch.
        guard configuration.clock.gate == .on else { return }
        let verdicts = ClockVerdicts { inbox.post($0) }
        ClockWatch(isOver: { inbox.stopRequested }, onLook: { verdicts.take($0) }).start()
    }

    private func startSpool(
        _ configuration: Configuration, _ inbox: Inbox
    ) throws -> SpoolWatcher? {
        guard configuration.news.sources.contains(.spool) else { return nil }
        let watcher = SpoolWatcher(inbox: inbox) { complain("warning: \($0)") }
        try watcher.start(path: configuration.news.spool)
        return watcher
    }

    /// First of all, before any other thread: from here on the signals wait for the thread that
    /// takes them, so that none is lost, however early it comes.
    private func stopOnSignals(_ inbox: Inbox) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let awaited = signals
        let thread = Thread {
            while true {
                var number: Int32 = 0
                guard withUnsafePointer(to: awaited, { sigwait($0, &number) }) == 0 else { return }
                // Who presses Ctrl-C again does not want to wait; nothing is lost then either.
                if inbox.stopRequested && number == SIGINT { _exit(128 + number) }
                inbox.stop()
            }
        }
        thread.name = "signals"
        thread.start()
    }
}

/// Rows that were set aside: the first few word for word, then how many of each kind.
func report(_ defects: DefectLog, _ what: String) {
    guard !defects.isEmpty else { return }
    for defect in defects.kept.prefix(5) { complain("warning: \(defect)") }
    let kinds = defects.countsByKind.map { "\($0.count) \($0.kind)" }.joined(separator: ", ")
    complain("warning: \(defects.total) rows of \(what) were set aside: \(kinds)")
}
