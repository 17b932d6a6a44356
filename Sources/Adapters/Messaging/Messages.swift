// What passes between the daemon and the MQTT broker, without a word of MQTT's own machinery.
import Domain

/// A topic whose newest value alone counts: retained at the broker, sent at least once.
package enum RetainedTopic: String, Sendable, CaseIterable {
    case state, portfolio, positions, weights
}

/// Something that happened, kept in the outbox of the ledger until the broker has confirmed it.
package struct OutgoingEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case signal, trade, alert, reconciliation
    }

    /// A ULID; what a receiver that gets it twice knows it by.
    package let id: String
    package let kind: Kind
    /// JSON.
    package let payload: String

    package init(id: String, kind: Kind, payload: String) {
        self.id = id
        self.kind = kind
        self.payload = payload
    }
}

/// What becomes of an event that is offered.
package enum OfferAnswer: Sendable, Equatable {
    case taken
    /// There is no room now: keep it and offer it again later.
    case full
    /// It is longer than a message may be.
    case never
}

/// A message on `request/<verb>` as it came in; nothing of it was checked but its size.
package struct IncomingRequest: Sendable, Equatable {
    /// Bytes of a payload. Of a longer one, one byte more than this is handed on, so that it is
    /// seen to be oversize and answered as such.
    package static let sizeMax = 4_096

    /// The last level of the topic.
    package let verb: String
    package let payload: [UInt8]
    package let isRetained: Bool
    /// MQTT 5: where the sender wants the answer, and what it knows it by; both as they came.
    package let responseTopic: String?
    package let correlation: [UInt8]?

    package init(
        verb: String, payload: [UInt8], isRetained: Bool, responseTopic: String?,
        correlation: [UInt8]?
    ) {
        self.verb = verb
        self.payload = payload
        self.isRetained = isRetained
        self.responseTopic = responseTopic
        self.correlation = correlation
    }
}
