import Primitives

/// How often requests may come: a token bucket for every client, and one for the failures of all.
/// The number of buckets is bounded; time is passed in.
package struct RateLimit<Instant: InstantProtocol>: Sendable
where Instant.Duration == Duration, Instant: Sendable {
    package struct Rate: Sendable, Equatable {
        package var perSecond: Double
        package var burst: Double

        package init(perSecond: Double, burst: Double) {
            (self.perSecond, self.burst) = (perSecond, burst)
        }
    }

    private var perClient: Rate
    private let clientsMax: Int
    private var clients: [(name: String, bucket: TokenBucket<Instant>)] = []
    private var failures: TokenBucket<Instant>

    /// - Parameter clientsMax: more names than there are keys can only be made up; what is beyond
    ///   shares the last bucket's fate: it is refused until another has rested.
    package init(
        perClient: Rate, failures: Rate, clientsMax: Int = 64, at now: Instant
    ) {
        self.perClient = perClient
        self.clientsMax = clientsMax
        self.failures = TokenBucket(
            perSecond: failures.perSecond, burst: failures.burst, at: now)
    }

    /// Other rates from now on; who has used up a share has no new one by that.
    package mutating func set(perClient: Rate, failures: Rate) {
        self.perClient = perClient
        for place in clients.indices {
            clients[place].bucket.set(perSecond: perClient.perSecond, burst: perClient.burst)
        }
        self.failures.set(perSecond: failures.perSecond, burst: failures.burst)
    }

    package var clientCount: Int { clients.count }

    /// - Returns: false when the client has asked too often.
    package mutating func take(_ client: String, at now: Instant) -> Bool {
        if let place = clients.firstIndex(where: { $0.name == client }) {
            return clients[place].bucket.take(at: now)
        }
        if clients.count >= clientsMax {
            // A bucket that is full again says nothing of its client.
            for place in clients.indices.reversed() where clients[place].bucket.isFull(at: now) {
                clients.remove(at: place)
            }
            guard clients.count < clientsMax else { return false }
        }
        var bucket = TokenBucket(perSecond: perClient.perSecond, burst: perClient.burst, at: now)
        let isTaken = bucket.take(at: now)
        clients.append((client, bucket))
        return isTaken
    }

    /// - Returns: false when so much has failed that no more is said of it.
    package mutating func takeFailure(at now: Instant) -> Bool { failures.take(at: now) }
}
