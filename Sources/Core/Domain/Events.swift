/// A value with the instant at which it became known here. The inbox stamps; inside, time is
/// data and never decreases.
@frozen
package struct Stamped<Value: Sendable>: Sendable {
    package let at: Timestamp
    package let value: Value
    @inlinable
    package init(at: Timestamp, _ value: Value) {
        self.at = at
        self.value = value
    }
}

/// Everything that can happen to the engine. At one instant the order is that of the cases, but
/// for a pause, which goes first.
package enum InputEvent: Sendable {
    indirect case broker(BrokerReport)
    indirect case order(OrderAnswer)
    indirect case account(AccountAnswer)
    indirect case link(BrokerLink)
    case bar(Bar)
    indirect case news(NewsItem)
    case timer(TimerEvent)
    indirect case host(HostCondition)
    indirect case command(Command)
}

package enum TimerEvent: String, Sendable, Codable {
    case sessionOpen = "session-open"
    case sessionClose = "session-close"
    /// Something the engine waits for is due: see `TradingEngine.nextDue`.
    case due
}

/// What the engine wants done. The performer first makes all `record`s of one event durable in
/// one transaction, then acts in the order given.
package enum Effect: Sendable {
    case record(LedgerEntry)
    case history(HistoryEntry)
    case submit(ClientOrderID)
    case cancel(ClientOrderID)
    case ask(BrokerQuery)
    /// Given only after the records of the same event are durable.
    indirect case answer(CommandAnswer)
    /// For the person watching: a line of the journal or the terminal.
    case notice(Notice)
}

/// One row (or set of rows) of ledger.db. Indirect, so that an effect is a few words to move and
/// takes no more memory than its own row.
package indirect enum LedgerEntry: Sendable {
    /// A news item taken in; its effect happens once.
    case taken(newsID: String, at: Timestamp)
    case signal(Signal, Verdict)
    case intent(OrderIntent)
    case transition(OrderTransition)
    case fill(Fill)
    case postings([Posting])
    /// Inserted or, under the same id, updated; closed when its quantity is zero.
    case lot(Lot)
    case closedTrade(ClosedTrade)
    case weights(WeightsChange)
    case alert(Alert)
    case checkpoint(Checkpoint)
    case hold(HoldChange)
    case command(CommandRecord)
    case reconciliation(ReconciliationRun)
    /// A signed message that is having its effect: before all else of its event.
    case proof(CommandProof)
    /// To be told outside, until that is confirmed.
    case outgoing(OutboxRow)
}

/// One row of history.db. Bars go there straight from the runner.
package indirect enum HistoryEntry: Sendable {
    case news(NewsItem, linked: [Symbol], firstSeen: Timestamp, duplicateOf: String?)
    case reading(SentimentReading)
    case equity(EquitySnapshot)
}

/// Something a person may want to see as it happens.
package indirect enum Notice: Sendable {
    case signal(Signal, Verdict)
    case fill(Fill)
    case closed(ClosedTrade)
    case sessionClosed(EquitySnapshot, dailyPnL: Money?)
    case weights(WeightsChange)
    case alert(Alert)
    case hold(HoldChange, mode: TradingMode)
    case reconciliation(ReconciliationRun)
}
