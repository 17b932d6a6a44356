import Calendar
import Domain
import Execution
import Learning
import Portfolio
import Primitives
import Risk
import Sentiment
import Signals

/// What made the engine look at a symbol.
enum Trigger {
    /// A new bar, by its start.
    case bar(Timestamp)
    case news(String)
    /// A command, by its transaction.
    case command(String)

    var isBar: Bool { if case .bar = self { true } else { false } }
}

// The questions asked on the way are inlined by force: called as functions, each would first get
// a copy of the whole engine, 2.5 kB.
extension TradingEngine {
    /// Votes, and acts on the outcome: at most one order.
    mutating func decide(
        _ id: SymbolID, trigger: Trigger, _ effects: inout [Effect]
    ) throws(EngineError) {
        let isNewBar = trigger.isBar
        let held = portfolio.quantity(id).units.signum()
        if held != 0, isNewBar, let reason = exitReason(id, held: Int(held)) {
            return try act(.leave(reason), Ballot(), nil, id, trigger, &effects)
        }
        var aggregate: (value: Double, count: Int)?
        if config.signals.sentiment.enabled,
            let found = sentiment.aggregate(
                id, at: now, halfLife: config.signals.sentiment.halfLife)
        {
            aggregate = (found.value, found.count)
        }
        let ballot = signals.ballot(id, isNewBar: isNewBar, sentiment: aggregate)
        if ballot.isEmpty { return }
        guard let score = ballot.score(learner.weights),
            let stance = signals.stance(score: score, position: Int(held))
        else { return }
        let move: Move =
            switch stance {
            case .enterLong: .enter(.buy)
            case .enterShort: .enter(.sell)
            case .exitLong, .exitShort: .leave(.flip)
            }
        try act(move, ballot, score, id, trigger, &effects)
    }

    private enum Move {
        case enter(OrderSide)
        case leave(TradeReason)
    }

    /// Why a held position is left at this bar, apart from the votes.
    @inline(__always)
    private func exitReason(_ id: SymbolID, held: Int) -> TradeReason? {
        let index = id.index
        if execution.hasExit(id) { return nil }
        // Also what an entry bought that was faster than its cancel.
        if holds.isFlattening { return .flatten }
        if let wanted = states[index].exitWanted { return wanted }
        if let goal = states[index].takeProfit, let close = portfolio.mark(of: id),
            held > 0 ? close >= goal : close <= goal
        {
            return .takeProfit
        }
        if let exitBy = states[index].exitBy, now >= exitBy { return .time }
        return nil
    }

    /// Builds the signal with its evidence, asks the gate, and records what it said.
    private mutating func act(
        _ move: Move, _ ballot: Ballot, _ score: Double?, _ id: SymbolID, _ trigger: Trigger,
        _ effects: inout [Effect]
    ) throws(EngineError) {
        if isKnownRefusal(move, id) { return }
        if case .leave(let reason) = move, let entry = execution.entry(id) {
            // First the rest of the entry goes; the position is left at the next bar.
            if states[id.index].exitWanted == nil {
                effects.append(
                    .record(
                        .transition(
                            OrderTransition(
                                id: entry.intent.id, from: entry.status, to: entry.status, at: now,
                                reason: OrderTransition.leaving(reason)))))
            }
            wantExit(reason, id)
            effects.append(.cancel(entry.intent.id))
            return
        }
        guard let signal = makeSignal(move, ballot, score, id, trigger) else { return }
        counters.signals += 1
        let verdict = gate.judge(signal, context(id, trigger))
        switch verdict {
        case .refused(let refusal):
            counters.refusals += 1
            if config.latches, refusal.code == .dailyLoss || refusal.code == .drawdown {
                judgeLosses(&effects)
            }
            if states[id.index].lastRefusal == refusal.code { return }
            states[id.index].lastRefusal = refusal.code
            Self.record(signal, verdict.record, &effects)
        case .approved(let order):
            states[id.index].lastRefusal = nil
            Self.record(signal, verdict.record, &effects)
            do throws(ExecutionError) {
                try execution.place(order, symbolID: id, at: now, effects: &effects)
            } catch {
                raise("order-refused", .critical, "\(signal.symbol): \(error)", &effects)
                return
            }
            counters.intents += 1
            if case .leave(let reason) = move { wantExit(reason, id) }
            if case .enter = move, let entry = execution.entry(id) {
                remember(entry.intent.id, signal.votes, id)
                count(entry.intent)
            }
        }
    }

    private static func record(_ signal: Signal, _ verdict: Verdict, _ effects: inout [Effect]) {
        effects.append(.record(.signal(signal, verdict)))
        effects.append(.notice(.signal(signal, verdict)))
    }

    /// Refusals that last for many bars are recorded once, and cost nothing after that.
    @inline(__always)
    private func isKnownRefusal(_ move: Move, _ id: SymbolID) -> Bool {
        guard case .enter = move else { return false }
        switch states[id.index].lastRefusal {
        case .duplicate: return ordersInTheWay(id) > 0
        case .cooldown:
            guard let cooldown = config.risk.cooldown, let exit = states[id.index].lastExit else {
                return false
            }
            return now - exit < cooldown
        default: return false
        }
    }

