import Calendar
import Domain
import Execution
import Learning
import News
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals

extension TradingEngine {
    /// Takes the state of the ledger: books, orders, weights, counters. Before any event.
    /// Throws when the books do not agree with themselves: then nothing may trade.
    package mutating func restore(_ state: LedgerState) throws(PortfolioError) {
        restoreHolds(state)
        restoreOverrides(state)
        for symbol in state.symbols {
            guard register(symbol) != nil else { throw .symbolRefused(symbol) }
        }
        let table = symbols
        portfolio = try Portfolio(
            config.portfolio, restoring: state, symbolID: { table.id(of: $0) })
        for (index, symbol) in table.symbols.enumerated() {
            portfolio.register(symbol, SymbolID(index: index))
        }
        execution.restore(state) { table.id(of: $0) }
        if let restored = Learner(
            config.learning, enabled: config.signals.enabled, prior: config.signals.weights,
            restoring: state, day: dayOf(state.checkpoint))
        {
            learner = restored
        }
        if let checkpoint = state.checkpoint { now = checkpoint.at }
        for index in states.indices { restoreSymbol(SymbolID(index: index), state) }
        isUnmarked = !isMarked
        guard let checkpoint = state.checkpoint else { return }
        feedPosition = checkpoint.feedPosition
        tracker = EquityTracker(restoring: checkpoint)
        latches = LatchCounters(restoring: checkpoint)
        if let date = CivilDate(checkpoint.sessionDate) {
            setSession(config.calendar.session(on: date))
        }
        // After the close the counters stand until the next open.
        if let day = session ?? sessionsBegun(days: 8).last {
            execution.restoreDay(state, from: day.open)
            restoreNotional(state, from: day.open)
        }
        restoreDaily(state)
    }

    private func dayOf(_ checkpoint: Checkpoint?) -> String {
        guard let checkpoint else { return "" }
        return checkpoint.sessionDate.isEmpty
            ? config.calendar.zone.localDate(of: checkpoint.at).description : checkpoint.sessionDate
    }

    private mutating func restoreSymbol(_ id: SymbolID, _ state: LedgerState) {
        let index = id.index
        states[index].lastExit = state.lastExits[symbols[id]].map { notAfterNow($0) }
        if let stop = execution.protectiveStop(id).flatMap({ execution.order($0) }) {
            states[index].isStopUnfit =
                state.cancelsWanted.contains(stop.intent.id) && isUnfit(stop)
        }
        var entries = portfolio.openLots(id).map(\.openedBy)
        if let entry = execution.entry(id) { entries.append(entry.intent.id) }
        for entry in entries where !states[index].entryVotes.contains(where: { $0.order == entry })
        {
            if let votes = state.entryVotes[entry] { remember(entry, votes, id) }
        }
        setExits(id)
        wantExit(state.checkpoint?.exitsWanted[symbols[id]], id)
    }

    /// Rebuilds indicators and marks from a bar of the past; nothing is decided.
    package mutating func backfill(_ bar: Bar, knownAt: Timestamp) throws(EngineError) {
        let index = bar.symbol.index
        if bar.start >= states[index].newestStart {
            states[index].newestStart = bar.start
            states[index].priceTime = knownAt
            do { try portfolio.mark(bar.symbol, bar.close) } catch {
                throw .overflow(during: "marking \(symbols[bar.symbol])")
            }
            if isUnmarked { noteMark(bar.symbol) }
        }
        guard hours.session(of: bar.start) != nil || config.extendedHours else { return }
        _ = signals.update(bar)
    }

    /// Puts a stored reading back into its window.
    package mutating func backfill(_ reading: SentimentReading) {
        guard let id = register(reading.symbol) else { return }
        sentiment.add(reading, to: id)
    }

    /// Lets the duplicate check remember a headline of before the restart.
    package mutating func backfill(
        newsID: String, headline: String, linked: [Symbol], firstSeen: Timestamp
    ) {
        desk.remember(id: newsID, headline: headline, linked: linked, at: firstSeen)
    }

    /// The first thing after a restart, before any event.
    package mutating func recover(effects: inout [Effect]) {
        if config.execution.isOutside {
            execution.recoverOutside(at: now, effects: &effects)
        } else {
            execution.recover(exitsAllowed: mode <= .reduceOnly, at: now, effects: &effects)
        }
        for index in states.indices {
            let id = SymbolID(index: index)
            guard let entry = execution.entry(id), isAtBroker(entry) else { continue }
            // The mode may forbid it now, or a cancel that was asked for was lost with the process.
            let stop = execution.protectiveStop(id).flatMap { execution.order($0) }
            if mode != .active || states[index].exitWanted != nil
                || stop?.filled.isPositive == true
            {
                effects.append(.cancel(entry.intent.id))
            }
        }
        recoverReconciliation(&effects)
        execution.schedule(at: now)
        if !effects.isEmpty { effects.append(.record(.checkpoint(checkpoint))) }
    }

    /// Inside, what was never acknowledged goes out again first.
    private func isAtBroker(_ entry: WorkingOrder) -> Bool {
        config.execution.isOutside ? entry.status != .intent : entry.status == .acked
    }

    /// The last gate before the broker; see `ExecutionStage.beginSubmit`.
    package mutating func beginSubmit(
        _ id: ClientOrderID, effects: inout [Effect]
    ) -> OrderTicket? {
        guard let order = execution.order(id) else { return nil }
        let ticket = execution.beginSubmit(id, at: now, admission(of: order), effects: &effects)
        if ticket != nil { execution.touch(order.symbolID, at: now) }
        if ticket == nil, execution.order(id) == nil { protect(after: order, &effects) }
        execution.schedule(at: now)
        if !effects.isEmpty { effects.append(.record(.checkpoint(checkpoint))) }
        return ticket
    }

