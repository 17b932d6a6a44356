import Calendar
import Domain
import Execution
import Learning
import Portfolio
import Primitives

extension TradingEngine {
    mutating func openSession(_ effects: inout [Effect]) {
        if !config.execution.isOutside {
            for entry in portfolio.open(at: now) { effects.append(.record(entry)) }
        }
        setSession(config.calendar.session(containing: now))
        beginDay()
        if let change = learner.unrecordedChange(at: now) {
            effects.append(.record(.weights(change)))
        }
        execution.startDay()
        notionalToday = .zero
        for index in states.indices { states[index].lastRefusal = nil }
        openBrokerSession(&effects)
    }

    /// Where something held has no price yet, the day is measured from when it has.
    mutating func beginDay() {
        guard portfolio.isOpened || !config.execution.isOutside else { return }
        if isUnmarked {
            if sessionDate != tracker.sessionDate { tracker.forgetDay() }
            return
        }
        tracker.observe(equity: portfolio.equity, at: now)
        if session != nil { tracker.beginDay(sessionDate, equity: portfolio.equity) }
    }

    /// A symbol got a price while not all had one.
    mutating func noteMark(_ id: SymbolID) {
        guard !portfolio.quantity(id).isZero, isMarked else { return }
        isUnmarked = false
        beginDay()
    }

    /// After a restart a position is worth its cost until its price is known: no loss to judge.
    var isMarked: Bool {
        symbols.symbols.indices.allSatisfy { index in
            let id = SymbolID(index: index)
            return portfolio.quantity(id).isZero || portfolio.mark(of: id) != nil
        }
    }

    mutating func closeSession(_ effects: inout [Effect]) {
        if !isUnmarked { tracker.observe(equity: portfolio.equity, at: now) }
        let snapshot = portfolio.snapshot(at: now, isSessionClose: true)
        effects.append(.history(.equity(snapshot)))
        effects.append(
            .notice(
                .sessionClosed(
                    snapshot,
                    dailyPnL: tracker.dayStartEquity.flatMap {
                        try? snapshot.equity.subtracting($0)
                    })))
        setSession(nil)
        closeBrokerSession(&effects)
    }

    mutating func setSession(_ next: Session?) {
        session = next
        sessionDate = next?.date.description ?? ""
    }

    /// Where a restart goes on. Inlined by force, as the questions of `decide` are.
    @inline(__always)
    package var checkpoint: Checkpoint {
        var point = Checkpoint(
            at: now, feedPosition: feedPosition, equityPeak: tracker.peak ?? .zero,
            drawdownMax: tracker.drawdownMax, sessionDate: sessionDate,
            dayStartEquity: tracker.dayStartEquity ?? portfolio.equity,
            lossBase: tracker.lossBase, drawdownBase: tracker.drawdownBase,
            losingStreak: latches.losingStreak, orderFailures: latches.orderFailures)
        point.roundTrips = latches.roundTrips
        point.lostStops = execution.lostStops
        point.exitsWanted = exitsWanted
        point.revisions = execution.desk.revisions
        return point
    }
}

/// Turns the calendar into timer events: a runner asks before every instant what is due.
package struct SessionClock: Sendable {
    private let calendar: MarketCalendar
    private var current: Session?
    private var isOpen = false

    /// - Parameters:
    ///   - start: the first instant of the run.
    ///   - openDate: after a restart, the session that was open then.
    package init(_ calendar: MarketCalendar, from start: Timestamp, openDate: CivilDate? = nil) {
        self.calendar = calendar
        if let openDate, let session = calendar.session(on: openDate) {
            current = session
            isOpen = true
        } else {
            let first = calendar.coverage.lowerBound
            let begin =
                calendar.zone.localDate(of: start) < first
                ? calendar.zone.timestamp(first, secondsOfDay: 0) : start
            current = calendar.session(atOrAfter: begin)
        }
    }

    /// When the next event is due; far away when the calendar ends.
    package var next: Timestamp {
        guard let current else { return .distantFuture }
        return isOpen ? current.close : current.open
    }

    /// The event that was due at `next`; moves on.
    package mutating func take() -> TimerEvent {
        if isOpen {
            isOpen = false
            current = current.flatMap { calendar.session(atOrAfter: $0.close) }
            return .sessionClose
        }
        isOpen = true
        return .sessionOpen
    }
}
