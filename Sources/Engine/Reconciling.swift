import Calendar
import Domain
import Execution
import Portfolio
import Primitives

/// The runs of the comparison of broker and books: when, how often, and what becomes of them.
extension TradingEngine {
    /// Begins a comparison; one that runs already is waited for, but for a new connection, which
    /// makes its answer old.
    ///
    /// - Returns: the run's id, which `finished` will name.
    mutating func beginReconciliation(
        _ trigger: ReconciliationTrigger, _ effects: inout [Effect]
    ) -> String {
        let desk = execution.desk
        if let queued = desk.queue.first(where: { $0.trigger == trigger }) { return queued.id }
        if let run = desk.run {
            guard trigger == .start || trigger == .reconnect else {
                if run.trigger == trigger, run.asked == nil { return run.id }
                let id = desk.id(trigger, at: now, prefix: config.execution.idPrefix)
                execution.desk.queue.append(ReconciliationDesk.Queued(id: id, trigger: trigger))
                return id
            }
            // The end of the one starts the first that waits.
            let id = execution.desk.id(trigger, at: now, prefix: config.execution.idPrefix)
            execution.desk.queue.insert(
                ReconciliationDesk.Queued(id: id, trigger: trigger), at: 0)
            conclude(.incomplete, nil, ReconciliationFindings(), &effects)
            return id
        }
        let id = execution.desk.id(trigger, at: now, prefix: config.execution.idPrefix)
        start(id, trigger, &effects)
        return id
    }

    /// A close that no daily comparison followed, because the process ended before it: it is made up
    /// for now.
    mutating func restoreDaily(_ state: LedgerState) {
        guard execution.desk.isOn, session == nil, let compared = state.comparedDailyAt else {
            return
        }
        let today = config.calendar.zone.localDate(of: now)
        let closed = config.calendar.sessions(from: today.adding(days: -14), through: today)
            .last { $0.close <= now }
        guard let closed, compared < closed.close else { return }
        execution.desk.dailyDue = closed.close + config.execution.reconciliation.afterClose
    }

    /// Unless one is about to come anyway.
    mutating func compareSoon(_ effects: inout [Effect]) {
        guard execution.desk.isOn else { return }
        if let run = execution.desk.run, run.asked == nil { return }
        if execution.desk.run == nil, !execution.canRead(at: now) {
            execution.desk.retryDue = min(execution.desk.retryDue, now)
            return
        }
        _ = beginReconciliation(.periodic, &effects)
    }

    private mutating func start(
        _ id: String, _ trigger: ReconciliationTrigger, _ effects: inout [Effect]
    ) {
        execution.desk.hasStarted = true
        execution.desk.retryDue = .distantFuture
        // The broker inside answers on the spot: nothing has to wait for it.
        if trigger == .start, config.execution.isOutside { execution.desk.isPending = true }
        execution.desk.run = ReconciliationDesk.Run(
            id: id, trigger: trigger, since: windowStart(trigger), begun: now)
        askAccount(&effects)
    }

    /// From where orders and executions are read: five sessions back for the daily run, and at a
    /// start or a new connection at least to where the books were vouched for last.
    private func windowStart(_ trigger: ReconciliationTrigger) -> Timestamp {
        // The broker inside remembers a session; its sums reach back to the start.
        let count = config.execution.isOutside ? config.execution.reconciliation.sessions : 1
        let sessions = sessionsBegun(days: 4 * max(count, 2))
        let far = sessions.suffix(count).first?.open ?? now - Span(seconds: 7 * 86_400)
        let last = execution.desk.reconciledAt ?? .distantPast
        let near = sessions.last?.open ?? far
        let start =
            switch trigger {
            case .daily, .command: far
            case .start, .reconnect: last > .distantPast ? min(far, last) : far
            case .periodic: last > .distantPast ? min(near, last) : far
            }
        return max(start, execution.desk.since)
    }

    func sessionsBegun(days: Int) -> [Session] {
        let today = config.calendar.zone.localDate(of: now)
        return config.calendar.sessions(from: today.adding(days: -days), through: today)
            .filter { $0.open <= now }
    }

    // MARK: - The broker inside

    /// After a restart: compares before any event.
    mutating func recoverReconciliation(_ effects: inout [Effect]) {
        guard !config.execution.isOutside, execution.desk.isOn else { return }
        execution.desk.since = now
        _ = beginReconciliation(.start, &effects)
    }

    /// The first session ever: compared at once when the capital is in both accounts.
    mutating func compareFirst() {
        guard !config.execution.isOutside, execution.desk.isOn, !execution.desk.hasStarted else {
            return
        }
        execution.desk.retryDue = now
    }

    /// Asks, or waits for the line.
    private mutating func askAccount(_ effects: inout [Effect]) {
        guard var run = execution.desk.run, execution.canRead(at: now) else { return }
        sendAccountQuery(&run, &effects)
    }

    private mutating func sendAccountQuery(
        _ run: inout ReconciliationDesk.Run, _ effects: inout [Effect]
    ) {
        run.asked = now
        run.due = now + config.execution.reconciliation.answerWait
        run.attempts += 1
        execution.desk.run = run
        effects.append(.ask(.account(AccountQuery(run: run.id, since: run.since))))
    }

