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

/// All that waits for the broker and all that is on its way to it.
///
/// The newest value per retained topic; answers and telemetry in rings that drop their oldest;
/// events in a ring that refuses, because the ledger keeps them. Nothing is counted as delivered
/// before the broker has acknowledged it; what was on its way when a connection ended goes again.
struct Mail {
    private let topics: Topics
    private let limits: MessagingConfig.Limits

    /// To be said next.
    private var availability: Bool?
    private var isClosing = false
    private var values: [RetainedTopic: String] = [:]
    /// Not sent, or changed since.
    private var stale: Set<RetainedTopic> = []
    private var discovery: (topic: String, payload: String)?
    private var discoveryIsDue = false
    /// A device's topic of before, to be emptied.
    private var discoveryToRemove: String?
    private var answers: MessageRing<Answer>
    private var events: MessageRing<OutgoingEvent>
    private var telemetry: MessageRing<String>
    /// Refused by the broker: tried again later.
    private var parked: [OutgoingEvent] = []
    private var parkedUntil = ContinuousClock.now
    private var delivered: [String] = []
    private var repeatAt: ContinuousClock.Instant?

    private var underway: [Int32: (parcel: Parcel, handedAt: ContinuousClock.Instant)] = [:]
    private var eventsUnderway = 0
    /// The telemetry message that the library has not written yet.
    private var telemetryUnderway: Int32?

    private(set) var published: UInt64 = 0
    var dropped = MessagingStatus.Drops()
    /// By topic, what the broker said of the last try.
    private(set) var faults: [String: String] = [:]

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
            && !discoveryIsDue
            && availability == nil
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

