// Local time of one place, from the system's time zone file.
//
// In:  the bytes of a TZif file (the caller reads it; laws change, so tzdata is never embedded).
// Out: offset, local date and time of an instant; the instant of a local date and time.
// Invariants: changes ascend strictly; offsets lie within -24:59:59 ... +25:59:59; no input traps;
// lookups allocate nothing.
import Domain

/// The offsets of local time from UTC: a table of past changes and a yearly rule for later ones.
package struct TimeZoneRules: Sendable {
    struct Change: Sendable {
        /// Seconds since 1970 UTC from which `offset` holds.
        let at: Int64
        let offset: Int
    }

    /// Ascending.
    let changes: [Change]
    /// Holds before the first change.
    let earliestOffset: Int
    /// Holds from the last change on; always, when there is no change.
    let rule: YearlyRule

    /// Seconds to add to UTC for local time; west of Greenwich is negative.
    package func utcOffset(at time: Timestamp) -> Int { offset(at: time.seconds) }

    /// The civil date at that place.
    package func localDate(of time: Timestamp) -> CivilDate {
        CivilDate(daysSinceEpoch: Int(floorDivide(localSeconds(of: time), by: 86400)))
    }

    /// Whole seconds since local midnight by the clock on the wall, 0 ..< 86400.
    package func localSecondsOfDay(of time: Timestamp) -> Int {
        let local = localSeconds(of: time)
        return Int(local - floorDivide(local, by: 86400) * 86400)
    }

    /// The instant at which the wall clock shows `secondsOfDay` on `date`. A time that the clock
    /// skips gives the instant after the gap, one that it shows twice gives the first. Seconds
    /// beyond 0 ..< 86400 count on into the neighbouring days (a thousand at most); dates that
    /// `Timestamp` cannot hold give the nearer end of its range.
    package func timestamp(_ date: CivilDate, secondsOfDay: Int) -> Timestamp {
        let limit = 1000 * 86400
        let seconds = Int64(min(max(secondsOfDay, -limit), limit))
        let local = Int64(date.daysSinceEpoch) * 86400 + seconds
        // Walks along the stretches of constant offset, from safely before the wanted time.
        var start = local - Int64(Self.offsetMax) - 1
        while true {
            let instant = local - Int64(offset(at: start))
            if instant < start { return saturated(start) }
            guard let next = nextChange(after: start), next <= instant else {
                return saturated(instant)
            }
            start = next
        }
    }

    /// The range of offsets in seconds. Source: RFC 9636, section 3.2.
    static let offsetMin = -89_999
    static let offsetMax = 93_599

    private func localSeconds(of time: Timestamp) -> Int64 {
        let seconds = time.seconds
        return seconds + Int64(offset(at: seconds))
    }

    private func offset(at seconds: Int64) -> Int {
        guard let last = changes.last, seconds < last.at else { return rule.offset(at: seconds) }
        let index = firstChange(after: seconds)
        return index == 0 ? earliestOffset : changes[index - 1].offset
    }

    private func nextChange(after seconds: Int64) -> Int64? {
        let index = firstChange(after: seconds)
        return index < changes.count ? changes[index].at : rule.nextChange(after: seconds)
    }

    /// The index of the first change later than `seconds`, `changes.count` when there is none.
    private func firstChange(after seconds: Int64) -> Int {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Rounded towards the past; `divisor` is positive.
func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

private func saturated(_ seconds: Int64) -> Timestamp {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds > 0 ? .distantFuture : .distantPast }
    return Timestamp(nanoseconds: product)
}
