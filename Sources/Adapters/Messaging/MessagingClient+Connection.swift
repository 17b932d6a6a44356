// What the client's thread tells the client.
import Domain

extension MessagingClient {
    func connectionBegan(_ wire: MessagingStatus.Wire, isFirst: Bool) {
        withMail { $0.connectionBegan() }
        withStatus {
            $0.isConnected = true
            $0.since = now()
            $0.speaks = wire
            $0.lastError = nil
            if !isFirst { $0.reconnects += 1 }
        }
        onChange()
    }

    func connectionIsStable() {
        if withMail({ $0.rivalIsGone() }) { faultsMayHaveChanged() }
    }

    func connectionEnded(_ trouble: ConnectionTrouble, isLostAgainAndAgain: Bool) {
        withMail {
            $0.connectionEnded()
            if trouble == .farewell(0x8E) {
                $0.rivalSeen(trouble.sentence(config))
            } else if isLostAgainAndAgain {
                $0.rivalSeen(ConnectionTrouble.rival(config))
            }
        }
        faultsMayHaveChanged()
        withStatus {
            $0.isConnected = false
            $0.since = now()
            $0.speaks = nil
            $0.lastError = trouble == .stopped ? nil : trouble.sentence(config)
        }
        onChange()
    }

    /// Why there is no connection; the same reason again is no news.
    func note(_ trouble: ConnectionTrouble) {
        if trouble == .stopped || trouble.refusesVersion { return }
        let sentence = trouble.sentence(config)
        var isNew = false
        withStatus {
            isNew = $0.lastError != sentence
            $0.lastError = sentence
        }
        if isNew { onChange() }
    }

    func take(_ news: Connection.News, from connection: Connection) {
        for (number, reason) in news.subscribed {
            guard let topic = connection.subscriptions[number] else { continue }
            withMail { $0.subscribed(topic, reason: reason, text: Connection.reason(reason)) }
            faultsMayHaveChanged()
        }
        for (number, reason) in news.acknowledged {
            withMail {
                $0.acknowledged(number, reason: reason, text: Connection.reason(reason))
            }
        }
        if !news.acknowledged.isEmpty {
            faultsMayHaveChanged()
            if withMail({ $0.hasDelivered }) { onDelivered() }
        }
        for message in news.messages { take(message) }
    }

    private func take(_ message: Connection.Message) {
        if message.topic == config.homeAssistantStatus {
            guard message.payload == Array("online".utf8) else { return }
            let delay = config.limits.homeAssistantDelay * Double.random(in: 0...1)
            withMail { $0.repeatAll(at: .now + delay) }
            return
        }
        guard let verb = topics.verb(of: message.topic) else {
            withMail { $0.dropped.strange += 1 }
            return
        }
        withStatus { $0.received += 1 }
        onRequest(
            IncomingRequest(
                verb: verb, payload: message.payload, isRetained: message.isRetained,
                responseTopic: message.responseTopic, correlation: message.correlation))
    }

    func faultsMayHaveChanged() {
        let faults = withMail { $0.faults }
        var isNew = false
        withStatus {
            let sentences = faults.sorted { $0.key < $1.key }.map(\.value)
            isNew = $0.faults != sentences
            $0.faults = sentences
        }
        if isNew { onChange() }
    }
}