    mutating func offer(_ event: OutgoingEvent) -> Bool {
        let bytes = event.payload.utf8.count
        let others = eventsUnderway + parked.count + delivered.count
        guard bytes <= limits.payloadBytes else {
            dropped.oversize += 1
            return false
        }
        guard events.hasRoom(bytes: bytes, others: others) else {
            dropped.events += 1
            return false
        }
        events.append(event, bytes: bytes)
        return true
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
        if let old = discovery, old.topic != new?.topic { discoveryToRemove = old.topic }
        if discoveryToRemove == new?.topic { discoveryToRemove = nil }
        discovery = new
        discoveryIsDue = new != nil
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

    // MARK: The connection

    /// The broker may have lost all that it kept: birth, device and the newest values go again.
    mutating func connectionBegan() {
        faults = faults.filter { $0.key == Self.rival }
        availability = true
        parkedUntil = .now
        repeatAll()
    }

    private mutating func repeatAll() {
        repeatAt = nil
        discoveryIsDue = discovery != nil
        stale = Set(values.keys)
    }

    /// Home Assistant has started and may know nothing of us.
    mutating func repeatAll(at time: ContinuousClock.Instant) { repeatAt = repeatAt ?? time }

    /// What was on its way goes again, before all else and in its order.
    mutating func connectionEnded() {
        let back = underway.sorted { $0.value.handedAt < $1.value.handedAt }.map(\.value.parcel)
        underway.removeAll()
        telemetryUnderway = nil
        eventsUnderway = 0
        availability = nil
        putBack(back)
    }

    /// The library did not take it.
    mutating func returned(_ parcel: Parcel) { putBack([parcel]) }

    private mutating func putBack(_ parcels: [Parcel]) {
        var lateAnswers: [(element: Answer, bytes: Int)] = []
        var lateEvents: [(element: OutgoingEvent, bytes: Int)] = []
        for parcel in parcels {
            let bytes = parcel.payload.utf8.count
            switch parcel.kind {
            case .answer(let answer): lateAnswers.append((answer, bytes))
            case .event(let event): lateEvents.append((event, bytes))
            case .retained(let topic): stale.insert(topic)
            case .discovery: discoveryIsDue = discovery != nil
            case .telemetry: dropped.telemetry += 1
            case .availability: break
            }
        }
        answers.putBack(lateAnswers)
        events.putBack(lateEvents)
    }

    // MARK: Out

    /// What goes next; nil when there is nothing, or no place for it now.
    ///
    /// - Parameter isBusy: the library still has bytes to write; telemetry waits for it.
    mutating func next(isBusy: Bool, at now: ContinuousClock.Instant) -> Parcel? {
        if let due = repeatAt, due <= now { repeatAll() }
        // `offline` is the last word and needs no place.
        if underway.count < limits.inflight || isClosing, let parcel = nextAcknowledged(at: now) {
            return parcel
        }
        guard !isBusy, !isClosing, telemetryUnderway == nil, let payload = telemetry.popFirst()
        else {
            return nil
        }
        return Parcel(kind: .telemetry, topic: topics.telemetry, payload: payload)
    }

    private mutating func nextAcknowledged(at now: ContinuousClock.Instant) -> Parcel? {
        if let isOnline = availability {
            availability = nil
            return Parcel(
                kind: .availability(isOnline: isOnline), topic: topics.availability,
                payload: isOnline ? "online" : "offline")
        }
        if isClosing { return nil }
        while let answer = answers.popFirst() {
            guard now - answer.madeAt < limits.answerLife else {
                dropped.answers += 1
                continue
            }
            return Parcel(kind: .answer(answer), topic: answer.topic, payload: answer.payload)
        }
        if let topic = discoveryToRemove {
            discoveryToRemove = nil
            return Parcel(kind: .discovery, topic: topic, payload: "")
        }
        if discoveryIsDue, let discovery {
            discoveryIsDue = false
            return Parcel(kind: .discovery, topic: discovery.topic, payload: discovery.payload)
        }
        return nextRetained() ?? nextEvent(at: now)
    }

    /// One value of a topic is on its way at a time; meanwhile newer ones replace each other here.
    private mutating func nextRetained() -> Parcel? {
        guard !stale.isEmpty else { return nil }
        let underwayNow = underway.values.compactMap {
            if case .retained(let topic) = $0.parcel.kind { topic } else { nil }
        }
        for topic in RetainedTopic.allCases
        where stale.contains(topic) && !underwayNow.contains(topic) {
            stale.remove(topic)
            guard let payload = values[topic] else { continue }
            return Parcel(
                kind: .retained(topic), topic: topics.retained(topic), payload: payload)
        }
        return nil
    }

    private mutating func nextEvent(at now: ContinuousClock.Instant) -> Parcel? {
        guard eventsUnderway < limits.inflightEvents else { return nil }
        if !parked.isEmpty, parkedUntil <= now {
            for event in parked { events.append(event, bytes: event.payload.utf8.count) }
            parked.removeAll()
        }
        guard let event = events.popFirst() else { return nil }
        return Parcel(
            kind: .event(event), topic: topics.event(event.kind), payload: event.payload)
    }

    /// The library took it under this number.
    mutating func handed(_ parcel: Parcel, number: Int32, at now: ContinuousClock.Instant) {
        if case .telemetry = parcel.kind {
            telemetryUnderway = number
            published += 1
            return
        }
        if case .event = parcel.kind { eventsUnderway += 1 }
        underway[number] = (parcel, now)
    }

    /// - Parameter reason: of MQTT 5; from 0x80 on it is a refusal.
    mutating func acknowledged(_ number: Int32, reason: Int32, text: String) {
        if number == telemetryUnderway {
            telemetryUnderway = nil
            return
        }
        guard let parcel = underway.removeValue(forKey: number)?.parcel else { return }
        if case .event = parcel.kind { eventsUnderway -= 1 }
        if reason >= 0x80 {
            refused(parcel, because: text)
            return
        }
        published += 1
        faults[faultTopic(of: parcel)] = nil
        if case .event(let event) = parcel.kind { delivered.append(event.id) }
    }

    /// By the broker or, for its size, by the library; a later value may pass.
    mutating func refused(_ parcel: Parcel, because reason: String) {
        dropped.refused += 1
        let topic = faultTopic(of: parcel)
        faults[topic] = "the broker refuses what is sent to \(topic): \(reason)"
        guard case .event(let event) = parcel.kind else {
            // The access list may be mended without a new connection.
            if parcel.isRetained && !isClosing { repeatAll(at: .now + limits.refusedPause) }
            return
        }
        if parked.isEmpty { parkedUntil = .now + limits.refusedPause }
        parked.append(event)
    }

    private static let rival = "client id"

    /// Another client takes our session, it seems. Connections come and go then; this stays to be seen.
    mutating func rivalSeen(_ sentence: String) { faults[Self.rival] = sentence }

    /// - Returns: whether there was one.
    mutating func rivalIsGone() -> Bool { faults.removeValue(forKey: Self.rival) != nil }

    /// Answers share one: topics of the senders' choice would be many.
    private func faultTopic(of parcel: Parcel) -> String {
        if case .answer = parcel.kind { return topics.responses }
        return parcel.topic
    }

    /// What the broker said to our subscription.
    mutating func subscribed(_ topic: String, reason: Int32, text: String) {
        faults[topic] =
            reason < 0x80 ? nil : "the broker refuses to let us read \(topic): \(text)"
    }

    var hasDelivered: Bool { !delivered.isEmpty }

    mutating func takeDelivered() -> [String] {
        defer { delivered.removeAll(keepingCapacity: true) }
        return delivered
    }
}
