// What stands between the MQTT broker and the inbox.
//
// A message on `request/<verb>` -> a `ControlMessage` for the loop, or the answer that refuses it.
// The broker's access list is enough for what only tightens or reads; everything else needs a
// signature and a clock that can be trusted. Whether a token came before is asked by the loop,
// which alone touches the ledger: the message bears the proof that has to be kept first.
//
// Invariants: no refused message changes anything but counters; a flood of refused or plain
// messages takes nothing from signed ones, nor from a pause.
import Domain
import Host
import Messaging
import Primitives

package struct RequestGate: Sendable {
    package typealias Rate = RateLimit<ContinuousClock.Instant>.Rate

    package struct Config: Sendable {
        /// What `aud` has to be.
        package var deviceID: String
        /// Requests of one client; pauses and the rest each.
        package var perClient: Rate
        /// Refused and plain requests of all clients together, but for pauses.
        package var total: Rate
        package var verifier: CommandVerifier.Limits

        package init(
            deviceID: String, commands: CommandSettings,
            verifier: CommandVerifier.Limits = CommandVerifier.Limits()
        ) {
            (self.deviceID, self.verifier) = (deviceID, verifier)
            perClient = Self.rate(commands.perMinuteMax)
            total = Self.rate(commands.totalPerMinuteMax)
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
        case take(ControlRequest, by: String, isProven: Bool, proof: CommandProof?)
        case refuse(Refusal)
    }

    package struct Refusal: Sendable {
        package let answer: ControlAnswer
        /// Of a key, or `plain`.
        package let client: String
        /// The first characters of the token's id.
        package let jti: String?
        /// False: enough of the kind was said lately.
        package let isReported: Bool
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
    package private(set) var counters = RequestCounters()
    private var unreported: UInt64 = 0

    package init(_ config: Config, at now: ContinuousClock.Instant) {
        self.config = config
        rates = RateLimit(perClient: config.perClient, failures: config.total, at: now)
    }

    /// Other rates: what a client has left of the old ones is no more than a burst of the new.
    package mutating func take(_ commands: CommandSettings) {
        config = Config(deviceID: config.deviceID, commands: commands, verifier: config.verifier)
        rates.set(perClient: config.perClient, failures: config.total)
    }

    package mutating func judge(
        _ request: IncomingRequest, keys: CommandKeys, now: Now
    ) -> Verdict {
        do throws(RequestRefusal) {
            let verdict = try verdict(request, keys, now)
            counters.taken += 1
            return verdict
        } catch {
            return refuse(error, now)
        }
    }

    /// For what others find wrong with a message that was let through.
    package mutating func refuse(_ refusal: RequestRefusal, _ now: Now) -> Verdict {
        counters.count(refusal.code)
        // A client that asks too often was refused by its own rate: it takes no more from all.
        let isReported = rates.takeFailure(at: now.instant)
        defer { unreported = isReported ? 0 : unreported + 1 }
        return .refuse(
            Refusal(
                answer: ControlAnswer(
                    transaction: refusal.transaction, error: refusal.code,
                    message: refusal.message),
                client: refusal.kid ?? CommandKey.plainClient, jti: refusal.jti,
                isReported: isReported, unreported: unreported))
    }

    private mutating func verdict(
        _ request: IncomingRequest, _ keys: CommandKeys, _ now: Now
    ) throws(RequestRefusal) -> Verdict {
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
    ) throws(RequestRefusal) -> Verdict {
        let request = try Self.request(command)
        if request.needsProof, !command.isProven {
            guard command.proof != nil else {
                throw RequestRefusal(.unsigned, "\(command.verb) needs a signature")
            }
            throw RequestRefusal(
                .clock, "the clock cannot be trusted: \(now.distrust ?? "it is not set")")
        }
        // A pause has a share of its own, which neither questions nor what failed can use up.
        let isTaken =
            rates.take(command.client + (request.isPause ? " pause" : ""), at: now.instant)
            && (request.isPause || command.isProven || rates.takeFailure(at: now.instant))
        guard isTaken else {
            throw RequestRefusal(.rateLimited, "too many requests; ask again in a minute")
        }
        var proof: CommandProof?
        let changes = request.isPause || request.needsProof
        if changes, command.isProven, let held = command.proof {
            proof = CommandProof(jti: held.jti, kid: held.kid, until: held.expires)
        }
        return .take(
            request, by: "mqtt:\(command.client)", isProven: command.isProven, proof: proof)
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
        a.taken == b.taken && a.refused.map(\.count) == b.refused.map(\.count)
    }
}
