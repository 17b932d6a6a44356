import Glibc

/// What the client's thread does: connect, talk until the end, wait, and again.
struct ConnectionLoop {
    let client: MessagingClient
    private var backoff: Backoff
    private var random = SystemRandomNumberGenerator()
    private var hasConnected = false
    /// Connections in a row that ended soon and without the broker's word.
    private var shortOnes = 0

    private var limits: MessagingConfig.Limits { client.config.limits }

    init(client: MessagingClient) {
        self.client = client
        backoff = Backoff(client.config.limits)
    }

    mutating func run() {
        var wire = MessagingStatus.Wire.mqtt5
        while client.stopDeadline == nil {
            client.beat()
            client.withStatus { $0.attempts += 1 }
            let (trouble, uptime) = attempt(wire)
            client.note(trouble)
            if trouble.refusesVersion {
                wire = .mqtt311
                continue
            }
            // The broker may be another one, or newer, next time.
            wire = .mqtt5
            wait(backoff.next(afterConnection: uptime, using: &random))
        }
    }

    /// One connection from beginning to end.
    private mutating func attempt(
        _ wire: MessagingStatus.Wire
    ) -> (trouble: ConnectionTrouble, uptime: Duration?) {
        let connection: Connection
        do {
            connection = try Connection(client.config, topics: client.topics, speaks: wire)
        } catch {
            return (.setup(error), nil)
        }
        if let trouble = connection.connect() { return (trouble, nil) }
        return withExtendedLifetime(connection) {
            var began: ContinuousClock.Instant?
            let trouble = talk(connection, &began)
            let uptime = began.map { .now - $0 }
            if let uptime {
                shortOnes = trouble.isLoss && uptime < limits.stableAfter ? shortOnes + 1 : 0
                client.connectionEnded(trouble, isLostAgainAndAgain: shortOnes >= 3)
            }
            return (trouble, uptime)
        }
    }

    private mutating func talk(
        _ connection: Connection, _ began: inout ContinuousClock.Instant?
    ) -> ConnectionTrouble {
        let opened = ContinuousClock.now
        while true {
            client.beat()
            let (news, trouble) = connection.turn(client.waker, milliseconds: 500)
            if let reason = news.greeting {
                guard reason == 0 else { return .refused(reason, connection.speaks) }
                began = .now
                client.connectionBegan(connection.speaks, isFirst: !hasConnected)
                hasConnected = true
            }
            client.take(news, from: connection)
            if let reason = news.farewell { return .farewell(reason) }
            if let trouble {
                let isClosed = trouble.isClosed && began == nil
                return isClosed ? .closedUngreeted(connection.speaks) : trouble
            }
            guard let since = began else {
                if client.stopDeadline != nil { return .stopped }
                if .now - opened > limits.handshake { return .noGreeting }
                continue
            }
            if .now - since > limits.stableAfter { client.connectionIsStable() }
            if let deadline = client.stopDeadline { return close(connection, by: deadline) }
            if let trouble = handOver(to: connection) { return trouble }
        }
    }

    /// Gives the library what there is place for.
    private func handOver(to connection: Connection) -> ConnectionTrouble? {
        let now = ContinuousClock.now
        while let parcel = client.withMail({ $0.next(isBusy: connection.isBusy, at: now) }) {
            switch connection.publish(parcel) {
            case .taken(let number):
                client.withMail { $0.handed(parcel, number: number, at: now) }
            case .refused(let reason):
                client.withMail { $0.refused(parcel, because: reason) }
                client.faultsMayHaveChanged()
            case .lost(let code):
                client.withMail { $0.returned(parcel) }
                return .library(code, Connection.text(code), complaint: nil)
            }
        }
        if let oldest = client.withMail({ $0.oldestUnderway }),
            now - oldest > limits.acknowledgement
        {
            return .noAcknowledgement
        }
        return nil
    }

    /// Sends the rest in half of the time, says `offline`, waits for the word on it, and leaves.
    private func close(
        _ connection: Connection, by deadline: ContinuousClock.Instant
    ) -> ConnectionTrouble {
        let half = ContinuousClock.now + (deadline - .now) / 2
        var hasSaidGoodbye = false
        while .now < deadline {
            let isSettled = client.withMail { $0.isSettled }
            if hasSaidGoodbye && isSettled { break }
            if !hasSaidGoodbye && (isSettled || .now >= half) {
                client.withMail { $0.close() }
                hasSaidGoodbye = true
            }
            if let trouble = handOver(to: connection) { return trouble }
            client.beat()
            let (news, trouble) = connection.turn(client.waker, milliseconds: 50)
            client.take(news, from: connection)
            if let trouble { return trouble }
        }
        connection.disconnect()
        while .now < deadline, connection.turn(client.waker, milliseconds: 50).1 == nil {}
        return .stopped
    }

    /// Sleeps, but for signs of life, until the time has passed or the client is to stop.
    private func wait(_ time: Duration) {
        let until = ContinuousClock.now + time
        while client.stopDeadline == nil {
            client.beat()
            let left = until - .now
            guard left > .zero else { return }
            let parts = min(left, .seconds(5)).components
            let milliseconds = parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
            var watched = pollfd(
                fd: client.waker.descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&watched, 1, Int32(milliseconds) + 1)
            if watched.revents != 0 { client.waker.clear() }
        }
    }
}
