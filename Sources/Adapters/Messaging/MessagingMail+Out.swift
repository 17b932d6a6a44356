import Domain

// What goes to the broker next.
extension Mail {
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
        if !removalsDue.isEmpty {
            return Parcel(kind: .discovery, topic: removalsDue.removeFirst(), payload: "")
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
}