    /// Orders beside which no other may be made. The stop of a position that is gone is one until it
    /// has ended: an entry beside it would leave without a stop of its own.
    @inline(__always)
    private func ordersInTheWay(_ id: SymbolID) -> Int {
        let count = execution.workingOrders(id)
        let isLeftOver =
            count == 0 && execution.protectiveStop(id) != nil && portfolio.quantity(id).isZero
        return isLeftOver ? 1 : count
    }

    @inline(__always)
    private func makeSignal(
        _ move: Move, _ ballot: Ballot, _ score: Double?, _ id: SymbolID, _ trigger: Trigger
    ) -> Signal? {
        guard let price = portfolio.mark(of: id), let priceTime = states[id.index].priceTime
        else { return nil }
        let side: OrderSide
        let reason: TradeReason
        switch move {
        case .enter(let chosen): (side, reason) = (chosen, .entry)
        case .leave(let why):
            (side, reason) = (portfolio.quantity(id).isNegative ? .buy : .sell, why)
        }
        let symbol = symbols[id]
        var hash = StableHash()
        hash.combine(symbol.name)
        hash.combine(reason.rawValue)
        hash.combine(side.rawValue)
        hash.combine(states[id.index].newestStart.nanoseconds)
        switch trigger {
        case .bar: break
        case .news(let newsID): hash.combine(newsID)
        case .command(let transaction):
            hash.combine("command")
            hash.combine(transaction)
        }
        return Signal(
            id: "sig-" + hash.text, symbol: symbol, at: now, reason: reason, side: side,
            score: score ?? 0, strength: score.map { $0.magnitude } ?? 1, price: price,
            priceTime: priceTime, votes: ballot.votes, indicators: signals.evidence(id),
            headlines: Array(sentiment.readings(id).suffix(Limits.evidenceHeadlines)),
            weightsVersion: learner.weights.version)
    }

    private mutating func context(_ id: SymbolID, _ trigger: Trigger) -> RiskContext {
        let state = states[id.index]
        let reserved = execution.reserved
        let hoursNow: Session? =
            if case .bar(let start) = trigger { hours.session(of: start) } else { session }
        var open: (open: Timestamp, close: Timestamp)?
        if let hoursNow {
            open = (hoursNow.open, hoursNow.close)
        } else if config.extendedHours {
            open = (.distantPast, .distantFuture)
        }
        return RiskContext(
            now: now, mode: mode, session: open, price: portfolio.mark(of: id),
            priceTime: state.priceTime, isWarm: signals.isWarm(id),
            position: portfolio.quantity(id), workingOrders: ordersInTheWay(id),
            lastExit: state.lastExit, openPositions: portfolio.openPositionCount,
            pendingEntries: execution.pendingEntries(without: id),
            exposure: (try? portfolio.exposure.adding(reserved)) ?? Money(units: .max),
            equity: portfolio.equity,
            cash: (try? portfolio.cash.subtracting(reserved)) ?? Money(units: .min),
            dayStartEquity: tracker.lossStart, equityPeak: tracker.drawdownStart,
            ordersLastMinute: execution.ordersInMinute(before: now),
            ordersToday: execution.ordersToday, atr: signals.averageTrueRange(id),
            notionalToday: notionalToday, isFlattening: isFlattening, block: entryBlock(id))
    }

    /// Towards the limit of the day.
    private mutating func count(_ entry: OrderIntent) {
        let notional = (try? entry.referencePrice * entry.quantity) ?? Money(units: .max)
        notionalToday = (try? notionalToday.adding(notional)) ?? Money(units: .max)
    }

    /// Leaves a position now, where the gate lets it.
    mutating func leave(
        _ id: SymbolID, _ reason: TradeReason, cause transaction: String,
        _ effects: inout [Effect]
    ) throws(EngineError) {
        if portfolio.mark(of: id) == nil {
            raise(
                "exit-waits", .warning,
                "\(symbols[id]): no price is known yet; it is left at its next bar", &effects)
        }
        try act(.leave(reason), Ballot(), nil, id, .command(transaction), &effects)
    }

    mutating func remember(_ order: ClientOrderID, _ votes: [Vote], _ id: SymbolID) {
        states[id.index].entryVotes.append((order, votes))
        if states[id.index].entryVotes.count > Limits.rememberedEntries {
            states[id.index].entryVotes.removeFirst()
        }
    }

    /// A broker's time that lies ahead of ours would hold something up for as long.
    func notAfterNow(_ time: Timestamp) -> Timestamp {
        now > .distantPast ? min(time, now) : time
    }

    /// After a fill: where the profit is taken and when time is up.
    mutating func setExits(_ id: SymbolID) {
        guard let position = portfolio.position(id), let average = position.averagePrice else {
            states[id.index].takeProfit = nil
            states[id.index].exitBy = nil
            wantExit(nil, id)
            states[id.index].isStopUnfit = false
            return
        }
        states[id.index].exitBy = config.execution.holdMax.map {
            notAfterNow(position.openedAt) + $0
        }
        states[id.index].takeProfit = config.execution.takeProfitShare.flatMap { share in
            let points = Int64((share * 10_000).rounded(.toNearestOrEven))
            let signed = position.quantity.isNegative ? -points : points
            return try? average.moved(basisPoints: signed)
        }
    }
}
