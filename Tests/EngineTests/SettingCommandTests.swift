import Domain
import Learning
import Primitives
import Risk
import Signals
import TestSupport
import Testing

@testable import Engine

/// Weights and limits that a person sets.
@Suite struct SettingCommandTests {
    private func make(_ change: (inout EngineConfig) -> Void = { _ in }) throws -> World {
        var world = World {
            $0.signals.trend.enabled = true
            $0.signals.reversion.enabled = true
            $0.learning.samplesMin = 1
            $0.risk.positionsMax = 10
            $0.risk.dailyLossShareMax = 0.1
            change(&$0)
        }
        try world.open()
        return world
    }

    private let half = Command.Verb.weights(.set([0.5, 0.25, 0.25]))

    @Test("S21: weights that are set are a version with its row, survive a restart, and go back")
    func weights() throws {
        var world = try make()
        let first = world.engine.weights
        let answer = try #require(try world.send(half, "t1"))
        #expect(answer.refusal == nil)
        #expect(answer.figures?.first == Figure("version", "\(first.version + 1)"))
        #expect(world.engine.weights.values == [0.5, 0.25, 0.25])
        let row = try #require(world.ledger.weights.last)
        #expect(row.cause == WeightsChange.byOperator && row.credits == [0, 0, 0])
        #expect(try world.send(half, "t1") == answer, "alike, and no second version")
        #expect(world.ledger.weights.count == 2)
        try world.restart()
        #expect(world.engine.weights == row.weights)
        // Out of the ledger, as a loop gives it.
        world.engine.recall(first)
        let back = Command.Verb.weights(.rollback(version: first.version))
        #expect(try world.send(back, "t2")?.refusal == nil)
        #expect(world.engine.weights.values == first.values)
        #expect(world.engine.weights.version == first.version + 2)
        #expect(world.ledger.problems.isEmpty)
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        let name: String
        let verb: Command.Verb
        var isProven = true
        var isLearning = true
        let refusal: CommandRefusal
        var testDescription: String { name }
    }

    static let refusals = [
        Refused(
            name: "weights without proof", verb: .weights(.freeze), isProven: false,
            refusal: .unsigned),
        Refused(
            name: "limits without proof", verb: .limits([.positionsMax: 1]), isProven: false,
            refusal: .unsigned),
        Refused(
            name: "a sum that is not 1", verb: .weights(.set([0.5, 0.5, 0.5])),
            refusal: .invalidArgument),
        Refused(
            name: "no number", verb: .weights(.set([.nan, 0.5, 0.5])), refusal: .invalidArgument),
        Refused(name: "too few", verb: .weights(.set([1])), refusal: .invalidArgument),
        Refused(
            name: "below the floor", verb: .weights(.set([0.8, 0.2, 0])), refusal: .invalidArgument),
        Refused(
            name: "learning is off", verb: .weights(.set([0.5, 0.25, 0.25])), isLearning: false,
            refusal: .invalidArgument),
        Refused(
            name: "a version that never was", verb: .weights(.rollback(version: 77)),
            refusal: .invalidArgument),
        Refused(
            name: "a raised limit", verb: .limits([.positionsMax: 11]), refusal: .invalidArgument),
        Refused(
            name: "one raised among lowered",
            verb: .limits([.positionsMax: 5, .dailyLossShareMax: 1]),
            refusal: .invalidArgument),
        Refused(
            name: "half a position", verb: .limits([.positionsMax: 1.5]), refusal: .invalidArgument),
        Refused(name: "zero", verb: .limits([.dailyLossShareMax: 0]), refusal: .invalidArgument),
        Refused(
            name: "infinity", verb: .limits([.exposureShareMax: .infinity]),
            refusal: .invalidArgument),
    ]

    @Test(
        "S39: settings that are refused are recorded, answered and change nothing",
        arguments: refusals)
    func refused(_ row: Refused) throws {
        var world = try make { $0.learning.enabled = row.isLearning }
        let (weights, limits) = (world.engine.weights, world.engine.gate.config)
        let answer = try #require(try world.send(row.verb, "t", isProven: row.isProven))
        #expect(answer.refusal == row.refusal && !answer.message.isEmpty)
        #expect(world.engine.weights == weights && world.engine.gate.config == limits)
        #expect(world.engine.overrides == OperatorOverrides())
        #expect(world.ledger.commands.count == 1)
        try world.restart()
        #expect(world.engine.overrides == OperatorOverrides())
        #expect(world.engine.weights == weights)
    }

