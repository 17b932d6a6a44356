import Domain
import Engine
import Execution
import Primitives

/// People at the box: they pause, resume, flatten and compare, sometimes twice, sometimes without
/// the right to.
struct Operator {
    private var random: SeededRandom
    private var count = 0
    private var newest: Command?
    private var token: String?
    /// Some that loosened something, oldest first.
    private var old: [Command] = []

    init(random: SeededRandom) { self.random = random }

    mutating func chance(_ one: Int, in of: Int) -> Bool { random.below(of) < one }

    /// Often enough that a pause meets every step of an order.
    mutating func pauseAfterIntent(_ fate: Fate) -> Int? {
        let roll = random.below(40)
        let steps = random.below(60)
        return !fate.isCalm && fate.rates[.command] > 0 && roll == 0 ? steps : nil
    }

    mutating func command(_ verb: Command.Verb, proven: Bool = true) -> Command {
        count += 1
        let command = Command(
            transaction: "t\(count)", by: proven ? "ctl:root" : "mqtt:guest", isProven: proven,
            why: "simulated", verb: verb)
        newest = command
        if case .resume = verb, proven, old.count < 64 { old.append(command) }
        return command
    }

    mutating func oldResume() -> Command? { old.isEmpty ? nil : old[random.below(old.count)] }

    mutating func pause(at now: Timestamp) -> Command {
        let until = chance(1, in: 2) ? now + Span(seconds: Int64(30 + random.below(3_600))) : nil
        return command(.pause(until: until, exits: chance(1, in: 3)), proven: chance(1, in: 2))
    }

    /// What somebody does on a whim.
    mutating func whim(at now: Timestamp) -> Command {
        switch random.below(10) {
        case 0, 1: return pause(at: now)
        case 2: return command(.resume(latch: nil), proven: false)
        case 3: return command(.flatten(token: nil))
        case 4: return command(.flatten(token: token ?? "no-such-token"))
        case 5: return command(.reconcile, proven: chance(3, in: 4))
        case 6: return command(.resume(latch: "drawdown"), proven: chance(1, in: 2))
        case 7:
            if let newest { return newest }
            return command(.resume(latch: nil))
        case 8:
            // However long ago it was.
            if let resume = oldResume() { return resume }
            return command(.resume(latch: nil))
        default: return command(.resume(latch: nil))
        }
    }

    /// The resume that lifts this hold.
    mutating func resume(_ hold: TradingHold, proven: Bool) -> Command {
        command(
            .resume(latch: hold.cause.endsWithPlainResume ? nil : hold.cause.rawValue),
            proven: proven)
    }

    mutating func remember(_ ledger: LedgerModel) {
        if let found = ledger.commands.last(where: { $0.answer.token != nil })?.answer.token {
            token = found
        }
    }
}

extension Simulation {
    /// Looks every now and then at what stands in the way, and lifts it.
    mutating func operatorLooks() {
        schedule.add(.operatorLooks, in: fate.span(300_000, 2_400_000))
        people.remember(store.ledger)
        guard loop != nil else { return }
        if fate.isCalm {
            if fate.random.below(2) == 0 { give(.command(people.command(.reconcile))) }
            return
        }
        for hold in store.ledger.holds where people.chance(1, in: 2) {
            give(.command(people.resume(hold, proven: people.chance(3, in: 4))))
        }
        if people.chance(1, in: 12) { give(.command(people.command(.reconcile))) }
    }

    /// With every instant of the market something may go wrong around the process.
    mutating func disturb() {
        if fate.strikes(.linkDown) {
            network.goDown()
            schedule.add(.linkUp, in: fate.span(1_000, 900_000))
        }
        if fate.strikes(.credentials) {
            network.areCredentialsGood = false
            network.goDown()
            schedule.add(.linkUp, in: fate.span(60_000, 900_000))
        }
        if fate.strikes(.command) { give(.command(people.whim(at: stamp))) }
        if fate.strikes(.oldCommand) { repeatOldCommand() }
        if fate.strikes(.replaced), let id = truth.exchange.replaceable(&fate.random),
            let other = truth.exchange.replace(id, at: schedule.now)
        {
            network.flush()
            // A person takes it away.
            schedule.add(.cancelTakesEffect(other), in: fate.span(60_000, 3_600_000))
        }
        if fate.strikes(.foreign), let symbol = Symbol("ZZZ") {
            truth.exchange.tradeByHand(fate.random.below(1_000), symbol: symbol, at: schedule.now)
        }
        if fate.strikes(.clockJump) { jump() }
        if fate.strikes(.diskShort) {
            give(.host(.disk(shortage: "12 MB are free")))
            schedule.add(.diskFreed, in: fate.span(60_000, 1_200_000))
        }
        if fate.strikes(.lyingDisk) {
            store.beginLying()
            fate.dieAfter(points: 3 + fate.random.below(40))
        }
        for fault in [Fault.busted, .corrected] where fate.strikes(fault) { revise(fault) }
    }

    /// More commands than are remembered, and then one of before them again.
    private mutating func repeatOldCommand() {
        guard let old = people.oldResume() else { return }
        for _ in 0..<260 where loop != nil {
            give(.command(people.command(.resume(latch: nil), proven: false)))
        }
        give(.command(old))
    }

    func revise(_ fault: Fault) {
        guard let fill = truth.exchange.reversible(&fate.random) else { return }
        if fault == .busted {
            truth.exchange.bust(fill, at: schedule.now)
        } else if let price = try? fill.price.moved(basisPoints: fate.random.below(2) == 0 ? 7 : -7)
        {
            truth.exchange.correct(fill, to: price.onTick(.down), at: schedule.now)
        }
        network.flush()
    }

    /// The clock is wrong for a while; the machine notices at once.
    private mutating func jump() {
        guard clockOffset == .zero else { return }
        clockOffset = fate.span(-300_000, 300_000)
        truth.isClockTrusted = false
        give(.host(.clock(distrust: "it jumped")))
        schedule.add(.clockSet, in: fate.span(30_000, 900_000))
    }

    mutating func setClock() {
        clockOffset = .zero
        truth.isClockTrusted = true
        give(.host(.clock(distrust: nil)))
    }

    /// Nothing goes wrong any more: what is open has to come to an end.
    mutating func settleDown() {
        fate.isCalm = true
        if clockOffset != .zero { setClock() }
        if loop != nil { give(.host(.disk(shortage: nil))) }
        if !network.isUp || !network.areCredentialsGood {
            schedule.add(.linkUp, in: fate.span(0, 10))
        }
    }
}
