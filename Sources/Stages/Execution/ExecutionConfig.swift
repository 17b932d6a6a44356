import Domain

/// How decisions become orders, and when positions are left.
package struct ExecutionConfig: Sendable, Equatable {
    /// Names environment and installation in every order id: `sim-local`, `paper-1f3a`. `[a-z0-9-]`.
    package var idPrefix = "bw-paper"
    /// An intent that has not left by then is dropped.
    package var intentLifetime = Span(seconds: 60)
    /// Outside: how long an exit waits for the broker to be reached. Longer than an entry, for
    /// what was to be left yesterday is to be left today.
    package var exitLifetime = Span(seconds: 86_400)
    /// Each entry carries a protective stop at this many ATRs (see `SizingConfig.stopATR`).
    package var protectiveStops = true
    /// Closed when the gain reaches this share of the entry price; nil: off.
    package var takeProfitShare: Double? = 0.03
    /// Closed after this time; nil: off.
    package var holdMax: Span? = Span(seconds: 2 * 86400)
    /// Working orders at most; beyond it new intents are refused.
    package var ordersOpenMax = 512
    /// The broker is another machine, reached over a network: requests are lost, answers late.
    /// False: the venue inside, whose memory is the ledger.
    package var isOutside = false
    package var sending = SendingConfig()
    package var resolver = ResolverConfig()
    package var breaker = BreakerConfig()
    package var reconciliation = ReconciliationConfig()

    package init() {}

    /// What the ids of all our orders begin with.
    package var idStart: String { OrderIdentity.start(prefix: idPrefix) }

    /// Whether the id is one of them.
    package func isOurs(_ id: String) -> Bool { OrderIdentity.isOurs(id, start: idStart) }
}

/// Requests of which it is proven that no byte left are sent again, under the same id.
package struct SendingConfig: Sendable, Equatable {
    /// All sends of one order together. More would hide a broken line behind patience.
    package var attemptsMax = 3
    /// Doubles from attempt to attempt, with full jitter over a floor of its half.
    package var backoffBase = Span(nanoseconds: 250_000_000)
    package var backoffMax = Span(seconds: 30)
    /// A request that nobody said anything about for so long is taken to be ambiguous.
    package var answerWait = Span(seconds: 30)

    package init() {}
}

/// How an order that fell silent is found again. Until then it blocks; nothing is ever guessed.
package struct ResolverConfig: Sendable, Equatable {
    /// The first read comes after about so long; doubles, with full jitter over half of it.
    package var backoffBase = Span(seconds: 1)
    package var backoffMax = Span(seconds: 30)
    /// An order that the broker denies counts as never placed only after so long: brokers have
    /// been seen to list an order 83 seconds after the request that made it.
    package var graceMin = Span(seconds: 120)
    /// Reads that found nothing, at least; the last of them after the grace.
    package var absentReadsMin = 4
    /// Unknown for so long: a person is told.
    package var alarmAfter = Span(seconds: 900)
    /// Reads for a missing fill or an unconfirmed cancel before broker and books are compared.
    package var readsMax = 8

    package init() {}
}

/// When requests stop because the broker does not answer, and when they go on.
package struct BreakerConfig: Sendable, Equatable {
    package var consecutiveMax = 5
    /// Of the requests of `window`, once there are `countMin`.
    package var failureShareMax = 0.5
    package var countMin = 8
    package var window = Span(seconds: 60)
    /// Doubles from opening to opening, up to `openMax`; a quarter of it is jitter.
    package var openBase = Span(seconds: 15)
    package var openMax = Span(seconds: 300)
    /// Reads that must succeed before orders leave again.
    package var successesMin = 2
    /// A probe without an answer for so long may be followed by another.
    package var probeWait = Span(seconds: 30)

    package init() {}
}

/// How broker and books are compared.
package struct ReconciliationConfig: Sendable, Equatable {
    /// Off in backtests. A broker outside is compared with anyway.
    package var isEnabled = false
    /// Outside only.
    package var every = Span(seconds: 300)
    /// The daily comparison reads so many sessions back, so long after the close.
    package var sessions = 5
    package var afterClose = Span(seconds: 60)
    /// A difference in cash up to this is noted; beyond it entries stop.
    package var cashTolerance = Money(units: 10_000_000)
    /// What happened so short before the question may be missing in the answer.
    package var settling = Span(seconds: 2)
    /// Questions of one run, the repeated ones included.
    package var attemptsMax = 5
    package var retryBase = Span(seconds: 1)
    package var retryMax = Span(seconds: 60)
    /// An account that nobody answered for in this time counts as not read.
    package var answerWait = Span(seconds: 60)

    package init() {}
}