    @Test("Frozen weights learn nothing, also after a restart, until they are set free")
    func freeze() throws {
        var world = World {
            $0.signals.reversion.enabled = true
            $0.signals.reversion.period = 5
            $0.signals.reversion.entryZ = 100
            $0.learning.samplesMin = 1
        }
        try world.open()
        for minute in 30..<40 { try world.bar("13:\(minute)", minute % 2 == 0 ? "10" : "10.1") }
        func trade(_ minute: Int) throws {
            try world.news("14:\(minute)")
            try world.bar("14:\(minute)", "10")
            #expect(!world.position.isZero)
            world.engine.wantExit(.time, SymbolID(index: 0))
            try world.bar("14:\(minute + 1)", "11")
            try world.bar("14:\(minute + 2)", "11")
            #expect(world.position.isZero)
        }
        let count = world.ledger.weights.count
        try world.send(.weights(.freeze), "t1")
        try trade(10)
        #expect(world.engine.isLearningFrozen)
        #expect(world.ledger.trades.count == 1)
        #expect(world.ledger.weights.count == count, "a trade, and no version")
        #expect(try world.restarted().isLearningFrozen)
        try world.send(.weights(.unfreeze), "t2")
        try trade(20)
        #expect(world.ledger.weights.count == count + 1, "and now it teaches")
        #expect(try !world.restarted().isLearningFrozen)
    }

    @Test(
        "A limit is lowered at once and stays so; the stricter of it and the configuration counts")
    func limits() throws {
        var world = try make()
        let answer = try #require(
            try world.send(.limits([.positionsMax: 3, .exposureShareMax: 0.5]), "t1"))
        #expect(answer.refusal == nil)
        #expect(answer.message == "positions_max 3, exposure_share_max 0.5")
        #expect(world.engine.gate.config.positionsMax == 3)
        #expect(world.engine.gate.config.exposureShareMax == 0.5, "none was configured")
        #expect(try world.send(.limits([.positionsMax: 3]), "t2")?.refusal == nil)
        let raise = try world.send(.limits([.positionsMax: 4]), "t3")
        #expect(raise?.refusal == .invalidArgument)
        #expect(raise?.message.contains("it was lowered by one") == true)
        let configured = try world.send(.limits([.dailyLossShareMax: 0.9]), "t4")
        #expect(configured?.refusal == .invalidArgument)
        #expect(configured?.message.contains("change the configuration") == true)
        try world.restart()
        #expect(world.engine.gate.config.positionsMax == 3)
        let lowered = world.engine.effectiveLimits.filter(\.isLowered).map(\.limit)
        #expect(lowered == [.positionsMax, .exposureShareMax])
        // The configuration became stricter meanwhile.
        let strict = RiskConfig().lowered(by: [.positionsMax: 50, .ordersPerDayMax: 7])
        #expect(strict.positionsMax == 10 && strict.ordersPerDayMax == 7)
    }

    @Test("S34: a daily loss that is lowered below what was lost holds trading with the answer")
    func lossLimit() throws {
        var world = World {
            $0.latches = true
            $0.risk.dailyLossShareMax = 0.1
        }
        try world.open()
        try world.bar("14:00", "100")
        try world.news("14:02")
        try world.bar("14:02", "100")
        // 10 shares lose 10 each: 100 of 100,000.
        try world.bar("14:03", "90")
        #expect(world.engine.mode == .active)
        let answer = try world.send(.limits([.dailyLossShareMax: 0.000_1]), "t1")
        #expect(answer?.mode == .reduceOnly)
        #expect(world.causes == [.dailyLoss])
    }

    @Test("S05: the proof of a signed command is recorded before its effect, in the same event")
    func proof() throws {
        var world = try make()
        let proof = CommandProof(jti: "j1", kid: "k1", until: time("14:00"))
        let command = Command(
            transaction: "t1", by: "mqtt:k1", isProven: true, why: "", verb: .weights(.freeze),
            proof: proof)
        try world.take(.command(command), world.engine.now)
        #expect(world.ledger.proofs == [proof])
        guard case .record(.proof) = world.log.last?.first else {
            Issue.record("the proof is not the first")
            return
        }
    }
}
