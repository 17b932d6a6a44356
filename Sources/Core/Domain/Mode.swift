/// On the wire and in the store exactly these words, from loose to strict.
package enum TradingMode: String, Sendable, Codable, CaseIterable, Comparable {
    case active
    /// Only orders that shrink exposure.
    case reduceOnly = "reduce-only"
    /// No order leaves; cancels pass.
    case paused
    /// As paused, taken by the machine itself.
    case halted

    package var strictness: Int {
        switch self {
        case .active: 0
        case .reduceOnly: 1
        case .paused: 2
        case .halted: 3
        }
    }

    package static func < (a: TradingMode, b: TradingMode) -> Bool {
        a.strictness < b.strictness
    }
}

/// What a hold is for. Stable: stored, published, and named by the resume that lifts it.
package enum HoldCause: String, Sendable, Codable, CaseIterable {
    /// A person's pause.
    case `operator`
    /// Set with a confirmed `flatten`: what was closed is not to be opened again at once.
    case flatten
    /// The day's loss reached its limit.
    case dailyLoss = "daily-loss"
    /// Equity fell from its peak by the limit.
    case drawdown
    /// So many round trips in a row lost.
    case losingStreak = "losing-streak"
    /// Too many of the latest orders were rejected or fell silent.
    case errorRate = "error-rate"
    /// Broker and books differ beyond the tolerance.
    case reconciliation
    /// The broker holds an order under one of our ids that is not the one we made.
    case identity
    /// The broker refuses the credentials.
    case credentials
    /// The ledger failed at the disk more than once within an hour.
    case storage
    /// An amount left the range of the books.
    case overflow
    /// The ledger was restored from a backup; orders sent since then are not in it.
    case restored

    /// Lifted by a resume that names nothing; every other cause has to be named.
    package var endsWithPlainResume: Bool { self == .operator || self == .flatten }
}

/// One reason why the mode is stricter than `active`; the mode is the strictest of all holds.
package struct TradingHold: Sendable, Equatable, Codable {
    /// `h` and a number that counts up for ever.
    package let id: String
    package let cause: HoldCause
    package var mode: TradingMode
    /// Who set it: `ctl:root`, `machine`.
    package let by: String
    package var why: String
    package let since: Timestamp
    /// Ends by itself then; nil: never.
    package var until: Timestamp?

    package init(
        id: String, cause: HoldCause, mode: TradingMode, by: String, why: String,
        since: Timestamp, until: Timestamp?
    ) {
        self.id = id
        self.cause = cause
        self.mode = mode
        self.by = by
        self.why = why
        self.since = since
        self.until = until
    }
}

/// A step in the history of the holds.
package enum HoldChange: Sendable, Equatable {
    /// Set or, under the same id, made stricter or longer.
    case set(TradingHold)
    /// Lifted by a resume, or ended by its own `until`.
    case lifted(id: String, by: String, why: String, at: Timestamp)
}

/// What keeps entries back for now and goes away by itself; a hold is what does not.
package enum EntryBlock: String, Sendable, Codable, CaseIterable {
    /// The clock cannot be trusted.
    case clock = "CLOCK"
    /// No connection, its stream is not synchronised, or its circuit breaker is open.
    case broker = "BROKER"
    /// Broker and books have not been compared since the start or the last reconnect.
    case reconciling = "RECONCILING"
    /// Two orders or more are unknown.
    case unresolved = "UNRESOLVED"
    /// The disk of the store is nearly full.
    case disk = "DISK"
    /// Broker and books differ on this symbol; nothing leaves for it, exits included.
    case suspended = "SUSPENDED"

    /// Whether exits wait too: what is held is not known well enough to close it.
    package var stopsExits: Bool { self == .clock || self == .reconciling || self == .suspended }
}
