import Domain

/// How the connection to the broker stands; a value of one moment.
package struct MessagingStatus: Sendable, Equatable {
    package enum Wire: String, Sendable {
        case mqtt5 = "5"
        /// The broker refused MQTT 5: no response topics, and no word on refused publications.
        case mqtt311 = "3.1.1"
    }

    package var isConnected = false
    /// When `isConnected` last changed, or the client was started (wall clock).
    package var since = Timestamp(seconds: 0)
    /// Nil while there is no connection.
    package var speaks: Wire?
    /// Why there is no connection, or why the last one ended: a sentence; nil if all was well.
    package var lastError: String?
    /// What the broker refuses us, by its own word: a sentence for each topic. Configuration.
    package var faults: [String] = []
    /// Connections after the first.
    package var reconnects: UInt64 = 0
    /// Attempts, also failed ones.
    package var attempts: UInt64 = 0

    /// Acknowledged, or for telemetry handed to the library.
    package var published: UInt64 = 0
    /// Requests.
    package var received: UInt64 = 0
    package var queued = Depths()
    package var dropped = Drops()
    /// When the client's thread last showed that it lives. A connection attempt is one step that
    /// can last two minutes and more: TCP's and the resolver's patience.
    package var heartbeat: ContinuousClock.Instant = .now

    /// Messages that wait here.
    package struct Depths: Sendable, Equatable {
        package var events = 0
        package var answers = 0
        package var telemetry = 0
        /// Retained topics whose newest value the broker does not have yet.
        package var retained = 0
        /// Handed over and not acknowledged.
        package var unacknowledged = 0

        package init() {}
    }

    /// Messages that were given up, since the start.
    package struct Drops: Sendable, Equatable {
        package var answers: UInt64 = 0
        package var telemetry: UInt64 = 0
        /// Times that `offer` said `full`; the caller keeps the event.
        package var events: UInt64 = 0
        /// Longer than a payload may be.
        package var oversize: UInt64 = 0
        /// By the broker.
        package var refused: UInt64 = 0
        /// Messages from the broker that belong to no topic of ours.
        package var strange: UInt64 = 0

        package init() {}
    }

    package init() {}
}
