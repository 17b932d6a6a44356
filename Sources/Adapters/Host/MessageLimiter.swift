import Primitives
import Synchronization

/// Keeps one kind of message from flooding the journal: so many at once, then so many a minute, and
/// afterwards a word on how many were left out.
package final class MessageLimiter: Sendable {
    /// Something was left out.
    package struct Omission: Sendable, Equatable {
        package let code: String
        package let count: Int
        package let seconds: Int
    }

    private struct Line {
        var bucket: TokenBucket<ContinuousClock.Instant>
        var omitted = 0
        var since: ContinuousClock.Instant
    }

    private let perMinute: Double
    private let burst: Double
    private let lines = Mutex<[String: Line]>([:])
    /// Kinds that are told apart; all beyond share one line.
    private static let linesMax = 256
    private static let others = "other"

    /// - Parameters:
    ///   - perMinute: in the long run, of each kind.
    ///   - burst: at once, of each kind.
    package init(perMinute: Double = 60, burst: Double = 120) {
        (self.perMinute, self.burst) = (perMinute, burst)
    }

    /// Whether one more of this kind may be written.
    package func admits(_ code: String, at now: ContinuousClock.Instant = .now) -> Bool {
        lines.withLock { lines in
            let isKnown = lines[code] != nil || lines.count < Self.linesMax
            let key = isKnown ? code : Self.others
            var line =
                lines[key]
                ?? Line(
                    bucket: TokenBucket(perSecond: perMinute / 60, burst: burst, at: now),
                    since: now)
            let isAdmitted = line.bucket.take(at: now)
            if !isAdmitted {
                if line.omitted == 0 { line.since = now }
                line.omitted += 1
            }
            lines[key] = line
            return isAdmitted
        }
    }

    /// What was left out and was not told of yet, where the first of it is older than `age`.
    package func takeOmissions(
        olderThan age: Duration = .seconds(30), at now: ContinuousClock.Instant = .now
    ) -> [Omission] {
        lines.withLock { lines in
            var found: [Omission] = []
            for (code, line) in lines where line.omitted > 0 && line.since + age <= now {
                found.append(
                    Omission(
                        code: code, count: line.omitted,
                        seconds: Int(line.since.duration(to: now).components.seconds)))
                lines[code]?.omitted = 0
            }
            return found.sorted { $0.code < $1.code }
        }
    }
}
