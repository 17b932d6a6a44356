// What stands between the MQTT broker and the inbox.
//
// A message on `request/<verb>` -> a `ControlMessage` for the loop, or the answer that refuses it.
// The broker's access list is enough for what only tightens or reads; everything else needs a
// signature and a clock that can be trusted. Whether a token came before is asked by the loop,
// which alone touches the ledger: the message bears the proof that has to be kept first.
//
// Invariants: no refused message changes anything but counters; a flood of refused, plain or
// overheard messages takes nothing from signed ones; a pause without an end is never refused for
// its rate.
import Domain
import Host
import Messaging
import Primitives

package struct RequestGate: Sendable {
    package typealias Rate = RateLimit<ContinuousClock.Instant>.Rate

    package struct Config: Sendable {
        /// What `aud` has to be.
        package var deviceID: String
        /// Requests of one client; pauses, pauses with an end and the rest each.
        package var perClient: Rate
        /// Refused and plain requests of all clients together, but for pauses.
        package var total: Rate
        /// Refusals that are answered: less at once than the client keeps of answers, so that they
        /// push none out that tells of what was done.
        package var answered: Rate
        package var verifier: CommandVerifier.Limits

        package init(
            deviceID: String, commands: CommandSettings,
            verifier: CommandVerifier.Limits = CommandVerifier.Limits()
        ) {
            (self.deviceID, self.verifier) = (deviceID, verifier)
            perClient = Self.rate(commands.perMinuteMax)
            total = Self.rate(commands.totalPerMinuteMax)
            answered = Rate(
                perSecond: min(total.perSecond, 2), burst: min(total.burst, 32))
        }

        /// Half of a minute's share at once: enough for a person, little for a flood.
        private static func rate(_ perMinute: Int) -> Rate {
            Rate(perSecond: Double(perMinute) / 60, burst: max(1, Double(perMinute) / 2))
        }
    }

    /// What a look at the clocks and the keys brought, when the message came.
    package struct Now: Sendable {
        /// For rates: never steps.
        package let instant: ContinuousClock.Instant
        /// For tokens: the time of day.
        package let wall: Timestamp
        /// Why `wall` cannot be trusted; nil where it can.
        package let distrust: String?

        package init(instant: ContinuousClock.Instant, wall: Timestamp, distrust: String?) {
            (self.instant, self.wall, self.distrust) = (instant, wall, distrust)
        }
    }

    package enum Verdict: Sendable {
        case take(Taken)
        case refuse(Refusal)
    }

    package struct Taken: Sendable {
        package let request: ControlRequest
        package let by: String
        package let isProven: Bool
        package let proof: CommandProof?
        /// A pause beyond its sender's share: it holds trading, but need not be stored once more
        /// where trading is held by one already.
        package let isSurplus: Bool
        package let isAnswered: Bool
    }

    package struct Refusal: Sendable {
        package let answer: ControlAnswer
        /// Of a key, or `plain`.
        package let client: String
        /// The first characters of the token's id.
        package let jti: String?
        /// False: enough of the kind was said lately.
        package let isReported: Bool
        /// False: so many were answered lately that one more could push out a better answer.
        package let isAnswered: Bool
        /// Refused before this one without being reported.
        package let unreported: UInt64
    }

    /// The verbs of `request/<verb>`.
    package static let verbs = [
        "explain", "flatten", "limits", "pause", "positions", "reconcile", "reload", "report",
        "resume", "status", "weights",
    ]

    private var config: Config
    private var rates: RateLimit<ContinuousClock.Instant>
    private var answers: TokenBucket<ContinuousClock.Instant>
    private var reports: TokenBucket<ContinuousClock.Instant>
    private var tokens = TakenTokens()
    package private(set) var counters = RequestCounters()
    private var unreported: UInt64 = 0

    package init(_ config: Config, at now: ContinuousClock.Instant) {
        self.config = config
        rates = RateLimit(perClient: config.perClient, failures: config.total, at: now)
        reports = TokenBucket(perSecond: 1 / 60, burst: 2, at: now)
        answers = TokenBucket(
            perSecond: config.answered.perSecond, burst: config.answered.burst, at: now)
    }

    /// Other rates: what a client has left of the old ones is no more than a burst of the new.
    package mutating func take(_ commands: CommandSettings) {
        config = Config(deviceID: config.deviceID, commands: commands, verifier: config.verifier)
        rates.set(perClient: config.perClient, failures: config.total)
        answers.set(perSecond: config.answered.perSecond, burst: config.answered.burst)
    }

    package mutating func judge(
        _ request: IncomingRequest, keys: CommandKeys, now: Now
    ) -> Verdict {
        do throws(RequestRefusal) {
            let taken = try verdict(request, keys, now)
            counters.taken += 1
            if !taken.isAnswered { counters.unanswered += 1 }
            return .take(taken)
        } catch {
            return .refuse(refuse(error, now))
        }
    }

    /// For a message that was let through and that nobody had room for: its token may come again.
    package mutating func refuse(
        _ refusal: RequestRefusal, _ taken: Taken, _ now: Now
    ) -> Refusal {
        if let proof = taken.proof { tokens.forget(proof.kid, proof.jti) }
        return refuse(refusal, now)
    }

    private mutating func refuse(_ refusal: RequestRefusal, _ now: Now) -> Refusal {
        counters.count(refusal.code)
        let isReported = rates.takeFailure(at: now.instant)
        let isAnswered = answers.take(at: now.instant)
        if !isAnswered { counters.unanswered += 1 }
        defer { unreported = isReported ? 0 : unreported + 1 }
        return Refusal(
            answer: ControlAnswer(
                transaction: refusal.transaction, error: refusal.code,
                message: refusal.message),
            client: refusal.kid ?? CommandKey.plainClient, jti: refusal.jti,
            isReported: isReported, isAnswered: isAnswered, unreported: unreported)
    }

    private mutating func verdict(
        _ request: IncomingRequest, _ keys: CommandKeys, _ now: Now
    ) throws(RequestRefusal) -> Taken {
        guard !request.isRetained else {
            throw RequestRefusal(
                .retained,
                "a retained request would come again with every connection: send it "
                    + "without the flag")
        }
        guard Self.verbs.contains(request.verb) else {
            throw RequestRefusal(
                .unknownVerb,
                "there is no such verb; there are "
                    + Self.verbs.joined(separator: ", "))
        }
        let command = try CommandVerifier.verify(
            request.payload, topicVerb: request.verb, deviceID: config.deviceID,
            now: now.distrust == nil ? now.wall : nil, keys: keys, limits: config.verifier)
        do throws(RequestRefusal) {
            return try verdict(command, now)
        } catch {
            throw RequestRefusal(
                error.code, error.message, transaction: command.transaction, kid: command.kid,
                jti: command.jti.map { String($0.prefix(8)) })
        }
    }

    private mutating func verdict(
        _ command: VerifiedCommand, _ now: Now
    ) throws(RequestRefusal) -> Taken {
        let request = try Self.request(command)
        if request.needsProof, !command.isProven {
            guard command.proof != nil else {
                throw RequestRefusal(.unsigned, "\(command.verb) needs a signature")
            }
            throw RequestRefusal(
                .clock, "the clock cannot be trusted: \(now.distrust ?? "it is not set")")
        }
        let changes = request.isPause || request.needsProof
        // Only the first of its kind is the signer's: who overheard a token could else use up the
        // signer's share with it.
        let isFirst = command.isProven && !tokens.hold(command.proof, at: now.wall)
        if command.isProven, changes, !isFirst {
            throw RequestRefusal(
                .replayed, "this signed message was taken already: sign a new one")
        }
        let isSurplus = try !take(request, of: isFirst ? command.client : nil, now)
        if isFirst { tokens.keep(command.proof, at: now.wall) }
        var proof: CommandProof?
        if changes, command.isProven, let held = command.proof {
            proof = CommandProof(jti: held.jti, kid: held.kid, until: held.expires)
        }
        return Taken(
            request: request, by: "mqtt:\(command.client)", isProven: command.isProven,
            proof: proof, isSurplus: isSurplus,
            isAnswered: !isSurplus || answers.take(at: now.instant))
    }

    /// - Parameter signer: nil: anybody.
    /// - Returns: false for a pause beyond its share, which is taken all the same.
    /// - Throws: `rate-limited`.
    private mutating func take(
        _ request: ControlRequest, of signer: String?, _ now: Now
    ) throws(RequestRefusal) -> Bool {
        let client = signer ?? CommandKey.plainClient
        // Each has a share of its own, which neither questions nor what failed can use up: who may
        // send a pause that ends at once shall not keep out one that holds.
        if request.isEndlessPause { return rates.take(client + " pause", at: now.instant) }
        let isTaken =
            request.isPause
            ? rates.take(client + " until", at: now.instant)
            : rates.take(client, at: now.instant)
                && (signer != nil || rates.takeFailure(at: now.instant))
        // Its figures are made from the whole ledger, while nothing else is done.
        let isCheap = if case .report = request.verb { signer != nil } else { true }
        guard isTaken, isCheap || reports.take(at: now.instant) else {
            throw RequestRefusal(.rateLimited, "too many requests; ask again in a minute")
        }
        return true
    }

    /// Through the reader of the control socket, so that both ways have one grammar.
    private static func request(
        _ command: VerifiedCommand
    ) throws(RequestRefusal) -> ControlRequest {
        var members: [(key: String, value: JSONValue)] = [("verb", .string(command.verb))]
        if let transaction = command.transaction {
            members.append(("transaction", .string(transaction)))
        }
        members.append(("args", .object(command.args.map { ($0.name, $0.value) })))
        let line = Array(JSONValue.object(members).compact.utf8)
        do throws(ControlRefusal) {
            return try ControlRequest.parse(line[...])
        } catch { throw RequestRefusal(error.code, error.message) }
    }
}

/// What became of the requests since the start.
package struct RequestCounters: Sendable, Equatable {
    package fileprivate(set) var taken: UInt64 = 0
    /// Refused, or pauses beyond their share, and not answered because there were too many.
    package fileprivate(set) var unanswered: UInt64 = 0
    /// In the order of the codes.
    package private(set) var refused = CommandRefusal.allCases.map { (code: $0, count: UInt64(0)) }

    package init() {}

    package var refusedTotal: UInt64 { refused.reduce(0) { $0 + $1.count } }

    package subscript(code: CommandRefusal) -> UInt64 {
        refused.first { $0.code == code }?.count ?? 0
    }

    fileprivate mutating func count(_ code: CommandRefusal) {
        guard let place = refused.firstIndex(where: { $0.code == code }) else { return }
        refused[place].count += 1
    }

    package static func == (a: RequestCounters, b: RequestCounters) -> Bool {
        (a.taken, a.unanswered) == (b.taken, b.unanswered)
            && a.refused.map(\.count) == b.refused.map(\.count)
    }
}