    /// The account as the read that tries the way.
    mutating func probeAccount(_ effects: inout [Effect]) {
        if var run = execution.desk.run {
            if run.asked == nil { sendAccountQuery(&run, &effects) }
            return
        }
        let id = execution.desk.id(.periodic, at: now, prefix: config.execution.idPrefix)
        start(id, .periodic, &effects)
        if var run = execution.desk.run, run.asked == nil { sendAccountQuery(&run, &effects) }
    }

    // MARK: - Time

    mutating func wakeReconciliation(_ effects: inout [Effect]) {
        guard execution.desk.isOn else { return }
        if let run = execution.desk.run {
            if run.asked != nil, now >= run.due {
                failed("no answer", &effects)
            } else if run.asked == nil, execution.canRead(at: now), now >= run.due {
                askAccount(&effects)
            } else if run.asked == nil, !execution.canRead(at: now),
                now >= run.begun + config.execution.reconciliation.answerWait
            {
                conclude(.incomplete, nil, ReconciliationFindings(), &effects)
            }
        }
        if execution.desk.isDailyDue(at: now, canRead: execution.canRead(at: now)) {
            execution.desk.dailyDue = .distantFuture
            _ = beginReconciliation(.daily, &effects)
        }
        guard execution.desk.run == nil, execution.canRead(at: now) else { return }
        if now >= execution.desk.retryDue {
            execution.desk.retryDue = .distantFuture
            let trigger: ReconciliationTrigger =
                if !execution.desk.hasStarted {
                    .start
                } else { execution.desk.isPending ? .reconnect : .periodic }
            _ = beginReconciliation(trigger, &effects)
        } else if now >= execution.desk.periodicDue {
            _ = beginReconciliation(.periodic, &effects)
        }
    }

    // MARK: - Answers

    mutating func take(_ answer: AccountAnswer, _ effects: inout [Effect]) throws(EngineError) {
        switch answer.result {
        case .failed(let reason):
            counters.count(.transient)
            requestFailed(&effects)
            if isAwaited(answer) { failed(reason, &effects) }
        case .account(let report):
            requestSucceeded()
            execution.desk.isUnreadableTold = false
            execution.noteAccount(
                asked: answer.asked, lists: Set(report.orders.map(\.clientOrderID)))
            if isAwaited(answer) { try compare(report, answer, &effects) }
        }
        if config.execution.isOutside { try followUp(&effects) }
        execution.schedule(at: now)
    }

    private func isAwaited(_ answer: AccountAnswer) -> Bool {
        guard let run = execution.desk.run, let asked = run.asked else { return false }
        return run.id == answer.query.run && answer.asked >= asked
    }

    /// Nothing was learned: an account that cannot be read is never an empty one.
    private mutating func failed(_ reason: String, _ effects: inout [Effect]) {
        if !execution.desk.isUnreadableTold {
            execution.desk.isUnreadableTold = true
            raise(
                "account-unreadable", .critical,
                "the broker's account cannot be read: \(reason)", &effects)
        }
        again(&effects)
    }

    /// The same question once more, or the end of the run.
    private mutating func again(
        at next: Timestamp? = nil, _ effects: inout [Effect]
    ) {
        guard var run = execution.desk.run else { return }
        guard run.attempts < config.execution.reconciliation.attemptsMax,
            config.execution.isOutside
        else { return conclude(.incomplete, nil, ReconciliationFindings(), &effects) }
        run.asked = nil
        run.due = next ?? now + execution.desk.retryDelay(run.id, run.attempts)
        execution.desk.run = run
    }

    private mutating func compare(
        _ report: AccountReport, _ answer: AccountAnswer, _ effects: inout [Effect]
    ) throws(EngineError) {
        guard let run = execution.desk.run else { return }
        openBooks(by: report, &effects)
        var books = answer.books
        try takeBack(&books, run.id, &effects)
        var findings = Reconciliation.compare(input(report, books, run, answer.asked))
        try repair(&findings, books, run, &effects)
        let settings = config.execution.reconciliation
        let canAskAgain = config.execution.isOutside && run.attempts < settings.attemptsMax
        if canAskAgain, findings.isUndecided || findings.hasUnexplained && !run.isConfirming {
            // What differs once may be on its way; what differs twice does not go away.
            execution.desk.run?.isConfirming = findings.hasUnexplained
            execution.desk.run?.repaired += findings.lines.filter { $0.outcome == .repaired }
            let pause = max(settings.settling, execution.desk.retryDelay(run.id, 0))
            return again(at: now + pause, &effects)
        }
        findings.lines = run.repaired + findings.lines
        judge(findings, answer.asked, &effects)
        let settled = answer.asked - settings.settling
        let (table, stages) = (symbols, execution)
        fitStops(&effects) {
            !findings.suspects.contains(table[$0]) && stages.touched($0) < settled
        }
        let verdict: ReconciliationRun.Verdict =
            if findings.hasUnexplained {
                .differs
            } else if findings.isUndecided {
                .incomplete
            } else { findings.hasRepaired ? .repaired : .matches }
        conclude(verdict, report, findings, &effects)
    }

