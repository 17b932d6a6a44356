import Domain
import Primitives

/// What is known of the comparisons of broker and books: the one under way, those that wait, when
/// the next is due, and what they found wanting.
package struct ReconciliationDesk: Sendable, Equatable {
    package struct Run: Sendable, Equatable {
        package let id: String
        package let trigger: ReconciliationTrigger
        package let since: Timestamp
        package let begun: Timestamp
        /// When the question under way left; nil while none is.
        package var asked: Timestamp?
        /// When the question is to be asked, or an answer does not come any more.
        package var due: Timestamp
        package var attempts = 0
        /// A difference was seen once and is looked at again before it counts.
        package var isConfirming = false
        /// Of the answers before the last: what they led to.
        package var repaired: [ReconciliationLine] = []

        package init(
            id: String, trigger: ReconciliationTrigger, since: Timestamp, begun: Timestamp
        ) {
            self.id = id
            self.trigger = trigger
            self.since = since
            self.begun = begun
            due = begun
        }
    }

    package struct Queued: Sendable, Equatable {
        package let id: String
        package let trigger: ReconciliationTrigger

        package init(id: String, trigger: ReconciliationTrigger) {
            self.id = id
            self.trigger = trigger
        }
    }

    package let config: ReconciliationConfig
    package let isOutside: Bool
    package var run: Run?
    /// At most one per trigger.
    package var queue: [Queued] = []
    /// Entries wait until broker and books were compared.
    package var isPending: Bool
    package var hasStarted = false
    package var periodicDue = Timestamp.distantFuture
    package var dailyDue = Timestamp.distantFuture
    /// After a comparison that came to nothing.
    package var retryDue = Timestamp.distantFuture
    package var failures = 0
    package var isUnreadableTold = false
    /// Nothing leaves for these: broker and books differ on them.
    package var suspended: Set<Symbol> = []
    package var reconciledAt: Timestamp?
    /// Since when the venue inside keeps its own account: before, its memory is the ledger.
    package var since = Timestamp.distantPast
    /// Executions to be taken back whose terms only the ledger knows.
    package var revisions: [BrokerReport] = []

    /// Of `revisions`; a broker that takes back more at once is not one to trade with.
    package static let revisionsMax = 64

    init(_ config: ReconciliationConfig, isOutside: Bool) {
        self.config = config
        self.isOutside = isOutside
        isPending = isOutside
    }

    package var isOn: Bool { isOutside || config.isEnabled }

    /// `rec-` and a function of trigger and time.
    package static func id(
        _ trigger: ReconciliationTrigger, at now: Timestamp, prefix: String
    ) -> String {
        var hash = StableHash()
        hash.combine(prefix)
        hash.combine(trigger.rawValue)
        hash.combine(now.nanoseconds)
        return "rec-" + hash.text
    }

    /// Once it has come to nothing, it waits for the line like every other.
    package func isDailyDue(at now: Timestamp, canRead: Bool) -> Bool {
        now >= dailyDue && (canRead || failures == 0)
    }

    package func due(canRead: Bool) -> Timestamp {
        var next = canRead || failures == 0 ? dailyDue : .distantFuture
        if canRead { next = min(next, periodicDue, retryDue) }
        if let run {
            // Only one at a time: the others wait for it.
            next = run.asked != nil || canRead ? run.due : run.begun + config.answerWait
        }
        return next
    }

    package func retryDelay(_ seed: String, _ attempt: Int) -> Span {
        Backoff.delay(seed, attempt: attempt, base: config.retryBase, cap: config.retryMax)
    }
}
