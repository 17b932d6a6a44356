import Domain
import Messaging
import Storage

extension LedgerStore: Outbox {
    package func waiting(limit: Int) throws -> [OutboxRow] { try outbox(limit: limit) }

    package func forget(_ ids: [String]) throws { try forgetDelivered(ids) }

    package var counts: (waiting: Int, dropped: Int64)? { try? outboxCount() }

    /// What was traded before this start.
    package func publishedTally() throws(StorageError) -> TradeTally {
        let sums = try tradeTally()
        return TradeTally(
            trades: sums.trades, heldSeconds: Double(sums.heldSeconds), lastFill: try lastFill())
    }
}

extension OutboxRow {
    init(_ event: OutgoingEvent, at: Timestamp) {
        self.init(id: event.id, kind: event.kind.rawValue, payload: event.payload, at: at)
    }
}

extension MessagingClient: Outlet {
    package var figures: LinkFigures {
        let status = status
        var figures = LinkFigures()
        figures.isConnected = status.isConnected
        figures.reconnects = Int(clamping: status.reconnects)
        figures.published = Int(clamping: status.published)
        figures.received = Int(clamping: status.received)
        figures.depths = [
            ("events", status.queued.events), ("answers", status.queued.answers),
            ("telemetry", status.queued.telemetry), ("retained", status.queued.retained),
            ("unacknowledged", status.queued.unacknowledged),
        ]
        figures.drops = [
            ("events_deferred", status.dropped.events), ("answers", status.dropped.answers),
            ("telemetry", status.dropped.telemetry), ("oversize", status.dropped.oversize),
            ("refused", status.dropped.refused), ("strange", status.dropped.strange),
        ].map { (name: $0.0, count: Int(clamping: $0.1)) }
        return figures
    }
}
