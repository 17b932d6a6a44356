import Domain
import Primitives

/// Keeps requests from a broker that does not answer them. A value without a clock.
///
/// It opens on failures in a row or on a share of the recent ones; after a while a single read may
/// try, never an order; reads that succeed close it. A refusal of the credentials opens it for
/// good, until they are accepted.
package struct CircuitBreaker: Sendable, Equatable {
    package enum State: String, Sendable { case closed, open, halfOpen = "half-open" }

    private struct Outcome: Sendable, Equatable {
        let at: Timestamp
        let isFailure: Bool
    }

    package let config: BreakerConfig
    private let seed: String
    /// Newest last, at most as many as `limit`.
    private var outcomes: [Outcome] = []
    private var failuresInRow = 0
    private var successesInRow = 0
    /// Set while it is not closed: when a read may try.
    private var openUntil: Timestamp?
    /// How often it opened without having closed between.
    private var openings = 0
    private var probedAt: Timestamp?
    package private(set) var isLatched = false

    /// Enough for a window at the rate at which requests are made.
    private static let limit = 64

    /// - Parameter seed: of the jitter.
    package init(_ config: BreakerConfig, seed: String) {
        self.config = config
        self.seed = seed
    }

    package func state(at now: Timestamp) -> State {
        guard let openUntil else { return .closed }
        return !isLatched && now >= openUntil ? .halfOpen : .open
    }

    /// Whether a read may be made that tries the way; at most one is under way.
    package func wantsProbe(at now: Timestamp) -> Bool {
        guard state(at: now) == .halfOpen else { return false }
        guard let probedAt else { return true }
        return now >= probedAt + config.probeWait
    }

    /// When it wants to be asked again; far away while it is closed.
    package var due: Timestamp {
        guard let openUntil, !isLatched else { return .distantFuture }
        return probedAt.map { $0 + config.probeWait } ?? openUntil
    }

    package mutating func probe(at now: Timestamp) { probedAt = now }

    package mutating func succeed(at now: Timestamp) {
        note(false, at: now)
        failuresInRow = 0
        probedAt = nil
        guard state(at: now) == .halfOpen else { return }
        successesInRow += 1
        if successesInRow >= config.successesMin { close() }
    }

    package mutating func fail(at now: Timestamp) {
        note(true, at: now)
        failuresInRow += 1
        successesInRow = 0
        probedAt = nil
        switch state(at: now) {
        case .halfOpen: open(at: now)
        case .open: break
        case .closed:
            let failures = outcomes.count { $0.isFailure }
            let isTooMuch =
                outcomes.count >= config.countMin
                && Double(failures) >= config.failureShareMax * Double(outcomes.count)
            if failuresInRow >= config.consecutiveMax || isTooMuch { open(at: now) }
        }
    }

    /// The credentials were refused: more requests would only be refused too.
    package mutating func latch(at now: Timestamp) {
        isLatched = true
        openUntil = openUntil ?? now
    }

    /// The credentials were accepted: reads may try.
    package mutating func unlatch(at now: Timestamp) {
        guard isLatched else { return }
        isLatched = false
        openUntil = now
        successesInRow = 0
        probedAt = nil
    }

    private mutating func note(_ isFailure: Bool, at now: Timestamp) {
        outcomes.append(Outcome(at: now, isFailure: isFailure))
        let oldest = now - config.window
        outcomes.removeAll { $0.at <= oldest }
        if outcomes.count > Self.limit { outcomes.removeFirst() }
    }

    private mutating func open(at now: Timestamp) {
        let doublings = min(openings, 20)
        let (grown, overflow) = config.openBase.nanoseconds
            .multipliedReportingOverflow(by: 1 << doublings)
        let whole = overflow ? config.openMax.nanoseconds : min(config.openMax.nanoseconds, grown)
        let jitter = Int64(Double(whole) / 4 * Backoff.share(seed, openings))
        openUntil = now + Span(nanoseconds: whole - jitter)
        openings += 1
        successesInRow = 0
        probedAt = nil
    }

    private mutating func close() {
        openUntil = nil
        openings = 0
        successesInRow = 0
        outcomes.removeAll()
    }
}