    /// The last gate of a cancel; see `ExecutionStage.beginCancel`.
    package mutating func beginCancel(_ id: ClientOrderID, effects: inout [Effect]) -> Bool {
        guard config.execution.isOutside else { return true }
        let order = execution.order(id)
        let before = effects.count
        if let order, !mayBeGivenUp(order) {
            execution.dropCancel(id, at: now)
            execution.schedule(at: now)
            return false
        }
        let isToBeSent = execution.beginCancel(id, at: now, effects: &effects)
        if let order, execution.order(id) == nil { ended(order, &effects) }
        execution.schedule(at: now)
        if effects.count > before { effects.append(.record(.checkpoint(checkpoint))) }
        return isToBeSent
    }

    /// What the last gate says of an order at this very moment.
    ///
    /// - Parameter besidesStop: what it would say if the position's stop were gone.
    func admission(of order: WorkingOrder, besidesStop: Bool = false) -> Admission {
        let isOutside = config.execution.isOutside
        let isEntry = order.intent.role.isEntry
        let refused = Admission.lapses(reason: "not allowed at the last gate")
        if isEntry {
            guard modeAllows(order), hasRoom else { return refused }
        } else {
            // An exit never exceeds the position.
            let position = portfolio.quantity(order.symbolID)
            guard modeAllows(order), position.magnitude >= order.intent.quantity,
                position.isNegative == (order.intent.side == .buy)
            else { return refused }
        }
        if let block = entryBlock(order.symbolID), isEntry || block.stopsExits {
            return isOutside ? .waits : .lapses(reason: "held back: \(block.rawValue)")
        }
        guard isOutside else { return .sends }
        if !isInHours(order) { return isEntry ? refused : .waits }
        if isEntry, now > order.intent.createdAt, isOverfull(order) { return refused }
        if !execution.canSend(at: now) { return .waits }
        switch order.intent.role {
        case .entry:
            return execution.hasUnknown(order.symbolID, besides: order.intent.id) ? .waits : .sends
        case .exit:
            let isFree = besidesStop || execution.protectiveStop(order.symbolID) == nil
            return isFree ? .sends : .waits
        case .protectiveStop: return .sends
        }
    }

    /// The decision was made within the hours that count; what waited since needs new ones. A stop
    /// may rest at any time.
    private func isInHours(_ order: WorkingOrder) -> Bool {
        if case .protectiveStop = order.intent.role { return true }
        return config.extendedHours || now == order.intent.createdAt
            || session?.contains(now) == true
    }

    /// An entry that waited was approved by limits that may have been lowered since, and beside
    /// positions that may have grown.
    private func isOverfull(_ entry: WorkingOrder) -> Bool {
        let own = entry.isUnfilledEntry ? 1 : 0
        return gate.isOverfull(
            positions: portfolio.openPositionCount + own
                + execution.pendingEntries(without: entry.symbolID),
            exposure: (try? portfolio.exposure.adding(execution.reserved)) ?? Money(units: .max),
            equity: portfolio.equity, untilClose: session.map { $0.close - now })
    }

    /// The limits per minute and per day, the order itself included.
    private var hasRoom: Bool {
        if let most = gate.config.ordersPerMinuteMax,
            execution.ordersInMinute(before: now) > most
        {
            return false
        }
        return gate.config.ordersPerDayMax.map { execution.ordersToday <= $0 } ?? true
    }

    /// An order that held or gave up the shares of its position is gone: what is left of them gets
    /// a protective stop again, or a person is told that it has none.
    mutating func protect(after ended: WorkingOrder, _ effects: inout [Effect]) {
        let id = ended.symbolID
        let held = portfolio.quantity(id)
        guard !ended.intent.role.isEntry, !held.isZero, let price = execution.lostStop(id) else {
            return
        }
        guard mode <= .reduceOnly, isGivenUp(ended) else {
            raise(
                "unprotected", .critical,
                "\(symbols[id]): \(held) held without a protective stop; the mode is "
                    + mode.rawValue, &effects)
            return
        }
        do throws(ExecutionError) {
            try execution.protect(
                held, at: price, after: ended,
                entry: portfolio.openLots(id).first?.openedBy ?? ended.intent.id, now: now,
                effects: &effects)
        } catch { raise("unprotected", .critical, "\(symbols[id]): \(error)", &effects) }
    }

    /// An exit gave up its stop, or a stop was canceled from here.
    private func isGivenUp(_ ended: WorkingOrder) -> Bool {
        if case .exit = ended.intent.role { return true }
        return ended.status != .rejected && execution.hasGivenUp(ended)
    }

    /// The ticket of an order that is alive, for a venue that takes it back.
    package func ticket(_ id: ClientOrderID) -> OrderTicket? { execution.ticket(id) }

    package var openOrders: [WorkingOrder] { execution.openOrders }
    /// Start of the newest bar seen of a symbol; nil before the first.
    package func newestStart(_ id: SymbolID) -> Timestamp? {
        let start = states[id.index].newestStart
        return start > .distantPast ? start : nil
    }
    package func newestBar(_ id: SymbolID) -> Bar? { signals.newestBar(id) }
    package var weights: StrategyWeights { learner.weights }
}

extension LedgerState {
    /// Every symbol that lots, orders, exits and stops speak of, in an order that does not depend on
    /// hashing.
    fileprivate var symbols: [Symbol] {
        var seen: Set<Symbol> = []
        let all =
            lots.map(\.symbol) + openOrders.map(\.intent.symbol) + lastExits.keys.sorted()
            + (checkpoint?.lostStops.keys.sorted() ?? [])
            + (checkpoint?.exitsWanted.keys.sorted() ?? [])
        return all.filter { seen.insert($0).inserted }
    }
}
