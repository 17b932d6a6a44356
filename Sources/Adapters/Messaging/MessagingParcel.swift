import Domain

/// A message on its way to the broker.
struct Parcel: Sendable {
    enum Kind: Sendable {
        case availability(isOnline: Bool)
        case answer(Answer)
        case discovery
        case retained(RetainedTopic)
        case event(OutgoingEvent)
        case telemetry
    }

    let kind: Kind
    let topic: String
    let payload: String

    var isRetained: Bool {
        switch kind {
        case .availability, .discovery, .retained: true
        case .answer, .event, .telemetry: false
        }
    }

    /// 1, at least once, or 0, at most once.
    var quality: Int32 {
        if case .telemetry = kind { return 0 }
        return 1
    }
}

/// One publication of an answer.
struct Answer: Sendable {
    let topic: String
    let payload: String
    let correlation: [UInt8]?
    let madeAt: ContinuousClock.Instant
}