    /// The first account that is read says what there is to trade with: its cash as it was before
    /// what it lists of ours, which is booked next. Until then the books are empty.
    private mutating func openBooks(by report: AccountReport, _ effects: inout [Effect]) {
        guard config.execution.isOutside, !portfolio.isOpened else { return }
        var cash = report.cash
        for fill in report.fills where config.execution.isOurs(fill.clientOrderID) {
            let signed = Quantity(units: fill.quantity.units &* fill.side.sign)
            guard let paid = try? fill.price * signed,
                let before = try? cash.adding(paid).adding(fill.fee)
            else { return }
            cash = before
        }
        for entry in portfolio.open(at: now, with: cash) { effects.append(.record(entry)) }
        beginDay()
    }

    private func input(
        _ report: AccountReport, _ books: LedgerExtract, _ run: ReconciliationDesk.Run,
        _ asked: Timestamp
    ) -> ReconciliationInput {
        let settings = config.execution.reconciliation
        var input = ReconciliationInput(
            report: report, books: execution.merged(books), since: run.since,
            prefix: config.execution.idStart, cashTolerance: settings.cashTolerance)
        input.knownExecutions = execution.knownExecutions
        input.cash = portfolio.cash
        for (index, symbol) in symbols.symbols.enumerated() {
            let id = SymbolID(index: index)
            let held = portfolio.quantity(id)
            if !held.isZero { input.positions[symbol] = held }
            if config.execution.isOutside, execution.touched(id) >= asked - settings.settling {
                input.busy.insert(symbol)
            }
        }
        for order in report.orders where !execution.matches(order) {
            input.strangers.insert(order.clientOrderID)
        }
        return input
    }

    // MARK: - The end

    /// What differs stops trading as far as it reaches; what agrees again sets it free.
    private mutating func judge(
        _ findings: ReconciliationFindings, _ asked: Timestamp, _ effects: inout [Effect]
    ) {
        let settings = config.execution.reconciliation
        let wasSuspended = execution.desk.suspended
        execution.desk.suspended = wasSuspended.filter { symbol in
            guard let id = symbols.id(of: symbol) else { return true }
            return config.execution.isOutside
                && execution.touched(id) >= asked - settings.settling
        }
        execution.desk.suspended.formUnion(findings.suspects)
        guard findings.hasUnexplained else { return }
        let unexplained = findings.lines.filter { $0.outcome == .unexplained }
        let first = unexplained.prefix(3).map {
            "\($0.kind.rawValue) \($0.subject): \($0.books) here, \($0.broker) there"
        }
        let why =
            "\(unexplained.count) differences between broker and books: "
            + first.joined(separator: "; ")
        let isHeld = holds.first(.reconciliation) != nil
        if findings.positionsDiffer || findings.cashDiffers {
            hold(.reconciliation, .reduceOnly, why, &effects)
            // The hold itself tells of the first time.
            if !isHeld { return }
        }
        raise("reconciliation", .critical, why, &effects)
    }

    private mutating func conclude(
        _ verdict: ReconciliationRun.Verdict, _ report: AccountReport?,
        _ findings: ReconciliationFindings, _ effects: inout [Effect]
    ) {
        guard let ended = execution.desk.run else { return }
        execution.desk.run = nil
        execution.desk.count += 1
        let settings = config.execution.reconciliation
        let run = ReconciliationRun(
            id: ended.id, trigger: ended.trigger, since: ended.since, at: now, verdict: verdict,
            orders: report?.orders.count ?? 0, fills: report?.fills.count ?? 0,
            positions: report?.holdings.count ?? 0, cashBooks: portfolio.cash,
            cashBroker: report?.cash, lines: Reconciliation.shortened(findings.lines))
        if verdict == .incomplete {
            execution.desk.failures += 1
            // The broker inside would say the same again; the daily run asks it anew.
            execution.desk.retryDue =
                config.execution.isOutside
                ? now + execution.desk.retryDelay(ended.id, execution.desk.failures)
                : .distantFuture
            // As the daily one again, over its five sessions.
            if ended.trigger == .daily, config.execution.isOutside {
                execution.desk.dailyDue = execution.desk.retryDue
            }
        } else {
            execution.desk.failures = 0
            execution.desk.isPending = false
        }
        if verdict == .matches || verdict == .repaired { execution.desk.reconciledAt = now }
        if verdict == .repaired {
            let count = findings.lines.count { $0.outcome == .repaired }
            raise(
                "reconciliation-repaired", .warning,
                "\(count) rows were set right from the broker's account (\(ended.id))", &effects)
        }
        if config.execution.isOutside { execution.desk.periodicDue = now + settings.every }
        effects.append(.record(.reconciliation(run)))
        effects.append(.notice(.reconciliation(run)))
        finished(run, &effects)
        guard !execution.desk.queue.isEmpty else { return }
        let next = execution.desk.queue.removeFirst()
        start(next.id, next.trigger, &effects)
    }
}
