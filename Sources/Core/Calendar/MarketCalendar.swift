// The hours in which the market trades, so that nothing else has to know about holidays.
//
// In:  the zone's rules; a table of the exchange's holidays, closures and early closes.
// Out: sessions, half-open [open, close) in UTC.
// Invariants: sessions ascend and never overlap; outside the table's years there is none, so that
// whoever asks where we are unsure stays out of the market. The broker's own calendar is the
// authority where there is one; this is the restriction beside it and the truth of backtests.
// Lookups allocate nothing; the answer for a bar is best kept until its close.
import Domain

/// One day's core trading: [open, close).
package struct Session: Sendable, Equatable {
    /// The civil date at the exchange.
    package let date: CivilDate
    package let open: Timestamp
    package let close: Timestamp
    /// The close is before the usual time of day.
    package let isEarlyClose: Bool

    package init(date: CivilDate, open: Timestamp, close: Timestamp, isEarlyClose: Bool) {
        (self.date, self.open, self.close) = (date, open, close)
        self.isEarlyClose = isEarlyClose
    }

    package func contains(_ time: Timestamp) -> Bool { open <= time && time < close }
}

/// The sessions of a market.
package struct MarketCalendar: Sendable {
    /// The zone whose civil dates name the sessions.
    package let zone: TimeZoneRules
    /// Nil: every civil date is a session.
    private let rules: ExchangeRules?

    /// The New York Stock Exchange, 1998 to 2030. `zone` is America/New_York.
    package static func xnys(_ zone: TimeZoneRules) -> MarketCalendar {
        MarketCalendar(zone: zone, rules: .xnys)
    }

    /// Every civil date of `zone` from midnight to midnight: a session is whatever the bars cover.
    package static func data(_ zone: TimeZoneRules) -> MarketCalendar {
        MarketCalendar(zone: zone, rules: nil)
    }

    /// Whether a close is a fact of the exchange rather than the end of what the bars cover.
    package var knowsCloses: Bool { rules != nil }

    /// The dates about which this calendar knows anything; without a table all that `Timestamp`
    /// holds from end to end.
    package var coverage: ClosedRange<CivilDate> { rules?.coverage ?? Self.representable }

    private static let representable =
        CivilDate(daysSinceEpoch: -106_650)...CivilDate(daysSinceEpoch: 106_650)

    /// Nil where the market stays closed, and outside `coverage`.
    package func session(on date: CivilDate) -> Session? {
        guard let rules else {
            guard coverage.contains(date) else { return nil }
            return Session(
                date: date, open: zone.timestamp(date, secondsOfDay: 0),
                close: zone.timestamp(date.adding(days: 1), secondsOfDay: 0), isEarlyClose: false)
        }
        guard rules.isTradingDay(date) else { return nil }
        let isEarly = rules.closesEarly(date)
        return Session(
            date: date, open: zone.timestamp(date, secondsOfDay: rules.open),
            close: zone.timestamp(date, secondsOfDay: isEarly ? rules.earlyClose : rules.close),
            isEarlyClose: isEarly)
    }

    package func session(containing time: Timestamp) -> Session? {
        guard let session = session(on: zone.localDate(of: time)), session.contains(time) else {
            return nil
        }
        return session
    }

    /// The session that contains `time`, else the next to open. Nil before and after `coverage`:
    /// the first session of the table is not the next one for a time before the table.
    package func session(atOrAfter time: Timestamp) -> Session? {
        var date = zone.localDate(of: time)
        guard date >= coverage.lowerBound else { return nil }
        while date <= coverage.upperBound {
            if let session = session(on: date), time < session.close { return session }
            date = date.adding(days: 1)
        }
        return nil
    }

    /// The sessions whose dates lie in the range, ends included, as far as `coverage` goes.
    package func sessions(from first: CivilDate, through last: CivilDate) -> [Session] {
        var date = max(first, coverage.lowerBound)
        let end = min(last, coverage.upperBound)
        var sessions: [Session] = []
        while date <= end {
            if let session = session(on: date) { sessions.append(session) }
            date = date.adding(days: 1)
        }
        return sessions
    }
}
