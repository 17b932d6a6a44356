import Appliance
import Domain
import Host
import Messaging
import Primitives
import Testing

/// A gate with a key made for this run, and a clock that the test sets.
final class Gate {
    static let wall = Timestamp(seconds: 1_800_000_000)
    let key: CommandKey
    let keys: CommandKeys
    private var gate: RequestGate
    private let start = ContinuousClock.now
    var distrust: String?

    init(perMinute: Int = 30, total: Int = 120) throws {
        key = try CommandKey.mint(.hs256, kid: "k1")
        keys = try CommandKeys([key])
        var commands = CommandSettings()
        (commands.perMinuteMax, commands.totalPerMinuteMax) = (perMinute, total)
        gate = RequestGate(
            RequestGate.Config(deviceID: "bw-1a2b", commands: commands), at: start)
    }

    var counters: RequestCounters { gate.counters }

    /// As where the inbox had no room.
    func giveBack(_ taken: RequestGate.Taken) {
        _ = gate.refuse(
            RequestRefusal(.rateLimited, "too many wait"), taken,
            RequestGate.Now(instant: start, wall: Self.wall, distrust: nil))
    }

    func token(
        _ verb: String, _ args: [(key: String, value: OrderedJSON)] = [],
        device: String = "bw-1a2b", at seconds: Int64 = 0, key: CommandKey? = nil
    ) throws -> String {
        try #require(
            CommandSigner.sign(
                verb: verb, args: args, transaction: "t1", issuer: "test", deviceID: device,
                now: Self.wall + Span(seconds: seconds), key: key ?? self.key))
    }

    func setRates(perMinute: Int, total: Int) {
        var commands = CommandSettings()
        (commands.perMinuteMax, commands.totalPerMinuteMax) = (perMinute, total)
        gate.take(commands)
    }

    func judge(
        _ verb: String, _ payload: String, isRetained: Bool = false, after seconds: Double = 0
    ) -> RequestGate.Verdict {
        gate.judge(
            IncomingRequest(
                verb: verb, payload: Array(payload.utf8), isRetained: isRetained,
                responseTopic: nil, correlation: nil),
            keys: keys,
            now: RequestGate.Now(
                instant: start + .seconds(seconds), wall: Self.wall, distrust: distrust))
    }
}

extension RequestGate.Verdict {
    var code: CommandRefusal? {
        if case .refuse(let refusal) = self { refusal.answer.error } else { nil }
    }

    var taken: RequestGate.Taken? { if case .take(let taken) = self { taken } else { nil } }
    var isProven: Bool? { taken?.isProven }
    var by: String? { taken?.by }
    var proof: CommandProof? { taken?.proof }
}
