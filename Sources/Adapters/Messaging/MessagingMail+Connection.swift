// What connections, acknowledgements and refusals do to the mail.
import Domain

extension Mail {
    /// The broker may have lost all that it kept: birth, device and the newest values go again.
    mutating func connectionBegan() {
        faults = faults.filter { $0.key == Self.rival }
        availability = true
        parkedUntil = .now
        repeatAll()
    }

    mutating func repeatAll() {
        repeatAt = nil
        discoveryIsDue = discovery != nil
        removalsDue = removals.sorted()
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
            case .discovery where parcel.payload.isEmpty:
                if removals.contains(parcel.topic), !removalsDue.contains(parcel.topic) {
                    removalsDue.append(parcel.topic)
                }
            case .discovery: discoveryIsDue = discovery != nil
            case .telemetry: dropped.telemetry += 1
            case .availability: break
            }
        }
        answers.putBack(lateAnswers)
        events.putBack(lateEvents)
    }

    // MARK: - The broker's word

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
        switch parcel.kind {
        case .event(let event): delivered.append(event.id)
        case .discovery where parcel.payload.isEmpty:
            if removals.remove(parcel.topic) != nil { removed.append(parcel.topic) }
        default: break
        }
    }

    /// By the broker or, for its size, by the library; a later value may pass.
    mutating func refused(_ parcel: Parcel, because reason: String) {
        dropped.refused += 1
        let topic = faultTopic(of: parcel)
        faults[topic] = "the broker refuses what is sent to \(topic): \(reason)"
        if case .discovery = parcel.kind, parcel.payload.isEmpty {
            // Perhaps of a place where this user may not write any more: the next start tries again.
            removals.remove(parcel.topic)
            return
        }
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

    /// Topics of devices of before that the broker has emptied.
    mutating func takeRemoved() -> [String] {
        defer { removed.removeAll() }
        return removed
    }

    mutating func takeDelivered() -> [String] {
        defer { delivered.removeAll(keepingCapacity: true) }
        return delivered
    }
}
