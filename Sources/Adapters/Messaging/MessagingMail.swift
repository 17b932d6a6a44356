import Domain

/// All that waits for the broker and all that is on its way to it.
///
/// The newest value per retained topic; answers and telemetry in rings that drop their oldest;
/// events in a ring that refuses, because the ledger keeps them. Nothing is counted as delivered
/// before the broker has acknowledged it; what was on its way when a connection ended goes again.
struct Mail {
    let topics: Topics
    let limits: MessagingConfig.Limits

    /// To be said next.
    var availability: Bool?
    var isClosing = false
    var values: [RetainedTopic: String] = [:]
    /// Not sent, or changed since.
    var stale: Set<RetainedTopic> = []
    var discovery: (topic: String, payload: String)?
    var discoveryIsDue = false
    /// Topics of devices of before, to be emptied: all, those not on their way, and those done.
    var removals: Set<String> = []
    var removalsDue: [String] = []
    var removed: [String] = []
    var answers: MessageRing<Answer>
    var events: MessageRing<OutgoingEvent>
    var telemetry: MessageRing<String>
    /// Refused by the broker: tried again later.
    var parked: [OutgoingEvent] = []
    var parkedUntil = ContinuousClock.now
    var delivered: [String] = []
    var repeatAt: ContinuousClock.Instant?

    var underway: [Int32: (parcel: Parcel, handedAt: ContinuousClock.Instant)] = [:]
    var eventsUnderway = 0
    /// The telemetry message that the library has not written yet.
    var telemetryUnderway: Int32?

    var published: UInt64 = 0
    var dropped = MessagingStatus.Drops()
    /// By topic, what the broker said of the last try.
    var faults: [String: String] = [:]

    init(topics: Topics, limits: MessagingConfig.Limits) {
        self.topics = topics
        self.limits = limits
        answers = MessageRing(capacity: limits.answers, bytesMax: limits.ringBytes)
        events = MessageRing(capacity: limits.events, bytesMax: limits.ringBytes)
        telemetry = MessageRing(capacity: limits.telemetry, bytesMax: limits.ringBytes)
    }

    var depths: MessagingStatus.Depths {
        var depths = MessagingStatus.Depths()
        depths.events = events.count + parked.count
        depths.answers = answers.count
        depths.telemetry = telemetry.count
        depths.retained = stale.count
        depths.unacknowledged = underway.count
        return depths
    }

    /// Whether all that a receiver would miss has reached the broker.
    var isSettled: Bool {
        if isClosing { return availability == nil && !isOfflineUnderway }
        return underway.isEmpty && stale.isEmpty && answers.isEmpty && events.isEmpty
            && !discoveryIsDue && removalsDue.isEmpty && availability == nil
    }

    private var isOfflineUnderway: Bool {
        underway.values.contains {
            if case .availability(isOnline: false) = $0.parcel.kind { true } else { false }
        }
    }

    var oldestUnderway: ContinuousClock.Instant? { underway.values.map(\.handedAt).min() }

    // MARK: In

    mutating func publish(_ topic: RetainedTopic, _ payload: String) {
        guard fits(payload) else { return }
        values[topic] = payload
        stale.insert(topic)
    }

    mutating func offer(_ event: OutgoingEvent) -> OfferAnswer {
        guard fits(event.payload) else { return .never }
        let bytes = event.payload.utf8.count
        let others = eventsUnderway + parked.count + delivered.count
        guard events.hasRoom(bytes: bytes, others: others) else {
            dropped.events += 1
            return .full
        }
        events.append(event, bytes: bytes)
        return .taken
    }

    mutating func publish(telemetry payload: String) {
        guard fits(payload) else { return }
        let gone = telemetry.appendDroppingOldest(payload, bytes: payload.utf8.count)
        dropped.telemetry += UInt64(gone)
    }

    mutating func answer(
        _ request: IncomingRequest, verb: String, payload: String, at now: ContinuousClock.Instant
    ) {
        guard fits(payload) else { return }
        let common = topics.response(verb)
        var places = [common]
        if let own = request.responseTopic, own != common, topics.isResponse(own) {
            places.append(own)
        }
        for topic in places {
            let answer = Answer(
                topic: topic, payload: payload, correlation: request.correlation, madeAt: now)
            let gone = answers.appendDroppingOldest(answer, bytes: payload.utf8.count)
            dropped.answers += UInt64(gone)
        }
    }

    mutating func announce(_ new: (topic: String, payload: String)?) {
        if let new, let old = discovery, new == old { return }
        if let new, !fits(new.payload) { return }
        let old = discovery
        discovery = new
        discoveryIsDue = new != nil
        if let old { retire(discovery: old.topic) }
        if let new {
            removals.remove(new.topic)
            removalsDue.removeAll { $0 == new.topic }
        }
    }

    /// Empties the topic of a device that is ours no more.
    mutating func retire(discovery topic: String) {
        guard topic != discovery?.topic, removals.insert(topic).inserted else { return }
        removalsDue.append(topic)
    }

    /// Only `offline` still goes; all else stays where it is.
    mutating func close() {
        isClosing = true
        availability = false
    }

    private mutating func fits(_ payload: String) -> Bool {
        if payload.utf8.count <= limits.payloadBytes { return true }
        dropped.oversize += 1
        return false
    }
}
